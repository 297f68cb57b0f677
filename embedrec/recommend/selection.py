"""The best of many scores, equal ones by number."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def select_best(scores: Array, n: int, allowed: Array | None = None) -> Array:
    """Return the numbers of the `n` highest scores, best first, equal ones in ascending order.

    Args:
        scores: float (N,), finite.
        n: how many; fewer come back only if fewer are allowed.
        allowed: bool (N,), which may come; None for all.

    Returns:
        int64 (at most n,).
    """
    numbers = None if allowed is None else np.flatnonzero(allowed)
    pool = scores if numbers is None else scores[numbers]
    if n < len(pool):
        # All that tie with the last place are kept until numbers have decided.
        least = np.partition(pool, len(pool) - n)[len(pool) - n] if n else np.inf
        places = np.flatnonzero(pool >= least)
    else:
        places = np.arange(len(pool))
    order = places[np.argsort(-pool[places], kind="stable")][:n]
    return order if numbers is None else numbers[order]


def select_best_rows(scores: Array, n: int) -> Array:
    """Return the same for each row, where no row lacks `n` numbers: int64 (G, n).

    Args:
        scores: float (G, N), n <= N; minus infinity for what may not come, which may still fill
            the last places if too few others are there.
        n: how many.
    """
    n_columns = scores.shape[1]
    if n >= n_columns:
        return np.argsort(-scores, axis=1, kind="stable")
    best = np.argpartition(-scores, n - 1, axis=1)[:, :n]
    best.sort(axis=1)
    values = np.take_along_axis(scores, best, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    found = np.take_along_axis(best, order, axis=1)
    # Where the last place is tied with what was left out, numbers must decide.
    least = values.min(axis=1)
    tied = np.flatnonzero((scores >= least[:, None]).sum(axis=1) > n)
    for row in tied.tolist():
        found[row] = select_best(scores[row], n)
    return found
