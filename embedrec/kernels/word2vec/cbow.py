"""CBOW: the mean or sum of a window's context vectors predicts the centre word."""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.compile import kernel
from embedrec.kernels.simd.dot import compute_scores_alone
from embedrec.kernels.simd.logistic import turn_scores_into_errors
from embedrec.kernels.simd.rows import (
    add_to_rows,
    copy_rows,
    may_repeat,
    sum_rows,
)
from embedrec.kernels.simd.update import apply_errors_alone, fit_at_once
from embedrec.kernels.word2vec.fetch import AHEAD, fetch_window, locate_window
from embedrec.kernels.word2vec.plan import Plan
from embedrec.kernels.word2vec.room import make_room
from embedrec.kernels.word2vec.windows import N_WINDOWS, draw_windows, make_windows


def train_cbow(
    ids: np.ndarray,
    offsets: np.ndarray,
    inputs: np.ndarray,
    outputs: np.ndarray,
    plan: Plan,
    rate: np.float32,
    counter: np.uint64,
) -> tuple[float, int]:
    """Train on some sentences; arguments and result as for `train_skipgram`.

    A pair here is one hidden vector and its centre word.
    """
    windows = make_windows(plan, N_WINDOWS)
    room = make_room(windows, plan, inputs.shape[1])
    return _train_cbow(ids, offsets, inputs, outputs, plan, rate, counter, windows, room)


@kernel
def _train_cbow(ids, offsets, inputs, outputs, plan, rate, counter, windows, room):
    loss = 0.0
    n_pairs = 0
    while True:
        n, counter = draw_windows(ids, offsets, plan, windows, counter)
        if n == 0:
            return loss, n_pairs
        loss += train_cbow_windows(windows, n, inputs, outputs, plan, rate, room)
        n_pairs += n


@njit(inline="always", nogil=True)
def train_cbow_windows(windows, n_windows, inputs, outputs, plan, rate, room):
    """Train the first `n_windows` of some windows, and return their loss."""
    size = inputs.shape[1]
    scores, stride, context, targets = room.scores, room.stride, room.context, room.targets
    hidden, change = room.hidden_rows[0], room.hidden_rows[1]
    one = np.float32(1)
    loss = 0.0
    for later in range(n_windows + AHEAD):
        if later < n_windows:
            fetch_window(windows, later, inputs, outputs)
        w = later - AHEAD
        if w < 0:
            continue
        n_inputs, n_targets = locate_window(windows, w, inputs, outputs, room)
        mean = one / np.float32(n_inputs)
        sum_rows(context, n_inputs, mean if plan.mean else one, size, hidden)
        compute_scores_alone(hidden, targets, n_targets, size, scores)
        loss += turn_scores_into_errors(scores, 1, n_targets, stride, windows.labels[w], rate)
        targets_before = targets
        if not fit_at_once(n_targets, size) and may_repeat(targets, n_targets):
            copy_rows(targets, n_targets, size, room.copied_targets)
            targets_before = room.copied_targets
        apply_errors_alone(hidden, change, targets_before, targets, n_targets, size, scores)
        share = mean if plan.mean and not plan.full_error else one
        add_to_rows(change, share, context, n_inputs, size)
    return loss
