"""Contributions of rated items to a prediction, which add up to its shift."""

from __future__ import annotations

import numpy as np

from embedrec.nn.parameter import Array


def settle_sum(contributions: Array, total: float) -> Array:
    """Return contributions moved as little as they need to add up to `total`, float64 (n,).

    What is missing is shared in proportion to how much each contributes, by size; evenly, if
    none contributes anything.

    Args:
        contributions: float (n,).
        total: what they are to add up to; with n = 0 there is nothing to share.
    """
    given = np.asarray(contributions, np.float64)
    if not len(given):
        return given.copy()
    sizes = np.abs(given)
    shares = sizes / sizes.sum() if sizes.sum() > 0 else np.full(len(given), 1.0 / len(given))
    settled: Array = given + (total - given.sum()) * shares
    return settled
