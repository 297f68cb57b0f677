"""Counter-based random numbers inside kernels: SplitMix64.

The state is a plain counter, so a stream is fixed by where it starts: kernels receive a start that
is derived from (seed, stage, epoch, block), and hold no generator. Source: Steele, Lea, Flood,
"Fast splittable pseudorandom number generators" (OOPSLA 2014); mixing constants: Stafford's
variant 13.
"""

from __future__ import annotations

import numpy as np
from numba import njit

STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_S32, _S40 = np.uint64(32), np.uint64(40)
_UNIT = np.float32(1.0 / (1 << 24))


@njit(inline="always", nogil=True)
def mix(state):
    """Turn a counter (uint64) into 64 random bits. The next counter is `state + STEP`."""
    z = (state ^ (state >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@njit(inline="always", nogil=True)
def to_unit(bits):
    """Map 64 random bits to a float32 in [0, 1), from the upper 24 bits."""
    return np.float32(bits >> _S40) * _UNIT


@njit(inline="always", nogil=True)
def to_range(bits, n):
    """Map 64 random bits to a whole number in [0, n), from the upper 32 bits (n < 2**32).

    Multiply and shift in place of a division; the bias is below n / 2**32.
    """
    return ((bits >> _S32) * np.uint64(n)) >> _S32
