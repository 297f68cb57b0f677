"""Numbers worked out by hand in the project's source texts."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.nn import Sigmoid, Softmax, SoftmaxCrossEntropy, Softplus, Tanh


def pass_through(layer, x):
    """Return the output of a row and its derivative, number by number."""
    y, back = layer.forward(np.array([x], np.float64))
    return y[0], back(np.ones((1, len(x))))[0]


@pytest.mark.parametrize(
    ("logits", "expected"),
    [((4, 1, -4), (0.9523, 0.0474, 0.0003)), ((3, 1, -3), (0.88, 0.12, 0.00))],
)
def test_softmax(logits, expected):
    y, _ = pass_through(Softmax(), logits)
    n_digits = 4 if expected[0] == 0.9523 else 2
    assert np.allclose(np.round(y, n_digits), expected, rtol=0, atol=1e-12)


def test_softmax_gradient_of_class_two():
    # Classes are counted from 1 in the text.
    _, back = SoftmaxCrossEntropy().forward(np.array([[1.0, 5.0, 3.0]]), np.array([1]))
    assert back()[0] == pytest.approx([0.0155, 0.867 - 1, 0.117], abs=6e-4)


def test_softmax_gradient_from_probabilities():
    logits = np.log([[0.34, 0.46, 0.20]])
    _, back = SoftmaxCrossEntropy().forward(logits, np.array([0]))
    assert back()[0] == pytest.approx([-0.66, 0.46, 0.20], abs=1e-12)


def test_tanh_is_a_stretched_sigmoid():
    z = np.linspace(-8, 8, 101)
    y, slope = pass_through(Tanh(), z)
    s, slope_of_sigmoid = pass_through(Sigmoid(), 2 * z)
    assert y == pytest.approx(2 * s - 1, abs=1e-14)
    assert slope == pytest.approx(4 * slope_of_sigmoid, abs=1e-14)


def test_derivative_of_softplus_is_sigmoid():
    z = np.linspace(-8, 8, 101)
    _, slope = pass_through(Softplus(), z)
    s, _ = pass_through(Sigmoid(), z)
    assert slope == pytest.approx(s, abs=1e-15)
