"""Characters that the passes leave for one another, taken from Unicode's noncharacters.

U+FDD0 to U+FDEF are set aside by Unicode for a program's own use and never stand for text, so
taking them out of the input loses nothing; private-use characters, by contrast, do occur in
Chinese pages. `html.unescape` drops them too, so no entity can smuggle one in.
"""

from __future__ import annotations

import re

PROTECT_START = "\ufdd0"  # opens a stretch that no conversion may touch
PROTECT_END = "\ufdd1"
DROPPED = "\ufdd2"  # something stood here (template, file, reference); keeps its neighbours apart
BREAK = "\ufdd3"  # a forced line break, unlike a newline, which only ends a source line

_MARKUP = "[]{}|'=*#:;-_~<>!"
_SHIELDED = "".join(chr(0xFDD8 + index) for index in range(len(_MARKUP)))
_SHIELD = str.maketrans(_MARKUP, _SHIELDED)
_UNSHIELD = str.maketrans(_SHIELDED, _MARKUP)
# Sentinels, control characters, and what has no width: soft hyphens, marks of direction, byte order
_UNSEEN = re.compile("[\ufdd0-\ufdef\x00-\x08\x0e-\x1b\x7f\xad\u200b\u200e\u200f\u2060\ufeff]")
_ANY_SHIELDED = re.compile(f"[{_SHIELDED[0]}-{_SHIELDED[-1]}]")


def drop_unseen(text: str) -> str:
    """Take out the noncharacters U+FDD0 to U+FDEF, and characters that show nothing at all."""
    return _UNSEEN.sub("", text)


def shield(text: str) -> str:
    """Replace the characters that mean something in wikitext by sentinels, for <nowiki>.

    A line end becomes a blank: inside <nowiki> it starts nothing.
    """
    return text.translate(_SHIELD).replace("\n", " ")


def unshield(text: str) -> str:
    """Put the characters back that `shield` replaced."""
    return text.translate(_UNSHIELD) if _ANY_SHIELDED.search(text) else text
