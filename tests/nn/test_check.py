"""Checks of what is given to a layer: what passes, and what the messages name."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.nn.check import check_finite, check_floating, check_ids, check_shape, check_size


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((5, 4), ("B", 4)),
        ((5, 4), (5, 4)),
        ((4,), ("...", 4)),
        ((2, 3, 4), ("...", 4)),
        ((2, 3, 4), ("...", "T", 4)),
        ((7, 2, 3, 1), ("B", "H", "W", 1)),
    ],
)
def test_shapes_that_fit(shape, expected):
    check_shape("Layer", np.zeros(shape), expected)


@pytest.mark.parametrize(
    ("shape", "expected", "message"),
    [
        ((5, 3), ("B", 4), r"takes input of shape \(B, 4\), not \(5, 3\)$"),
        ((4,), ("B", 4), r"not \(4,\)$"),
        ((2, 5, 4), ("B", 4), r"not \(2, 5, 4\)$"),
        ((3,), ("...", "T", 4), r"of shape \(\.\.\., T, 4\), not \(3,\)$"),
        ((0, 4), ("B", 4), r"not \(0, 4\), which is empty$"),
        ((2, 0, 4), ("...", 4), r"not \(2, 0, 4\), which is empty$"),
        ((), ("...", 4), r"not \(\)$"),
    ],
)
def test_shapes_that_do_not(shape, expected, message):
    with pytest.raises(ParameterError, match=message) as caught:
        check_shape("Layer", np.zeros(shape), expected)
    assert caught.value.value == shape


def test_what_is_no_array():
    with pytest.raises(ParameterError, match="takes a NumPy array as gradient, not list"):
        check_shape("Layer", [[1.0]], ("B", 1), "gradient")


def test_dtypes():
    check_floating("Layer", np.zeros(1, np.float32), np.float32)
    with pytest.raises(ParameterError, match=r"computes in float32.*is float64.*astype\('float32'"):
        check_floating("Layer", np.zeros(1), np.float32)
    with pytest.raises(ParameterError, match="computes in float64, and its state is int64"):
        check_floating("Layer", np.zeros(1, int), np.float64, "state")


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint32])
def test_ids_in_range(dtype):
    check_ids("Layer", np.array([[0, 4], [2, 1]], dtype), 5)
    check_ids("Layer", np.array([0, 4], dtype), 100_000)  # more than int8 holds


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (np.array([0, 5]), r"takes labels from 0 to 4, not 5 \(at 1\)"),
        (np.array([-1, 2]), r"not -1 \(at 0\)"),
        (np.array([[0, 1], [9, 0]]), r"not 9 \(at \(1, 0\)\)"),
        (np.array([0.0]), "as an integer array, not float64"),
        (np.array([True]), "as an integer array, not bool"),
        ([0, 1], "as an integer array, not list"),
        (np.array([], int), "was given no labels"),
    ],
)
def test_ids_that_are_not(ids, message):
    with pytest.raises(ParameterError, match=message):
        check_ids("Layer", ids, 5, "labels")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_place_of_what_is_not_finite(bad):
    x = np.zeros((2, 3), np.float32)
    check_finite("Layer", x)
    x[1, 2] = bad
    with pytest.raises(ParameterError, match=rf"input of 'Layer' holds {bad} at \(1, 2\)"):
        check_finite("Layer", x)


def test_sizes():
    assert check_size("n", np.int32(3)) == 3
    assert type(check_size("n", np.int32(3))) is int
    assert check_size("padding", 0, least=0) == 0
    for value in (0, -1, 2.0, "3", None, True):
        with pytest.raises(ParameterError, match="n must be a whole number of at least 1"):
            check_size("n", value)
