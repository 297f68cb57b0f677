"""Scales found in ratings, and ratings that are on none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.errors import InputError, ParameterError
from embedrec.ratings.scale import (
    describe_scale,
    detect_scale,
    find_levels,
    find_off_scale,
    make_scale,
)


@pytest.mark.parametrize(
    ("values", "levels", "words"),
    [
        ([1, 5, 4], [1, 2, 3, 4, 5], "1 to 5"),
        ([4.5, 0.5, 3], [0.5 * i for i in range(1, 10)], "0.5 to 4.5 by 0.5"),
        ([0, 10], list(range(11)), "0 to 10"),
        ([4, 4], [4], "4 alone"),
        ([1, 1.25], [1, 1.25], "1 to 1.25 by 0.25"),
        ([0.1, 0.7], [i / 10 for i in range(1, 8)], "0.1 to 0.7 by 0.1"),
        ([-1, 1], [-1, 0, 1], "-1 to 1"),
        ([1, 1, 1], None, "clicks"),
        ([], None, "clicks"),
    ],
)
def test_levels(values: list[float], levels: list[float] | None, words: str) -> None:
    found = detect_scale(np.array(values, np.float32))
    assert (None if found is None else found.tolist()) == levels
    assert describe_scale(found) == words


def test_measurements_are_no_scale() -> None:
    with pytest.raises(InputError, match="3 different ratings, from 0 to 1000"):
        detect_scale(np.array([0, 1000, 3.3]))
    with pytest.raises(InputError, match="round them first"):
        detect_scale(np.random.default_rng(0).normal(size=50))


@given(values=st.lists(st.floats(-2, 8), max_size=20), step=st.sampled_from([1, 0.5, 0.25]))
def test_nearest_level(values: list[float], step: float) -> None:
    levels = np.arange(1, 5 + step / 2, step)
    found = find_levels(np.array(values), levels)
    for value, level in zip(values, found.tolist(), strict=True):
        gaps = [abs(value - one) for one in levels]
        assert gaps[level] == min(gaps)
    off = find_off_scale(np.array(values), levels)
    assert off.tolist() == [i for i, v in enumerate(values) if min(abs(v - levels)) > 1e-3 * step]


def test_what_is_off_the_scale() -> None:
    levels = make_scale((0.5, 5, 0.5))
    values = np.array([0.5, 0.0, 5.5, np.nan, 2.25, 5, np.inf], np.float32)
    assert find_off_scale(values, levels).tolist() == [1, 2, 3, 4, 6]


@pytest.mark.parametrize(
    "scale", [(), (1,), (5, 1), (1, 1), (1, 5, 0), (1, 5, 3), (0, 1000), "1,5", (1, "5"),
              (1, float("nan")), (True, 5), 3],
)  # fmt: skip
def test_what_is_no_scale(scale: object) -> None:
    with pytest.raises(ParameterError, match="scale is"):
        make_scale(scale)  # type: ignore[arg-type]
