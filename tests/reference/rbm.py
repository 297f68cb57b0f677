"""Restricted Boltzmann machines from their energy, by going through all states, in float64."""

from __future__ import annotations

import itertools
import math

import numpy as np

from tests.reference.random import SplitMix

GRID = np.linspace(-14, 14, 181)  # of each Gaussian unit


def list_states(n, n_states=2):
    return list(itertools.product(range(n_states), repeat=n))


def list_visible(kind, n_units, n_states=None):
    """All states (rows of columns), and the logarithm of what each weighs in a sum over them."""
    if kind == "binary":
        rows = list_states(n_units)
        return np.array(rows, float), 0.0
    if kind == "softmax":
        rows = []
        for state in list_states(n_units, n_states):
            row = [0] * (n_units * n_states)
            for unit, chosen in enumerate(state):
                row[unit * n_states + chosen] = 1
            rows.append(row)
        return np.array(rows, float), 0.0
    rows = list(itertools.product(GRID, repeat=n_units))
    return np.array(rows, float), n_units * math.log(GRID[1] - GRID[0])


def compute_energy(kind, W, b, c, v, h):
    """E(v, h), term by term."""
    total = 0.0
    for i in range(len(v)):
        total += 0.5 * (v[i] - b[i]) ** 2 if kind == "gaussian" else -b[i] * v[i]
        for j in range(len(h)):
            total -= v[i] * W[i][j] * h[j]
    for j in range(len(h)):
        total -= c[j] * h[j]
    return total


def compute_free_energy(kind, W, b, c, v):
    """-log sum_h exp(-E(v, h))."""
    hidden = list_states(len(c))
    return -math.log(math.fsum(math.exp(-compute_energy(kind, W, b, c, v, h)) for h in hidden))


def tabulate_energies(kind, W, b, c, visible):
    """E of all visible rows (N, D) with all hidden states (2^H)."""
    hidden = np.array(list_states(len(c)), float)
    own = 0.5 * ((visible - b) ** 2).sum(axis=1) if kind == "gaussian" else -visible @ b
    return own[:, None] - hidden @ c - visible @ W @ hidden.T, hidden


def compute_log_partition(kind, W, b, c, n_units, n_states=None):
    visible, log_cell = list_visible(kind, n_units, n_states)
    energies, _ = tabulate_energies(kind, W, b, c, visible)
    return log_cell + math.log(np.exp(-energies).sum())


def compute_conditionals(kind, W, b, c, n_units, v, h, n_states=None):
    """The mean of h given v, and that of v given h, each a ratio of two sums."""
    hidden = np.array(list_states(len(c)), float)
    weights = np.array([math.exp(-compute_energy(kind, W, b, c, v, each)) for each in hidden])
    of_hidden = weights @ hidden / weights.sum()
    visible, _ = list_visible(kind, n_units, n_states)
    energies = 0.5 * ((visible - b) ** 2).sum(axis=1) if kind == "gaussian" else -visible @ b
    weights = np.exp(-(energies - visible @ W @ np.asarray(h, float)))
    return of_hidden, weights @ visible / weights.sum()


def compute_loss(kind, W, b, c, n_units, samples, n_states=None):
    """Minus the mean log-likelihood of samples (rows of columns)."""
    log_z = compute_log_partition(kind, W, b, c, n_units, n_states)
    energies, _ = tabulate_energies(kind, W, b, c, np.asarray(samples, float))
    return log_z - np.log(np.exp(-energies).sum(axis=1)).mean()


def compute_gradients(kind, W, b, c, n_units, samples, n_states=None, step=1e-5):
    """Central differences of `compute_loss` by each parameter."""
    values = [np.array(value, float) for value in (W, b, c)]
    gradients = []
    for value in values:
        gradient = np.zeros_like(value)
        for place in np.ndindex(*value.shape):
            before = value[place]
            ends = []
            for change in (step, -step):
                value[place] = before + change
                ends.append(compute_loss(kind, *values, n_units, samples, n_states))
            value[place] = before
            gradient[place] = (ends[0] - ends[1]) / (2 * step)
        gradients.append(gradient)
    return gradients


def compute_pseudo_likelihood(kind, W, b, c, v, n_states=1):
    """sum_i log p(v_i | others), each from two free energies or K."""
    total = 0.0
    for begin in range(0, len(v), n_states):
        if kind == "binary":
            others = [[*v[:begin], value, *v[begin + 1 :]] for value in (0, 1)]
            chosen = int(v[begin])
        else:
            others = []
            for k in range(n_states):
                row = list(v)
                row[begin : begin + n_states] = [int(k == at) for at in range(n_states)]
                others.append(row)
            chosen = list(v[begin : begin + n_states]).index(1)
        weights = [math.exp(-compute_free_energy(kind, W, b, c, row)) for row in others]
        total += math.log(weights[chosen] / math.fsum(weights))
    return total


def draw_binary(means, start):
    stream = SplitMix(start)
    return [[1 if stream.next_unit() < mean else 0 for mean in row] for row in means]


def draw_softmax(means, start, n_states):
    stream = SplitMix(start)
    rows = []
    for row in means:
        out = [0] * len(row)
        for begin in range(0, len(row), n_states):
            drawn, total, chosen = stream.next_unit(), 0.0, n_states - 1
            for k in range(n_states - 1):
                total += row[begin + k]
                if drawn < total:
                    chosen = k
                    break
            out[begin + chosen] = 1
        rows.append(out)
    return rows


def weigh_states(visible, fields, weight, n_states):
    """Sums of log(1 + exp f) with one group of columns at zero, and with each single 1."""
    none, each = [], []
    for v, f in zip(visible, fields, strict=True):
        none_row, each_row = [], []
        for begin in range(0, len(v), n_states):
            rest = list(f)
            for k in range(begin, begin + n_states):
                rest = [r - v[k] * weight[k][j] for j, r in enumerate(rest)]
            none_row.append(sum(math.log1p(math.exp(r)) for r in rest))
            for k in range(begin, begin + n_states):
                changed = [r + weight[k][j] for j, r in enumerate(rest)]
                each_row.append(sum(math.log1p(math.exp(r)) for r in changed))
        none.append(none_row)
        each.append(each_row)
    return np.array(none), np.array(each)
