"""Kernels of Boltzmann machines against their slow twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.kernels import rbm
from tests.reference import rbm as slow
from tests.reference.nn.activation import sigmoid, softmax

DTYPES = [np.float32, np.float64]


@pytest.mark.parametrize("dtype", DTYPES)
def test_means(dtype):
    generator = np.random.default_rng(0)
    fields = (3 * generator.standard_normal((5, 12))).astype(dtype)
    bias = generator.standard_normal(12).astype(dtype)
    inputs = fields.astype(np.float64) + bias
    means = np.empty_like(fields)
    rbm.fill_binary(fields, bias, means)
    assert means == pytest.approx(np.vectorize(sigmoid)(inputs), rel=2e-6)
    for n_states in (2, 3, 4):
        rbm.fill_softmax(fields, bias, n_states, means)
        groups = inputs.reshape(5, -1, n_states).tolist()
        expected = [[softmax(group) for group in row] for row in groups]
        assert means == pytest.approx(np.array(expected).reshape(5, 12), rel=5e-6)


def test_softmax_of_large_fields_stays_finite():
    fields = np.array([[1e30, -1e30, 500.0, 499.0]], np.float32)
    means = np.empty_like(fields)
    rbm.fill_softmax(fields, np.zeros(4, np.float32), 2, means)
    assert means[0] == pytest.approx([1, 0, 0.7310586, 0.2689414], abs=1e-6)


@given(start=st.integers(0, 2**64 - 1), dtype=st.sampled_from(DTYPES))
def test_draws(start, dtype):
    generator = np.random.default_rng(start)
    means = generator.random((3, 8)).astype(dtype)
    states = np.empty_like(means)
    rbm.draw_binary(means, np.uint64(start), states)
    assert states.tolist() == slow.draw_binary(means.tolist(), start)
    shares = means.reshape(3, 2, 4)
    shares = (shares / shares.sum(axis=2, keepdims=True)).reshape(3, 8)
    rbm.draw_softmax(shares, np.uint64(start), 4, states)
    # Sums in another type could round a draw to the other side once in 10 million.
    assert states.tolist() == slow.draw_softmax(shares.tolist(), start, 4)


def test_draws_are_as_frequent_as_their_means():
    means = np.tile(np.array([0.0, 0.1, 0.5, 1.0], np.float32), (20_000, 1))
    states = np.empty_like(means)
    rbm.draw_binary(means, np.uint64(7), states)
    assert states.mean(axis=0) == pytest.approx([0, 0.1, 0.5, 1], abs=0.015)
    assert abs(np.corrcoef(states[:, 1], states[:, 2])[0, 1]) < 0.03
    shares = np.tile(np.array([0.2, 0.0, 0.7, 0.1], np.float32), (20_000, 1))
    rbm.draw_softmax(shares, np.uint64(7), 4, states)
    assert (states.sum(axis=1) == 1).all()
    assert states.mean(axis=0) == pytest.approx([0.2, 0, 0.7, 0.1], abs=0.015)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_states", [1, 3])
def test_states_are_weighed(n_states, dtype):
    generator = np.random.default_rng(1)
    if n_states == 1:
        visible = generator.choice([0, 0, 1, 0.3], (6, 9)).astype(dtype)
    else:
        visible = np.eye(3, dtype=dtype)[generator.integers(0, 3, (6, 3))].reshape(6, 9)
    weight = generator.standard_normal((9, 5)).astype(dtype)
    fields = visible @ weight + generator.standard_normal(5).astype(dtype)
    none, each = np.empty((6, 9 // n_states)), np.empty((6, 9))
    rbm.weigh_states(visible, fields, weight, n_states, none, each)
    expected = slow.weigh_states(visible.tolist(), fields.tolist(), weight.tolist(), n_states)
    tolerance = 1e-5 if dtype == np.float32 else 1e-13
    assert each == pytest.approx(expected[1], rel=tolerance)
    if n_states == 1:
        assert none == pytest.approx(expected[0], rel=tolerance)
