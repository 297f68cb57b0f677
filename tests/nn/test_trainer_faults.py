"""Trainings that diverge, and settings and samples that the trainer refuses, each in one line."""

from __future__ import annotations

import math

import numpy as np
import pytest

from embedrec.errors import DivergenceError, ParameterError
from embedrec.nn import (
    Averaging,
    Chain,
    Dense,
    EarlyStopping,
    SoftmaxCrossEntropy,
    SquaredError,
    Trainer,
)
from tests.nn.small import make_line, make_network, make_samples


def test_divergence_names_what_is_not_finite():
    x, y = make_line()
    network = Chain(
        Dense(2, 3, generator=np.random.default_rng(0)),
        Dense(3, 1, generator=np.random.default_rng(0)),
    )
    trainer = Trainer(epochs=50, optimizer="sgd", learning_rate=1e3)
    with pytest.raises(
        DivergenceError, match=r"epoch \d, batch \d.* parameter network\.layers\.\d\."
    ) as caught:
        trainer.fit(network, SquaredError(), x, y)
    assert "\n" not in str(caught.value)


def test_weights_that_are_not_finite_from_the_start_are_named():
    x, y = make_samples(20)
    network = make_network()
    network.layers[3].bias.value[1] = np.nan
    with pytest.raises(DivergenceError, match=r"the parameter network\.layers\.3\.bias"):
        Trainer(epochs=1).fit(network, SoftmaxCrossEntropy(), x, y)


def test_samples_that_are_not_finite_are_suspected():
    x, y = make_line()
    network = Dense(2, 1, generator=np.random.default_rng(0))
    x[5, 1] = np.inf
    with pytest.raises(DivergenceError, match="samples of the batch"):
        Trainer(epochs=1, batch_size=None).fit(network, SquaredError(), x, y)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epochs": -1}, "epochs must be a whole number of at least 0"),
        ({"epochs": 1.5}, "epochs"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1"),
        ({"seed": -1}, "seed"),
        ({"optimizer": "best"}, "optimizer must be one of"),
        ({"learning_rate": -0.1}, "learning_rate must be a number above 0"),
        ({"schedule": "never"}, "schedule must be one of"),
        ({"clip_norm": 0}, "clip_norm must be a number above 0"),
        ({"clip_value": -1}, "clip_value"),
        ({"tolerance": math.nan}, "tolerance"),
        ({"checkpoint_seconds": 0}, "checkpoint_seconds"),
        ({"averaging": Averaging(), "stopping": EarlyStopping()}, "not both"),
    ],
)
def test_settings_that_cannot_be(settings, words):
    with pytest.raises(ParameterError, match=words):
        Trainer(**settings)


@pytest.mark.parametrize(
    ("x", "y", "weights", "words"),
    [
        (np.zeros((0, 4), np.float32), np.zeros(0, int), None, "x is empty"),
        (np.zeros((5, 4), np.float32), np.zeros(4, int), None, "x has 5 samples, and y has 4"),
        (np.zeros((5, 4), np.float32), np.zeros(5, int), np.ones(6), "weights has 6"),
        (np.zeros((5, 4), np.float32), np.zeros(5, int), np.zeros(5), "all weights .* are 0"),
        (np.zeros((5, 4), np.float32), np.zeros(5, int), -np.ones(5), "0 or more"),
        (np.zeros((5, 3), np.float32), np.zeros(5, int), None, r"Dense\(4, 8\) .* \(5, 3\)"),
        (np.zeros((5, 4), np.float32), np.full(5, 3), None, "classes from 0 to 2, not 3"),
    ],
)
def test_samples_that_cannot_be(x, y, weights, words):
    with pytest.raises(ParameterError, match=words):
        Trainer(epochs=1).fit(make_network(), SoftmaxCrossEntropy(), x, y, weights)


def test_validation_that_cannot_be():
    x, y = make_samples(20)
    with pytest.raises(ParameterError, match="y of the validation has 3"):
        Trainer(epochs=1).fit(make_network(), SoftmaxCrossEntropy(), x, y, None, (x, y[:3]))
