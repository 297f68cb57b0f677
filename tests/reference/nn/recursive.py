"""The recursive net from its formula, one node after another, in float64."""

from __future__ import annotations

import numpy as np


def compute_tree(children, leaf_vectors, weight, bias):
    """Return the vector of each node, as a dict; leaf_vectors maps a leaf to its vector."""
    vectors = {}
    size = len(bias)

    def visit(node):
        if node not in vectors:
            left, right = children[node]
            if left < 0:
                vectors[node] = [float(v) for v in leaf_vectors[node]]
            else:
                both = visit(left) + visit(right)
                vectors[node] = [
                    np.tanh(sum(both[i] * weight[i][j] for i in range(2 * size)) + bias[j])
                    for j in range(size)
                ]
        return vectors[node]

    for node in range(len(children)):
        visit(node)
    return vectors


def differentiate_tree(children, vectors, gradients, weight):
    """Return (gradient of weight, of bias, of each leaf) given the gradient at each node's vector.

    Goes down from the roots: what comes to a node is its own gradient and what its parent sends.
    """
    size = len(vectors[0])
    of_weight, of_bias = np.zeros((2 * size, size)), np.zeros(size)
    of_leaves = {}

    def send(node, total):
        left, right = children[node]
        if left < 0:
            of_leaves[node] = total
            return
        slope = [total[j] * (1 - vectors[node][j] ** 2) for j in range(size)]
        both = vectors[left] + vectors[right]
        for j in range(size):
            of_bias[j] += slope[j]
            for i in range(2 * size):
                of_weight[i, j] += both[i] * slope[j]
        down = [sum(weight[i][j] * slope[j] for j in range(size)) for i in range(2 * size)]
        send(left, [a + b for a, b in zip(gradients[left], down[:size], strict=True)])
        send(right, [a + b for a, b in zip(gradients[right], down[size:], strict=True)])

    below = {child for pair in children for child in pair}
    for node in range(len(children)):
        if node not in below:
            send(node, list(gradients[node]))
    return of_weight, of_bias, of_leaves
