"""A Huffman tree by the textbook: a heap of (weight, ...), joined two by two."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence

from tests.reference.random import SplitMix


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


def shuffle_equals(counts: Sequence[int]) -> list[int]:
    """The symbols, counts descending; those of equal counts shuffled from the last to the first."""
    stream = SplitMix(0)
    order: list[int] = []
    for _, group in itertools.groupby(range(len(counts)), key=counts.__getitem__):
        equals = list(group)
        for last in range(len(equals) - 1, 0, -1):
            place = stream.next_range(last + 1)
            equals[last], equals[place] = equals[place], equals[last]
        order += equals
    return order


def build_paths(counts: Sequence[int]) -> list[list[tuple[int, int]]]:
    """Each symbol's way from the root, as (inner node, code), in word2vec's convention.

    Nodes are numbered as they are made; code 0 is the smaller side. Among equal weights a symbol
    comes before a node, of symbols the last of a shuffled order, of nodes the first.
    """
    order = shuffle_equals(counts)
    places = {symbol: place for place, symbol in enumerate(order)}
    heap: list[tuple[int, int, int]] = [
        (count, 0, -places[symbol]) for symbol, count in enumerate(counts)
    ]
    heapq.heapify(heap)
    paths: list[list[tuple[int, int]]] = [[] for _ in counts]
    below: dict[int, list[int]] = {}
    for node in range(len(counts) - 1):
        weight = 0
        below[node] = []
        for code in (0, 1):
            part, is_node, name = heapq.heappop(heap)
            symbols = below[name] if is_node else [order[-name]]
            for symbol in symbols:
                paths[symbol].insert(0, (node, code))
            weight, below[node] = weight + part, below[node] + symbols
        heapq.heappush(heap, (weight, 1, node))
    return paths
