"""Plain text to documents of bounded size, cut by the content alone and never by how it arrives."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator

from embedrec.text.document import BrokenStream

# Characters; 0.5 MB of Latin text, 1.5 MB of Chinese.
MAX_PIECE = 1 << 19

_BLANK_LINES = re.compile(r"\n\s*\n")
_BLANKS = (" ", "\t", "\u3000")
_WHITE_SPACE = re.compile(r"\s*")


def read_paragraphs(chunks: Iterable[bytes], max_piece: int = MAX_PIECE) -> Iterator[str]:
    """Yield the stretches between blank lines, as text without outer white space.

    A longer stretch than `max_piece` characters is cut at the last line end within them, else at
    the last blank, else after `max_piece` characters. The same bytes give the same pieces, however
    they are chunked.

    Args:
        chunks: UTF-8 text, in pieces of any size.

    Raises:
        BrokenStream: where the stream breaks or is not UTF-8, after every complete line before it.
    """
    cutter = _Cutter(max_piece)
    try:
        for text in _decode(chunks):
            yield from cutter.feed(text)
    except BrokenStream as broken:
        yield from cutter.finish(complete=False)
        if broken.unit == "line":
            broken.position = cutter.n_lines + 1
        raise broken
    yield from cutter.finish(complete=True)


def _decode(chunks: Iterable[bytes]) -> Iterator[str]:
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        try:
            text, rest = data.decode("utf-8"), b""
        except UnicodeDecodeError as error:
            text, rest = data[: error.start].decode("utf-8"), data[error.start :]
            if error.reason != "unexpected end of data":
                yield newlines.decode(text, final=True)
                raise BrokenStream(0, "line", "text that is not UTF-8") from error
        if text:
            yield newlines.decode(text)
    if rest:
        raise BrokenStream(0, "line", "a character cut in the middle")
    yield newlines.decode("", final=True)


class _Cutter:
    def __init__(self, max_piece: int) -> None:
        self._max = max_piece
        self._text = ""
        self._parts: list[str] = []
        self._n_waiting = 0
        self._in_line = False  # whether the stretch began in the middle of a line
        self.n_lines = 0

    def feed(self, text: str) -> Iterator[str]:
        # Joining only now and then keeps small chunks from costing quadratic time.
        self._parts.append(text)
        self._n_waiting += len(text)
        self.n_lines += text.count("\n")
        if self._n_waiting < max(len(self._text), min(self._max, 1 << 16)):
            return
        self._join()
        yield from self._cut(final=False)

    def finish(self, complete: bool) -> Iterator[str]:
        self._join()
        if not complete:
            # First what any chunking would have given by now, then the rest up to a safe place.
            yield from self._cut(final=False)
            text = self._text
            end = text.rfind("\n") + 1
            if not end and self._in_line:
                end = max(text.rfind(blank) for blank in _BLANKS) + 1
            self._text = text[:end]
        yield from self._cut(final=True)

    def _join(self) -> None:
        self._text += "".join(self._parts)
        self._parts, self._n_waiting = [], 0

    def _cut(self, final: bool) -> Iterator[str]:
        text, start, size = self._text, 0, len(self._text)
        while start < size:
            # The bound counts from the first word, so that no chunking moves it.
            start = _skip_white_space(text, start)
            # A stretch ends at a blank line, provided that lies within the bound; what may still
            # grow into a blank line, or up to the bound, waits for more text.
            window = start + self._max
            found = _BLANK_LINES.search(text, start, min(window, size))
            if found and (final or found.end() < size):
                piece, start, self._in_line = text[start : found.start()], found.end(), False
            elif size >= window:
                end = text.rfind("\n", start, window) + 1
                self._in_line = not end
                if not end:
                    end = max(text.rfind(blank, start, window) for blank in _BLANKS) + 1
                end = end or window
                piece, start = text[start:end], end
            elif final:
                piece, start = text[start:], size
            else:
                break
            if piece and not piece.isspace():
                yield piece.strip()
        self._text = text[start:]


def _skip_white_space(text: str, start: int) -> int:
    found = _WHITE_SPACE.match(text, start)
    return found.end() if found else start
