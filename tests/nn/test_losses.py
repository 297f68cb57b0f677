"""Losses: their values by the formula, sample weights, and bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.nn import (
    ActivationKL,
    ActivationL1,
    BinaryCrossEntropy,
    CrossEntropy,
    Dense,
    GaussianLogLikelihood,
    LogLikelihood,
    Penalized,
    SoftmaxCrossEntropy,
    SquaredError,
    measure_penalty,
)

GENERATOR = np.random.default_rng(0)
CLASSES = np.array([0, 2, 1, 2])
LOGITS = GENERATOR.standard_normal((4, 3))
PAIRS = [
    (SoftmaxCrossEntropy(), LOGITS, CLASSES),
    (SquaredError(), LOGITS, LOGITS[::-1].copy()),
    (BinaryCrossEntropy(), LOGITS, (LOGITS > 0).astype(float)),
    (CrossEntropy(), np.abs(LOGITS), CLASSES),
    (LogLikelihood(), LOGITS, CLASSES),
    (GaussianLogLikelihood(), LOGITS[:, :2], LOGITS[:, 2:]),
    (ActivationL1(1.0), LOGITS, None),
]
ids = pytest.mark.parametrize(
    ("loss", "y", "target"), PAIRS, ids=[type(pair[0]).__name__ for pair in PAIRS]
)


def test_values():
    assert SquaredError().forward(np.array([[1.0, 2.0]]), np.array([[0.0, 4.0]]))[0] == 2.5
    value, _ = BinaryCrossEntropy().forward(np.array([2.0]), np.array([1.0]))
    assert value == pytest.approx(-math.log(1 / (1 + math.exp(-2))))
    value, _ = CrossEntropy().forward(np.array([[0.25, 0.75]]), np.array([1]))
    assert value == pytest.approx(-math.log(0.75))
    value, _ = LogLikelihood().forward(np.log([[0.25, 0.75]]), np.array([0]))
    assert value == pytest.approx(-math.log(0.25))
    value, _ = GaussianLogLikelihood().forward(np.array([[1.0, 0.5]]), np.array([[3.0]]))
    density = math.exp(-4 / (2 * math.exp(0.5))) / math.sqrt(2 * math.pi * math.exp(0.5))
    assert value == pytest.approx(-math.log(density))
    value, _ = ActivationKL(0.2, 3.0).forward(np.array([[0.3], [0.5]]), None)
    assert value == pytest.approx(3 * (0.2 * math.log(0.5) + 0.8 * math.log(0.8 / 0.6)))


@ids
def test_a_weight_of_two_is_a_sample_given_twice(loss, y, target):
    doubled = np.array([0, 1, 1, 2, 3])
    twice, back_twice = loss.forward(y[doubled], None if target is None else target[doubled])
    value, back = loss.forward(y, target, np.array([1.0, 2.0, 1.0, 1.0]))
    assert value == pytest.approx(twice)
    merged = np.zeros_like(y)
    np.add.at(merged, doubled, back_twice())
    assert back() == pytest.approx(merged)


@ids
def test_a_weight_of_zero_leaves_a_sample_out_whatever_it_holds(loss, y, target):
    y = y.copy()
    y[1] = np.nan
    mask = np.array([True, False, True, True])
    if target is not None and target.dtype.kind == "i":
        target = np.where(mask, target, -1)
    if isinstance(loss, ActivationL1):
        y[1] = 0
    value, back = loss.forward(y, target, mask)
    alone, _ = loss.forward(y[mask], None if target is None else target[mask])
    gradient = back()
    assert value == pytest.approx(alone)
    assert (gradient[1] == 0).all()
    assert np.isfinite(gradient).all()


@ids
def test_the_scale_goes_through(loss, y, target):
    _, back = loss.forward(y, target)
    _, back_again = loss.forward(y, target)
    assert back(0.25) == pytest.approx(0.25 * back_again())


@ids
def test_float32_stays(loss, y, target):
    target = target.astype(np.float32) if target is not None and target.dtype == float else target
    value, back = loss.forward(y.astype(np.float32), target)
    assert type(value) is float
    assert back().dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_any_size(dtype):
    y = np.array([[1e4, -1e4, 0.0]], dtype)
    for loss, target in (
        (SoftmaxCrossEntropy(), np.array([1])),
        (BinaryCrossEntropy(), np.array([[0, 1, 0]], dtype)),
    ):
        value, back = loss.forward(y, target)
        assert value == pytest.approx(2e4, rel=1e-3)
        assert np.isfinite(back()).all()


def test_probabilities_of_zero_are_not_infinite():
    value, back = CrossEntropy().forward(np.array([[0.0, 1.0]], np.float32), np.array([0]))
    assert value == pytest.approx(-math.log(np.finfo(np.float32).tiny), rel=1e-3)
    assert np.isfinite(back()).all()


def test_predictions():
    p = SoftmaxCrossEntropy().predict(np.log([[0.2, 0.8]]))
    assert p == pytest.approx(np.array([[0.2, 0.8]]))
    assert BinaryCrossEntropy().predict(np.zeros(3)).tolist() == [0.5] * 3


def test_biases_are_not_penalised():
    layer = Dense(2, 1, generator=GENERATOR, dtype=np.float64)
    layer.weight.value[:] = [[3.0], [-4.0]]
    layer.bias.value[:] = 100
    assert measure_penalty(layer, l1=1, l2=2) == 7 + 25
    loss = Penalized(SquaredError(), layer, l1=1.0, l2=2.0)
    x, t = np.array([[1.0, 1.0]]), np.array([[99.0]])
    y, _ = layer.forward(x)
    assert loss.forward(y, t)[0] == 0  # on new samples the answers alone count
    value, back = loss.forward(y, t, None, True)
    assert value == 32
    back()
    assert layer.weight.gradient.tolist() == [[1 + 6], [-1 - 8]]
    assert layer.bias.gradient is None


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: SoftmaxCrossEntropy().forward(LOGITS, CLASSES[:3]), "shape (4,), not (3,)"),
        (lambda: SoftmaxCrossEntropy().forward(LOGITS, [0, 1]), "shape (4,), not list"),
        (lambda: SoftmaxCrossEntropy().forward(LOGITS, CLASSES + 1), "from 0 to 2, not 3 (at 1)"),
        (lambda: SoftmaxCrossEntropy().forward(LOGITS, CLASSES * 1.0), "integer array, not float"),
        (
            lambda: SoftmaxCrossEntropy().forward(LOGITS, CLASSES, np.ones(3)),
            "weights as an array of shape (4,), one for each sample, not (3,)",
        ),
        (lambda: SoftmaxCrossEntropy().forward(LOGITS, CLASSES, -np.ones(4)), "not -1 (at 0)"),
        (lambda: SoftmaxCrossEntropy().forward(LOGITS, CLASSES, np.zeros(4)), "all 4 weights"),
        (lambda: SquaredError().forward(LOGITS, LOGITS[:2]), "of shape (4, 3), not (2, 3)"),
        (lambda: SquaredError().forward(LOGITS, CLASSES[:, None]), "of shape (4, 3), not (4, 1)"),
        (lambda: SquaredError().forward(LOGITS, LOGITS.astype("f")), "its target is float32"),
        (lambda: BinaryCrossEntropy().forward(LOGITS, LOGITS), "takes targets from 0 to 1, not"),
        (lambda: CrossEntropy().forward(LOGITS, CLASSES), "for logits there is SoftmaxCrossEn"),
        (lambda: GaussianLogLikelihood().forward(LOGITS, LOGITS), "as many means as log-var"),
        (lambda: ActivationKL(0.1, 1).forward(LOGITS), "put a Sigmoid below"),
        (lambda: ActivationKL(1.0, 1), "between 0 and 1, not 1.0"),
        (lambda: ActivationL1(-1), "strength must be 0 or more, not -1"),
    ],
)
def test_bad_input_is_named(act, words):
    with pytest.raises(ParameterError) as caught:
        act()
    assert words in str(caught.value)
