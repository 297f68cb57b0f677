"""The steps of the GRU, forward and back, with the reset gate before the product.

Gates stand side by side in the last axis: reset r, update u, candidate n. The candidate is
tanh(x W_n + b_n + (r h) U_n), as Cho et al. 2014 write it: U_n waits for the reset gate.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.compile import kernel
from embedrec.kernels.recurrent.activation import squash, squash_signed
from embedrec.kernels.recurrent.product import add_product
from embedrec.kernels.recurrent.rows import hand_on, skip_step, take_back


@kernel
def run_gru_before(
    gates, resets, packed_gates, packed_candidate, mask, lengths, start, previous, y, begin, end
):
    """Run some sequences of a batch through all steps.

    Args:
        gates: floating (B, T, 3H), C-contiguous as all arrays here: x W + b. Changed in place, to
            the gates themselves.
        resets: (B, T, H), set to r h; beyond the lengths to 0.
        packed_gates, packed_candidate, mask, lengths, start, previous, y, begin, end: as for
            `run_gru`.
    """
    n_steps, n_hidden = y.shape[1:]
    for t in range(n_steps):
        add_product(previous, t, 0, packed_gates, gates, t, 0, 2 * n_hidden, begin, end)
        for b in range(begin, end):
            squash(gates[b, t, : 2 * n_hidden])
            if t < lengths[b]:
                _multiply(gates[b, t], previous[b, t], resets[b, t])
            else:
                resets[b, t] = 0
        add_product(resets, t, 0, packed_candidate, gates, t, 2 * n_hidden, n_hidden, begin, end)
        for b in range(begin, end):
            if t < lengths[b]:
                before = start[b] if t == 0 else y[b, t - 1]
                _finish_step(gates[b, t], before, y[b, t])
                hand_on(y, t, b, mask, previous)
            else:
                skip_step(y, t, b, previous)


@njit(nogil=True)
def _multiply(r, before, reset):
    for j in range(len(reset)):
        reset[j] = r[j] * before[j]


@njit(nogil=True)
def _finish_step(gates, before, h):
    n_hidden = len(h)
    u, n = gates[n_hidden : 2 * n_hidden], gates[2 * n_hidden :]
    squash_signed(n)
    for j in range(n_hidden):
        h[j] = (1 - u[j]) * n[j] + u[j] * before[j]


@kernel
def backpropagate_gru_before(
    gradient, carry, gates, packed_gates, packed_candidate, mask, lengths, start, previous, y,
    begin, end,
):  # fmt: skip
    """Carry the gradient back through all steps of some sequences of a batch.

    Args:
        gradient: floating (B, T, H), C-contiguous as all arrays here: the gradient at y.
        carry: (B, H), the gradient at the last state. Changed in place, to that at the first one.
        gates: (B, T, 3H), as `run_gru_before` left them. Changed in place, to the gradient at
            x W + b; beyond the lengths it is 0.
        packed_gates, packed_candidate: the transposes (2H, H) and (H, H), packed.
        mask, lengths, start, previous, y, begin, end: as for `run_gru`.
    """
    n_rows, n_steps, n_hidden = gradient.shape
    at_reset = np.zeros((n_rows, 1, n_hidden), gradient.dtype)
    back = np.zeros((n_rows, 1, n_hidden), gradient.dtype)
    for t in range(n_steps - 1, -1, -1):
        for b in range(begin, end):
            if t < lengths[b]:
                before = start[b] if t == 0 else y[b, t - 1]
                _open_step_back(gradient[b, t], carry[b], gates[b, t], before)
            else:
                gates[b, t] = 0
        at_reset[begin:end] = 0
        column = 2 * n_hidden
        add_product(gates, t, column, packed_candidate, at_reset, 0, 0, n_hidden, begin, end)
        for b in range(begin, end):
            _pass_reset(at_reset[b, 0], gates[b, t], previous[b, t], back[b, 0])
        add_product(gates, t, 0, packed_gates, back, 0, 0, n_hidden, begin, end)
        for b in range(begin, end):
            if t < lengths[b]:
                take_back(back, b, mask, carry)


@njit(nogil=True)
def _open_step_back(gradient, dh, gates, before):
    n_hidden = len(dh)
    u, n = gates[n_hidden : 2 * n_hidden], gates[2 * n_hidden :]
    for j in range(n_hidden):
        dh[j] += gradient[j]
    for j in range(n_hidden):
        kept = dh[j] * u[j]
        slope = dh[j] * (1 - u[j])
        u[j] = slope * u[j] * (before[j] - n[j])
        n[j] = slope * (1 - n[j] * n[j])
        dh[j] = kept


@njit(nogil=True)
def _pass_reset(at_reset, r, before, back):
    for j in range(len(back)):
        back[j] = at_reset[j] * r[j]
    for j in range(len(back)):
        r[j] = back[j] * (1 - r[j]) * before[j]
