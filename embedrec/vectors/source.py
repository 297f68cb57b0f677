"""A file of vectors, open for reading: unpacked on the way, counted, with its beginning at hand."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from embedrec.errors import CorruptedError, InputError
from embedrec.progress import Stage

_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SKIPPED_AT_ONCE = 1 << 22
_DEFLATE_LIMIT = 1100  # deflate packs no tighter than about 1 to 1,032


class VectorSource:
    """Bytes of a file, gzip undone.

    Attributes:
        name: of the file, for messages.
        packed: whether it is a gzip file.
        head: the first bytes, unpacked, without a byte order mark.
        position: how many bytes of the unpacked file are behind.
        largest_size: no more bytes than this can come out of the file.
        stage: is told how many bytes of the file are consumed; None before reading.
    """

    def __init__(self, raw: IO[bytes], path: Path, head_size: int) -> None:
        self.name = str(path)
        self.stage: Stage | None = None
        self._raw = raw
        self.packed = packed = raw.read(2) == _GZIP_MAGIC
        raw.seek(0)
        self._stream = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if packed else raw
        self.largest_size = os.path.getsize(path) * (_DEFLATE_LIMIT if packed else 1)
        head = self._read(head_size)
        self.head = self._rest = head.removeprefix(_BYTE_ORDER_MARK)
        self.position = len(head) - len(self.head)

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer only at the end; raises `CorruptedError` for broken gzip."""
        data, self._rest = self._rest[:size], self._rest[size:]
        if len(data) < size:
            data += self._read(size - len(data))
        self.position += len(data)
        if self.stage is not None:
            self.stage.update(self._raw.tell())
        return data

    def skip(self, size: int) -> int:
        """Pass over the next bytes, read only where the file is packed; return how many."""
        n_passed = len(self.read(min(size, len(self._rest))))
        if not self.packed:
            n_more = max(0, min(size - n_passed, self.largest_size - self._raw.tell()))
            self._raw.seek(n_more, os.SEEK_CUR)
            self.position += n_more
            return n_passed + n_more
        while n_passed < size and (data := self.read(min(size - n_passed, _SKIPPED_AT_ONCE))):
            n_passed += len(data)
        return n_passed

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise CorruptedError(
                f"{self.name} is a damaged gzip file ({error}); fetch it again", value=self.name
            ) from error
        except OSError as error:
            raise InputError(
                f"can't read {self.name}: {error.strerror}", value=self.name
            ) from error


@contextmanager
def open_source(path: Path, head_size: int) -> Iterator[VectorSource]:
    """Open a file of vectors.

    Raises:
        InputError: if it can't be opened.
    """
    try:
        raw = open(path, "rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}", value=str(path)) from error
    with raw:
        yield VectorSource(raw, path, head_size)
