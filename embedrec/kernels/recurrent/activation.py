"""Sigmoid and tanh for loops over rows: free of branches, so that LLVM turns them into vectors.

Calls of the C library's exp can't be turned into vector code. In float32 both functions are made
of exp(x) - 1 here: with x = n log 2 + r, |r| <= log(2) / 2, it is 2**n q(r) + (2**n - 1), where q
is the Taylor polynomial of exp(r) - 1, whose first term left out is below rounding. The power of
two is written into the exponent bits. Starting from exp(x) - 1, tanh keeps its relative precision
near 0. Both are within 3 units in the last place and carry NaN on. In float64, which is for checks,
the C library is called.
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
_MOST = np.float32(87.0)  # exp(-87) and exp(87) are normal float32
_TERMS = tuple(np.float32(1.0 / math.factorial(power)) for power in range(8))
_ZERO, _ONE, _TWO = np.float32(0), np.float32(1), np.float32(2)


def sigmoid(x):
    """Return 1 / (1 + exp(-x)) of a float32 or float64."""
    raise NotImplementedError  # chosen by dtype below


def tanh(x):
    """Return tanh(x) of a float32 or float64."""
    raise NotImplementedError


@njit(inline="always", nogil=True, error_model="numpy")
def _split_exp(x):
    """Return 2**n and q(r), so that exp(x) = 2**n q + 2**n, for |x| <= 87."""
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


@overload(sigmoid, inline="always", jit_options={"nogil": True})
def _choose_sigmoid(x):
    if x == types.float32:

        def compute(x):
            x = -_MOST if x < -_MOST else x
            x = _MOST if x > _MOST else x
            power, q = _split_exp(-x)
            return _ONE / (_ONE + (power * q + power))

        return compute
    return lambda x: 1.0 / (1.0 + math.exp(-x))


@overload(tanh, inline="always", jit_options={"nogil": True})
def _choose_tanh(x):
    if x == types.float32:

        def compute(x):
            a = -_TWO * abs(x)
            a = -_MOST if a < -_MOST else a
            power, q = _split_exp(a)
            e = power * q + (power - _ONE)  # exp(-2 |x|) - 1, from 0 down to -1
            t = e / (_TWO + e)
            return t if x < _ZERO else _ZERO - t

        return compute
    return lambda x: math.tanh(x)


@njit(nogil=True, error_model="numpy")
def squash(row):
    """Replace each number of a row by its sigmoid."""
    for j in range(len(row)):
        row[j] = sigmoid(row[j])


@njit(nogil=True, error_model="numpy")
def squash_signed(row):
    """Replace each number of a row by its tanh."""
    for j in range(len(row)):
        row[j] = tanh(row[j])
