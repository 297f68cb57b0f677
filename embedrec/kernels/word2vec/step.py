"""One step of skip-gram: the inputs of a window and all output units of its centre word."""

from __future__ import annotations

from numba import njit

from embedrec.kernels.simd.dot import compute_scores
from embedrec.kernels.simd.logistic import turn_scores_into_errors, turn_scores_into_errors_in_turn
from embedrec.kernels.simd.rows import copy_rows, may_repeat
from embedrec.kernels.simd.update import GROUP, apply_errors

# Inputs of a path that are trained at once: their products with each other cost its square.
MOST_IN_TURN = 16


@njit(inline="always", nogil=True)
def train_window(room, n_inputs, n_targets, first_node, labels, size, rate):
    """Train the inputs and targets that the room locates; return their loss before it.

    The gradients come from the vectors as they were before the window, with one exception: the
    errors of the nodes of the Huffman path (targets from `first_node` on) take their inputs in
    turn. The nodes near the root stand in every path, and all errors of a window, computed from one
    old value, move them too far: the loss stays higher, and after five epochs of 16 million words a
    point of analogies is missing. With negative sampling, whose rows repeat less, taking turns made
    nothing better.
    """
    if first_node == n_targets:
        context = room.context
        compute_scores(context, n_inputs, room.targets, n_targets, size, room.scores, room.stride)
        loss = turn_scores_into_errors(room.scores, n_inputs, n_targets, room.stride, labels, rate)
        apply_window(room, context, n_inputs, n_targets, size)
        return loss
    loss = 0.0
    for begin in range(0, n_inputs, MOST_IN_TURN):
        context, n = room.context[begin:], min(MOST_IN_TURN, n_inputs - begin)
        compute_scores(context, n, room.targets, n_targets, size, room.scores, room.stride)
        compute_scores(context, n, context, n, size, room.products, n)
        loss += turn_scores_into_errors_in_turn(
            room.scores, n, n_targets, room.stride, labels, rate, room.products, first_node
        )
        apply_window(room, context, n, n_targets, size)
    return loss


@njit(inline="always", nogil=True)
def apply_window(room, context, n_inputs, n_targets, size):
    """Add the gradients of the errors in the room; rows listed twice receive both changes."""
    targets = room.targets
    context_before, targets_before = context, targets
    if n_targets > GROUP or may_repeat(context, n_inputs):
        copy_rows(context, n_inputs, size, room.copied_context)
        context_before = room.copied_context
    if n_targets > GROUP and may_repeat(targets, n_targets):
        copy_rows(targets, n_targets, size, room.copied_targets)
        targets_before = room.copied_targets
    apply_errors(
        context_before, context, n_inputs,
        targets_before, targets, n_targets, size, room.scores, room.stride,
    )  # fmt: skip
