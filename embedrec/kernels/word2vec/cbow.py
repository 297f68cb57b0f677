"""CBOW: the mean or sum of a window's context vectors predicts the centre word."""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.word2vec.error import FAST, turn_scores_into_errors
from embedrec.kernels.word2vec.target import pick_targets, pick_window, subsample


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def train_cbow(ids, offsets, inputs, outputs, plan, rate, counter):
    """Train on some sentences; arguments and result as for `train_skipgram`.

    A pair here is one hidden vector and its centre word.
    """
    size = inputs.shape[1]
    most_targets = 1 + plan.n_negative + plan.max_path
    kept = np.empty(plan.max_sentence, np.int64)
    rows = np.empty(most_targets, np.int64)
    labels = np.empty(most_targets, np.float32)
    errors = np.empty((1, most_targets), np.float32)
    hidden = np.empty(size, np.float32)
    change = np.empty(size, np.float32)
    loss = 0.0
    n_pairs = 0
    for s in range(offsets.shape[0] - 1):
        n, counter = subsample(ids, offsets[s], offsets[s + 1], plan.keep, kept, counter)
        for at in range(n):
            begin, end, counter = pick_window(at, n, plan, counter)
            n_inputs = end - begin - 1
            if n_inputs == 0:
                continue
            n_targets, counter = pick_targets(kept[at], plan, rows, labels, counter)
            hidden[:] = np.float32(0)
            for near in range(begin, end):
                if near != at:
                    x = inputs[kept[near]]
                    for d in range(size):
                        hidden[d] += x[d]
            share = np.float32(1)
            if plan.mean:
                scale = np.float32(1) / np.float32(n_inputs)
                for d in range(size):
                    hidden[d] *= scale
                if not plan.full_error:
                    share = scale
            for k in range(n_targets):
                y = outputs[rows[k]]
                score = np.float32(0)
                for d in range(size):
                    score += hidden[d] * y[d]
                errors[0, k] = score
            loss += turn_scores_into_errors(errors, labels, 1, n_targets, rate)
            n_pairs += 1
            # The hidden vector's change is computed from the output vectors as they were.
            change[:] = np.float32(0)
            for k in range(n_targets):
                error = errors[0, k]
                y = outputs[rows[k]]
                for d in range(size):
                    change[d] += error * y[d]
            for k in range(n_targets):
                error = errors[0, k]
                y = outputs[rows[k]]
                for d in range(size):
                    y[d] += error * hidden[d]
            for d in range(size):
                change[d] *= share
            for near in range(begin, end):
                if near != at:
                    x = inputs[kept[near]]
                    for d in range(size):
                        x[d] += change[d]
    return loss, n_pairs
