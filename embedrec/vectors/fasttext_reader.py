"""Taking a fastText model file apart: numbers, entries of the dictionary, matrices.

Every method but `is_at_end` raises `CorruptedError` where the file ends before what is asked for.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from embedrec.errors import CorruptedError
from embedrec.files import map_array
from embedrec.vectors.source import VectorSource

_CHUNK = 1 << 22
_LONGEST_WORD = 1 << 16


class ModelReader:
    """Takes exact pieces off a file; what ends early is damage.

    Args:
        source: at the first byte of the file.
    """

    def __init__(self, source: VectorSource) -> None:
        self.source = source
        self._buffer = b""
        self._place = 0

    def unpack(self, form: str) -> tuple[Any, ...]:
        """Take numbers in a form of the module `struct`."""
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def take(self, size: int) -> bytes:
        """Take so many bytes."""
        while len(self._buffer) - self._place < size:
            self._fill()
        self._place += size
        return self._buffer[self._place - size : self._place]

    def take_entries(self, n: int) -> tuple[list[bytes], bytes]:
        """Take words that end with a zero byte, and the 9 bytes that follow each."""
        words: list[bytes] = []
        tails: list[bytes] = []
        while len(words) < n:
            cut = self._buffer.find(b"\0", self._place)
            if (cut if cut >= 0 else len(self._buffer)) - self._place > _LONGEST_WORD:
                raise self.describe_damage(f"no word ends where word {len(words) + 1} should")
            if cut < 0 or cut + 10 > len(self._buffer):
                self._fill()
                continue
            words.append(self._buffer[self._place : cut])
            tails.append(self._buffer[cut + 1 : cut + 10])
            self._place = cut + 10
        return words, b"".join(tails)

    def take_matrix(self, n_rows: int, size: int) -> np.ndarray:
        """Take (n_rows, size) float32: mapped and maybe not aligned, or read if it is packed."""
        n_bytes = 4 * n_rows * size
        if not self.source.packed:
            at = self.source.position - (len(self._buffer) - self._place)
            matrix = map_array(self.source.name, "<f4", (n_rows, size), at)
            self.skip(n_bytes)
            return matrix
        # Grown as its values arrive: a packed file may say more than it holds.
        values = np.empty(0, "<f4")
        step = max(1, _CHUNK // 4)
        for start in range(0, n_rows * size, step):
            end = min(start + step, n_rows * size)
            piece = np.frombuffer(self.take(4 * (end - start)), "<f4")
            if end > len(values):
                values.resize(min(n_rows * size, max(end, len(values) * 3 // 2)), refcheck=False)
            values[start:end] = piece
        return values.reshape(n_rows, size)

    def skip(self, size: int) -> None:
        """Pass over so many bytes."""
        held = min(size, len(self._buffer) - self._place)
        self._place += held
        if held + self.source.skip(size - held) < size:
            raise self.describe_damage("it ends early")

    def is_at_end(self) -> bool:
        """Say whether nothing is left."""
        return self._place == len(self._buffer) and not self.source.read(1)

    def describe_damage(self, what: str) -> CorruptedError:
        """Return the error for a file that can't be as it was written."""
        return CorruptedError(
            f"{self.source.name} is a damaged fastText model: {what}; fetch it again",
            value=self.source.name,
        )

    def _fill(self) -> None:
        more = self.source.read(_CHUNK)
        if not more:
            raise self.describe_damage("it ends early")
        self._buffer, self._place = self._buffer[self._place :] + more, 0
