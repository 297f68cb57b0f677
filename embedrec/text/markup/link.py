"""Internal links `[[target|label]]` and external links `[address label]`."""

from __future__ import annotations

import re

from embedrec.text.markup.namespace import classify_prefix
from embedrec.text.markup.sentinel import DROPPED
from embedrec.text.markup.template import NESTING_LIMIT

_TOKEN = re.compile(r"\[\[|\]\]|\|")
_TRICK = re.compile(r" ?(?:\([^()]*\)|（[^（）]*）)$|[,，]\s.*$")
_SCHEME = (
    r"(?:https?://|ftps?://|//|mailto:|news:|ircs?://|gopher://|git://|svn://|tel:|sip:|geo:"
    r"|magnet:|xmpp:|urn:)"
)
_EXTERNAL = re.compile(rf"\[{_SCHEME}[^\s\[\]<>\"{DROPPED}]*[ \t]*", re.IGNORECASE)
_BARE = re.compile(r"(?<![A-Za-z0-9])(?:https?|ftp)://[!#-;=?-Z\\^-z~]*", re.IGNORECASE)


def resolve_links(text: str) -> str:
    """Replace internal links by the text that a reader sees.

    Files, media and categories go with all that is nested in them, and so do interlanguage links.
    A link with a leading colon shows its label; without a label, one into another wiki goes, for
    its text would be an address. Brackets without a partner are taken out and their text stays.
    """
    if "[[" not in text and "]]" not in text:
        return text
    out: list[str] = []
    opened: list[int] = []  # index into out of each open link's first piece
    pipes: list[int] = []  # index into out of its label's first piece, or -1
    n_beyond = 0
    done = 0
    for match in _TOKEN.finditer(text):
        start = match.start()
        token = text[start]
        if token == "|":
            if opened and pipes[-1] < 0 and not n_beyond:
                out.append(text[done:start])
                done = start + 1
                pipes[-1] = len(out)
            continue
        out.append(text[done:start])
        done = start + 2
        if token == "[":
            if len(opened) < NESTING_LIMIT:
                opened.append(len(out))
                pipes.append(-1)
            else:
                n_beyond += 1
        elif n_beyond:
            n_beyond -= 1
        elif opened:
            first, pipe = opened.pop(), pipes.pop()
            label = None if pipe < 0 else "".join(out[pipe:])
            if label and "[" in label and _ends_label(text, start, label):
                label += "]"
                done += 1
            shown = _show_link("".join(out[first : None if pipe < 0 else pipe]), label)
            del out[first:]
            out.append(shown)
    out.append(text[done:])
    return "".join(out)


def _ends_label(text: str, start: int, label: str) -> bool:
    """Tell whether the first of three `]` belongs to a bracket inside the label."""
    three = text[start + 2 : start + 3] == "]" != text[start + 3 : start + 4]
    return three and label.count("[") > label.count("]")


def _show_link(target: str, label: str | None) -> str:
    if "\n" in target:
        return target if label is None else f"{target}|{label}"  # no link for MediaWiki either
    if label is not None and target.count("-{") > target.count("}-"):
        return f"{target}|{label}"  # the pipe belongs to a conversion mark
    target = target.strip()
    inline = target.startswith(":")
    if inline:
        target = target[1:].lstrip()
    kind = classify_prefix(target)
    if not inline and kind in ("media", "category", "language"):
        return DROPPED
    if label is not None and label.strip():
        return label
    if kind in ("language", "project"):
        return DROPPED
    if label is None:
        return target
    return _TRICK.sub("", target[target.rfind(":") + 1 :] if kind != "page" else target)


def resolve_addresses(text: str) -> str:
    """Replace `[address label]` by its label, and take out addresses that stand alone.

    A label ends with the first `]` and never leaves its line.
    """
    if "[" in text:
        text = _keep_labels(text)
    return _BARE.sub(DROPPED, text) if "://" in text else text


def _keep_labels(text: str) -> str:
    out: list[str] = []
    done = 0
    closing = line_end = -1
    for match in _EXTERNAL.finditer(text):
        start, end = match.span()
        if start < done:
            continue
        if closing < end:
            closing = text.find("]", end)
            if closing < 0:
                break
        if line_end < end:
            line_end = text.find("\n", end)
            if line_end < 0:
                line_end = len(text)
        out.append(text[done:start])
        if closing > line_end:
            done = start + 1  # not a link: the bracket goes, a bare address is dropped later
        else:
            out.append(text[end:closing] or DROPPED)
            done = closing + 1
    out.append(text[done:])
    return "".join(out)
