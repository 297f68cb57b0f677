"""A Huffman tree by the textbook: a heap of (weight, ...), joined two by two."""

from __future__ import annotations

import heapq
from collections.abc import Sequence


def compute_code_lengths(counts: Sequence[int]) -> list[int]:
    """The length of each symbol's code in an optimal prefix code (one of several, if tied)."""
    heap: list[tuple[int, int, tuple[int, ...]]] = [
        (count, symbol, (symbol,)) for symbol, count in enumerate(counts)
    ]
    heapq.heapify(heap)
    lengths = [0] * len(counts)
    tie = len(counts)
    while len(heap) > 1:
        weight_1, _, symbols_1 = heapq.heappop(heap)
        weight_2, _, symbols_2 = heapq.heappop(heap)
        for symbol in symbols_1 + symbols_2:
            lengths[symbol] += 1
        heapq.heappush(heap, (weight_1 + weight_2, tie, symbols_1 + symbols_2))
        tie += 1
    return lengths
