"""RBMs over rated items with softmax visible units, written from the formulas in float64."""

from __future__ import annotations

import numpy as np


def expand(weights, codes):
    """Return W (I, K, H): W[i, k] = shared[k] + sum_c codes[k, c] own[i, c]."""
    return weights["shared"][None] + np.einsum("kc,ich->ikh", codes, weights["own"])


def encode(items, levels, weights, codes, power):
    """Return the hidden units' means of one user, (H,)."""
    W = expand(weights, codes)
    total = sum((W[i, k] + weights["rated"][i] for i, k in zip(items, levels, strict=True)), 0.0)
    return np.tanh(weights["hidden_bias"] + max(len(items), 1) ** -power * total)


def compute_chances(hidden, weights, codes):
    """Return the chances of all levels of all items, (I, K)."""
    scores = weights["item_bias"] + expand(weights, codes) @ hidden
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    return chances / chances.sum(axis=1, keepdims=True)


def compute_loss(items, levels, weights, codes, power):
    """Return -sum log p(rating | the user's other ratings), with n the number of all of them."""
    W, n, loss = expand(weights, codes), len(items), 0.0
    for left in range(n):
        total = np.zeros(W.shape[2])
        for j in range(n):
            if j != left:
                total = total + W[items[j], levels[j]] + weights["rated"][items[j]]
        hidden = np.tanh(weights["hidden_bias"] + n**-power * total)
        loss -= np.log(compute_chances(hidden, weights, codes)[items[left], levels[left]])
    return loss


def differentiate(function, weights, name, step=1e-5):
    """Return the gradient of function(weights) at one array by central differences."""
    gradient = np.zeros_like(weights[name])
    for place in np.ndindex(gradient.shape):
        ends = []
        for sign in (1, -1):
            moved = {key: value.copy() for key, value in weights.items()}
            moved[name][place] += sign * step
            ends.append(function(moved))
        gradient[place] = (ends[0] - ends[1]) / (2 * step)
    return gradient


def enumerate_expectation(items, weights, codes):
    """Return the model's mean statistics of one user with power 0, by summing over all states.

    A state is a level for each rated item and -1 or 1 for each hidden unit; its energy is
    -sum_j b[i_j, k_j] - c h - sum_j (W[i_j, k_j] + rated[i_j]) h.

    Returns:
        Mean of each weight's statistic, by name, like the weights.
    """
    W = expand(weights, codes)
    n_levels, size = W.shape[1:]
    mean = {name: np.zeros_like(value) for name, value in weights.items()}
    total = 0.0
    for levels in np.ndindex(*[n_levels] * len(items)):
        for bits in np.ndindex(*[2] * size):
            hidden = 2.0 * np.array(bits) - 1
            exponent = weights["hidden_bias"] @ hidden
            for i, k in zip(items, levels, strict=True):
                exponent += weights["item_bias"][i, k] + (W[i, k] + weights["rated"][i]) @ hidden
            share = np.exp(exponent)
            total += share
            mean["hidden_bias"] += share * hidden
            for i, k in zip(items, levels, strict=True):
                mean["item_bias"][i, k] += share
                mean["shared"][k] += share * hidden
                mean["rated"][i] += share * hidden
                for c in range(codes.shape[1]):
                    mean["own"][i, c] += share * codes[k, c] * hidden
    return {name: value / total for name, value in mean.items()}


def compute_statistics(items, levels, weights, codes):
    """Return the statistics of the data with hidden units at their means, power 0, by name."""
    hidden = encode(items, levels, weights, codes, 0.0)
    found = {name: np.zeros_like(value) for name, value in weights.items()}
    found["hidden_bias"] += hidden
    for i, k in zip(items, levels, strict=True):
        found["item_bias"][i, k] += 1
        found["shared"][k] += hidden
        found["rated"][i] += hidden
        for c in range(codes.shape[1]):
            found["own"][i, c] += codes[k, c] * hidden
    return found
