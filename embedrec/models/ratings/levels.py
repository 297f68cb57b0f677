"""The scale a model learns: which levels there are, and which level a rating is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embedrec.errors import InputError, ParameterError
from embedrec.nn.parameter import Array
from embedrec.ratings.scale import (
    MAX_LEVELS,
    describe_scale,
    detect_scale,
    find_levels,
    find_off_scale,
)

_AT_ONCE = 1 << 20


def find_scale(values: Array, wanted: Sequence[float] | None = None) -> Array | None:
    """Return the levels of ratings, float64 ascending, or None for clicks (all values are 1).

    Args:
        values: float (N,), the ratings of a training.
        wanted: levels to use instead of the even ones that ratings lie on (`detect_scale`).

    Raises:
        InputError: if there are no ratings, or they lie on no even scale.
        ParameterError: if `wanted` is no ascending list of numbers.
    """
    if not len(values):
        raise InputError("there are no ratings to learn from: give at least one", value=0)
    return detect_scale(values) if wanted is None else _check_scale(wanted)


def encode_levels(values: Array, scale: Array) -> Array:
    """Return each rating's level, int32 (N,).

    Raises:
        InputError: naming the first value that is not on the scale.
    """
    levels = np.empty(len(values), np.int32)
    for begin in range(0, len(values), _AT_ONCE):  # what lies between takes ten times the room
        some = slice(begin, begin + _AT_ONCE)
        off = find_off_scale(values[some], scale)
        if len(off):
            value = float(values[begin + off[0]])
            raise InputError(
                f"the rating {value:g} is not on the model's scale ({describe_scale(scale)}): "
                "convert it, or train with the levels that there are to be",
                value=value,
            )
        levels[some] = find_levels(values[some], scale)
    return levels


def _check_scale(wanted: Sequence[float]) -> Array:
    try:
        levels = np.array(list(wanted), np.float64)
    except (TypeError, ValueError):
        levels = np.empty(0)
    ascends = levels.ndim == 1 and bool((np.diff(levels) > 0).all())
    if not 1 <= levels.size <= MAX_LEVELS or not ascends or not np.isfinite(levels).all():
        raise ParameterError(
            f"scale must be 1 to {MAX_LEVELS} finite numbers in ascending order, not {wanted!r}",
            value=wanted,
        )
    return levels
