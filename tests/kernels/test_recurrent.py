"""The parts of the recurrent loops: vector activations, packed products, threads."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from embedrec.kernels.recurrent.activation import squash, squash_signed
from embedrec.kernels.recurrent.product import PANEL, add_product, pack


def count_ulps(found, exact):
    return np.abs(found.astype(np.float64) - exact) / np.spacing(np.abs(exact).astype(np.float32))


@pytest.mark.parametrize(
    ("compute", "exact"), [(squash, lambda x: 1 / (1 + np.exp(-x))), (squash_signed, np.tanh)]
)
def test_activations_are_exact_to_rounding(compute, exact):
    x = np.concatenate(
        [np.linspace(-87, 87, 100_001), np.linspace(-2, 2, 40_001), np.logspace(-30, 1, 10_001)]
    ).astype(np.float32)
    found = x.copy()
    compute(found)
    assert count_ulps(found, exact(x.astype(np.float64))).max() < 3
    precise = x.astype(np.float64)
    compute(precise)
    np.testing.assert_allclose(precise, exact(x.astype(np.float64)), rtol=1e-14)


@pytest.mark.parametrize("compute", [squash, squash_signed])
def test_activations_at_the_ends(compute):
    ends = np.array([-np.inf, -1e30, -100, -0.0, 0, 100, 1e30, np.inf, np.nan], np.float32)
    found = ends.copy()
    compute(found)
    low = 0.0 if compute is squash else -1.0
    middle = 0.5 if compute is squash else 0.0
    expected = [low] * 3 + [middle] * 2 + [1.0] * 3 + [np.nan]
    np.testing.assert_allclose(found, expected, atol=1e-37)


@njit
def multiply(inputs, t, column, packed, sums, at, first, n_columns, begin, end):
    add_product(inputs, t, column, packed, sums, at, first, n_columns, begin, end)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_columns", [1, PANEL - 1, PANEL, PANEL + 1, 3 * PANEL])
@pytest.mark.parametrize("n_rows", [1, 2, 5, 6, 7, 13])
def test_product_is_added_in_place_and_nowhere_else(n_rows, n_columns, dtype):
    generator = np.random.default_rng(n_rows)
    n_terms, first, column, begin = 11, 3, 2, n_rows // 3
    inputs = generator.standard_normal((n_rows, 4, n_terms + 5)).astype(dtype)
    matrix = generator.standard_normal((n_terms, n_columns)).astype(dtype)
    sums = generator.standard_normal((n_rows, 2, n_columns + 7)).astype(dtype)
    expected = sums.astype(np.float64)
    expected[begin:, 1, first : first + n_columns] += (
        inputs[begin:, 2, column : column + n_terms].astype(np.float64) @ matrix
    )
    multiply(inputs, 2, column, pack(matrix), sums, 1, first, n_columns, begin, n_rows)
    np.testing.assert_allclose(sums, expected, atol=1e-5 if dtype == np.float32 else 1e-13)


def test_how_rows_are_cut_changes_no_bit():
    generator = np.random.default_rng(0)
    inputs = generator.standard_normal((13, 1, 50)).astype(np.float32)
    packed = pack(generator.standard_normal((50, 37)).astype(np.float32))
    whole, parts = np.zeros((2, 13, 1, 37), np.float32)
    multiply(inputs, 0, 0, packed, whole, 0, 0, 37, 0, 13)
    for begin, end in ((0, 1), (1, 4), (4, 13)):
        multiply(inputs, 0, 0, packed, parts, 0, 0, 37, begin, end)
    np.testing.assert_array_equal(whole, parts)


def test_packing_a_transpose():
    matrix = np.random.default_rng(0).standard_normal((5, PANEL + 2)).astype(np.float32)
    packed = pack(matrix.T)
    assert packed.shape == (1, PANEL + 2, PANEL)
    np.testing.assert_array_equal(packed[0, :, :5], matrix.T)
    assert not packed[0, :, 5:].any()
