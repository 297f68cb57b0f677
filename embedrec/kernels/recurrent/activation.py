"""Sigmoid and tanh for loops over rows: free of branches, so that LLVM turns them into vectors.

In float32 both are made of exp(x) - 1, which is 2**n q + (2**n - 1) with the parts of `split_exp`:
starting from it, tanh keeps its relative precision near 0. Both are within 3 units in the last
place and carry NaN on. In float64, which is for checks, the C library is called.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, types
from numba.extending import overload

from embedrec.kernels.exponential import MOST, split_exp

_ZERO, _ONE, _TWO = np.float32(0), np.float32(1), np.float32(2)


def sigmoid(x):
    """Return 1 / (1 + exp(-x)) of a float32 or float64."""
    raise NotImplementedError  # chosen by dtype below


def tanh(x):
    """Return tanh(x) of a float32 or float64."""
    raise NotImplementedError


@overload(sigmoid, inline="always", jit_options={"nogil": True})
def _choose_sigmoid(x):
    if x == types.float32:

        def compute(x):
            x = -MOST if x < -MOST else x
            x = MOST if x > MOST else x
            power, q = split_exp(-x)
            return _ONE / (_ONE + (power * q + power))

        return compute
    return lambda x: 1.0 / (1.0 + math.exp(-x))


@overload(tanh, inline="always", jit_options={"nogil": True})
def _choose_tanh(x):
    if x == types.float32:

        def compute(x):
            a = -_TWO * abs(x)
            a = -MOST if a < -MOST else a
            power, q = split_exp(a)
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
