"""Schedules at times whose factors are known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.errors import ParameterError
from embedrec.nn import (
    Constant,
    CosineDecay,
    ExponentialDecay,
    InverseTime,
    LinearDecay,
    ReduceOnPlateau,
    StepDecay,
    WarmUp,
    make_schedule,
)
from embedrec.nn.schedule import SCHEDULES


@pytest.mark.parametrize(
    ("schedule", "done", "factor"),
    [
        (Constant(), 7.5, 1),
        (StepDecay(every=3, factor=0.5), 2.99, 1),
        (StepDecay(every=3, factor=0.5), 3, 0.5),
        (StepDecay(every=3, factor=0.5), 9.5, 0.125),
        (ExponentialDecay(0.9), 2, 0.81),
        (LinearDecay(), 0, 1),
        (LinearDecay(), 2.5, 0.75),
        (LinearDecay(0.2), 10, 0.2),
        (LinearDecay(0.2), 11, 0.2),
        (CosineDecay(), 0, 1),
        (CosineDecay(), 5, 0.5),
        (CosineDecay(), 10, 0),
        (CosineDecay(0.1), 10 / 3, 0.1 + 0.9 * 0.75),
        (InverseTime(0.5), 4, 1 / 3),
        (WarmUp(2, start=0.1), 0, 0.1),
        (WarmUp(2, start=0.1), 1, 0.55),
        (WarmUp(2), 2, 1),
        (WarmUp(2, after=LinearDecay()), 6, 0.5),
        (WarmUp(2, after="linear"), 8, 0.25),
        (WarmUp(2, after=LinearDecay()), 10, 0),
    ],
    ids=repr,
)
def test_factor(schedule, done, factor):
    assert schedule.compute_factor(done, 10) == pytest.approx(factor, abs=1e-12)


@pytest.mark.parametrize(
    ("scores", "factor"),
    [
        ([], 1),
        ([3, 2, 1], 1),
        ([3, 3], 1),
        ([3, 3, 3], 0.5),
        ([3, 3, 3, 3], 0.5),
        ([3, 3, 3, 3, 3], 0.25),
        ([3, 4, 2, 2.5, 1.9, 3, 3], 0.5),
        ([math.nan, math.nan], 0.5),
        ([3] * 30, 0.05),
    ],
)
def test_plateau(scores, factor):
    schedule = ReduceOnPlateau(0.5, patience=2, least=0.05)
    assert schedule.compute_factor(len(scores), 10, scores) == pytest.approx(factor)


def test_plateau_counts_only_what_is_better_by_enough():
    scores = [1.0, 0.99, 0.98, 0.97]
    assert ReduceOnPlateau(0.5, 3).compute_factor(4, 9, scores) == 1
    assert ReduceOnPlateau(0.5, 3, min_delta=0.1).compute_factor(4, 9, scores) == 0.5


@pytest.mark.parametrize("name", SCHEDULES)
@given(done=st.floats(0, 20), total=st.floats(0.5, 20))
def test_factors_are_from_0_to_1(name, done, total):
    assert 0 <= make_schedule(name).compute_factor(done, total) <= 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: StepDecay(every=0), "every must be a number above 0, not 0"),
        (lambda: StepDecay(factor="half"), "factor must be a number above 0, not 'half'"),
        (lambda: ExponentialDecay(math.inf), "factor must be a number above 0"),
        (lambda: LinearDecay(-1), "final must be a number 0 or more"),
        (lambda: CosineDecay(math.nan), "final must be a number 0 or more"),
        (lambda: InverseTime(-1), "decay must be"),
        (lambda: WarmUp(0), "epochs must be"),
        (lambda: WarmUp(1, after="slowly"), "schedule must be one of .* not 'slowly'"),
        (lambda: ReduceOnPlateau(1.0), "factor must be a number between 0 and 1"),
        (lambda: ReduceOnPlateau(patience=0), "patience must be"),
        (lambda: make_schedule("cosinus"), "constant, step, .* not 'cosinus'"),
        (lambda: make_schedule(None), "or a Schedule, not None"),
    ],
)
def test_settings_that_cannot_be(make, words):
    with pytest.raises(ParameterError, match=words):
        make()
