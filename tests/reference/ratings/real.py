"""RBMs with real-valued visible units, written from the formulas in float64."""

from __future__ import annotations

import numpy as np


def encode(others, values, weights, power):
    """Return the hidden units' means of one owner, (H,)."""
    total = 0.0
    for i, value in zip(others, values, strict=True):
        total = total + (value - weights["bias"][i]) * weights["weights"][i] + weights["rated"][i]
    return np.tanh(weights["hidden_bias"] + max(len(others), 1) ** -power * total)


def compute_loss(others, values, weights, power, fixed_bias):
    """Return half the squared error of each value given the other ones.

    Args:
        fixed_bias: what is subtracted below the hidden units, which is held still as the bias
            itself is moved.
    """
    n, loss = len(others), 0.0
    rest = [v - fixed_bias[i] for i, v in zip(others, values, strict=True)]
    for left in range(n):
        total = 0.0
        for j in range(n):
            if j != left:
                i = others[j]
                total = total + rest[j] * weights["weights"][i] + weights["rated"][i]
        hidden = np.tanh(weights["hidden_bias"] + n**-power * total)
        i = others[left]
        predicted = weights["bias"][i] + weights["weights"][i] @ hidden
        loss += 0.5 * (predicted - values[left]) ** 2
    return loss
