"""Softmax of rows, and its gradient with cross-entropy, without an array of exponentials.

The forward pass reads the logits and keeps two numbers of each row, its largest logit and the sum
of exponentials; the backward computes the exponentials a second time, which costs less than
writing and reading them would.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.compile import kernel
from embedrec.kernels.exponential import exp

_BLOCK = 1024  # sums of exponentials of a row, made side by side


@kernel
def sum_exponentials(logits, tops, sums):
    """Compute sum_k exp(z_k - max z) of each row.

    Args:
        logits: floating (n, C), C-contiguous.
        tops: like it (n,), the largest logit of each row.
        sums: like it (n,), is set.
    """
    block = np.empty(min(_BLOCK, logits.shape[1]), logits.dtype)
    for i in range(len(logits)):
        row, top = logits[i], tops[i]
        # Each place of the block adds up its share of the row: vector code all the way.
        block[:] = 0
        for start in range(0, len(row), _BLOCK):
            part = row[start : start + _BLOCK]
            for k in range(len(part)):
                block[k] += exp(part[k] - top)
        sums[i] = _add_up(block, len(block))


@kernel
def fill_probabilities(logits, tops, sums, out):
    """Set `out` (n, C) to the softmax of logits (n, C), with what `sum_exponentials` found."""
    for i in range(len(logits)):
        _fill_row(logits[i], tops[i], 1 / sums[i], out[i])


@kernel
def fill_gradients(logits, tops, sums, labels, factors, out):
    """Set `out` (n, C) to factor (softmax - onehot(label)) of each row.

    Args:
        logits, tops, sums: as for `sum_exponentials`.
        labels: int64 (n,).
        factors: like the logits (n,); where it is 0 the row is 0, whatever the logits.
        out: like the logits.
    """
    for i in range(len(logits)):
        if factors[i] == 0:
            out[i] = 0
        else:
            _fill_row(logits[i], tops[i], factors[i] / sums[i], out[i])
            out[i, labels[i]] -= factors[i]


@njit(nogil=True, error_model="numpy")
def _fill_row(row, top, factor, out):
    for k in range(len(row)):
        out[k] = exp(row[k] - top) * factor


@njit(nogil=True, error_model="numpy")
def _add_up(values, n):
    # By halves: vector code, and errors grow with the logarithm of n only. The values are lost.
    while n > 1:
        half = (n + 1) // 2
        for k in range(n - half):
            values[k] += values[half + k]
        n = half
    return values[0]
