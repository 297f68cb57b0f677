"""exp and log(1 + z) for loops over rows: free of branches, so that LLVM turns them into vectors.

Calls of the C library can't be turned into vector code. In float32, exp(x) is 2**n q(r) + 2**n with
x = n log 2 + r and |r| <= log(2) / 2, where q is the Taylor polynomial of exp(r) - 1, whose first
term left out is below rounding; the power of two is written into the exponent bits. log(1 + z) is
2 artanh(z / (2 + z)), whose series in steps of w**2 <= 1/9 ends below rounding after eight terms.
Both are within 3 units in the last place and carry NaN on. In float64, which is for checks, the C
library is called.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, types
from numba.extending import overload

_LOG2_E = np.float32(1.0 / math.log(2.0))
# log 2 in two parts: the first has so few bits that its product with n is exact.
_LOG_2_HIGH = np.float32(355.0 / 512.0)
_LOG_2_LOW = np.float32(math.log(2.0) - 355.0 / 512.0)
# Added to a small number, it leaves no bits for a fraction: the sum holds the rounded number.
_ROUNDER = np.float32(1.5 * 2.0**23)
_BIAS, _MANTISSA = np.int32(127), np.int32(23)
MOST = np.float32(87.0)  # exp(-87) and exp(87) are normal float32
_TERMS = tuple(np.float32(1.0 / math.factorial(power)) for power in range(8))
_ODD = tuple(np.float32(2.0 / (2 * power + 1)) for power in range(8))
_ONE, _TWO = np.float32(1), np.float32(2)


def exp(x):
    """Return exp(x) of a float32, from exp(-87) to exp(87) whatever x, or of a float64."""
    raise NotImplementedError  # chosen by dtype below


def log_one_plus(z):
    """Return log(1 + z) of a float32 from 0 to 1, or of a float64."""
    raise NotImplementedError


@njit(inline="always", nogil=True, error_model="numpy")
def split_exp(x):
    """Return 2**n and q(r) of a float32, so that exp(x) = 2**n q + 2**n, for |x| <= MOST."""
    rounded = x * _LOG2_E + _ROUNDER
    n = rounded - _ROUNDER
    r = x - n * _LOG_2_HIGH - n * _LOG_2_LOW
    q = _TERMS[7]
    q = q * r + _TERMS[6]
    q = q * r + _TERMS[5]
    q = q * r + _TERMS[4]
    q = q * r + _TERMS[3]
    q = q * r + _TERMS[2]
    q = (q * r) * r + r
    power = np.int32((np.float32(rounded).view(np.int32) + _BIAS) << _MANTISSA).view(np.float32)
    return power, q


@overload(exp, jit_options={"nogil": True})
def _choose_exp(x):
    if x == types.float32:

        def compute(x):
            above = -MOST if x < -MOST else x
            held = MOST if above > MOST else above
            power, q = split_exp(held)
            return power * q + power

        return compute
    return lambda x: math.exp(x)


@overload(log_one_plus, jit_options={"nogil": True})
def _choose_log_one_plus(z):
    if z == types.float32:

        def compute(z):
            w = z / (_TWO + z)
            square = w * w
            s = _ODD[7]
            s = s * square + _ODD[6]
            s = s * square + _ODD[5]
            s = s * square + _ODD[4]
            s = s * square + _ODD[3]
            s = s * square + _ODD[2]
            s = s * square + _ODD[1]
            s = s * square + _ODD[0]
            return s * w

        return compute
    return lambda z: math.log1p(z)


@njit(inline="always", nogil=True)
def softplus(x):
    """Return log(1 + exp x) of a float32 or float64."""
    return max(x, x * 0) + log_one_plus(exp(-abs(x)))
