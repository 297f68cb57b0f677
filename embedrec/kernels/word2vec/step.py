"""One step of skip-gram: the inputs of a window and all output units of its centre word."""

from __future__ import annotations

from numba import njit

from embedrec.kernels.simd.dot import MOST_MULTIPLIED, compute_products, compute_scores
from embedrec.kernels.simd.logistic import turn_scores_into_errors, turn_scores_into_errors_in_turn
from embedrec.kernels.simd.machine import LANES
from embedrec.kernels.simd.rows import copy_rows, may_repeat
from embedrec.kernels.simd.update import MOST_FEW, apply_errors, apply_errors_of_few, fit_at_once

# Inputs of a path that are trained at once.
MOST_IN_TURN = MOST_MULTIPLIED


@njit(inline="always", nogil=True)
def train_window(room, n_inputs, n_targets, first_node, labels, size, rate):
    """Train the inputs and targets that the room locates; return their loss before it.

    With negative sampling alone, the gradients come from the vectors as they were before the
    window. With a Huffman path that is not good enough: the nodes near the root stand in every
    path, and all errors of a window, computed from one old value, move them too far. So the inputs
    are cut into equal parts of at most four; the errors of the path's nodes (targets from
    `first_node` on) take the inputs of a part in turn, and what an input receives from a node is as
    old as its part. That comes within noise of one input after another, in loss and in scores; a
    whole window from one old value loses a point of analogies after five epochs of 16 million
    words, and a whole window in turn most of that point.
    """
    if first_node == n_targets:
        context, targets, scores = room.context, room.targets, room.scores
        compute_scores(context, n_inputs, targets, n_targets, size, scores, room.stride)
        loss = turn_scores_into_errors(scores, n_inputs, n_targets, room.stride, labels, rate)
        few = n_inputs <= MOST_FEW and size >= LANES
        if few and not (may_repeat(context, n_inputs) or may_repeat(targets, n_targets)):
            apply_errors_of_few(context, n_inputs, targets, n_targets, size, scores, room.stride)
        else:
            apply_window(room, context, n_inputs, n_targets, size)
        return loss
    loss = 0.0
    # Where no row is listed twice, as nearly always, parts need no copies.
    repeats = may_repeat(room.context, n_inputs) or may_repeat(room.targets, n_targets)
    copied = repeats or size < LANES
    n_parts = (n_inputs + MOST_IN_TURN - 1) // MOST_IN_TURN
    begin = 0
    for part in range(n_parts):
        left = n_parts - part
        context, n = room.context[begin:], (n_inputs - begin + left - 1) // left
        begin += n
        compute_scores(context, n, room.targets, n_targets, size, room.scores, room.stride)
        compute_products(context, n, size, room.products)
        loss += turn_scores_into_errors_in_turn(
            room.scores, n, n_targets, room.stride, labels, rate, room.products, first_node
        )
        if copied:
            apply_window(room, context, n, n_targets, size)
        else:
            apply_errors_of_few(context, n, room.targets, n_targets, size, room.scores, room.stride)
    return loss


@njit(inline="always", nogil=True)
def apply_window(room, context, n_inputs, n_targets, size):
    """Add the gradients of the errors in the room; rows listed twice receive both changes."""
    targets = room.targets
    context_before, targets_before = context, targets
    at_once = fit_at_once(n_targets, size)
    if not at_once or may_repeat(context, n_inputs):
        copy_rows(context, n_inputs, size, room.copied_context)
        context_before = room.copied_context
    if not at_once and may_repeat(targets, n_targets):
        copy_rows(targets, n_targets, size, room.copied_targets)
        targets_before = room.copied_targets
    apply_errors(
        context_before, context, n_inputs,
        targets_before, targets, n_targets, size, room.scores, room.stride,
    )  # fmt: skip
