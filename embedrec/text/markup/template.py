"""Templates, parser functions and template arguments: everything in double or triple braces.

Braces are matched as MediaWiki's preprocessor does it: a run of closing braces closes three of the
innermost open run if both have three, else two. Only the outermost stretch matters, since what it
holds goes with it. Braces that find no partner are taken out as marks and their text stays.
"""

from __future__ import annotations

import re

from embedrec.text.markup.sentinel import DROPPED

NESTING_LIMIT = 100

_BRACES = re.compile(r"\{\{+|\}\}+")
_NAME = re.compile(r"\{\{\s*([^\s|{}\[\]][^|{}\[\]\n]{0,60}?)\s{0,20}(?:\||\}\})")
_PAGE_NAMES = frozenset({"PAGENAME", "FULLPAGENAME", "BASEPAGENAME", "SUBPAGENAME", "ROOTPAGENAME"})
# Chinese Wikipedia's template for page-wide conversion rules; it expands to -{H|...}- marks.
_NOTE_TA = frozenset({"noteta", "全文字词转换", "全文字詞轉換"})
_NOTE_TA_KEY = re.compile(r"\s*(\d+)\s*=")
# Chinese Wikipedia's links to articles that only another language has, `{{link-de|中文|Deutsch}}`:
# words of the sentence, which would lose its noun without them. `{{lang|de|...}}` is the like.
_FOREIGN_LINK = re.compile(r"(?:link-[a-z-]{2,12}|le)", re.IGNORECASE)
_ARGUMENT = re.compile(r"\s*[A-Za-z]\w*\s*=")


def remove_templates(text: str, title: str) -> str:
    """Take out all that stands in `{{...}}` and `{{{...}}}`, leaving `DROPPED` in each place.

    A few kinds become text, because their expansion is known: `{{PAGENAME}}` and its like give
    `title`, `{{!}}` and `{{=}}` their character, the numbered rules of Chinese Wikipedia's noteTA
    give the hidden conversion marks that it stands for, its links to foreign articles their label,
    and `{{lang|...}}` its words.
    """
    if "{{" not in text and "}}" not in text:
        return text
    out: list[str] = []
    done = 0
    for start, end in _find_stretches(text):
        out.append(text[done:start])
        out.append(_expand(text, start, end, title))
        done = end
    out.append(text[done:])
    joined = "".join(out)
    if "{{" in joined or "}}" in joined:
        joined = _BRACES.sub(_drop_braces, joined)
    return joined


def _drop_braces(match: re.Match[str]) -> str:
    # `-{{` holds a conversion mark's opening and `}}-` its end: leave that one brace.
    text, start, end = match.string, match.start(), match.end()
    if text[start] == "{":
        return "{" if start and text[start - 1] == "-" and end - start == 3 else ""
    return "}" if text[end : end + 1] == "-" else ""


def _find_stretches(text: str) -> list[tuple[int, int]]:
    """Outermost matched stretches, in order, as (start, end)."""
    stretches: list[tuple[int, int]] = []
    starts: list[int] = []
    counts: list[int] = []
    n_beyond = 0  # open runs past the nesting limit
    for match in _BRACES.finditer(text):
        start, end = match.span()
        if text[start] == "{":
            if end - start == 3 and start and text[start - 1] == "-":
                start += 1  # -{{{x}}}- is a template inside a conversion mark
            if len(starts) < NESTING_LIMIT:
                starts.append(start)
                counts.append(end - start)
            else:
                n_beyond += 1
            continue
        if n_beyond:
            n_beyond -= 1
            continue
        left = end - start
        while left >= 2 and starts:
            taken = 3 if left >= 3 and counts[-1] >= 3 else 2
            left -= taken
            counts[-1] -= taken
            opening = starts[-1] + counts[-1]
            while stretches and stretches[-1][0] >= opening:
                stretches.pop()
            stretches.append((opening, end - left))
            if counts[-1] < 2:
                starts.pop()
                counts.pop()
    return stretches


def _expand(text: str, start: int, end: int, title: str) -> str:
    match = _NAME.match(text, start, end)
    if match is None:
        return DROPPED
    name = match[1]
    if name in ("!", "="):
        return "|" if name == "!" else "="
    if name in _PAGE_NAMES:
        return title or DROPPED
    if name.lower() in _NOTE_TA:
        return _expand_note(text[match.end() : end - 2]) or DROPPED
    if name.lower() == "lang" or _FOREIGN_LINK.fullmatch(name):
        return _expand_words(name.lower(), text[match.end() : end - 2]) or DROPPED
    return DROPPED


def _expand_words(name: str, arguments: str) -> str:
    """What `{{lang|de|words}}` and `{{link-de|title|Titel|label}}` show: words, label or title."""
    if "{{" in arguments or "[[" in arguments:
        return ""
    given = [part.strip() for part in arguments.split("|") if not _ARGUMENT.match(part)]
    if name == "lang":
        return given[1] if len(given) > 1 else ""
    return given[2] if len(given) > 2 and given[2] else given[0]


def _expand_note(arguments: str) -> str:
    """The hidden marks that stand for noteTA's numbered (or unnamed) arguments."""
    rules = []
    for argument in arguments.split("|"):
        key = _NOTE_TA_KEY.match(argument)
        if key:
            argument = argument[key.end() :]
        elif _ARGUMENT.match(argument):
            continue  # T (title), dt and G1, G2, ... (groups kept in other pages)
        if argument.strip() and "{{" not in argument and "-{" not in argument:
            rules.append(f"-{{H|{argument.strip()}}}-")
    return "".join(rules)
