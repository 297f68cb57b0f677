"""Clipping, dense and by rows."""

from __future__ import annotations

import math

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.nn import (
    Dense,
    Parameter,
    RowGradient,
    clip_by_norm,
    clip_by_value,
    measure_norm,
    scale_gradients,
)


def make(*gradients):
    named = []
    for at, gradient in enumerate(gradients):
        parameter = Parameter(np.zeros((4, 2)))
        if isinstance(gradient, tuple):
            parameter.add_rows(np.array(gradient[0]), np.array(gradient[1], np.float64))
        elif gradient is not None:
            parameter.add_gradient(np.array(gradient, np.float64))
        named.append((str(at), parameter))
    return named


DENSE = [[3, 0], [0, 0], [0, 0], [0, -4]]
ROWS = ([1, 3, 1], [[1, 0], [0, 12], [-1, 0]])  # row 1 cancels out


def test_the_norm_is_that_of_all_together():
    assert measure_norm(make(DENSE)) == 5
    assert measure_norm(make(DENSE, ROWS, None)) == 13
    assert measure_norm(make(None)) == 0


def test_by_norm_keeps_the_direction():
    named = make(DENSE, ROWS, None)
    assert clip_by_norm(named, 6.5) == 13
    np.testing.assert_allclose(named[0][1].gradient, np.array(DENSE) / 2)
    assert isinstance(named[1][1].gradient, RowGradient)
    np.testing.assert_allclose(named[1][1].get_dense_gradient()[3], [0, 6])
    assert named[2][1].gradient is None


def test_below_the_limit_nothing_changes():
    named = make(DENSE)
    assert clip_by_norm(named, 5) == 5
    np.testing.assert_array_equal(named[0][1].gradient, DENSE)


def test_an_infinite_norm_is_told_and_not_scaled():
    named = make([[math.inf, 0], [0, 0], [0, 0], [0, 1]])
    assert clip_by_norm(named, 1) == math.inf
    assert named[0][1].gradient[3, 1] == 1


def test_by_value():
    named = make(DENSE, ROWS)
    clip_by_value(named, 2)
    np.testing.assert_array_equal(named[0][1].gradient, np.clip(DENSE, -2, 2))
    np.testing.assert_array_equal(named[1][1].get_dense_gradient()[[1, 3]], [[0, 0], [0, 2]])


def test_what_a_layer_gave_is_not_changed():
    values = np.full((1, 2), 9.0)
    parameter = Parameter(np.zeros((4, 2)))
    parameter.add_rows(np.array([2]), values)
    clip_by_norm([("w", parameter)], 1)
    clip_by_value([("w", parameter)], 0.1)
    scale_gradients([("w", parameter)], 0.1)
    assert (values == 9).all()


def test_scaled_gradients():
    named = make(DENSE, ROWS, None)
    scale_gradients(named, 0.5)
    np.testing.assert_array_equal(named[0][1].gradient, np.array(DENSE) / 2)
    np.testing.assert_array_equal(named[1][1].get_dense_gradient()[[1, 3]], [[0, 0], [0, 6]])
    assert named[2][1].gradient is None


def test_a_layer_will_do():
    layer = Dense(2, 2, generator=np.random.default_rng(0))
    layer.weight.add_gradient(np.ones((2, 2), np.float32))
    assert clip_by_norm(layer, 1) == 2
    assert measure_norm(layer) == pytest.approx(1)


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value, scale_gradients])
@pytest.mark.parametrize("limit", [0, -1, math.nan, math.inf, "1"])
def test_limits_that_cannot_be(clip, limit):
    with pytest.raises(ParameterError, match=r"(limit|factor) must be a number above 0"):
        clip(make(DENSE), limit)
