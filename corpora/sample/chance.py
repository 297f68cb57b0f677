"""Choices that come out the same on every machine and Python version.

Only `random.Random.random()` is used: Python promises its sequence for a seed, but not that of
`choice`, `shuffle` or `sample`.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """A stream of choices named by its key: the same key gives the same choices.

    Args:
        key: What the stream is for, e.g. ("page", "周杰伦"). Streams of different keys are
            independent, so that a new page leaves all others as they were.
    """

    def __init__(self, *key: str) -> None:
        digest = hashlib.sha256("\x1f".join(key).encode("utf-8")).digest()
        self._random = random.Random(int.from_bytes(digest[:8], "big"))

    def below(self, n: int) -> int:
        """Draw an integer in [0, n)."""
        return int(self._random.random() * n)

    def happens(self, probability: float) -> bool:
        """Say yes with this probability."""
        return self._random.random() < probability

    def pick(self, items: Sequence[T]) -> T:
        """Draw one item."""
        return items[self.below(len(items))]

    def take(self, items: Sequence[T], n: int) -> list[T]:
        """Draw up to n different positions, in random order."""
        pool = list(items)
        n = min(n, len(pool))
        for i in range(n):
            j = i + self.below(len(pool) - i)
            pool[i], pool[j] = pool[j], pool[i]
        return pool[:n]
