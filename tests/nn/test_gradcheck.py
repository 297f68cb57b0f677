"""The gradient check itself: what it finds, what it leaves as it was, and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.nn import Chain, Dense, Layer, Loss, Parameter, check_gradients, iterate_parameters


@pytest.fixture
def generator():
    return np.random.default_rng(0)


class Cube(Layer):
    def __init__(self, factor=3.0):
        self.factor = factor

    def forward(self, x, train=False):
        return x**3, lambda gradient: gradient * self.factor * x**2


class Scale(Layer):
    def __init__(self, forgets=False):
        self.scale = Parameter(np.full(3, 2.0, np.float32))
        self.forgets = forgets

    def forward(self, x, train=False):
        def backward(gradient):
            if not self.forgets:
                self.scale.add_gradient((gradient * x).sum(axis=0))
            return gradient * self.scale.value

        return x * self.scale.value, backward


class Noise(Layer):
    def forward(self, x, train=False):
        mask = train.random(x.shape) < 0.5
        return x * mask, lambda gradient: gradient * mask


class HalfSquare(Loss):
    def forward(self, y, target, weights=None, train=False):
        d = y - target
        return float((d**2).sum() / 2), lambda scale=1.0: scale * d


def test_a_right_backward_passes_and_a_wrong_one_is_placed(generator):
    x = generator.standard_normal((4, 3))
    assert check_gradients(Cube(), x).error < 1e-6
    report = check_gradients(Cube(factor=2.0), x)
    assert report.error == pytest.approx(1 / 3, rel=1e-3)
    assert report.worst.startswith("input[")


def test_a_forgotten_parameter_is_found(generator):
    report = check_gradients(Scale(forgets=True), generator.standard_normal((4, 3)))
    assert report.errors["input"] < 1e-6
    assert report.errors["scale"] == pytest.approx(1.0)


def test_one_wrong_number_among_many_is_found_when_all_are_compared(generator):
    class OneWrong(Layer):
        def forward(self, x, train=False):
            def backward(gradient):
                gradient = gradient.copy()
                gradient[17, 23] = 0
                return gradient

            return x.copy(), backward

    report = check_gradients(OneWrong(), generator.standard_normal((30, 40)), n_places=None)
    assert report.worst == "input[17, 23]"
    assert report.error == pytest.approx(1.0)


def test_random_layers_draw_the_same_each_time(generator):
    x = generator.standard_normal((4, 3))
    assert check_gradients(Noise(), x, train=lambda: np.random.default_rng(5)).error < 1e-6


def test_a_loss_takes_its_target(generator):
    x, target = generator.standard_normal((4, 3)), generator.standard_normal((4, 3))
    assert check_gradients(HalfSquare(), x, target=target).error < 1e-6


def test_what_is_changed_and_what_is_not(generator):
    network = Chain(Dense(3, 2, generator=generator), Dense(2, 2, generator=generator))
    x = generator.standard_normal((4, 3))
    kept = x.copy(), [p.value.copy() for _, p in iterate_parameters(network)]
    check_gradients(network, x)
    assert np.array_equal(x, kept[0])
    for (_, parameter), value in zip(iterate_parameters(network), kept[1], strict=True):
        assert parameter.value.dtype == np.float64
        assert parameter.gradient is None
        assert np.array_equal(parameter.value, value)


def test_a_gradient_that_is_not_finite_is_an_error(generator):
    class Broken(Layer):
        def forward(self, x, train=False):
            return x.copy(), lambda gradient: gradient * np.nan

    assert check_gradients(Broken(), np.ones((1, 1))).error == float("inf")


def test_a_backward_of_another_shape_is_named(generator):
    class Flat(Layer):
        def forward(self, x, train=False):
            return x.copy(), lambda gradient: gradient.ravel()

    with pytest.raises(ParameterError, match=r"shape \(6,\) for input.*\(2, 3\)"):
        check_gradients(Flat(), np.ones((2, 3)))


def test_a_list_is_an_input_too(generator):
    assert check_gradients(Cube(), [[1.0, 2.0]]).error < 1e-6


def test_nothing_to_compare_is_said():
    with pytest.raises(ParameterError, match="nothing to compare"):
        check_gradients(Cube(), np.array([1, 2]))
