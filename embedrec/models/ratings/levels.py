"""The scale of ratings: which levels there are, and which level a rating is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embedrec.errors import InputError, ParameterError
from embedrec.nn.parameter import Array

MAX_LEVELS = 100  # beyond that ratings are rather measurements, and levels hold too few each
_AT_ONCE = 1 << 20


def find_scale(values: Array, wanted: Sequence[float] | None = None) -> Array | None:
    """Return the levels of ratings, float64 ascending, or None for clicks (all values are 1).

    Args:
        values: float (N,), the ratings of a training.
        wanted: levels to use instead of those that occur.

    Raises:
        InputError: if there are no ratings, or more than 100 different ones.
        ParameterError: if `wanted` is no ascending list of numbers.
    """
    if not len(values):
        raise InputError("there are no ratings to learn from: give at least one", value=0)
    if wanted is not None:
        return _check_scale(wanted)
    levels = np.unique(np.asarray(values, np.float64))
    if len(levels) == 1 and levels[0] == 1.0:
        return None
    if len(levels) > MAX_LEVELS:
        raise InputError(
            f"there are {len(levels)} different ratings, and a scale has up to {MAX_LEVELS} "
            "levels: round them first, to halves for instance",
            value=len(levels),
        )
    return levels


def encode_levels(values: Array, scale: Array) -> Array:
    """Return each rating's level, int32 (N,).

    Raises:
        InputError: naming the first value that is not on the scale.
    """
    levels = np.empty(len(values), np.int32)
    for begin in range(0, len(values), _AT_ONCE):  # what lies between takes ten times the room
        some = slice(begin, begin + _AT_ONCE)
        levels[some] = _encode_some(np.asarray(values[some], np.float64), scale)
    return levels


def _encode_some(wanted: Array, scale: Array) -> Array:
    tolerance = 1e-5 * max(1.0, float(np.abs(scale).max()))
    upper = np.clip(np.searchsorted(scale, wanted), 0, len(scale) - 1)
    lower = np.maximum(upper - 1, 0)
    level = np.where(np.abs(scale[lower] - wanted) <= np.abs(scale[upper] - wanted), lower, upper)
    off = ~(np.abs(scale[level] - wanted) <= tolerance)
    if off.any():
        value = float(wanted[np.flatnonzero(off)[0]])
        raise InputError(
            f"the rating {value:g} is not on the model's scale ({describe_scale(scale)}): convert "
            "it, or train with the levels that there are to be",
            value=value,
        )
    return level


def describe_scale(scale: Array) -> str:
    """Return the levels in words, shortened where there are many."""
    words = [f"{level:g}" for level in scale]
    return ", ".join(words if len(words) <= 12 else [*words[:4], "...", *words[-2:]])


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
