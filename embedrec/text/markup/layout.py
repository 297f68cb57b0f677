"""From marked-up lines to one paragraph, heading or list item a line, and the last tidying."""

from __future__ import annotations

import re
from itertools import pairwise

from embedrec.text.markup.sentinel import BREAK, DROPPED, PROTECT_END, PROTECT_START

_QUOTES = re.compile("'{2,}")
_MAGIC = re.compile(r"__(?:[A-Z]{3,30}|[\u3040-\u30ff\u4e00-\u9fff]{2,12})__")
_SIGNATURE = re.compile("~{3,5}")
_MARKS = re.compile(r"[*#:;][*#:; \t]*")
_RULE = re.compile(r"-{4,}")
_TERM_END = re.compile(r"\s:\s*|:\s+")
_BLANKS = r"\t\r\f\v\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_SPACES = re.compile(rf" *[{_BLANKS}][ {_BLANKS}]*|  +")  # but not one plain blank
# Each alternative is anchored at a bracket or bounded, so that runs of dropped things cost little.
_HOLLOW = re.compile(
    rf"[(（\[［“「『][\s,，、;；:：/·{DROPPED}]*[)）\]］”」』]"
    rf"|(?<=[(（])\s*{DROPPED}[\s,，、;；:：{DROPPED}]*"
    rf"|[,，、;；:：]\s?{DROPPED}{{1,3}}(?=[)）])"
)
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_WIDE_END = re.compile(rf"[{_WIDE}][{PROTECT_END}{DROPPED}]*$")
_WIDE_START = re.compile(rf"[{PROTECT_START}{DROPPED}]*[{_WIDE}]")
_DOUBLED = re.compile(r"\[\[+|\]\]+|\{\{+|\}\}+")


def remove_marks(text: str) -> str:
    """Take out the marks of bold and italics, behaviour switches and signatures."""
    if "''" in text:
        text = _QUOTES.sub(lambda run: "'" if len(run[0]) == 4 else "", text)
    if "__" in text:
        text = _MAGIC.sub("", text)
    return _SIGNATURE.sub("", text) if "~~~" in text else text


def arrange_lines(text: str) -> str:
    """Bring each paragraph, heading and list item onto a line of its own, without its marks.

    Source lines that follow one another without a blank line are one paragraph, as in MediaWiki:
    they are joined with a blank, or with nothing between two East Asian characters. `BREAK`
    becomes a line end.
    """
    lines: list[str] = []
    paragraph: list[str] = []
    for line in text.split("\n"):
        line = line.strip()
        bare = line.strip(DROPPED + " ") if DROPPED in line else line
        if not bare:
            _close_paragraph(paragraph, lines)
            continue
        first = bare[0]
        if first == "=" or first in "*#:;":
            _close_paragraph(paragraph, lines)
            lines.extend(_strip_heading(bare) if first == "=" else _strip_item(bare))
        elif first == "-" and bare.startswith("----"):
            _close_paragraph(paragraph, lines)
            lines.append(_RULE.sub("", bare, count=1))
        else:
            paragraph.append(line)
    _close_paragraph(paragraph, lines)
    return "\n".join(lines).replace(BREAK, "\n")


def _close_paragraph(paragraph: list[str], lines: list[str]) -> None:
    if not paragraph:
        return
    joined = [paragraph[0]]
    for before, line in pairwise(paragraph):
        if not (_WIDE_END.search(before[-4:]) and _WIDE_START.match(line)):
            joined.append(" ")
        joined.append(line)
    lines.append("".join(joined))
    paragraph.clear()


def _strip_heading(line: str) -> list[str]:
    # A heading needs its closing marks; else the line is text that begins with them.
    body = line.rstrip("= " + DROPPED)
    return [body.lstrip("= ")] if body.strip("= ") else []


def _strip_item(line: str) -> list[str]:
    marks = _MARKS.match(line)
    body = line[marks.end() :] if marks else line
    if line[0] == ";" or (marks and ";" in marks[0]):
        return _TERM_END.split(body, maxsplit=1)
    return [body]


def close_gaps(text: str) -> str:
    """Take out what was left in the place of dropped things, and brackets that held nothing else.

    Doubled brackets that arise when their middle goes are no markup, so they go too.
    """
    if DROPPED in text:
        text = _HOLLOW.sub(_close_hollow, text).replace(DROPPED, "")
    if "[[" in text or "]]" in text or "{{" in text or "}}" in text:
        text = _DOUBLED.sub("", text)
    return text


def tidy(text: str) -> str:
    """Make runs of blanks, of whatever kind, one plain blank, and clear away blank lines."""
    text = _SPACES.sub(" ", text)
    lines = (line.strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _close_hollow(match: re.Match[str]) -> str:
    return "" if DROPPED in match[0] else match[0]
