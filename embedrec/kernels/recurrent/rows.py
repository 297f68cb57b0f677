"""What the steps of all recurrent layers share: the state that is handed on, and its gradient.

`mask` is the dropout of the recurrent connection: (B, H), the same at all steps; of no rows where
nothing is dropped.
"""

from __future__ import annotations

from numba import njit


@njit(nogil=True)
def hand_on(y, t, b, mask, previous):
    """Make the output of row b at step t, masked, the recurrent input of step t + 1."""
    if t + 1 == y.shape[1]:
        return
    now, later = y[b, t], previous[b, t + 1]
    if len(mask):
        kept = mask[b]
        for j in range(len(now)):
            later[j] = now[j] * kept[j]
    else:
        later[:] = now


@njit(nogil=True)
def skip_step(y, t, b, previous):
    """Leave a step beyond the length of row b: its output, and the input of the next one, are 0."""
    y[b, t] = 0
    if t + 1 < y.shape[1]:
        previous[b, t + 1] = 0


@njit(nogil=True)
def take_back(product, b, mask, carry):
    """Add the gradient at a recurrent input, masked, to the gradient at the state before."""
    row, total = product[b, 0], carry[b]
    if len(mask):
        kept = mask[b]
        for j in range(len(row)):
            total[j] += row[j] * kept[j]
    else:
        for j in range(len(row)):
            total[j] += row[j]
