"""Softmax, alone and as one layer with the cross-entropy that follows it."""

from __future__ import annotations

import numpy as np

from embedrec.kernels.softmax import fill_gradients, fill_probabilities, sum_exponentials
from embedrec.nn.check import check_real
from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.loss import Loss, LossBackward, check_labels, compute_shares
from embedrec.nn.parameter import Array


class Softmax(Layer):
    """y_k = exp x_k / sum_j exp x_j over the last axis; J = diag(y) - y y^T."""

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y (..., C) of x (..., C)."""
        check_real(self, x)
        y = compute_softmax(x)

        def backward(gradient: Array) -> Array:
            d = gradient * y
            d -= y * d.sum(axis=-1, keepdims=True)
            return d

        return y, backward


class LogSoftmax(Layer):
    """y_k = x_k - log sum_j exp x_j over the last axis: what `LogLikelihood` takes."""

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y (..., C) of x (..., C)."""
        check_real(self, x)
        y = x - compute_log_sum_exp(x)[..., None]

        def backward(gradient: Array) -> Array:
            return gradient - np.exp(y) * gradient.sum(axis=-1, keepdims=True)

        return y, backward


class SoftmaxCrossEntropy(Loss):
    """-log softmax(z)_t for logits z and class t: softmax and cross-entropy as one stable layer.

    With log p_t = z_t - log sum_k exp z_k, nothing overflows, and the gradient is p - onehot(t).
    """

    def forward(  # type: ignore[override]
        self, y: Array, target: Array, weights: Array | None = None, train: Train = False
    ) -> tuple[float, LossBackward]:
        """Return the loss of logits y (..., C) and its backward.

        Args:
            y: floating (..., C).
            target: integer (...), the classes. Where the weight is 0 they are not looked at.
            weights: floating or bool (...), how much each counts: 0 leaves a place out, as of a
                sequence that is shorter than others.
        """
        check_real(self, y, "logits")
        z = np.ascontiguousarray(y).reshape(-1, y.shape[-1])  # (n, C)
        shares = compute_shares(self, weights, y.shape[:-1])
        labels = check_labels(self, target, y.shape[:-1], y.shape[-1], shares)
        tops, sums = _sum_exponentials(z)
        losses = np.log(sums, dtype=np.float64) + tops - z[np.arange(len(z)), labels]

        def backward(scale: float = 1.0) -> Array:
            d = np.empty_like(z)
            fill_gradients(z, tops, sums, labels, (scale * shares).astype(z.dtype), d)
            return d.reshape(y.shape)

        return float(shares @ np.where(shares > 0, losses, 0)), backward

    def predict(self, y: Array) -> Array:
        """Return the probabilities (..., C) of logits (..., C)."""
        check_real(self, y, "logits")
        return compute_softmax(y)


def compute_softmax(x: Array) -> Array:
    """Return exp x / sum exp x over the last axis; the largest x is taken off first."""
    z = np.ascontiguousarray(x).reshape(-1, x.shape[-1])  # (n, C)
    y = np.empty_like(z)
    fill_probabilities(z, *_sum_exponentials(z), y)
    return y.reshape(x.shape)


def compute_log_sum_exp(x: Array) -> Array:
    """Return log sum exp x over the last axis; the largest x is taken off first."""
    tops, sums = _sum_exponentials(np.ascontiguousarray(x).reshape(-1, x.shape[-1]))
    return (np.log(sums) + tops).reshape(x.shape[:-1])


def _sum_exponentials(z: Array) -> tuple[Array, Array]:
    tops = z.max(axis=1)
    sums = np.empty_like(tops)
    sum_exponentials(z, tops, sums)
    return tops, sums
