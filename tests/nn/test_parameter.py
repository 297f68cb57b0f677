"""Gradients add up, whatever form they come in, and their memory is used again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.nn import Parameter, RowGradient

ADDITIONS = st.lists(st.sampled_from(["dense", "product", "rows"]), max_size=6)


@given(ADDITIONS, st.integers(0, 10**6))
def test_any_mix_of_additions_is_their_sum(kinds, seed):
    generator = np.random.default_rng(seed)
    parameter = Parameter(np.zeros((4, 3)))
    expected = np.zeros((4, 3))
    for kind in kinds:
        if kind == "dense":
            part = generator.standard_normal((4, 3))
            parameter.add_gradient(part)
        elif kind == "product":
            a, b = generator.standard_normal((5, 4)), generator.standard_normal((5, 3))
            part = a.T @ b
            parameter.add_product(a, b)
        else:
            rows = generator.integers(0, 4, 6)
            values = generator.standard_normal((6, 3))
            part = np.zeros((4, 3))
            for row, value in zip(rows, values, strict=True):
                part[row] += value
            parameter.add_rows(rows, values)
        expected += part
    np.testing.assert_allclose(parameter.get_dense_gradient(), expected, atol=1e-12)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_merged_rows_are_ascending_once_and_the_same_sum(rows):
    rows = np.array(rows)
    values = np.arange(2.0 * len(rows)).reshape(-1, 2)
    merged = RowGradient(rows, values).merge()
    assert np.array_equal(merged.rows, np.unique(rows))
    dense, again = np.zeros((6, 2)), np.zeros((6, 2))
    np.add.at(dense, rows, values)
    again[merged.rows] = merged.values
    np.testing.assert_array_equal(again, dense)


def test_rows_alone_stay_rows():
    parameter = Parameter(np.zeros((100, 2), np.float32))
    parameter.add_rows(np.array([3]), np.ones((1, 2), np.float32))
    parameter.add_rows(np.array([3, 7]), np.ones((2, 2), np.float32))
    assert isinstance(parameter.gradient, RowGradient)
    assert parameter.gradient.merge().values.tolist() == [[2, 2], [1, 1]]
    assert parameter.get_dense_gradient().sum() == 6


def test_what_is_added_is_read_and_not_kept():
    parameter = Parameter(np.zeros((2, 2)))
    part = np.ones((2, 2))
    parameter.add_gradient(part)
    parameter.add_gradient(part)
    assert part.tolist() == [[1, 1], [1, 1]]
    part[:] = 9
    assert parameter.gradient.tolist() == [[2, 2], [2, 2]]


def test_memory_is_used_again_and_forgotten_sums_do_not_come_back():
    parameter = Parameter(np.zeros((3, 2), np.float32))
    a, b = np.ones((4, 3), np.float32), np.ones((4, 2), np.float32)
    parameter.add_product(a, b)
    first = parameter.gradient
    parameter.clear_gradient()
    assert parameter.gradient is None
    assert parameter.get_dense_gradient().tolist() == [[0, 0]] * 3
    parameter.add_product(a, b)
    assert parameter.gradient is first
    assert parameter.gradient.tolist() == [[4, 4]] * 3


def test_memory_of_another_dtype_is_not_used_again():
    parameter = Parameter(np.zeros(3, np.float32))
    parameter.add_gradient(np.ones(3, np.float32))
    parameter.value = parameter.value.astype(np.float64)
    parameter.clear_gradient()
    parameter.add_gradient(np.full(3, 0.1))
    assert parameter.gradient.dtype == np.float64
    assert parameter.gradient[0] == 0.1


@pytest.mark.parametrize("n_before", [0, 1])
def test_a_gradient_of_another_shape_is_refused_not_spread(n_before):
    parameter = Parameter(np.zeros((4, 3)))
    for _ in range(n_before):
        parameter.add_gradient(np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"\(3,\).*\(4, 3\)"):
        parameter.add_gradient(np.ones(3))
