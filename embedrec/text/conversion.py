"""Language conversion: `-{...}-` marks and the rules they set for their page.

Works as MediaWiki's LanguageConverter does, on text that has no other markup left, so links and
templates inside a mark are already resolved. Two things differ on purpose. A rule set anywhere on
a page holds for the whole page, not only from its mark on (a removal, `-{-|...}-`, still works
from its mark on). And where MediaWiki would show an error, since no rule fits the variant, the
first rule's text is taken.

What a mark or a page-wide rule decided is put between `PROTECT_START` and `PROTECT_END`, so that
the script conversion that follows leaves it alone; see `split_protected`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from embedrec.errors import ParameterError
from embedrec.text.markup.sentinel import BREAK, DROPPED, PROTECT_END, PROTECT_START
from embedrec.text.markup.variant import (
    FALLBACKS,
    NAMES,
    choose_text,
    describe_mark,
    first_text,
    list_pairs,
    parse_mark,
)

__all__ = [
    "PROTECT_END",
    "PROTECT_START",
    "convert_marks",
    "drop_protection",
    "split_protected",
]

_DEPTH_LIMIT = 10  # MediaWiki's own
_SOURCE_LIMIT = 40  # characters; bounds the work for each place where a rule may apply
_TOKEN = re.compile(r"-\{|\}-")
_LINE_END = re.compile(f"([\n{BREAK}])")
_PROTECTED = re.compile(f"{PROTECT_START}([^{PROTECT_START}{PROTECT_END}]*){PROTECT_END}")
_ANY_PROTECTION = re.compile(f"[{PROTECT_START}{PROTECT_END}]")

# What a page is made of: ("text", running text), ("decided", what a mark decided), and changes of
# the page's rules, ("add", pairs) and ("remove", pairs).
Piece = tuple[str, "str | dict[str, str]"]


def split_protected(text: str) -> list[tuple[str, bool]]:
    """Cut a text into stretches that may be converted and stretches that may not.

    Args:
        text: what `strip_wikitext` gave; any other text is one stretch.

    Returns:
        (stretch, protected) in order, empty stretches left out, the protection characters removed.
        Joined, the stretches are the plain text.
    """
    if PROTECT_START not in text:
        plain = drop_protection(text)
        return [(plain, False)] if plain else []
    stretches: list[tuple[str, bool]] = []
    for index, stretch in enumerate(_PROTECTED.split(text)):
        stretch = drop_protection(stretch)
        if stretch:
            stretches.append((stretch, index % 2 == 1))
    return stretches


def drop_protection(text: str) -> str:
    """Take the protection characters out of a text."""
    return _ANY_PROTECTION.sub("", text)


def convert_marks(text: str, variant: str = "zh-cn") -> str:
    """Resolve all conversion marks of a page for a variant, and apply the rules they set.

    Args:
        text: a page's text, free of other markup.
        variant: zh-cn, zh-tw, zh-hk, zh-mo, zh-sg, zh-my, zh-hans, zh-hant, or zh, which takes
            marks as a reader of unconverted pages sees them (simplified first) and applies no
            page-wide rule.

    Returns:
        The text without marks. An unclosed `-{` is taken out and its text stays; a `}-` without
        an opening is text.

    Raises:
        ParameterError: an unknown variant.
    """
    if variant not in FALLBACKS:
        raise ParameterError(
            f"unknown variant {variant!r}; choose one of {', '.join(FALLBACKS)}", value=variant
        )
    if "-{" not in text:
        return text
    pieces = _resolve_marks(text, variant)
    rules = _PageRules()
    for kind, content in pieces:
        if kind == "add" and isinstance(content, dict):
            rules.add(content)
    out: list[str] = []
    for kind, content in pieces:
        if isinstance(content, str):
            out.append(_protect(content) if kind == "decided" else rules.apply(content))
        elif kind == "add":
            rules.add(content)
        else:
            rules.remove(content)
    return "".join(out)


def _protect(text: str) -> str:
    """Enclose each line by itself, since lines are what the text is cut into later."""
    if _LINE_END.search(text):
        return "".join(map(_protect_line, _LINE_END.split(text)))
    return _protect_line(text)


def _protect_line(text: str) -> str:
    core = drop_protection(text).strip()
    if not core or core in (BREAK, DROPPED):
        return text
    before, _, after = text.partition(core)
    return f"{before}{PROTECT_START}{core}{PROTECT_END}{after}"


def _resolve_marks(text: str, variant: str) -> list[Piece]:
    """Cut a page into pieces, innermost marks first; no recursion."""
    pieces: list[Piece] = []
    opened: list[int] = []  # for each open mark, the index of its first piece
    done = 0
    for match in _TOKEN.finditer(text):
        start = match.start()
        opening = text[start] == "-"
        if not opening and not opened:
            continue
        if done < start:
            pieces.append(("text", text[done:start]))
        done = match.end()
        if opening:
            if len(opened) < _DEPTH_LIMIT:
                opened.append(len(pieces))
            continue
        first = opened.pop()
        inner = "".join(content for _, content in pieces[first:] if isinstance(content, str))
        pieces[first:] = [piece for piece in pieces[first:] if isinstance(piece[1], dict)]
        pieces.extend(_show_mark(inner, variant))
    if done < len(text):
        pieces.append(("text", text[done:]))
    return pieces


def _show_mark(inner: str, variant: str) -> Iterator[Piece]:
    mark = parse_mark(inner.replace(DROPPED, ""))
    if mark.flags & {"+", "-"}:
        yield ("add" if "+" in mark.flags else "remove", list_pairs(mark, variant))
    if "R" in mark.flags:
        # -{zh-hans;zh-sg|text}- is converted in those variants and left as it is in all others.
        converted = mark.variants & {variant, *FALLBACKS[variant]}
        yield ("text" if converted else "decided", mark.text)
    elif "N" in mark.flags:
        yield ("decided", NAMES.get(mark.text.strip(), ""))
    elif "D" in mark.flags and ("H" in mark.flags or "+" not in mark.flags):
        yield ("decided", describe_mark(mark))
    elif "S" in mark.flags:
        shown = choose_text(mark, variant)
        yield ("text", first_text(mark) or "") if shown is None else ("decided", shown)


class _PageRules:
    """The replacements in force, applied longest first, from left to right, once."""

    def __init__(self) -> None:
        self._pairs: dict[str, str] = {}
        self._lengths: dict[str, list[int]] = {}  # of sources by first character, longest first
        self._starts: re.Pattern[str] | None = None

    def add(self, pairs: dict[str, str]) -> None:
        """Put replacements in force; sources beyond the length limit are passed over."""
        for source, target in pairs.items():
            if 0 < len(source) <= _SOURCE_LIMIT:
                self._pairs[source] = target
                lengths = self._lengths.setdefault(source[0], [])
                if len(source) not in lengths:
                    lengths.append(len(source))
                    lengths.sort(reverse=True)
                    self._starts = None

    def remove(self, pairs: dict[str, str]) -> None:
        """Take replacements out of force, whatever they give."""
        for source in pairs:
            self._pairs.pop(source, None)

    def apply(self, text: str) -> str:
        """Replace in running text, and protect what was put in."""
        if not self._pairs:
            return text
        if self._starts is None:
            self._starts = re.compile(f"[{''.join(map(re.escape, self._lengths))}]")
        pairs, lengths = self._pairs, self._lengths
        out: list[str] = []
        done = 0
        match = self._starts.search(text)
        while match:
            start = match.start()
            for length in lengths[text[start]]:
                target = pairs.get(text[start : start + length])
                if target is not None:
                    out.append(text[done:start])
                    out.append(_protect(target))
                    done = start + length
                    break
            match = self._starts.search(text, max(done, start + 1))
        out.append(text[done:])
        return "".join(out)
