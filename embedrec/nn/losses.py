"""Losses without parameters: each a mean over samples of minus a log-likelihood.

The last axis holds the outputs of one sample, the axes before it the samples; an output with one
axis is one number for each sample. What a sample loses over its outputs is summed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.activation import compute_sigmoid, compute_softplus
from embedrec.nn.check import check_floating, check_real, check_shape
from embedrec.nn.loss import Loss, LossBackward, check_labels, compute_shares
from embedrec.nn.parameter import Array

_LOG_2_PI = math.log(2 * math.pi)


class SquaredError(Loss):
    """1/2 sum_k (y_k - t_k)**2, with gradient y - t: the delta rule's loss."""

    def forward(  # type: ignore[override]
        self, y: Array, target: Array, weights: Array | None = None, train: Any = False
    ) -> tuple[float, LossBackward]:
        """Return the loss of y (..., D) against targets of its shape and dtype.

        weights: floating (...), how much each sample counts.
        """
        difference = _take_rows(y - _check_target(self, y, target))  # (n, D)
        losses = 0.5 * np.einsum("nd,nd->n", difference, difference)
        return _average(self, y, losses, lambda: difference, weights)


class BinaryCrossEntropy(Loss):
    """-sum_k (t_k log p_k + (1 - t_k) log(1 - p_k)) with p = sigmoid(z), for logits z.

    Written as softplus(z) - t z, which no logit overflows; the gradient at z is p - t.
    """

    def forward(  # type: ignore[override]
        self, y: Array, target: Array, weights: Array | None = None, train: Any = False
    ) -> tuple[float, LossBackward]:
        """Return the loss of logits y (..., D) against targets of its shape, from 0 to 1.

        weights: floating (...), how much each sample counts.
        """
        t = _take_rows(_check_target(self, y, target))  # (n, D)
        if not ((t >= 0) & (t <= 1)).all():
            wrong = t[~((t >= 0) & (t <= 1))][0]
            raise ParameterError(f"{self!r} takes targets from 0 to 1, not {wrong:g}", value=wrong)
        z = _take_rows(y)
        losses = (compute_softplus(z) - t * z).sum(axis=1)
        return _average(self, y, losses, lambda: compute_sigmoid(z) - t, weights)

    def predict(self, y: Array) -> Array:
        """Return the probabilities of logits, of the same shape."""
        check_real(self, y, "logits")
        return compute_sigmoid(y)


class CrossEntropy(Loss):
    """-log p_t for probabilities p and class t, as `Softmax` gives them.

    `SoftmaxCrossEntropy` is the same on logits, faster and for probabilities that round to 0 too;
    here those count as the smallest normal number.
    """

    def forward(  # type: ignore[override]
        self, y: Array, target: Array, weights: Array | None = None, train: Any = False
    ) -> tuple[float, LossBackward]:
        """Return the loss of probabilities y (..., C) against integer classes (...).

        weights: floating (...), how much each sample counts.
        """
        check_real(self, y, "probabilities")
        if y.min() < 0:
            raise ParameterError(
                f"{self!r} takes probabilities, not {y.min():g}: for logits there is "
                "SoftmaxCrossEntropy",
                value=float(y.min()),
            )
        least = np.finfo(y.dtype).tiny
        return _pick_class(
            self, y, target, weights, lambda p: (-np.log(np.maximum(p, least)), -1 / (p + least))
        )


class LogLikelihood(Loss):
    """-l_t for log-probabilities l and class t, as `LogSoftmax` gives them."""

    def forward(  # type: ignore[override]
        self, y: Array, target: Array, weights: Array | None = None, train: Any = False
    ) -> tuple[float, LossBackward]:
        """Return the loss of log-probabilities y (..., C) against integer classes (...).

        weights: floating (...), how much each sample counts.
        """
        check_real(self, y, "log-probabilities")
        return _pick_class(self, y, target, weights, lambda value: (-value, -np.ones_like(value)))


class GaussianLogLikelihood(Loss):
    """-sum_k log N(t_k; m_k, exp s_k), for a network that gives means m and log-variances s.

    That is 1/2 sum_k (log 2 pi + s_k + (t_k - m_k)**2 exp -s_k). A network that says how sure it
    is pays for being sure and wrong (Nix and Weigend 1994, eq. 3).
    """

    def forward(  # type: ignore[override]
        self, y: Array, target: Array, weights: Array | None = None, train: Any = False
    ) -> tuple[float, LossBackward]:
        """Return the loss of y (..., 2 D), means before log-variances, against targets (..., D).

        weights: floating (...), how much each sample counts.
        """
        check_real(self, y)
        n_outputs = y.shape[-1] // 2
        if y.shape[-1] % 2:
            raise ParameterError(
                f"{self!r} takes as many means as log-variances, not {y.shape[-1]} outputs",
                value=y.shape,
            )
        check_shape(self, target, (*y.shape[:-1], n_outputs), "targets")
        check_floating(self, target, y.dtype, "target")
        mean, log_variance = np.split(_take_rows(y), 2, axis=1)  # (n, D) each
        difference = mean - _take_rows(target)
        precision = np.exp(-log_variance)
        terms = _LOG_2_PI + log_variance + difference * difference * precision

        def differentiate() -> Array:
            at_mean = difference * precision
            at_log_variance = 0.5 * (1 - difference * at_mean)
            return np.concatenate([at_mean, at_log_variance], axis=1)  # (n, 2 D)

        return _average(self, y, 0.5 * terms.sum(axis=1), differentiate, weights)


def _take_rows(y: Array) -> Array:
    return y.reshape(-1, 1) if y.ndim == 1 else y.reshape(-1, y.shape[-1])  # (n, D)


def _check_target(loss: Loss, y: Array, target: Array) -> Array:
    check_real(loss, y)
    check_shape(loss, target, y.shape, "targets")
    check_floating(loss, target, y.dtype, "target")
    return target


def _average(
    loss: Loss, y: Array, losses: Array, differentiate: Any, weights: Array | None
) -> tuple[float, LossBackward]:
    """Return the mean of `losses` (n,), and the backward that scales what `differentiate` gives."""
    shares = compute_shares(loss, weights, y.shape if y.ndim == 1 else y.shape[:-1])
    losses = np.where(shares > 0, losses, 0)

    def backward(scale: float = 1.0) -> Array:
        factor = (scale * shares).astype(y.dtype)[:, None]
        return np.where(factor == 0, 0, differentiate() * factor).reshape(y.shape)

    return float(shares @ losses), backward


def _pick_class(
    loss: Loss, y: Array, target: Array, weights: Array | None, measure: Any
) -> tuple[float, LossBackward]:
    """Return the mean loss that looks at one output of each sample; `measure` gives it and its
    derivative for an array of such outputs."""
    shares = compute_shares(loss, weights, y.shape[:-1])
    labels = check_labels(loss, target, y.shape[:-1], y.shape[-1], shares)
    places = np.arange(len(labels)), labels
    losses, derivatives = measure(_take_rows(y)[places])

    def backward(scale: float = 1.0) -> Array:
        d = np.zeros((len(labels), y.shape[-1]), y.dtype)
        d[places] = np.where(shares > 0, scale * shares * derivatives, 0)
        return d.reshape(y.shape)

    return float(shares @ np.where(shares > 0, losses, 0)), backward
