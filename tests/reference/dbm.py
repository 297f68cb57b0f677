"""Deep Boltzmann machines from their energy, by going through all states, in float64."""

from __future__ import annotations

import math

import numpy as np

from tests.reference.rbm import list_states, list_visible


def compute_energy(kind, weights, biases, layers):
    """E(v, h_1 ...), term by term."""
    v = layers[0]
    total = 0.0
    for i in range(len(v)):
        total += 0.5 * (v[i] - biases[0][i]) ** 2 if kind == "gaussian" else -biases[0][i] * v[i]
    for at in range(1, len(layers)):
        for j in range(len(layers[at])):
            total -= biases[at][j] * layers[at][j]
            for i in range(len(layers[at - 1])):
                total -= layers[at - 1][i] * weights[at - 1][i][j] * layers[at][j]
    return total


def list_hidden(sizes):
    """All states of all hidden layers: one list of layers each."""
    found = []
    for state in list_states(sum(sizes)):
        layers, begin = [], 0
        for size in sizes:
            layers.append(state[begin : begin + size])
            begin += size
        found.append(layers)
    return found


def sum_hidden(kind, weights, biases, v):
    """log sum_h exp(-E(v, h)): log p(v) + log Z."""
    sizes = [len(bias) for bias in biases[1:]]
    energies = [
        compute_energy(kind, weights, biases, [v, *hidden]) for hidden in list_hidden(sizes)
    ]
    return math.log(math.fsum(math.exp(-energy) for energy in energies))


def compute_log_partition(kind, weights, biases, n_units, n_states=None):
    """log Z, a sum over all v and h; the grid of Gaussian units is gone through as a table."""
    visible, log_cell = list_visible(kind, n_units, n_states)
    own = 0.5 * ((visible - biases[0]) ** 2).sum(axis=1)
    own = own if kind == "gaussian" else -visible @ biases[0]
    total = 0.0
    for hidden in list_hidden([len(bias) for bias in biases[1:]]):
        above = 0.0
        for at in range(1, len(biases)):
            above -= np.dot(biases[at], hidden[at - 1])
            if at > 1:
                above -= np.asarray(hidden[at - 2]) @ weights[at - 1] @ np.asarray(hidden[at - 1])
        total += np.exp(-(own + above - visible @ weights[0] @ np.asarray(hidden[0]))).sum()
    return log_cell + math.log(total)


def compute_bound(kind, weights, biases, v, means):
    """E_q[-E] + H(q): the mean over all states of independent units."""
    sizes = [len(bias) for bias in biases[1:]]
    total = 0.0
    for hidden in list_hidden(sizes):
        q = 1.0
        for states, mu in zip(hidden, means, strict=True):
            for h, m in zip(states, mu, strict=True):
                q *= m if h else 1 - m
        if q > 0:
            total += q * (-compute_energy(kind, weights, biases, [v, *hidden]) - math.log(q))
    return total
