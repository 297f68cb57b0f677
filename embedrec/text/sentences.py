"""Sentence splitting by punctuation, Chinese and Latin, in linear time.

The rule:

- A line end always ends a sentence.
- 。！？；… and ｡ end a sentence.
- ! ? ; end one unless a Latin letter, a digit or a sign of an address follows at once
  (`?id=1`, `!important`).
- A full stop (. or ．) ends one only before white space or a line end. It does not where a
  small letter follows, after one capital letter (`J. K. Rowling`), after a known or dotted
  abbreviation (`Dr.`, `vs.`, `U.S.`), or after a number that opens the line (`1. Introduction`).
- Marks of the same kind that follow (`?!`, `……`) and closing quotes and brackets stay with the
  sentence they end.
"""

from __future__ import annotations

import re

_CLOSERS = "”’」』】》〉）〕］｝)\\]}\"'＂＇»"
# Marks and closers are different characters, so a match never has to be taken back.
_END = re.compile(f"[。！？；…｡!?;.．]+[{_CLOSERS}]*")
_HARD = re.compile("[。！？；…｡]")
_SOFT = re.compile("[!?;]")
_LATIN_NEXT = re.compile(r"[a-zA-Z0-9=&/#_%+-]")
_ABBREVIATIONS = (
    "mr mrs ms dr prof rev hon st mt ft gen col capt lt sgt sen rep gov pres jr sr messrs mme "
    "vs cf etc al eg ie ca approx no nos vol vols pp ed eds fig figs ch sec art para op inc "
    "ltd co corp dept univ est bros jan feb mar apr jun jul aug sep sept oct nov dec"
)
_KNOWN_ABBREVIATIONS = frozenset(_ABBREVIATIONS.split())
_WORD_BEFORE = re.compile(r"[^\W_]+(?:\.[^\W_]+)*$")
_DOTTED = re.compile(r"[a-zA-Z]{1,2}(?:\.[a-zA-Z]{1,2})+")
# Long enough for any abbreviation, short enough to keep each look-back cheap.
_LOOK_BACK = 16


def split_sentences(text: str) -> list[str]:
    """Split a text into its sentences, without blanks around them; none is empty."""
    sentences: list[str] = []
    for line in text.splitlines():
        line = line.strip()
        if not line:
            continue
        begin = 0
        for match in _END.finditer(line):
            end = match.end()
            if end == len(line):
                break
            if _ends_sentence(line, match.start(), end, match.group()):
                sentence = line[begin:end].strip()
                if sentence:
                    sentences.append(sentence)
                begin = end
        rest = line[begin:].strip()
        if rest:
            sentences.append(rest)
    return sentences


def _ends_sentence(line: str, start: int, end: int, marks: str) -> bool:
    if _HARD.search(marks):
        return True
    follower = line[end]
    if _SOFT.search(marks):
        return _LATIN_NEXT.match(follower) is None
    if not follower.isspace():
        return False
    following = line[end : end + 4].lstrip()[:1]
    if following.islower():
        return False
    if len(marks) > 1:
        return True
    before = _WORD_BEFORE.search(line[max(0, start - _LOOK_BACK) : start])
    if before is None:
        return True
    word = before.group()
    if len(word) == 1 and word.isupper():
        return False
    if word.isdigit() and len(word) <= 3 and start == len(word):
        return False
    return _DOTTED.fullmatch(word) is None and word.lower() not in _KNOWN_ABBREVIATIONS
