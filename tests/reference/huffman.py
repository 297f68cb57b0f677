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


def build_paths(counts: Sequence[int]) -> list[list[tuple[int, int]]]:
    """Each symbol's way from the root, as (inner node, code), in word2vec's convention.

    Nodes are numbered as they are made; code 0 is the smaller side. Among equal weights a symbol
    comes before a node, of symbols the last, of nodes the first.
    """
    heap: list[tuple[int, int, int]] = [(count, 0, -symbol) for symbol, count in enumerate(counts)]
    heapq.heapify(heap)
    paths: list[list[tuple[int, int]]] = [[] for _ in counts]
    below: dict[int, list[int]] = {}
    for node in range(len(counts) - 1):
        weight = 0
        below[node] = []
        for code in (0, 1):
            part, is_node, name = heapq.heappop(heap)
            symbols = below[name] if is_node else [-name]
            for symbol in symbols:
                paths[symbol].insert(0, (node, code))
            weight, below[node] = weight + part, below[node] + symbols
        heapq.heappush(heap, (weight, 1, node))
    return paths
