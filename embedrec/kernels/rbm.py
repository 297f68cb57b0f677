"""Boltzmann machines: means and draws of units in one pass, and what each state of a unit weighs.

Every array is C-contiguous and of one dtype, float32 or float64. Draws are counter-based
(`kernels.random`): number p of an array, in C order, comes from the counter `start` + (p + 1) STEP.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.compile import kernel
from embedrec.kernels.exponential import exp, softplus
from embedrec.kernels.random import STEP, mix, to_unit
from embedrec.kernels.recurrent.activation import sigmoid


@kernel
def fill_binary(fields, bias, means):
    """Set `means` (n, D) to sigmoid(fields + bias): fields (n, D), bias (D,)."""
    for i in range(fields.shape[0]):
        for j in range(fields.shape[1]):
            means[i, j] = sigmoid(fields[i, j] + bias[j])


@kernel
def draw_binary(means, start, states):
    """Set `states` (n, D) to 1 where a number drawn from [0, 1) is below the mean, else to 0.

    Args:
        means: (n, D), from 0 to 1.
        start: uint64 counter.
        states: like the means, is set.
    """
    at = start
    for i in range(means.shape[0]):
        for j in range(means.shape[1]):
            at += STEP
            states[i, j] = 1 if to_unit(mix(at)) < means[i, j] else 0


@kernel
def fill_softmax(fields, bias, n_states, means):
    """Set `means` (n, G K) to the softmax of fields + bias over each K = n_states columns."""
    for i in range(fields.shape[0]):
        for begin in range(0, fields.shape[1], n_states):
            top = fields[i, begin] + bias[begin]
            for k in range(begin + 1, begin + n_states):
                top = max(top, fields[i, k] + bias[k])
            total = top * 0
            for k in range(begin, begin + n_states):
                means[i, k] = exp(fields[i, k] + bias[k] - top)
                total += means[i, k]
            for k in range(begin, begin + n_states):
                means[i, k] /= total


@kernel
def draw_softmax(means, start, n_states, states):
    """Set each K columns of `states` (n, G K) to 0 but for one 1, drawn by the means there.

    Args:
        means: (n, G K), each K = n_states of them summing to 1.
        start: uint64 counter; one number is drawn for each K columns.
        n_states: K.
        states: like the means, is set.
    """
    at = start
    for i in range(means.shape[0]):
        for begin in range(0, means.shape[1], n_states):
            at += STEP
            drawn = to_unit(mix(at))
            # A sum that rounds to below 1 leaves what is above it to the last state.
            chosen, total = n_states - 1, means[i, begin] * 0
            for k in range(n_states - 1):
                total += means[i, begin + k]
                if drawn < total:
                    chosen = k
                    break
            for k in range(n_states):
                states[i, begin + k] = 1 if k == chosen else 0


@kernel
def weigh_states(visible, fields, weight, n_states, none, each):
    """Compute sum_j log(1 + exp f_j) for every state that one visible unit could have instead.

    The fields f of the hidden units are those of the sample with one group of K columns changed:
    to zeros for `none`, to a single 1 for `each`. A binary unit is a group of one column; for more
    columns a sample has a single 1 among them, and `none` is not set.

    Args:
        visible: (n, G K), samples.
        fields: (n, H), visible @ weight + hidden bias.
        weight: (G K, H).
        n_states: K.
        none: float64 (n, G), is set where K is 1.
        each: float64 (n, G K), is set.
    """
    n_hidden = fields.shape[1]
    rest = np.empty(n_hidden, fields.dtype)
    terms = np.empty(n_hidden, fields.dtype)
    for i in range(visible.shape[0]):
        for j in range(n_hidden):
            terms[j] = softplus(fields[i, j])
        as_it_is = _add_up(terms)
        for begin in range(0, visible.shape[1], n_states):
            end = begin + n_states
            taken = begin
            while taken < end and visible[i, taken] == 0:
                taken += 1
            for j in range(n_hidden):
                rest[j] = fields[i, j]
            for k in range(taken, end):
                _add_scaled(weight[k], -visible[i, k], rest)
            if taken == end:  # most units of most samples are off
                none[i, begin // n_states] = as_it_is
            elif n_states == 1:
                for j in range(n_hidden):
                    terms[j] = softplus(rest[j])
                none[i, begin] = _add_up(terms)
            for k in range(begin, end):
                if visible[i, k] == 1:
                    each[i, k] = as_it_is
                    continue
                row = weight[k]
                for j in range(n_hidden):
                    terms[j] = softplus(rest[j] + row[j])
                each[i, k] = _add_up(terms)


@njit(nogil=True, error_model="numpy")
def _add_scaled(row, factor, out):
    for j in range(len(row)):
        out[j] += factor * row[j]


@njit(nogil=True, error_model="numpy")
def _add_up(values):
    # By halves: vector code, and errors grow with the logarithm of n only. The values are lost.
    n = len(values)
    while n > 1:
        half = (n + 1) // 2
        for k in range(n - half):
            values[k] += values[half + k]
        n = half
    return np.float64(values[0])
