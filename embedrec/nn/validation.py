"""The score of a network in training on samples that it does not learn from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from embedrec.nn.layer import Layer
from embedrec.nn.loss import Loss

_ROWS_AT_ONCE = 1024


def validate(network: Layer, loss: Loss, validation: Any, compute: Any) -> float:
    """Return the mean loss of samples, or what a function says of the network; less is better.

    Args:
        network, loss: in training; nothing is changed.
        validation: (x, y), (x, y, weights), or a function from the network to a score.
        compute: the pass through network and loss, as the trainer's.
    """
    if callable(validation):
        return float(validation(network))
    x, y, *more = validation
    weights = more[0] if more else None
    total, count = 0.0, 0.0
    for begin in range(0, len(x), _ROWS_AT_ONCE):
        rows = np.arange(begin, min(len(x), begin + _ROWS_AT_ONCE))
        part = None if weights is None else weights[rows]
        share = float(len(rows) if part is None else part.sum())
        if share:
            value = compute(network, loss, x[rows], y[rows], part, False, 1.0)
            total, count = total + share * value, count + share
    return total / count if count else math.nan
