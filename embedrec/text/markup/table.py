"""Tables: `{|` to `|}` at line starts and <table> to </table>, nested as they come."""

from __future__ import annotations

import re

from embedrec.text.markup.sentinel import DROPPED
from embedrec.text.markup.template import NESTING_LIMIT

_EDGE = re.compile(
    rf"^[ \t:*#{DROPPED}]*(?P<open>\{{\|)|^[ \t{DROPPED}]*(?P<close>\|\}})"
    r"|(?P<html><table(?=[\s>])[^<>]*>)|(?P<end></table\s*>)",
    re.MULTILINE | re.IGNORECASE,
)
# What an unclosed table, or a template cut in half, leaves behind: rows and cells.
_ROW = re.compile(rf"^[ \t:{DROPPED}]*(?:\{{\||\|)[^\n]*", re.MULTILINE)


def remove_tables(text: str) -> str:
    """Take out tables with all they hold, leaving `DROPPED` on a line of its own.

    A table that is never closed loses only its rows (lines that begin with `|`): text after it
    is not to be swallowed by one forgotten `|}`.
    """
    if "{|" in text or "<table" in text.lower():
        text = _remove_closed(text)
    if "\n|" in text or text.startswith("|") or "{|" in text:
        text = _ROW.sub(DROPPED, text)
    return text


def _remove_closed(text: str) -> str:
    stretches: list[tuple[int, int]] = []
    starts: list[int] = []
    n_beyond = 0
    for match in _EDGE.finditer(text):
        if match.lastgroup in ("open", "html"):
            if len(starts) < NESTING_LIMIT:
                starts.append(match.start())
            else:
                n_beyond += 1
        elif n_beyond:
            n_beyond -= 1
        elif starts:
            start = starts.pop()
            while stretches and stretches[-1][0] >= start:
                stretches.pop()
            stretches.append((start, match.end()))
    out: list[str] = []
    done = 0
    for start, end in stretches:
        out.append(text[done:start])
        out.append(f"\n{DROPPED}\n")
        done = end
    out.append(text[done:])
    return "".join(out)
