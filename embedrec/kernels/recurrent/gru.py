"""The steps of the GRU, forward and back, with the reset gate after the product.

Gates stand side by side in the last axis: reset r, update u, candidate n. The candidate is
tanh(x W_n + b_n + r (h U_n + c)): the gate multiplies the product, as in cuDNN and PyTorch.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.compile import kernel
from embedrec.kernels.recurrent.activation import squash, squash_signed
from embedrec.kernels.recurrent.product import add_product
from embedrec.kernels.recurrent.rows import hand_on, skip_step, take_back


@kernel
def run_gru(
    gates, products, packed_gates, packed_candidate, mask, lengths, start, previous, y, begin, end
):
    """Run some sequences of a batch through all steps.

    Args:
        gates: floating (B, T, 3H), C-contiguous as all arrays here: x W + b. Changed in place, to
            the gates themselves.
        products: (B, T, H), filled with c. Changed in place: h U_n + c.
        packed_gates, packed_candidate: U_r and U_u (H, 2H), and U_n (H, H), packed.
        mask: (B, H), dropout of the recurrent input, or (0, 0).
        lengths: int64 (B,), from 1 to T; outputs beyond them are 0.
        start: (B, H), the state before the first step.
        previous: (B, T, H), the recurrent input of each step. Changed in place, but for step 0.
        y: (B, T, H), changed in place.
        begin, end: which rows of the batch.
    """
    n_steps, n_hidden = y.shape[1:]
    for t in range(n_steps):
        add_product(previous, t, 0, packed_gates, gates, t, 0, 2 * n_hidden, begin, end)
        add_product(previous, t, 0, packed_candidate, products, t, 0, n_hidden, begin, end)
        for b in range(begin, end):
            if t < lengths[b]:
                before = start[b] if t == 0 else y[b, t - 1]
                _step(gates[b, t], products[b, t], before, y[b, t])
                hand_on(y, t, b, mask, previous)
            else:
                skip_step(y, t, b, previous)


@njit(nogil=True)
def _step(gates, product, before, h):
    n_hidden = len(h)
    r, u, n = gates[:n_hidden], gates[n_hidden : 2 * n_hidden], gates[2 * n_hidden :]
    squash(gates[: 2 * n_hidden])
    for j in range(n_hidden):
        n[j] += r[j] * product[j]
    squash_signed(n)
    for j in range(n_hidden):
        h[j] = (1 - u[j]) * n[j] + u[j] * before[j]


@kernel
def backpropagate_gru(
    gradient, carry, gates, products, packed_gates, packed_candidate, mask, lengths, start, y,
    begin, end,
):  # fmt: skip
    """Carry the gradient back through all steps of some sequences of a batch.

    Args:
        gradient: floating (B, T, H), C-contiguous as all arrays here: the gradient at y.
        carry: (B, H), the gradient at the last state. Changed in place, to that at the first one.
        gates: (B, T, 3H), as `run_gru` left them. Changed in place, to the gradient at x W + b;
            beyond the lengths it is 0.
        products: likewise, to the gradient at h U_n + c.
        packed_gates, packed_candidate: the transposes (2H, H) and (H, H), packed.
        mask, lengths, start, y, begin, end: as for `run_gru`.
    """
    n_rows, n_steps, n_hidden = gradient.shape
    back = np.zeros((n_rows, 1, n_hidden), gradient.dtype)
    for t in range(n_steps - 1, -1, -1):
        for b in range(begin, end):
            if t < lengths[b]:
                before = start[b] if t == 0 else y[b, t - 1]
                _step_back(gradient[b, t], carry[b], gates[b, t], products[b, t], before)
            else:
                gates[b, t] = 0
                products[b, t] = 0
        back[begin:end] = 0
        add_product(gates, t, 0, packed_gates, back, 0, 0, n_hidden, begin, end)
        add_product(products, t, 0, packed_candidate, back, 0, 0, n_hidden, begin, end)
        for b in range(begin, end):
            if t < lengths[b]:
                take_back(back, b, mask, carry)


@njit(nogil=True)
def _step_back(gradient, dh, gates, product, before):
    n_hidden = len(dh)
    r, u, n = gates[:n_hidden], gates[n_hidden : 2 * n_hidden], gates[2 * n_hidden :]
    for j in range(n_hidden):
        dh[j] += gradient[j]
    for j in range(n_hidden):
        kept = dh[j] * u[j]
        slope = dh[j] * (1 - u[j])
        u[j] = slope * u[j] * (before[j] - n[j])
        n[j] = slope * (1 - n[j] * n[j])
        dh[j] = kept
    for j in range(n_hidden):
        slope = n[j] * r[j]
        r[j] = slope * (1 - r[j]) * product[j]
        product[j] = slope
