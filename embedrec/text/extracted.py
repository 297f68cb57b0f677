"""WikiExtractor's two forms: JSON lines with a `text`, and text with `<doc ...>` lines."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator

from embedrec.text.document import BrokenStream

MAX_LINE = 64 << 20  # bytes; a longer line is a file of another kind
MAX_BODY = 4 << 20  # bytes; a longer <doc> comes in several documents
MAX_HEADER = 4096  # characters; a longer line is text, whatever it begins with

_HEADER = re.compile(r"\s*<doc\b([^<>]*|.*\btitle=\".*\"[^<>]*)>\s*$")
# The tool does not escape quotation marks in titles, so the value ends before the next attribute.
_TITLE = re.compile(r'\btitle="(.*?)"(?=\s+[\w:-]+="|\s*$)')


def read_json_lines(chunks: Iterable[bytes], counts: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Yield (title, text) of each line that is a JSON object with a string `text`.

    A line that is none is left out and the reading goes on, as lines don't depend on each other.

    Args:
        chunks: UTF-8 text, in pieces of any size.
        counts: increased in place: empty (articles without text), broken_lines.

    Raises:
        BrokenStream: at the end if lines were left out, naming the first; or where the stream
            breaks, after every complete line before it.
    """
    n_broken, first = 0, 0
    try:
        for number, line in enumerate(read_lines(chunks), start=1):
            if not line.strip():
                continue
            article = parse_json_line(line)
            if article is None:
                counts["broken_lines"] += 1
                n_broken, first = n_broken + 1, first or number
            elif article[1].strip():
                yield article
            else:
                counts["empty"] += 1
    except BrokenStream as broken:
        if n_broken:
            broken.reason = f"{_name_lines(n_broken)} left out, and {broken.reason}"
        raise broken
    if n_broken:
        raise BrokenStream(first, "line", f"{_name_lines(n_broken)} left out, the first")


def _name_lines(n: int) -> str:
    return (
        "1 line without a JSON object with a text"
        if n == 1
        else (f"{n:,} lines without a JSON object with a text")
    )


def parse_json_line(line: bytes) -> tuple[str, str] | None:
    """Return (title, text) of a JSON object with a string `text`, or None if the line is none."""
    try:
        content = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or not isinstance(content.get("text"), str):
        return None
    title = content.get("title")
    return _drop_halves(title) if isinstance(title, str) else "", _drop_halves(content["text"])


def _drop_halves(text: str) -> str:
    # JSON's escapes can spell half a character, which no file written later could hold.
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def read_doc_blocks(chunks: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """Yield (title, text) of each `<doc ...>` ... `</doc>`; text between two blocks has title "".

    Args:
        chunks: UTF-8 text, in pieces of any size.

    Raises:
        BrokenStream: where the stream breaks, is not UTF-8 or ends within a block, after every
            complete line before it.
    """
    title, inside, size, number = "", False, 0, 0
    lines: list[str] = []
    broken: BrokenStream | None = None
    last = b""

    def watch_end() -> Iterator[bytes]:
        nonlocal last
        for chunk in chunks:
            last = chunk or last
            yield chunk

    try:
        for number, raw in enumerate(read_lines(watch_end()), start=1):
            try:
                line = raw.decode("utf-8").rstrip("\r")
            except UnicodeDecodeError as error:
                raise BrokenStream(number, "line", "text that is not UTF-8") from error
            header = match_header(line)
            if header is None and line.strip() != "</doc>" and size < MAX_BODY:
                lines.append(line)
                size += len(raw)
                continue
            yield from _join_block(title, lines)
            lines, size = [], 0
            if header is not None:
                found = _TITLE.search(header[1])
                title, inside = html.unescape(found[1]) if found else "", True
            elif line.strip() == "</doc>":
                title, inside = "", False
            else:
                lines, size = [line], len(raw)
        unfinished = bool(lines) and not last.endswith(b"\n")  # perhaps half a line
        if unfinished:
            lines.pop()
        if inside or unfinished:
            broken = BrokenStream(number, "line", "the text ends before the last </doc>")
    except BrokenStream as error:
        broken = error
    yield from _join_block(title, lines)
    if broken is not None:
        raise broken


def match_header(line: str) -> re.Match[str] | None:
    """Match a `<doc ...>` line; group 1 is its attributes."""
    return _HEADER.match(line) if "<doc" in line and len(line) <= MAX_HEADER else None


def _join_block(title: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    body = "\n".join(lines).strip()
    if body:
        yield title, body


def read_lines(chunks: Iterable[bytes], max_line: int = MAX_LINE) -> Iterator[bytes]:
    """Yield the lines of a stream without their line feeds.

    Raises:
        BrokenStream: where the stream breaks (the line cut there is dropped), or at a line of more
            than `max_line` bytes.
    """
    parts: list[bytes] = []
    size = number = 0
    for chunk in chunks:
        lines = chunk.split(b"\n")
        if len(lines) > 1:
            parts.append(lines[0])
            yield b"".join(parts)
            yield from lines[1:-1]
            number += len(lines) - 1
            parts, size = [], 0
        parts.append(lines[-1])
        size += len(lines[-1])
        if size > max_line:
            raise BrokenStream(number + 1, "line", f"a line of more than {max_line:,} bytes")
    last = b"".join(parts)
    if last:
        yield last
