"""What is added to a loss so that a network stays simple: small weights, few units active.

As losses they pass the gradient check like any other. At prediction (train=False) penalties on
weights are left out: a perplexity or an error on new samples is that of the network's answers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.check import check_real
from embedrec.nn.layer import Train, iterate_parameters
from embedrec.nn.loss import Loss, LossBackward, compute_shares
from embedrec.nn.parameter import Array

_LEAST_RATE = 1e-6  # the rate of a unit that is never active has no logarithm


class Penalized(Loss):
    """loss + l1 sum |w| + l2 / 2 sum w**2, over the weights of a network and not its biases.

    What counts as a weight is what has `is_penalized`. The gradient is dense: an embedding loses
    its gradient by rows, as every vector decays in every step.
    """

    def __init__(self, loss: Loss, network: Any, *, l1: float = 0.0, l2: float = 0.0) -> None:
        self.loss = loss
        self.network = network
        self.l1 = _check_strength("l1", l1)
        self.l2 = _check_strength("l2", l2)

    def forward(  # type: ignore[override]
        self, y: Array, target: Any, weights: Array | None = None, train: Train = False
    ) -> tuple[float, LossBackward]:
        """Return the loss with its penalty, and a backward that adds to the weights' gradients."""
        value, back = self.loss.forward(y, target, weights, train)
        if train is False:
            return value, back

        def backward(scale: float = 1.0) -> Array:
            add_penalty_gradients(self.network, l1=scale * self.l1, l2=scale * self.l2)
            return back(scale)

        return value + measure_penalty(self.network, l1=self.l1, l2=self.l2), backward

    def predict(self, y: Array) -> Array:
        """Return what the loss without penalty predicts."""
        predict = getattr(self.loss, "predict", None)
        return y if predict is None else predict(y)

    def __repr__(self) -> str:
        return f"Penalized({self.loss!r}, l1={self.l1:g}, l2={self.l2:g})"


def measure_penalty(network: Any, *, l1: float = 0.0, l2: float = 0.0) -> float:
    """Return l1 sum |w| + l2 / 2 sum w**2 over the weights of a network."""
    total = 0.0
    for _, parameter in iterate_parameters(network):
        if parameter.is_penalized:
            w = parameter.value.reshape(-1)
            total += l1 * float(np.abs(w).sum()) if l1 else 0.0
            total += 0.5 * l2 * float(w @ w) if l2 else 0.0
    return total


def add_penalty_gradients(network: Any, *, l1: float = 0.0, l2: float = 0.0) -> None:
    """Add l1 sign w + l2 w to the gradients of a network's weights."""
    for _, parameter in iterate_parameters(network):
        if parameter.is_penalized and (l1 or l2):
            gradient = l2 * parameter.value
            if l1:
                gradient += l1 * np.sign(parameter.value)
            parameter.add_gradient(gradient)


class ActivationL1(Loss):
    """strength sum_k |y_k|, a mean over samples: most units of a hidden layer at rest.

    It has no target (None). Put beside a network's loss by
    ``AuxiliaryOutput(upper, loss, Identity(), ActivationL1(0.01), weight=1)``.
    """

    def __init__(self, strength: float) -> None:
        self.strength = _check_strength("strength", strength)

    def forward(  # type: ignore[override]
        self, y: Array, target: Any = None, weights: Array | None = None, train: Train = False
    ) -> tuple[float, LossBackward]:
        """Return the penalty of activations y (..., D); weights: floating (...)."""
        check_real(self, y, "activations")
        rows = y.reshape(-1, y.shape[-1])  # (n, D)
        shares = compute_shares(self, weights, y.shape[:-1])
        value = self.strength * float(shares @ np.abs(rows).sum(axis=1))

        def backward(scale: float = 1.0) -> Array:
            factor = (scale * self.strength * shares).astype(y.dtype)
            return (np.sign(rows) * factor[:, None]).reshape(y.shape)

        return value, backward

    def __repr__(self) -> str:
        return f"ActivationL1({self.strength:g})"


class ActivationKL(Loss):
    """strength sum_k KL(r || q_k), where q_k is the mean of unit k over the batch and r its target.

    KL(r || q) = r log(r / q) + (1 - r) log((1 - r) / (1 - q)), for units from 0 to 1 (the sparse
    autoencoder of Ng's lecture notes CS294A, section 3). Used as `ActivationL1` is.
    """

    def __init__(self, rate: float, strength: float) -> None:
        if not 0 < rate < 1:
            raise ParameterError(
                f"the rate of ActivationKL must lie between 0 and 1, not {rate}", value=rate
            )
        self.rate = float(rate)
        self.strength = _check_strength("strength", strength)

    def forward(  # type: ignore[override]
        self, y: Array, target: Any = None, weights: Array | None = None, train: Train = False
    ) -> tuple[float, LossBackward]:
        """Return the penalty of activations y (..., D) from 0 to 1; weights: floating (...)."""
        check_real(self, y, "activations")
        if y.min() < 0 or y.max() > 1:
            raise ParameterError(
                f"{self!r} takes activations from 0 to 1, not from {y.min():g} to {y.max():g}: "
                "put a Sigmoid below",
                value=float(y.min()),
            )
        rows = y.reshape(-1, y.shape[-1])  # (n, D)
        shares = compute_shares(self, weights, y.shape[:-1])
        r, q = self.rate, np.clip(shares @ rows, _LEAST_RATE, 1 - _LEAST_RATE)  # (D,)
        terms = r * np.log(r / q) + (1 - r) * np.log((1 - r) / (1 - q))

        def backward(scale: float = 1.0) -> Array:
            slope = scale * self.strength * ((1 - r) / (1 - q) - r / q)
            return np.outer(shares, slope).astype(y.dtype).reshape(y.shape)

        return self.strength * float(terms.sum()), backward

    def __repr__(self) -> str:
        return f"ActivationKL({self.rate:g}, {self.strength:g})"


def _check_strength(name: str, value: float) -> float:
    if not 0 <= value < np.inf:
        raise ParameterError(f"{name} must be 0 or more, not {value}", value=value)
    return float(value)
