"""What every file form of vectors holds, before it becomes `KeyedVectors`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Subwords:
    """What words outside the vocabulary are made of.

    Attributes:
        buckets: (B, D) float32, the rows that n-grams are hashed to; memory-mapped where the form
            allows it.
        min_n: shortest n-gram, in characters, at least 1.
        max_n: longest n-gram.
    """

    buckets: np.ndarray
    min_n: int
    max_n: int


@dataclass
class StoredVectors:
    """Words with their vectors, as read from or written to a file.

    Attributes:
        words: V different words, whatever holds them.
        vectors: (V, D) float32; memory-mapped where the form allows it.
        counts: (V,) uint64, or None if the form holds none.
        metadata: JSON values: how the vectors came to be.
        user_dict_text: contents of the segmentation dictionary that made the training text.
        subwords: None if there are vectors for the words alone.
    """

    words: Sequence[str]
    vectors: np.ndarray
    counts: np.ndarray | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    user_dict_text: str | None = None
    subwords: Subwords | None = None


class RowBuffer:
    """Collects rows of a matrix whose height is known late, without holding it twice.

    Args:
        size: values of a row.
        expected: how many rows are likely to come; 0 if nobody knows.
    """

    def __init__(self, size: int, expected: int = 0) -> None:
        self._rows = np.empty((expected, size), np.float32)
        self._n = 0

    def append(self, block: np.ndarray) -> None:
        """Add the rows of `block`, (R, size)."""
        end = self._n + len(block)
        if end > len(self._rows):
            # In place, so that the system may move pages rather than copy values.
            self._rows.resize((max(end, len(self._rows) * 3 // 2), block.shape[1]), refcheck=False)
        self._rows[self._n : end] = block
        self._n = end

    def finish(self) -> np.ndarray:
        """Return what was collected, (N, size) float32; the buffer is of no use afterwards."""
        self._rows.resize((self._n, self._rows.shape[1]), refcheck=False)
        return self._rows
