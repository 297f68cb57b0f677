"""Slow twins of the measures of lists, one user and one rank after the other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations


def rank_unseen(scores: Sequence[float], seen: set[int], k: int) -> list[int]:
    """The k best items that were not seen, equal ones by number."""
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    return [i for i in order if i not in seen][:k]


def measure_list(listed: Sequence[int], gains: Mapping[int, float], k: int) -> dict[str, float]:
    """Precision, recall, average precision, reciprocal rank and nDCG by their definitions."""
    hits, precisions, first, dcg = 0, 0.0, 0.0, 0.0
    for rank, item in enumerate(listed, 1):
        if item in gains:
            hits += 1
            precisions += hits / rank
            first = first or 1 / rank
            dcg += gains[item] / math.log2(rank + 1)
    best = sorted(gains.values(), reverse=True)[:k]
    ideal = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(best, 1))
    return {
        "precision": hits / k,
        "recall": hits / len(gains),
        "map": precisions / min(len(gains), k),
        "mrr": first,
        "ndcg": dcg / ideal,
    }


def measure_novelty(
    lists: Sequence[Sequence[int]], raters: Mapping[int, set[int]], n: int
) -> float:
    """Mean of -log2 of the share of users who rated an item."""
    bits = [-math.log2(max(1, len(raters.get(i, ()))) / n) for one in lists for i in one]
    return sum(bits) / len(bits)


def measure_diversity(lists: Sequence[Sequence[int]], raters: Mapping[int, set[int]]) -> float:
    """1 - the mean cosine of the pairs in a list."""
    cosines = []
    for one in lists:
        for a, b in combinations(one, 2):
            first, second = raters.get(a, set()), raters.get(b, set())
            norm = math.sqrt(len(first) * len(second))
            cosines.append(len(first & second) / norm if norm else 0.0)
    return 1 - sum(cosines) / len(cosines)
