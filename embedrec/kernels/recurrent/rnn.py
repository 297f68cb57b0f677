"""The steps of the simple recurrent layer, forward and back."""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.compile import kernel
from embedrec.kernels.recurrent.activation import squash_signed
from embedrec.kernels.recurrent.product import add_product
from embedrec.kernels.recurrent.rows import hand_on, skip_step, take_back


@kernel
def run_rnn(y, packed, rectifies, mask, lengths, previous, begin, end):
    """Run some sequences of a batch through all steps.

    Args:
        y: floating (B, T, H), C-contiguous as all arrays here: x W + b. Changed in place, to the
            outputs; beyond the lengths they are 0.
        packed: U (H, H), packed.
        rectifies: whether the activation is max(0, s) in place of tanh(s).
        mask: (B, H), dropout of the recurrent input, or (0, 0).
        lengths: int64 (B,), from 1 to T.
        previous: (B, T, H), the recurrent input of each step. Changed in place, but for step 0.
        begin, end: which rows of the batch.
    """
    n_steps, n_hidden = y.shape[1:]
    for t in range(n_steps):
        add_product(previous, t, 0, packed, y, t, 0, n_hidden, begin, end)
        for b in range(begin, end):
            if t >= lengths[b]:
                skip_step(y, t, b, previous)
                continue
            if rectifies:
                _rectify(y[b, t])
            else:
                squash_signed(y[b, t])
            hand_on(y, t, b, mask, previous)


@njit(nogil=True)
def _rectify(row):
    for j in range(len(row)):
        row[j] = 0 if row[j] < 0 else row[j]  # NaN stays NaN


@kernel
def backpropagate_rnn(gradient, carry, y, packed, rectifies, mask, lengths, sums, begin, end):
    """Carry the gradient back through all steps of some sequences of a batch.

    Args:
        gradient: floating (B, T, H), C-contiguous as all arrays here: the gradient at y.
        carry: (B, H), the gradient at the last state. Changed in place, to that at the first one.
        y: as `run_rnn` left it.
        packed: the transpose of U, packed.
        rectifies, mask, lengths, begin, end: as for `run_rnn`.
        sums: (B, T, H), set to the gradient at x W + b; beyond the lengths it is 0.
    """
    n_rows, n_steps, n_hidden = gradient.shape
    product = np.zeros((n_rows, 1, n_hidden), gradient.dtype)
    for t in range(n_steps - 1, -1, -1):
        for b in range(begin, end):
            if t < lengths[b]:
                _step_back(gradient[b, t], carry[b], y[b, t], rectifies, sums[b, t])
            else:
                sums[b, t] = 0
        product[begin:end] = 0
        add_product(sums, t, 0, packed, product, 0, 0, n_hidden, begin, end)
        for b in range(begin, end):
            if t < lengths[b]:
                carry[b] = 0
                take_back(product, b, mask, carry)


@njit(nogil=True)
def _step_back(gradient, dh, h, rectifies, ds):
    if rectifies:
        for j in range(len(ds)):
            ds[j] = gradient[j] + dh[j] if h[j] > 0 else 0
    else:
        for j in range(len(ds)):
            ds[j] = (gradient[j] + dh[j]) * (1 - h[j] * h[j])
