"""What an alias table means, spelled out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def compute_probabilities(table: Sequence[int]) -> np.ndarray:
    """The probability that a table gives to each index, float64 (V,)."""
    n = len(table)
    probabilities = np.zeros(n)
    for column, entry in enumerate(table):
        accept = (int(entry) >> 32) / 2**32
        probabilities[column] += accept / n
        probabilities[int(entry) & 0xFFFFFFFF] += (1 - accept) / n
    return probabilities


def draw(table: Sequence[int], bits: int) -> int:
    """Draw with 64 bits: the upper half picks the column, the lower half accepts it or not."""
    column = ((bits >> 32) * len(table)) >> 32
    accept, alias = int(table[column]) >> 32, int(table[column]) & 0xFFFFFFFF
    return column if (bits & 0xFFFFFFFF) < accept else alias
