"""Recurrent layers from their formulas, in float64: one sequence and one step after another.

Weights are dictionaries of matrices and vectors by gate: W["i"] (I, H), U["i"] (H, H), b["i"] (H,).
"""

from __future__ import annotations

import math

import numpy as np


def sigmoid(z):
    return np.array([1 / (1 + math.exp(-v)) for v in z])


def tanh(z):
    return np.array([math.tanh(v) for v in z])


def relu(z):
    return np.array([max(0.0, v) for v in z])


def split_gates(weight, names, n_hidden):
    """Return the parts of an array whose last axis holds the gates side by side."""
    return {
        name: np.asarray(weight, np.float64)[..., at * n_hidden : (at + 1) * n_hidden]
        for at, name in enumerate(names)
    }


def step_rnn(x, h, W, U, b, activation):
    return {"tanh": tanh, "relu": relu}[activation](x @ W["h"] + h @ U["h"] + b["h"])


def step_gru_after(x, h, W, U, b, c):
    r = sigmoid(x @ W["r"] + h @ U["r"] + b["r"])
    u = sigmoid(x @ W["u"] + h @ U["u"] + b["u"])
    n = tanh(x @ W["n"] + b["n"] + r * (h @ U["n"] + c))
    return (1 - u) * n + u * h


def step_gru_before(x, h, W, U, b):
    r = sigmoid(x @ W["r"] + h @ U["r"] + b["r"])
    u = sigmoid(x @ W["u"] + h @ U["u"] + b["u"])
    n = tanh(x @ W["n"] + b["n"] + (r * h) @ U["n"])
    return (1 - u) * n + u * h


def step_lstm(x, h, c, W, U, b, p):
    i = sigmoid(x @ W["i"] + h @ U["i"] + p[0] * c + b["i"])
    f = sigmoid(x @ W["f"] + h @ U["f"] + p[1] * c + b["f"])
    g = tanh(x @ W["g"] + h @ U["g"] + b["g"])
    c = f * c + i * g
    o = sigmoid(x @ W["o"] + h @ U["o"] + p[2] * c + b["o"])
    return o * tanh(c), c


def run_sequences(step, x, state, lengths, n_hidden):
    """Go through each sequence up to its length; step(x, *state) returns the next state.

    Args:
        step: the first part of its state is the output.
        x: (B, T, I).
        state: arrays (B, H).
        lengths: (B,).

    Returns:
        y (B, T, H), 0 beyond the lengths, and the last states, arrays (B, H).
    """
    y = np.zeros((*x.shape[:2], n_hidden))
    ends = [np.array(part, np.float64) for part in state]
    for b in range(len(x)):
        now = [part[b] for part in ends]
        for t in range(lengths[b]):
            stepped = step(np.asarray(x[b, t], np.float64), *now)
            now = list(stepped) if isinstance(stepped, tuple) else [stepped]
            y[b, t] = now[0]
        for part, value in zip(ends, now, strict=True):
            part[b] = value
    return y, ends
