"""Hierarchical softmax of a batch: scores and gradients along the ways of the batch's words.

A word's probability is the product over the inner nodes of its way of sigma(s), where s is the
node's score for code 0 and minus the score for code 1 (Morin and Bengio 2005; Mikolov et al. 2013,
eq. 3). Ways are those of `huffman.build_huffman_paths`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from embedrec.kernels.compile import kernel

_UNROLL = 8


@kernel
def score_paths(inputs, weight, bias, words, offsets, steps, starts, nodes, errors, losses):
    """Walk the way of each row's word.

    Args:
        inputs: floating (n, D), C-contiguous.
        weight: like it (V - 1, D), C-contiguous, a vector for each inner node.
        bias: like it (V - 1,).
        words: int64 (n,).
        offsets, steps: int64 (V + 1,), uint32: as `build_huffman_paths` gives them.
        starts: int64 (n + 1,), where each row's steps begin in the next two.
        nodes: int64 (starts[n],), set to the inner nodes on the ways.
        errors: like `inputs` (starts[n],), set to the loss's derivative at each node's score.
        losses: float64 (n,), set to -log p of each word.
    """
    for i in range(len(words)):
        first = offsets[words[i]]
        losses[i] = 0.0
        for at in range(starts[i], starts[i + 1]):
            step = steps[first + at - starts[i]]
            node = np.int64(step >> np.uint32(1))
            sign = 1.0 - 2.0 * (step & np.uint32(1))
            s = sign * (_multiply(inputs[i], weight[node]) + bias[node])
            z = math.exp(-abs(s))
            losses[i] += max(-s, 0.0) + math.log1p(z)
            nodes[at] = node
            # sigma(s) - 1 = -sigma(-s), without taking a number near 1 from 1
            errors[at] = -sign * ((z if s >= 0 else 1.0) / (1.0 + z))


@kernel
def spread_errors(inputs, weight, starts, nodes, slots, errors, at_inputs, at_nodes):
    """Turn errors into gradients.

    Args:
        inputs, weight, starts, nodes: as for `score_paths`.
        slots: int64 (starts[n],), row of `at_nodes` that belongs to each step's node.
        errors: floating (starts[n],), with the samples' weights in them.
        at_inputs: floating (n, D), zeros; the gradient at each row is added.
        at_nodes: floating (number of different nodes, D), zeros; likewise, of the nodes' vectors.
    """
    for i in range(len(inputs)):
        for at in range(starts[i], starts[i + 1]):
            _add_multiple(errors[at], weight[nodes[at]], at_inputs[i])
            _add_multiple(errors[at], inputs[i], at_nodes[slots[at]])


@kernel
def descend_tree(scores, parent, code, log_probabilities):
    """Compute the log-probabilities of all words.

    Args:
        scores: floating (n, V - 1), of the inner nodes.
        parent, code: int64, uint8 (2 V - 1,): as `build_huffman_parents` gives them.
        log_probabilities: floating (n, V), is set, in the order of the tree's words.
    """
    n_words = log_probabilities.shape[1]
    inner = np.empty(n_words - 1, np.float64)  # log-probability of passing each inner node
    branches = np.empty((n_words - 1, 2), np.float64)
    for i in range(len(scores)):
        inner[n_words - 2] = 0.0  # the root
        for node in range(n_words - 2, -1, -1):  # parents have higher numbers than their children
            if node < n_words - 2:
                above = parent[n_words + node]
                inner[node] = branches[above, code[n_words + node]]
            s = np.float64(scores[i, node])
            rest = math.log1p(math.exp(-abs(s)))
            branches[node, 0] = inner[node] - max(-s, 0.0) - rest
            branches[node, 1] = inner[node] - max(s, 0.0) - rest
        for word in range(n_words):
            log_probabilities[i, word] = branches[parent[word], code[word]]


@njit(nogil=True, error_model="numpy")
def _multiply(a, b):
    # Eight sums, as without licence to reorder one sum would be added up number by number.
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = a[0] * 0
    whole = len(a) // _UNROLL * _UNROLL
    for d in range(0, whole, _UNROLL):
        s0 += a[d] * b[d]
        s1 += a[d + 1] * b[d + 1]
        s2 += a[d + 2] * b[d + 2]
        s3 += a[d + 3] * b[d + 3]
        s4 += a[d + 4] * b[d + 4]
        s5 += a[d + 5] * b[d + 5]
        s6 += a[d + 6] * b[d + 6]
        s7 += a[d + 7] * b[d + 7]
    total = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
    for d in range(whole, len(a)):
        total += a[d] * b[d]
    return total


@njit(nogil=True)
def _add_multiple(factor, row, total):
    for d in range(len(row)):
        total[d] += factor * row[d]
