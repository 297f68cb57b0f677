"""Skip-gram: every context word of a window is an input that predicts the centre word."""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.compile import kernel
from embedrec.kernels.word2vec.fetch import AHEAD, fetch_window, locate_window
from embedrec.kernels.word2vec.plan import Plan
from embedrec.kernels.word2vec.room import make_room
from embedrec.kernels.word2vec.step import train_window
from embedrec.kernels.word2vec.windows import N_WINDOWS, draw_windows, make_windows


def train_skipgram(
    ids: np.ndarray,
    offsets: np.ndarray,
    inputs: np.ndarray,
    outputs: np.ndarray,
    plan: Plan,
    rate: np.float32,
    counter: np.uint64,
) -> tuple[float, int]:
    """Train on some sentences.

    Args:
        ids: uint32 (N,), words.
        offsets: int64 (S + 1,): sentence s is ids[offsets[s]:offsets[s + 1]].
        inputs: float32 (V, D), input vectors, changed in place.
        outputs: float32 (R, D), output vectors, changed in place; rows as in `target`.
        plan: a Plan.
        rate: float32, learning rate.
        counter: uint64, start of the random stream of this call.

    Returns:
        loss: float64, summed over the pairs, before their update.
        n_pairs: int64, (input, centre) pairs trained.
    """
    windows = make_windows(plan, N_WINDOWS)
    room = make_room(windows, plan, inputs.shape[1])
    return _train_skipgram(ids, offsets, inputs, outputs, plan, rate, counter, windows, room)


@kernel
def _train_skipgram(ids, offsets, inputs, outputs, plan, rate, counter, windows, room):
    loss = 0.0
    n_pairs = 0
    while True:
        n, counter = draw_windows(ids, offsets, plan, windows, counter)
        if n == 0:
            return loss, n_pairs
        part_loss, part_pairs = train_skipgram_windows(windows, n, inputs, outputs, rate, room)
        loss += part_loss
        n_pairs += part_pairs


@njit(inline="always", nogil=True)
def train_skipgram_windows(windows, n_windows, inputs, outputs, rate, room):
    """Train the first `n_windows` of some windows; returns loss and pairs."""
    size = inputs.shape[1]
    loss = 0.0
    n_pairs = 0
    for later in range(n_windows + AHEAD):
        if later < n_windows:
            fetch_window(windows, later, inputs, outputs)
        w = later - AHEAD
        if w < 0:
            continue
        n_inputs, n_targets = locate_window(windows, w, inputs, outputs, room)
        first_node, labels = np.int64(windows.first_node[w]), windows.labels[w]
        loss += train_window(room, n_inputs, n_targets, first_node, labels, size, rate)
        n_pairs += n_inputs
    return loss, n_pairs
