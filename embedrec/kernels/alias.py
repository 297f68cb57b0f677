"""Drawing from a fixed discrete distribution in constant time: Walker's alias method.

Built by Vose's linear algorithm ("A linear algorithm for generating random numbers with a given
distribution", IEEE Trans. Software Eng. 17(9), 1991). Threshold and alias of a column share one
uint64, so that a draw touches one cache line.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.compile import kernel
from embedrec.kernels.random import to_range

_S32 = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


def build_alias_table(weights: np.ndarray) -> np.ndarray:
    """Build the table for drawing i with probability weights[i] / sum(weights).

    Args:
        weights: float64 (V,), finite, not negative, sum above 0, V < 2**32.

    Returns:
        uint64 (V,): threshold (upper 32 bits) and alias (lower 32 bits) of each column.
    """
    # Room is made here and not by the kernel: that would be compiled for longer than the rest.
    n = len(weights)
    table = np.empty(n, np.uint64)
    _fill_table(weights * (n / weights.sum()), np.empty(n, np.int64), np.empty(n, np.int64), table)
    return table


@kernel
def _fill_table(scaled, small, large, table):
    """Fill the table; `scaled` are the weights with mean 1, and they and all else are changed."""
    n = scaled.shape[0]
    n_small = 0
    n_large = 0
    for i in range(n):
        if scaled[i] < 1.0:
            small[n_small] = i
            n_small += 1
        else:
            large[n_large] = i
            n_large += 1
    while n_small > 0 and n_large > 0:
        n_small -= 1
        poor = small[n_small]
        rich = large[n_large - 1]
        threshold = np.uint64(scaled[poor] * 4294967296.0)
        table[poor] = (threshold << _S32) | np.uint64(rich)
        scaled[rich] -= 1.0 - scaled[poor]
        if scaled[rich] < 1.0:
            n_large -= 1
            small[n_small] = rich
            n_small += 1
    # What is left is 1 up to rounding: such a column always gives itself.
    for k in range(n_small):
        table[small[k]] = (_LOW << _S32) | np.uint64(small[k])
    for k in range(n_large):
        table[large[k]] = (_LOW << _S32) | np.uint64(large[k])


@njit(inline="always", nogil=True)
def draw(table, bits):
    """Draw one index (int64) with 64 random bits: the upper half picks the column."""
    column = to_range(bits, table.shape[0])
    entry = table[column]
    if (bits & _LOW) < (entry >> _S32):
        return np.int64(column)
    return np.int64(entry & _LOW)
