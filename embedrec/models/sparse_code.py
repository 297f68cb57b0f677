"""What an autoencoder's training looks at beside the reconstruction: how quiet the code is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.activation import Identity
from embedrec.nn.check import check_size
from embedrec.nn.compose import AuxiliaryOutput
from embedrec.nn.layer import Train
from embedrec.nn.loss import Loss
from embedrec.nn.parameter import Array
from embedrec.nn.regularize import ActivationKL, ActivationL1
from embedrec.nn.trainer import Compute, compute_loss


class SparseLoss:
    """The pass through encoder and decoder that also puts a penalty on the code."""

    def __init__(self, penalty: Loss) -> None:
        self.penalty = penalty

    def __call__(
        self, network: Any, loss: Loss, x: Array, y: Array, weights: Array | None, train: Train,
        scale: float,
    ) -> float:  # fmt: skip
        """Return loss(decoder(code), y) + penalty(code); else as `compute_loss`."""
        encoder, decoder = network.layers
        code, back = encoder.forward(x, train)
        whole = AuxiliaryOutput(decoder, loss, Identity(), self.penalty, weight=1)
        value, back_of_whole = whole.forward(code, y, weights, train)
        if train is not False:
            back(back_of_whole(scale))
        return value

    def __repr__(self) -> str:
        return f"SparseLoss({self.penalty!r})"


def make_compute(estimator: Any) -> Compute:
    """Return the pass that an autoencoder's arguments ask for.

    Raises:
        ParameterError: if there is no such sparsity, or none for such units.
    """
    check_choice(estimator, "sparsity", (None, "l1", "kl"))
    if estimator.sparsity is None:
        return compute_loss
    if estimator.sparsity == "l1":
        return SparseLoss(ActivationL1(estimator.sparsity_strength))
    if estimator.activation != "sigmoid":
        raise ParameterError(
            f"{type(estimator).__name__}: sparsity='kl' is about units from 0 to 1: take "
            f"activation='sigmoid', not {estimator.activation!r}, or sparsity='l1'",
            value=estimator.activation,
        )
    return SparseLoss(ActivationKL(estimator.sparsity_rate, estimator.sparsity_strength))


def check_choice(estimator: Any, name: str, choices: tuple[Any, ...]) -> None:
    """Raise ParameterError if an argument of the constructor is none of some words."""
    value = getattr(estimator, name)
    if value not in choices:
        raise ParameterError(
            f"{type(estimator).__name__}: {name} must be one of "
            f"{', '.join(map(repr, choices))}, not {value!r}",
            value=value,
        )


def check_sizes(estimator: Any) -> Sequence[int]:
    """Return `hidden_sizes` as whole numbers, one at least.

    Raises:
        ParameterError: if they are not.
    """
    sizes = estimator.hidden_sizes
    if isinstance(sizes, (str, bytes)) or not np.iterable(sizes) or not len(list(sizes)):
        raise ParameterError(
            f"{type(estimator).__name__}: hidden_sizes must be a list such as (64,), not {sizes!r}",
            value=sizes,
        )
    return [check_size("hidden_sizes", size) for size in sizes]
