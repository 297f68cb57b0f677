"""The steps of the LSTM, forward and back, fused.

Gates stand side by side in the last axis: input i, forget f, output o, candidate g. Each inner loop
is one formula and touches few arrays, because LLVM makes vector code of a loop only where it can
test at little cost that no two arrays overlap.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.compile import kernel
from embedrec.kernels.recurrent.activation import squash, squash_signed, tanh
from embedrec.kernels.recurrent.product import add_product
from embedrec.kernels.recurrent.rows import hand_on, skip_step, take_back


@kernel
def run_lstm(gates, packed, peepholes, mask, lengths, previous, cells, y, begin, end):
    """Run some sequences of a batch through all steps.

    Args:
        gates: floating (B, T, 4H), C-contiguous as all arrays here: x W + b. Changed in place, to
            the gates themselves.
        packed: U (H, 4H), packed (`pack_matrix`).
        peepholes: (3, H), from the cell to i, f and o; (0, H) for none.
        mask: (B, H), dropout of the recurrent input, or (0, 0).
        lengths: int64 (B,), from 1 to T; outputs beyond them are 0.
        previous: (B, T, H), the recurrent input of each step. Changed in place, but for step 0.
        cells: (B, T + 1, H), the cell before each step and after the last one. Changed in place,
            but for [:, 0]; beyond the lengths they are 0.
        y: (B, T, H), changed in place.
        begin, end: which rows of the batch.
    """
    n_steps, n_hidden = y.shape[1:]
    for t in range(n_steps):
        add_product(previous, t, 0, packed, gates, t, 0, 4 * n_hidden, begin, end)
        for b in range(begin, end):
            if t < lengths[b]:
                _step(gates[b, t], peepholes, cells[b, t], cells[b, t + 1], y[b, t])
                hand_on(y, t, b, mask, previous)
            else:
                skip_step(y, t, b, previous)
                cells[b, t + 1] = 0


@njit(nogil=True)
def _step(gates, peepholes, before, cell, h):
    n = len(h)
    i, f, o, g = gates[:n], gates[n : 2 * n], gates[2 * n : 3 * n], gates[3 * n :]
    if len(peepholes):
        _add_scaled(i, peepholes[0], before)
        _add_scaled(f, peepholes[1], before)
    squash(gates[: 2 * n])
    squash_signed(g)
    for j in range(n):
        cell[j] = f[j] * before[j] + i[j] * g[j]
    if len(peepholes):
        _add_scaled(o, peepholes[2], cell)
    squash(o)
    for j in range(n):
        h[j] = tanh(cell[j])
    for j in range(n):
        h[j] *= o[j]


@njit(nogil=True)
def _add_scaled(sums, weights, values):
    for j in range(len(sums)):
        sums[j] += weights[j] * values[j]


@kernel
def backpropagate_lstm(
    gradient, carry, cell_carry, gates, packed, peepholes, mask, lengths, cells, begin, end
):
    """Carry the gradient back through all steps of some sequences of a batch.

    Args:
        gradient: floating (B, T, H), C-contiguous as all arrays here: the gradient at y.
        carry, cell_carry: (B, H), the gradients at the last h and cell. Changed in place, to those
            at the first ones.
        gates: (B, T, 4H), as `run_lstm` left them. Changed in place, to the gradient at x W + b;
            beyond the lengths it is 0.
        packed: the transpose of U, (4H, H), packed.
        peepholes, mask, lengths, cells, begin, end: as for `run_lstm`.
    """
    n_rows, n_steps, n_hidden = gradient.shape
    product = np.zeros((n_rows, 1, n_hidden), gradient.dtype)
    scratch = np.empty(n_hidden, gradient.dtype)
    for t in range(n_steps - 1, -1, -1):
        for b in range(begin, end):
            if t >= lengths[b]:
                gates[b, t] = 0
                continue
            _step_back(
                gradient[b, t], carry[b], cell_carry[b], gates[b, t], peepholes,
                cells[b, t], cells[b, t + 1], scratch,
            )  # fmt: skip
        product[begin:end] = 0
        add_product(gates, t, 0, packed, product, 0, 0, n_hidden, begin, end)
        for b in range(begin, end):
            if t < lengths[b]:
                carry[b] = 0
                take_back(product, b, mask, carry)


@njit(nogil=True)
def _step_back(gradient, dh, dc, gates, peepholes, before, cell, squashed):
    n = len(dh)
    i, f, o, g = gates[:n], gates[n : 2 * n], gates[2 * n : 3 * n], gates[3 * n :]
    for j in range(n):
        dh[j] += gradient[j]
    for j in range(n):
        squashed[j] = tanh(cell[j])
    for j in range(n):
        dc[j] += dh[j] * o[j] * (1 - squashed[j] * squashed[j])
    for j in range(n):
        o[j] = dh[j] * squashed[j] * o[j] * (1 - o[j])
    if len(peepholes):
        _add_scaled(dc, peepholes[2], o)
    for j in range(n):
        slope = dc[j] * i[j]
        i[j] = slope * (1 - i[j]) * g[j]
        g[j] = slope * (1 - g[j] * g[j])
    for j in range(n):
        kept = dc[j] * f[j]
        f[j] = kept * (1 - f[j]) * before[j]
        dc[j] = kept
    if len(peepholes):
        _add_scaled(dc, peepholes[0], i)
        _add_scaled(dc, peepholes[1], f)
