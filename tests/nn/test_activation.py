"""Activations at extreme values, by name, and on bad input."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.nn import (
    ACTIVATIONS,
    Dropout,
    LeakyRelu,
    Prelu,
    Relu,
    Sigmoid,
    Softmax,
    SoftmaxCrossEntropy,
    Softplus,
    Step,
    Tanh,
    make_activation,
)

EXTREME = np.array([[-1e30, -1e4, -100.0, -20.0, 0.0, 20.0, 100.0, 1e4, 1e30]])
SMOOTH = [Sigmoid, Tanh, Softplus]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_values_and_gradients_are_finite_for_any_size(name, dtype):
    x = EXTREME.astype(dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        y, back = make_activation(name, dtype=dtype).forward(x, train=True)
        gradient = back(np.ones_like(x))
    assert np.isfinite(y).all()
    assert np.isfinite(gradient).all()
    assert y.dtype == gradient.dtype == dtype
    assert y.shape == gradient.shape == x.shape


def test_sigmoid_and_softplus_keep_their_tails():
    y, _ = Sigmoid().forward(np.array([-80.0], np.float32))
    assert y[0] == pytest.approx(np.exp(-80.0), rel=1e-5)
    y, _ = Softplus().forward(np.array([-30.0, 90.0], np.float32))
    assert y == pytest.approx([np.exp(-30.0), 90.0], rel=1e-5)


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize("n", [1, 7, 8, 9, 1000])
def test_float32_agrees_with_float64(kind, n):
    x = np.random.default_rng(n).standard_normal((3, n)) * 5
    d = np.random.default_rng(n + 1).standard_normal((3, n))
    exact, back_exact = kind().forward(x)
    y, back = kind().forward(x.astype(np.float32))
    assert y == pytest.approx(exact, rel=2e-6, abs=2e-7)
    assert back(d.astype(np.float32)) == pytest.approx(back_exact(d), rel=1e-5, abs=2e-6)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_neither_input_nor_gradient_is_changed(name):
    x = np.random.default_rng(0).standard_normal((4, 6))
    gradient = np.ones_like(x)
    x_before = x.copy()
    _, back = make_activation(name, 6, dtype=np.float64).forward(x)
    back(gradient)
    assert (x == x_before).all()
    assert (gradient == 1).all()


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_views_of_any_layout_are_taken(name):
    x = np.random.default_rng(0).standard_normal((6, 4, 8))
    view = x[::2].swapaxes(0, 1)[..., ::2]
    y, back = make_activation(name, dtype=view.dtype).forward(view)
    expected, back_expected = make_activation(name, dtype=view.dtype).forward(
        np.ascontiguousarray(view)
    )
    assert y == pytest.approx(expected, rel=1e-12)
    gradient = np.broadcast_to(np.arange(4.0), view.shape)
    assert back(gradient) == pytest.approx(back_expected(np.ascontiguousarray(gradient)))


def test_the_step_lets_no_gradient_through():
    y, back = Step().forward(np.array([-1.0, 0.0, 2.0]))
    assert y.tolist() == [0, 0, 1]
    assert back(np.ones(3)).tolist() == [0, 0, 0]


def test_relu_passes_what_is_not_a_number_on():
    y, _ = Relu().forward(np.array([np.nan, 1.0], np.float32))
    assert np.isnan(y[0])


def test_slopes():
    assert LeakyRelu(0.1).forward(np.array([-2.0, 2.0]))[0] == pytest.approx([-0.2, 2])
    prelu = make_activation("prelu", 2, dtype=np.float64)
    prelu.slope.value[:] = 0.5, 0.25
    assert prelu.forward(np.array([[-2.0, -2.0]]))[0].tolist() == [[-1, -0.5]]


def test_softmax_sums_to_one():
    y, _ = Softmax().forward(np.random.default_rng(0).standard_normal((5, 301)).astype(np.float32))
    assert y.sum(axis=1) == pytest.approx(np.ones(5), rel=1e-6)


def test_dropout_keeps_the_mean():
    x = np.ones((400, 500), np.float32)
    y, back = Dropout(0.3).forward(x, np.random.default_rng(0))
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.005)
    assert y.mean() == pytest.approx(1, abs=0.01)
    assert (back(x) == y).all()


def test_dropout_rests_outside_training():
    x = np.ones((4, 5))
    assert (Dropout(0.3).forward(x)[0] == x).all()
    assert (Dropout(0.0).forward(x, True)[0] == x).all()


def test_dropout_is_fixed_by_its_stream():
    x = np.ones((40, 5))
    a, b, c = (Dropout(0.5).forward(x, np.random.default_rng(seed))[0] for seed in (1, 1, 2))
    assert (a == b).all()
    assert (a != c).any()


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: Relu().forward([1.0]), "Relu() takes a NumPy array as input, not list"),
        (lambda: Relu().forward(np.arange(3)), "Relu() computes in float32 or float64, and its"),
        (lambda: Tanh().forward(np.zeros((0, 3))), "not (0, 3), which is empty"),
        (lambda: Prelu(3).forward(np.zeros((2, 4), np.float32)), "(..., 3), not (2, 4)"),
        (lambda: Prelu(3).forward(np.zeros((2, 3))), "give x.astype('float32')"),
        (lambda: Dropout(0.5).forward(np.zeros((2, 3)), True), "Dropout(0.5) draws random numbers"),
        (lambda: Dropout(1), "from 0 to below 1, not 1"),
        (lambda: LeakyRelu(-1), "from 0 to below 1, not -1"),
        (lambda: make_activation("relo"), "no activation 'relo': choose one of identity, step"),
        (lambda: SoftmaxCrossEntropy().predict(np.zeros((2, 3), int)), "its logits is int64"),
    ],
)
def test_bad_input_is_named(act, words):
    with pytest.raises(ParameterError) as caught:
        act()
    assert words in str(caught.value)
