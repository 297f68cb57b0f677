"""Character entities: `&nbsp;`, `&#65;`, `&#x41;`."""

from __future__ import annotations

import html
import re

from embedrec.text.markup.sentinel import drop_unseen

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def resolve_entities(text: str) -> str:
    """Replace entities by their characters, as `html.unescape` does.

    The semicolon is required, as in MediaWiki. A line end written as an entity becomes a blank,
    and what has no width (soft hyphens, marks of direction) goes.
    """
    return _ENTITY.sub(_unescape, text) if "&" in text else text


def _unescape(match: re.Match[str]) -> str:
    character = html.unescape(match[0])
    return " " if character == "\n" else drop_unseen(character)
