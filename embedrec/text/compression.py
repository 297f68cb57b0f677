"""Reading a file as a stream of unpacked bytes, whatever its name says about compression.

bzip2 (also of several streams, as Wikimedia's multistream dumps), gzip (several members) and xz are
told apart by their first bytes. Whatever was unpacked before a damaged place is handed on first.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol

from embedrec.text.document import BrokenStream

CHUNK_SIZE = 1 << 18

# A failing call of a decompressor loses what it unpacked in this very call. Small pieces keep that
# loss small; and as bzip2 checks a block before the call ends, no unchecked text leaves it.
_PIECE_SIZE = 4096
# Bounds what one piece may swell to: a bzip2 block of text is below 1 MB, only bombs are above.
_MAX_UNPACKED = 8 << 20


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _GzipDecompressor:
    """zlib's object for one gzip member, behind the interface of the other two."""

    def __init__(self) -> None:
        self._engine = zlib.decompressobj(wbits=31)
        self.eof = False
        self.needs_input = True
        self.unused_data = b""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        engine = self._engine
        unpacked = engine.decompress(engine.unconsumed_tail + data, max(max_length, 0))
        self.eof, self.unused_data = engine.eof, engine.unused_data
        # A full output may mean that more is waiting inside, even with all input taken.
        self.needs_input = not engine.unconsumed_tail and len(unpacked) != max_length
        return unpacked


_ENGINES: dict[bytes, Callable[[], _Decompressor]] = {
    b"BZh": bz2.BZ2Decompressor,
    b"\x1f\x8b": _GzipDecompressor,
    b"\xfd7zXZ\0": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ),
}


def find_compression(head: bytes) -> bytes | None:
    """Return the mark of the compression that `head` begins with, or None if it has none."""
    return next((magic for magic in _ENGINES if head.startswith(magic)), None)


def read_chunks(
    path: Path, chunk_size: int = CHUNK_SIZE, count: Callable[[int], None] | None = None
) -> Iterator[bytes]:
    """Yield the unpacked bytes of a file in pieces of `chunk_size`; the last may be shorter.

    Args:
        count: called with the number of bytes taken from the disk, each time some are.

    Raises:
        BrokenStream: where the file can't be read or unpacked any further, after everything before
            that has been yielded.
    """
    pending = bytearray()
    try:
        for data in _read_unpacked(path, chunk_size, count or (lambda n: None)):
            if not pending and len(data) == chunk_size:
                yield data
                continue
            pending += data
            while len(pending) >= chunk_size:
                yield bytes(pending[:chunk_size])
                del pending[:chunk_size]
    except BrokenStream:
        if pending:
            yield bytes(pending)
        raise
    if pending:
        yield bytes(pending)


def _read_unpacked(path: Path, chunk_size: int, count: Callable[[int], None]) -> Iterator[bytes]:
    position = 0
    try:
        with open(path, "rb") as file:
            magic = find_compression(file.read(6))
            file.seek(0)
            if magic is not None:
                yield from _unpack(file, magic, count)
                return
            while data := file.read(chunk_size):
                position += len(data)
                count(len(data))
                yield data
    except OSError as error:
        raise BrokenStream(position, "byte", f"can't be read ({error.strerror})") from error


def _unpack(file: IO[bytes], magic: bytes, count: Callable[[int], None]) -> Iterator[bytes]:
    engine: _Decompressor | None = None
    position = 0
    while piece := file.read(_PIECE_SIZE):
        position += len(piece)
        count(len(piece))
        while True:
            if engine is None:
                piece = piece.lstrip(b"\0")  # padding between streams
                if not piece:
                    break
                if not (piece.startswith(magic) or magic.startswith(piece)):
                    raise BrokenStream(
                        position - len(piece), "byte", "something else follows the compressed data"
                    )
                engine = _ENGINES[magic]()
            try:
                data = engine.decompress(piece, _MAX_UNPACKED)
            except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
                raise BrokenStream(
                    position - len(piece), "byte", "the compressed data are broken"
                ) from error
            piece = b""
            if data:
                yield data
            if engine.eof:
                piece, engine = engine.unused_data, None
            elif engine.needs_input:
                break
    if engine is not None:
        raise BrokenStream(position, "byte", "the compressed data are cut short")
