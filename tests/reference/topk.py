"""Slow twins of the search and of the analogies, in Python floats from the formulas."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence


def compute_cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """cos(a, b) = a.b / (|a| |b|); 0 where one of them is zero."""
    norms = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(x * x for x in b))
    return sum(x * y for x, y in zip(a, b, strict=True)) / norms if norms else 0.0


def find_top(
    rows: Sequence[Sequence[float]],
    query: Sequence[float],
    n: int,
    hidden: Collection[int] = (),
    min_score: float = -math.inf,
) -> list[tuple[int, float]]:
    """Sort every row by falling cosine, then by place; leave out the hidden ones.

    Cosines are equal when they are equal to ten places: multiples of a row tie, whatever the
    rounding of the sums.
    """
    scored = [
        (i, round(compute_cosine(row, query), 10)) for i, row in enumerate(rows) if i not in hidden
    ]
    return sorted((p for p in scored if p[1] >= min_score), key=lambda p: (-p[1], p[0]))[:n]


def answer_analogy(
    rows: Sequence[Sequence[float]], a: int, b: int, c: int, method: str, epsilon: float = 0.001
) -> int:
    """Levy and Goldberg 2014, equations 3 and 4; equal scores by place."""

    def score(row: Sequence[float]) -> float:
        cosines = [compute_cosine(row, rows[i]) for i in (a, b, c)]
        if method == "3cosadd":
            return cosines[1] - cosines[0] + cosines[2]
        shifted = [(cosine + 1) / 2 for cosine in cosines]
        return shifted[1] * shifted[2] / (shifted[0] + epsilon)

    return max((i for i in range(len(rows)) if i not in (a, b, c)), key=lambda i: score(rows[i]))
