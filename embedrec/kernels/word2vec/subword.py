"""Skip-gram and CBOW over words that are made of their own row and those of their n-grams.

Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", section 3.2, as fastText
trains it: each row of a word receives the whole gradient of the word's vector, not its share of the
mean. Windows train words gathered in a ring.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.compile import kernel
from embedrec.kernels.simd.dot import compute_scores_alone
from embedrec.kernels.simd.gather import sum_weighted_rows
from embedrec.kernels.simd.logistic import turn_scores_into_errors
from embedrec.kernels.simd.rows import add_to_rows, copy_rows, may_repeat, sum_rows
from embedrec.kernels.simd.update import apply_errors_alone, fit_at_once
from embedrec.kernels.word2vec.fetch import AHEAD
from embedrec.kernels.word2vec.plan import Plan
from embedrec.kernels.word2vec.ring import (
    enter_window,
    fetch_targets,
    leave_all,
    locate_window,
    make_ring,
    move_text,
)
from embedrec.kernels.word2vec.room import make_room
from embedrec.kernels.word2vec.step import train_window
from embedrec.kernels.word2vec.windows import N_WINDOWS, draw_windows, make_windows


def train_skipgram_subwords(
    ids: np.ndarray,
    offsets: np.ndarray,
    inputs: np.ndarray,
    outputs: np.ndarray,
    plan: Plan,
    rate: np.float32,
    counter: np.uint64,
) -> tuple[float, int]:
    """Train on some sentences; arguments and result as for `train_skipgram`.

    `inputs` has the words' own rows first and those of their n-grams after them, and `plan` lists
    the rows of each word.
    """
    windows = make_windows(plan, N_WINDOWS)
    room, ring = make_room(windows, plan, inputs.shape[1]), make_ring(plan, inputs.shape[1])
    return _train_skipgram(
        ids, offsets, inputs, outputs, plan, rate, counter, windows, room, ring
    )  # fmt: skip


@kernel
def _train_skipgram(ids, offsets, inputs, outputs, plan, rate, counter, windows, room, ring):
    size = inputs.shape[1]
    loss = 0.0
    n_pairs = 0
    while True:
        move_text(ring, windows)
        n_windows, counter = draw_windows(ids, offsets, plan, windows, counter)
        if n_windows == 0:
            leave_all(ring, inputs, plan)
            return loss, n_pairs
        for later in range(n_windows + AHEAD):
            if later < n_windows:
                fetch_targets(windows, later, outputs)
            w = later - AHEAD
            if w < 0:
                continue
            enter_window(ring, windows, w, inputs, plan)
            n_inputs, n_targets = locate_window(ring, windows, w, outputs, room)
            first_node, labels = np.int64(windows.first_node[w]), windows.labels[w]
            loss += train_window(room, n_inputs, n_targets, first_node, labels, size, rate)
            n_pairs += n_inputs


def train_cbow_subwords(
    ids: np.ndarray,
    offsets: np.ndarray,
    inputs: np.ndarray,
    outputs: np.ndarray,
    plan: Plan,
    rate: np.float32,
    counter: np.uint64,
) -> tuple[float, int]:
    """Train on some sentences; arguments and result as for `train_skipgram_subwords`.

    The mean of a context is over all rows of its words, as in fastText: so a word counts by the
    number of its rows. The sum is over the words' vectors.
    """
    windows = make_windows(plan, N_WINDOWS)
    room, ring = make_room(windows, plan, inputs.shape[1]), make_ring(plan, inputs.shape[1])
    return _train_cbow(
        ids, offsets, inputs, outputs, plan, rate, counter, windows, room, ring
    )  # fmt: skip


@kernel
def _train_cbow(ids, offsets, inputs, outputs, plan, rate, counter, windows, room, ring):
    size = inputs.shape[1]
    scores, stride, context, targets = room.scores, room.stride, room.context, room.targets
    hidden, change = room.hidden_rows[0], room.hidden_rows[1]
    one = np.float32(1)
    loss = 0.0
    n_pairs = 0
    while True:
        move_text(ring, windows)
        n_windows, counter = draw_windows(ids, offsets, plan, windows, counter)
        if n_windows == 0:
            leave_all(ring, inputs, plan)
            return loss, n_pairs
        for later in range(n_windows + AHEAD):
            if later < n_windows:
                fetch_targets(windows, later, outputs)
            w = later - AHEAD
            if w < 0:
                continue
            enter_window(ring, windows, w, inputs, plan)
            n_inputs, n_targets = locate_window(ring, windows, w, outputs, room)
            if plan.mean:
                share = one / sum_weights(ring.weights, n_inputs)
                sum_weighted_rows(context, ring.weights, n_inputs, share, size, hidden)
            else:
                sum_rows(context, n_inputs, one, size, hidden)
            compute_scores_alone(hidden, targets, n_targets, size, scores)
            loss += turn_scores_into_errors(scores, 1, n_targets, stride, windows.labels[w], rate)
            targets_before = targets
            if not fit_at_once(n_targets, size) and may_repeat(targets, n_targets):
                copy_rows(targets, n_targets, size, room.copied_targets)
                targets_before = room.copied_targets
            apply_errors_alone(hidden, change, targets_before, targets, n_targets, size, scores)
            if plan.mean and not plan.full_error:
                for i in range(n_inputs):
                    add_to_rows(change, ring.weights[i] * share, context[i : i + 1], 1, size)
            else:
                add_to_rows(change, one, context, n_inputs, size)
        n_pairs += n_windows


@njit(inline="always", nogil=True)
def sum_weights(weights, n):
    """Return the sum of the first `n` weights, float32."""
    total = np.float32(0)
    for i in range(n):
        total += weights[i]
    return total
