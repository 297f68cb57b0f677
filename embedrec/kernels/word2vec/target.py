"""Which words survive, which window a centre word gets, and which output units it trains."""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.alias import draw
from embedrec.kernels.random import STEP, mix, to_range, to_unit


@njit(inline="always", nogil=True)
def subsample(ids, begin, end, keep, kept, counter):
    """Copy the surviving words of one sentence into `kept`; return their number and the counter."""
    n = 0
    for at in range(begin, end):
        word = ids[at]
        counter += STEP
        if to_unit(mix(counter)) < keep[word]:
            kept[n] = word
            n += 1
    return n, counter


@njit(inline="always", nogil=True)
def pick_window(at, n, plan, counter):
    """Return the half-open range of positions around `at`, and the counter."""
    size = plan.window
    if plan.shrink:
        counter += STEP
        size = np.int64(to_range(mix(counter), plan.window)) + 1
    return max(0, at - size), min(n, at + size + 1), counter


@njit(inline="always", nogil=True)
def draw_negatives(plan, negatives, counter):
    """Draw the negatives (int64) of a window, and return the counter."""
    for k in range(plan.n_negative):
        counter += STEP
        negatives[k] = draw(plan.alias_table, mix(counter))
    return counter


@njit(inline="always", nogil=True)
def pick_targets(centre, plan, negatives, rows, labels):
    """List the output units of a centre word.

    Fills rows (int64) and labels (float32): first the word itself (label 1) and the negatives
    (label 0; one that hits the word itself is left out), then the nodes of its Huffman path
    (label 1 - code). Returns their number and the number before the path.
    """
    n = 0
    if plan.n_negative > 0:
        rows[0] = centre
        labels[0] = np.float32(1)
        n = 1
        for k in range(plan.n_negative):
            if negatives[k] != centre:
                rows[n] = negatives[k]
                labels[n] = np.float32(0)
                n += 1
    first_node = n
    if plan.max_path > 0:
        for at in range(plan.path_offsets[centre], plan.path_offsets[centre + 1]):
            step = np.int64(plan.path_steps[at])
            rows[n] = plan.path_base + (step >> 1)
            labels[n] = np.float32(1 - (step & 1))
            n += 1
    return n, first_node
