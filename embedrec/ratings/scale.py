"""The scale of ratings: which values they may take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from embedrec.errors import InputError, ParameterError

Array = np.ndarray[Any, Any]

MAX_LEVELS = 101
"""Most levels of a scale: ratings on a finer one are measurements, and levels hold too few each."""

_STEPS = (1.0, 0.5, 0.25, 0.2, 0.1, 0.05, 0.01)
_NEAR = 1e-3  # of a step; float32 holds values to seven digits


def detect_scale(values: Array) -> Array | None:
    """Return the levels that ratings are on, or None if they are clicks.

    The levels lie evenly from the lowest rating to the highest, on the coarsest grid (whole
    numbers, halves, quarters, fifths, tenths, ...) that all ratings lie on; levels that nobody
    chose are there too.

    Args:
        values: float (N,), finite.

    Returns:
        float64 (K,), ascending, K >= 1; None if every value is 1 or there is none.

    Raises:
        InputError: if the ratings are on no grid of at most `MAX_LEVELS` levels.
    """
    distinct = np.unique(np.asarray(values, np.float64))
    if not len(distinct) or (len(distinct) == 1 and distinct[0] == 1.0):
        return None
    for step in _STEPS:
        places = distinct / step
        if (np.abs(places - np.round(places)) <= _NEAR).all():
            first, last = round(places[0]), round(places[-1])
            if last - first < MAX_LEVELS:
                return _spread(first, last, step)
    raise InputError(
        f"there are {len(distinct)} different ratings, from {distinct[0]:g} to {distinct[-1]:g}, "
        f"on no scale of up to {MAX_LEVELS} even levels: round them first, to halves for instance",
        value=len(distinct),
    )


def find_levels(values: Array, levels: Array) -> Array:
    """Return which level each rating is, or is nearest to (the lower one of two): int64 (N,).

    Args:
        values: float (N,).
        levels: float64 (K,), ascending.
    """
    values = np.asarray(values, np.float64)
    middles = (levels[1:] + levels[:-1]) / 2
    return np.searchsorted(middles, values, side="left")


def find_off_scale(values: Array, levels: Array) -> Array:
    """Return the numbers of the ratings that are on no level, ascending: int64.

    Args:
        values: float (N,); NaN is on no level.
        levels: float64 (K,), ascending.
    """
    values = np.asarray(values, np.float64)
    width = (levels[-1] - levels[0]) / max(1, len(levels) - 1) or 1.0
    nearest = levels[find_levels(np.nan_to_num(values), levels)]
    return np.flatnonzero(~(np.abs(values - nearest) <= _NEAR * width))


def make_scale(scale: Sequence[float] | Array) -> Array:
    """Return the levels (lowest, highest) or (lowest, highest, step) ask for: float64 (K,).

    Without a step it is 1.

    Raises:
        ParameterError: if they are no numbers, not ascending, or ask for too many levels.
    """
    numbers = list(scale) if isinstance(scale, (Sequence, np.ndarray)) else []
    if not 2 <= len(numbers) <= 3 or not all(
        isinstance(n, Real) and not isinstance(n, bool) and math.isfinite(n) for n in numbers
    ):
        raise ParameterError(
            f"scale is {scale!r}; give the lowest and the highest rating, and the step between "
            "them if it is not 1, such as (0.5, 5, 0.5)",
            value=scale,
        )
    low, high = float(numbers[0]), float(numbers[1])
    step = float(numbers[2]) if len(numbers) == 3 else 1.0
    n = round((high - low) / step) if step > 0 else 0
    if n < 1 or abs(low + n * step - high) > _NEAR * step or n >= MAX_LEVELS:
        raise ParameterError(
            f"scale is {scale!r}; the highest rating must be some steps above the lowest, fewer "
            f"than {MAX_LEVELS}",
            value=scale,
        )
    return low + step * np.arange(n + 1)


def describe_scale(levels: Array | None) -> str:
    """Return a scale in words, such as `0.5 to 5 by 0.5`; an uneven one level by level."""
    if levels is None:
        return "clicks"
    if len(levels) == 1:
        return f"{levels[0]:g} alone"
    step = (levels[-1] - levels[0]) / (len(levels) - 1)
    if not np.allclose(np.diff(levels), step):
        return ", ".join(f"{level:g}" for level in levels)
    by = "" if math.isclose(step, 1) else f" by {step:g}"
    return f"{levels[0]:g} to {levels[-1]:g}{by}"


def _spread(first: int, last: int, step: float) -> Array:
    numbers = np.arange(first, last + 1, dtype=np.float64)
    return numbers * step if step >= 1 else numbers / round(1 / step)  # 3 / 10, not 3 * 0.1
