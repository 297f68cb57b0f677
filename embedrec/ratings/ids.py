"""Ids as they come, numbered in the order of their first appearance."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from embedrec.errors import InputError

Array = np.ndarray[Any, Any]
_FIRST_PLACES = 1 << 12
_MOST_IDS = 2**31 - 2


class IdTable:
    """Numbers ids by their bytes; two of them are the same if all bytes are."""

    def __init__(self) -> None:
        self._n = 0
        self._table = np.zeros(_FIRST_PLACES, np.int32)
        self._hashes = np.zeros(_FIRST_PLACES, np.uint64)
        self._offsets = np.zeros(_FIRST_PLACES + 1, np.int64)
        self._arena = np.zeros(_FIRST_PLACES, np.uint8)

    def __len__(self) -> int:
        return self._n

    def number(self, text: Array, spans: Array) -> Array:
        """Return the number of each id, int32 (L,); new ones get the next numbers.

        Args:
            text: uint8 (B,).
            spans: int64 (L, 2): id i is text[spans[i, 0]:spans[i, 1]].

        Raises:
            InputError: if there are more ids than 32 bits number.
        """
        from embedrec.kernels.delimited import number_ids

        self._make_room(len(spans), int((spans[:, 1] - spans[:, 0]).sum()))
        numbers = np.empty(len(spans), np.int32)
        self._n = number_ids(
            text, spans, self._table, self._hashes, self._offsets, self._arena, self._n, numbers
        )
        return numbers

    def list_ids(self, encoding: str) -> tuple[str, ...]:
        """Return all ids by number.

        Raises:
            UnicodeDecodeError: if one is not of that encoding.
        """
        held = self._arena[: self._offsets[self._n]].tobytes()
        ends = self._offsets[: self._n + 1].tolist()
        return tuple(held[start:stop].decode(encoding) for start, stop in pairwise(ends))

    def _make_room(self, n_more: int, n_bytes: int) -> None:
        from embedrec.kernels.delimited import fill_table

        n = self._n + n_more
        if n > _MOST_IDS:
            raise InputError(f"more than {_MOST_IDS} different ids; split the file", value=n)
        if n > len(self._hashes):
            size = max(n, 2 * len(self._hashes))
            self._hashes = _enlarge(self._hashes, size)
            self._offsets = _enlarge(self._offsets, size + 1)
        # Room for new ones at twice as many places; doubled only when the old ones need it.
        if 2 * n > len(self._table):
            size = 1 << (2 * n - 1).bit_length()
            self._table = np.zeros(size, np.int32)
            fill_table(self._hashes, self._n, self._table)
        needed = int(self._offsets[self._n]) + n_bytes
        if needed > len(self._arena):
            self._arena = _enlarge(self._arena, max(needed, 2 * len(self._arena)))


def _enlarge(array: Array, size: int) -> Array:
    larger = np.zeros(size, array.dtype)
    larger[: len(array)] = array
    return larger
