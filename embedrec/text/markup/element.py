"""Comments, <nowiki>, extension elements and HTML tags.

An extension element (<ref>, <math>, ...) is opaque in MediaWiki: whatever stands inside it is not
looked at, up to its first closing tag. So these go first, in one left-to-right pass. A closing tag
that was once looked for in vain is not looked for again, which keeps the pass linear.
"""

from __future__ import annotations

import re

from embedrec.text.markup.entity import resolve_entities
from embedrec.text.markup.sentinel import BREAK, DROPPED, shield

# Elements whose content is no running text. `code` and `pre` hold programs or drawings.
_SILENT = (
    *("ref", "references", "gallery", "math", "chem", "ce", "code", "pre", "syntaxhighlight"),
    *("source", "score", "timeline", "graph", "imagemap", "hiero", "inputbox", "categorytree"),
    *("templatedata", "templatestyles", "mapframe", "maplink", "indicator", "includeonly"),
    *("style", "script", "dynamicpagelist", "rss", "quiz", "rt", "rp"),
)
_OPENING = re.compile(r"<(?:!--|([A-Za-z]{2,20})(?=[\s/>])([^<>]*)>)")
_CLOSING = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in (*_SILENT, "nowiki")}
_POEM_END = re.compile(r"</poem\s*>", re.IGNORECASE)
_POEM = re.compile(r"<poem(?=[\s>])[^<>]*>", re.IGNORECASE)
_REST_OF_LINE = re.compile(r"[ \t]*\n")

_BLOCK = (
    *("address", "article", "aside", "blockquote", "br", "caption", "center", "dd", "div", "dl"),
    *("dt", "fieldset", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("header", "hr", "li", "ol", "p", "poem", "pre", "table", "tbody", "td", "tfoot", "th"),
    *("thead", "tr", "ul"),
)
_INLINE = (
    *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "data", "del", "dfn", "em", "font"),
    *("i", "img", "input", "ins", "kbd", "label", "languages", "mark", "nobr", "noinclude"),
    *("nowiki", "onlyinclude", "q", "rb", "rtc", "ruby", "s", "samp", "section", "small", "span"),
    *("strike", "strong", "sub", "sup", "time", "translate", "tt", "tvar", "u", "var", "wbr"),
)
# One pattern for all names: an alternation of a hundred names would be tried at every "<".
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]{0,20})(?=[\s/>])[^<>]*>")
_BLOCK_NAMES = frozenset(_BLOCK)
_INLINE_NAMES = frozenset((*_INLINE, *_SILENT))


def remove_elements(text: str) -> str:
    """Take out comments and elements without running text; shield what <nowiki> holds.

    An element leaves `DROPPED` behind, a comment nothing; a comment alone on its line takes the
    line with it. An unclosed comment runs to the end of the page, as in MediaWiki; of an unclosed
    element only the tag goes (later, in `remove_tags`).
    """
    if "<" not in text:
        return text
    out: list[str] = []
    done = 0
    absent: set[str] = set()
    search = _OPENING.search
    match = search(text)
    while match:
        start, end = match.span()
        name = match[1] and match[1].lower()
        if name is None:
            out.append(text[done:start])
            done = end = _end_comment(text, done, start)
        elif name in _CLOSING and name not in absent:
            closing = None
            if not match[2].endswith("/"):
                closing = _CLOSING[name].search(text, end)
                if closing is None:
                    absent.add(name)
            if closing or match[2].endswith("/"):
                out.append(text[done:start])
                inner = text[end : closing.start()] if closing and name == "nowiki" else None
                out.append(DROPPED if inner is None else shield(resolve_entities(inner)))
                done = end = closing.end() if closing else end
        match = search(text, end)
    out.append(text[done:])
    return "".join(out)


def _end_comment(text: str, done: int, start: int) -> int:
    """Where the text goes on after the comment at `start`; all before `done` is dealt with."""
    end = text.find("-->", start + 4)
    if end < 0:
        return len(text)
    end += 3
    line = text.rfind("\n", done, start) + 1
    if (line or done == 0) and not text[line:start].strip(" \t"):
        rest = _REST_OF_LINE.match(text, end)
        if rest:
            return rest.end()
    return end


def keep_verses(text: str) -> str:
    """Turn the line ends inside <poem> into forced breaks."""
    out: list[str] = []
    done = 0
    for match in _POEM.finditer(text):
        if match.start() < done:
            continue
        closing = _POEM_END.search(text, match.end())
        if closing is None:
            break
        out.append(text[done : match.start()])
        out.append(text[match.start() : closing.end()].replace("\n", BREAK))
        done = closing.end()
    out.append(text[done:])
    return "".join(out)


def remove_tags(text: str) -> str:
    """Drop HTML and left-over extension tags and keep their text; block tags end the line.

    Unknown names in angle brackets are text, as in MediaWiki.
    """
    if "<" not in text:
        return text
    return _TAG.sub(_replace_tag, text)


def _replace_tag(match: re.Match[str]) -> str:
    name = match[1].lower()
    if name in _BLOCK_NAMES:
        return BREAK
    return "" if name in _INLINE_NAMES else match[0]
