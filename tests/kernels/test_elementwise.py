"""Exponentials to the last place; activations and softmax against their slow twins."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit

from embedrec.kernels.exponential import exp, log_one_plus
from embedrec.kernels.softmax import fill_gradients, fill_probabilities, sum_exponentials
from embedrec.nn import make_activation
from tests.reference.nn import activation as slow

MOST_UNITS = 3


@njit
def map_exp(x, out):
    for i in range(len(x)):
        out[i] = exp(x[i])


@njit
def map_log(x, out):
    for i in range(len(x)):
        out[i] = log_one_plus(x[i])


@pytest.mark.parametrize(
    ("function", "exact", "x"),
    [
        (map_exp, math.exp, np.linspace(-87, 87, 20001)),
        (map_exp, math.exp, np.linspace(-1e-3, 1e-3, 2001)),
        (map_log, math.log1p, np.linspace(0, 1, 20001)),
        (map_log, math.log1p, np.geomspace(1e-30, 1e-3, 2001)),
    ],
    ids=["exp", "exp near 0", "log", "log near 0"],
)
def test_exponentials_are_right_to_a_few_last_places(function, exact, x):
    x = x.astype(np.float32)
    out = np.empty_like(x)
    function(x, out)
    expected = np.array([exact(float(value)) for value in x])
    units = np.abs(out - expected) / np.spacing(expected.astype(np.float32))
    assert units.max() < MOST_UNITS
    exact_out = np.empty(len(x))
    function(x.astype(np.float64), exact_out)
    assert exact_out == pytest.approx(expected, rel=1e-14)


def test_exponentials_stay_within_bounds_and_carry_nan_on():
    x = np.array([-np.inf, -1e30, -100, 100, 1e30, np.inf, np.nan], np.float32)
    out = np.empty_like(x)
    map_exp(x, out)
    assert out[:3] == pytest.approx(np.full(3, np.exp(-87)), rel=1e-5)
    assert out[3:6] == pytest.approx(np.full(3, np.exp(87)), rel=1e-5)
    assert np.isnan(out[6])


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 1e-6), (np.float64, 1e-14)])
@pytest.mark.parametrize("name", list(slow.APPLY))
def test_activations_agree_with_their_twins(name, dtype, error):
    x = np.concatenate([np.linspace(-20, 20, 333), [-50, 50, 1e-6, -1e-6, 0]]).astype(dtype)
    y, back = make_activation(name).forward(x)
    slope = back(np.full_like(x, 2))
    expected = np.array([slow.APPLY[name](float(value)) for value in x])
    assert y == pytest.approx(expected, rel=error, abs=0)
    derivative = np.array([slow.DIFFERENTIATE[name](float(value)) for value in x])
    # 1 - y loses what y near 1 has rounded away, as the formula in terms of y does anywhere
    assert slope == pytest.approx(2 * derivative, rel=error, abs=16 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 2e-6), (np.float64, 1e-13)])
@pytest.mark.parametrize("n_classes", [1, 2, 3, 7, 8, 31, 1023, 1024, 1025, 3000])
def test_softmax_agrees_with_its_twin(n_classes, dtype, error):
    generator = np.random.default_rng(n_classes)
    z = (4 * generator.standard_normal((3, n_classes))).astype(dtype)
    labels = generator.integers(0, n_classes, 3)
    tops, sums, p, d = z.max(axis=1), np.empty(3, dtype), np.empty_like(z), np.empty_like(z)
    sum_exponentials(z, tops, sums)
    fill_probabilities(z, tops, sums, p)
    factors = np.array([1, 0, 0.5], dtype)
    fill_gradients(z, tops, sums, labels, factors, d)
    for i in range(3):
        loss, gradient = slow.cross_entropy([float(value) for value in z[i]], labels[i])
        assert math.log(sums[i]) + tops[i] - z[i, labels[i]] == pytest.approx(loss, abs=10 * error)
        assert p[i] == pytest.approx(slow.softmax([float(v) for v in z[i]]), rel=error)
        expected = float(factors[i]) * np.array(gradient)
        assert d[i] == pytest.approx(expected, rel=10 * error, abs=error)


def test_a_row_without_weight_has_no_gradient_whatever_it_holds():
    z = np.array([[np.nan, 1.0], [np.inf, -np.inf]])
    d = np.ones_like(z)
    fill_gradients(z, z[:, 0].copy(), z[:, 0].copy(), np.array([0, 1]), np.zeros(2), d)
    assert (d == 0).all()


def test_nan_reaches_the_loss():
    z = np.array([[np.nan, 1.0], [1.0, np.nan]], np.float32)
    sums = np.empty(2, np.float32)
    sum_exponentials(z, z.max(axis=1), sums)
    assert np.isnan(sums).all()
