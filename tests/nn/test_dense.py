"""The dense layer and a chain of them: worked by hand, and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.nn import Chain, Dense


@pytest.fixture
def layer():
    layer = Dense(2, 3, generator=np.random.default_rng(0))
    layer.weight.value[:] = [[1, 2, 3], [4, 5, 6]]
    layer.bias.value[:] = [0.5, 0, -0.5]
    return layer


def test_by_hand(layer):
    y, back = layer.forward(np.array([[1, 0], [1, 1]], np.float32))
    assert y.tolist() == [[1.5, 2, 2.5], [5.5, 7, 8.5]]
    gradient = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    assert back(gradient).tolist() == [[1, 4], [2, 5]]
    assert layer.weight.gradient.tolist() == [[1, 1, 0], [0, 1, 0]]
    assert layer.bias.gradient.tolist() == [1, 1, 0]


def test_neither_input_nor_gradient_is_changed(layer):
    x, gradient = np.ones((2, 2), np.float32), np.ones((2, 3), np.float32)
    _, back = layer.forward(x)
    back(gradient)
    assert (x == 1).all()
    assert (gradient == 1).all()


def test_axes_before_the_last_stay(layer):
    x = np.random.default_rng(1).standard_normal((4, 5, 2)).astype(np.float32)
    y, back = layer.forward(x)
    assert y.shape == (4, 5, 3)
    np.testing.assert_allclose(y[2, 3], layer.forward(x[2, 3:4])[0][0], rtol=1e-6)
    assert back(y).shape == x.shape
    one, back = layer.forward(x[0, 0])
    assert one.shape == (3,)
    assert back(one).shape == (2,)


def test_without_a_bias():
    layer = Dense(2, 3, generator=np.random.default_rng(0), has_bias=False)
    y, _ = layer.forward(np.zeros((1, 2), np.float32))
    assert layer.bias is None
    assert not y.any()


def test_one_seed_one_start():
    first, second = (Dense(4, 4, generator=np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first.weight.value, second.weight.value)
    assert not first.bias.value.any()
    assert np.abs(first.weight.value).max() <= np.sqrt(6 / 8)


def test_passes_of_one_layer_do_not_disturb_each_other(layer):
    first, second = np.array([[1, 0]], np.float32), np.array([[0, 1]], np.float32)
    _, back_of_first = layer.forward(first)
    _, back_of_second = layer.forward(second)
    back_of_first(np.ones((1, 3), np.float32))
    assert layer.weight.gradient.tolist() == [[1, 1, 1], [0, 0, 0]]
    back_of_second(np.ones((1, 3), np.float32))
    assert layer.weight.gradient.tolist() == [[1, 1, 1], [1, 1, 1]]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((5, 3), np.float32), r"Dense\(2, 3\).*\(\.\.\., 2\), not \(5, 3\)"),
        (np.zeros((0, 2), np.float32), r"Dense\(2, 3\).*not \(0, 2\), which is empty"),
        (np.zeros((5, 2)), r"Dense\(2, 3\) computes in float32, and its input is float64"),
        (np.zeros((5, 2), int), r"Dense\(2, 3\) computes in float32, and its input is int64"),
        ([[1.0, 2.0]], r"Dense\(2, 3\) takes a NumPy array as input, not list"),
    ],
)
def test_bad_input(layer, x, message):
    with pytest.raises(ParameterError, match=message):
        layer.forward(x)


@pytest.mark.parametrize(("n_inputs", "n_outputs"), [(0, 3), (2, -1), (2.0, 3)])
def test_bad_sizes(n_inputs, n_outputs):
    with pytest.raises(ParameterError, match=r"n_(in|out)puts must be a whole number"):
        Dense(n_inputs, n_outputs, generator=np.random.default_rng(0))


def test_a_chain_is_its_layers_in_turn(layer):
    other = Dense(3, 2, generator=np.random.default_rng(1))
    x = np.random.default_rng(2).standard_normal((4, 2)).astype(np.float32)
    y, back = Chain(layer, other).forward(x)
    middle, back_of_layer = layer.forward(x)
    expected, back_of_other = other.forward(middle)
    assert np.array_equal(y, expected)
    assert np.array_equal(back(y), back_of_layer(back_of_other(y)))
    assert repr(Chain(layer, other)) == "Chain(Dense(2, 3), Dense(3, 2))"


def test_a_chain_that_does_not_fit_names_the_layer(layer):
    other = Dense(4, 2, generator=np.random.default_rng(1))
    with pytest.raises(ParameterError, match=r"Dense\(4, 2\).*\(\.\.\., 4\), not \(1, 3\)"):
        Chain(layer, other).forward(np.zeros((1, 2), np.float32))


def test_an_empty_chain_passes_on():
    x = np.ones((2, 2), np.float32)
    y, back = Chain().forward(x)
    assert y is x
    assert back(x) is x
