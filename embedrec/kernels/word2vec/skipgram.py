"""Skip-gram: every context word of a window is an input that predicts the centre word."""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.word2vec.error import FAST, turn_scores_into_errors
from embedrec.kernels.word2vec.target import pick_targets, pick_window, subsample


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def train_skipgram(ids, offsets, inputs, outputs, plan, rate, counter):
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
    size = inputs.shape[1]
    most_targets = 1 + plan.n_negative + plan.max_path
    kept = np.empty(plan.max_sentence, np.int64)
    context = np.empty(2 * plan.window, np.int64)
    rows = np.empty(most_targets, np.int64)
    labels = np.empty(most_targets, np.float32)
    errors = np.empty((2 * plan.window, most_targets), np.float32)
    change = np.empty((2 * plan.window, size), np.float32)
    loss = 0.0
    n_pairs = 0
    for s in range(offsets.shape[0] - 1):
        n, counter = subsample(ids, offsets[s], offsets[s + 1], plan.keep, kept, counter)
        for at in range(n):
            begin, end, counter = pick_window(at, n, plan, counter)
            n_inputs = 0
            for near in range(begin, end):
                if near != at:
                    context[n_inputs] = kept[near]
                    n_inputs += 1
            if n_inputs == 0:
                continue
            n_targets, counter = pick_targets(kept[at], plan, rows, labels, counter)
            for i in range(n_inputs):
                x = inputs[context[i]]
                for k in range(n_targets):
                    y = outputs[rows[k]]
                    score = np.float32(0)
                    for d in range(size):
                        score += x[d] * y[d]
                    errors[i, k] = score
            loss += turn_scores_into_errors(errors, labels, n_inputs, n_targets, rate)
            n_pairs += n_inputs
            # Both gradients come from the vectors as they were: the inputs' change is computed
            # first and applied last. Rows that occur twice receive both changes.
            for i in range(n_inputs):
                dx = change[i]
                dx[:] = np.float32(0)
                for k in range(n_targets):
                    error = errors[i, k]
                    y = outputs[rows[k]]
                    for d in range(size):
                        dx[d] += error * y[d]
            for k in range(n_targets):
                y = outputs[rows[k]]
                for i in range(n_inputs):
                    error = errors[i, k]
                    x = inputs[context[i]]
                    for d in range(size):
                        y[d] += error * x[d]
            for i in range(n_inputs):
                x = inputs[context[i]]
                dx = change[i]
                for d in range(size):
                    x[d] += dx[d]
    return loss, n_pairs
