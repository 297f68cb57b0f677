"""Early stopping and averages of weights."""

from __future__ import annotations

import math

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.nn import Averaging, EarlyStopping, Parameter, WeightAverage


@pytest.mark.parametrize(
    ("scores", "best", "is_over"),
    [
        ([], -1, False),
        ([3], 0, False),
        ([3, 2, 1], 2, False),
        ([3, 2, 2.5], 1, False),
        ([3, 2, 2.5, 2], 1, True),
        ([3, 2, 2.5, 1.9], 3, False),
        ([math.nan], -1, False),
        ([math.nan, math.nan], -1, True),
        ([3, math.nan, math.nan], 0, True),
    ],
)
def test_patience_of_two(scores, best, is_over):
    stopping = EarlyStopping(patience=2)
    assert stopping.find_best(scores) == best
    assert stopping.is_over(scores) == is_over


def test_better_by_too_little_is_not_better():
    assert EarlyStopping(3).find_best([1, 0.95, 0.9]) == 2
    assert EarlyStopping(3, min_delta=0.2).find_best([1, 0.95, 0.9]) == 0


def test_mean_of_weights():
    rng = np.random.default_rng(0)
    values = rng.standard_normal((9, 3, 2)).astype(np.float32)
    parameter, average = Parameter(values[0].copy()), WeightAverage()
    for value in values:
        parameter.value[...] = value
        average.add([("w", parameter)])
    average.install([("w", parameter)])
    np.testing.assert_allclose(parameter.value, values.mean(axis=0), rtol=1e-6)
    assert parameter.value.dtype == np.float32


def test_fading_mean_of_weights():
    parameter, average = Parameter(np.zeros(1)), WeightAverage(0.9)
    wanted = None
    for value in (2.0, 3.0, 5.0):
        parameter.value[...] = value
        average.add([("w", parameter)])
        wanted = value if wanted is None else 0.9 * wanted + 0.1 * value
    average.install([("w", parameter)])
    assert parameter.value[0] == pytest.approx(wanted)


def test_nothing_added_changes_nothing():
    parameter = Parameter(np.ones(2))
    WeightAverage().install([("w", parameter)])
    assert (parameter.value == 1).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: EarlyStopping(0),
        lambda: EarlyStopping(2.5),
        lambda: EarlyStopping("many"),
        lambda: EarlyStopping(min_delta=-1),
        lambda: EarlyStopping(min_delta=math.nan),
        lambda: Averaging(start=1),
        lambda: Averaging(start="late"),
        lambda: Averaging(every="week"),
        lambda: Averaging(decay=1.0),
        lambda: Averaging(decay="slow"),
    ],
)
def test_settings_that_cannot_be(make):
    with pytest.raises(ParameterError):
        make()
