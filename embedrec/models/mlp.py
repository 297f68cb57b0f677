"""Multi-layer perceptrons: y = W_n f(... f(W_1 x + b_1) ...) + b_n, of any depth."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.models.network import NetworkClassifier, NetworkEstimator, NetworkRegressor
from embedrec.nn.activation import make_activation
from embedrec.nn.averaging import Averaging
from embedrec.nn.compose import Chain
from embedrec.nn.dense import Dense
from embedrec.nn.dropout import Dropout
from embedrec.nn.init import get_initializer
from embedrec.nn.layer import Layer
from embedrec.nn.optim import Optimizer
from embedrec.nn.schedule import Schedule


class MLP(NetworkEstimator):
    """What the classifier and the regressor share.

    Args:
        hidden_sizes: units of each hidden layer; () for none.
        activation: of hidden layers: a name of `embedrec.nn.ACTIVATIONS`.
        dropout: share of each hidden layer that is left out of a training step.
        input_dropout: likewise of the input.
        init: how weights start: "glorot", "he", "orthogonal" or "uniform"; "auto" is "he" for the
            relu family and else "glorot".
        epochs: passes over the samples.
        batch_size: samples in a step: 1 for one at a time, None for all at once.
        optimizer: "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", or an
            `embedrec.nn.Optimizer`.
        learning_rate: None for the optimiser's own.
        schedule: "constant", "step", "exponential", "linear", "cosine", "inverse_time", "warm_up",
            "plateau", or an `embedrec.nn.Schedule`.
        l1, l2: strength of the penalties l1 sum |w| + l2 / 2 sum w^2 on weights.
        clip_norm, clip_value: limits of gradients, or None.
        patience: epochs without a better score after which training stops, the best weights kept;
            None to go through all epochs.
        validation_share: of the samples, held out to be watched if there is `patience` and `fit`
            is given no `validation`.
        tolerance: training stops when no weight changes by more in an epoch; None to go on.
        averaging: an `embedrec.nn.Averaging`, or None.
        seed: of all that is random.
    """

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (256,),
        activation: str = "relu",
        *,
        dropout: float = 0.0,
        input_dropout: float = 0.0,
        init: str = "auto",
        epochs: int = 10,
        batch_size: int | None = 128,
        optimizer: str | Optimizer = "adam",
        learning_rate: float | None = None,
        schedule: str | Schedule = "constant",
        l1: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        patience: int | None = None,
        validation_share: float = 0.1,
        tolerance: float | None = None,
        averaging: Averaging | None = None,
        seed: int = 0,
    ) -> None:
        self.hidden_sizes = hidden_sizes
        self.activation = activation
        self.dropout = dropout
        self.input_dropout = input_dropout
        self.init = init
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.l1 = l1
        self.l2 = l2
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.patience = patience
        self.validation_share = validation_share
        self.tolerance = tolerance
        self.averaging = averaging
        self.seed = seed

    def build_network(self, n_outputs: int, generator: np.random.Generator) -> Layer:
        """Return dense layers with activations between them."""
        self._check_words()
        sizes = [self.n_features_in_, *self._check_sizes()]
        init = self._choose_init()
        layers: list[Layer] = [Dropout(self.input_dropout)] if self.input_dropout else []
        for n_inputs, size in pairwise(sizes):
            layers.append(Dense(n_inputs, size, generator=generator, init=init))
            layers.append(make_activation(self.activation, size))
            if self.dropout:
                layers.append(Dropout(self.dropout))
        layers.append(Dense(sizes[-1], n_outputs, generator=generator))
        return Chain(*layers)

    def _check_sizes(self) -> Sequence[int]:
        if isinstance(self.hidden_sizes, (str, bytes)) or not np.iterable(self.hidden_sizes):
            raise ParameterError(
                f"hidden_sizes must be a list such as (256,), not {self.hidden_sizes!r}",
                value=self.hidden_sizes,
            )
        return list(self.hidden_sizes)

    def _check_words(self) -> None:
        for name in ("activation", "init"):
            if not isinstance(getattr(self, name), str):
                value = getattr(self, name)
                raise ParameterError(f"{name} must be a name, not {value!r}", value=value)
        for name in ("dropout", "input_dropout"):
            value = getattr(self, name)
            if not isinstance(value, (int, float)) or not 0 <= value < 1:
                raise ParameterError(
                    f"{name} must be from 0 to below 1, not {value!r}", value=value
                )

    def _choose_init(self) -> Any:
        if self.init != "auto":
            return get_initializer(self.init)
        return get_initializer("he" if self.activation.endswith("relu") else "glorot")


class MLPClassifier(MLP, NetworkClassifier):
    """A multi-layer perceptron that names a class, by softmax and cross-entropy; see `MLP`."""


class MLPRegressor(MLP, NetworkRegressor):
    """A multi-layer perceptron that predicts numbers, by squared error; see `MLP`."""
