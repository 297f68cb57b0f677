"""Activations, softmax and its loss from their formulas, one number at a time, in float64."""

from __future__ import annotations

import math


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def softplus(x):
    return math.log1p(math.exp(x))


APPLY = {
    "sigmoid": sigmoid,
    "tanh": math.tanh,
    "relu": lambda x: x if x > 0 else 0.0,
    "softplus": softplus,
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
}
DIFFERENTIATE = {
    "sigmoid": lambda x: sigmoid(x) * (1 - sigmoid(x)),
    "tanh": lambda x: 1 / math.cosh(x) ** 2,
    "relu": lambda x: 1.0 if x > 0 else 0.0,
    "softplus": sigmoid,
    "leaky_relu": lambda x: 1.0 if x > 0 else 0.01,
}


def softmax(row):
    top = max(row)
    powers = [math.exp(z - top) for z in row]
    total = math.fsum(powers)
    return [power / total for power in powers]


def cross_entropy(row, label):
    """The loss and its gradient."""
    p = softmax(row)
    return -math.log(p[label]), [value - (k == label) for k, value in enumerate(p)]
