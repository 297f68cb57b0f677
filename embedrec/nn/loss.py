"""What every loss is: a layer that also takes the target, and returns a number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.check import check_ids
from embedrec.nn.layer import Layer, Train
from embedrec.nn.parameter import Array

# Returns the gradient at the loss's input, times a scale (of a side branch, say).
LossBackward = Callable[..., Array]


class Loss(Layer):
    """Base of all losses: plain ones, and output layers with parameters of their own.

    The loss of a batch is the mean over its samples, sum(w l) / sum(w) where sample weights w are
    given.
    """

    def forward(  # type: ignore[override]
        self, y: Array, target: Any, weights: Array | None = None, train: Train = False
    ) -> tuple[float, LossBackward]:
        """Return the loss and `backward(scale=1.0)`, which returns the gradient at y.

        Args:
            y: floating (n, ...), the network's output.
            target: what it should have been.
            weights: floating (n,), how much each sample counts; None for all the same.
            train: as for layers.
        """
        raise NotImplementedError


def compute_shares(loss: Any, weights: Any, shape: tuple[int, ...]) -> Array:
    """Return each sample's share in the mean: float64 (n,), sum 1.

    Args:
        loss: named in messages.
        weights: floating, integer or bool of `shape`, not negative; None for all the same.
        shape: of the samples, n in all.

    Raises:
        ParameterError: naming both shapes, or the weight that is not fit, or that all are 0.
    """
    n = math.prod(shape)
    if weights is None:
        return np.full(n, 1 / n)
    if not isinstance(weights, np.ndarray) or weights.shape != shape:
        given = weights.shape if isinstance(weights, np.ndarray) else type(weights).__name__
        raise ParameterError(
            f"{loss!r} takes weights as an array of shape {shape}, one for each sample, "
            f"not {given}",
            value=given,
        )
    shares = weights.ravel().astype(np.float64)
    wrong = ~(np.isfinite(shares) & (shares >= 0))
    if wrong.any():
        at = int(wrong.argmax())
        raise ParameterError(
            f"{loss!r} takes weights that are not negative, not {shares[at]:g} (at {at})",
            value=float(shares[at]),
        )
    total = shares.sum()
    if total == 0:
        raise ParameterError(
            f"all {n} weights given to {loss!r} are 0: leave such a batch out", value=0.0
        )
    return shares / total


def check_labels(
    loss: Any, target: Any, shape: tuple[int, ...], n_classes: int, shares: Array
) -> Array:
    """Return the classes as int64 (n,); those of samples without a share are 0, whatever is given.

    Raises:
        ParameterError: naming both shapes, or the class that is out of range.
    """
    given = target.shape if isinstance(target, np.ndarray) else type(target).__name__
    if given != shape:
        raise ParameterError(
            f"{loss!r} takes classes as an integer array of shape {shape}, not {given}",
            value=given,
        )
    if target.dtype.kind in "iu":
        target = np.where(shares.reshape(shape) > 0, target, 0)
    check_ids(loss, target, n_classes, "classes")
    return np.asarray(target.ravel(), np.int64)
