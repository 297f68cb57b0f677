"""Checks of what is given to a layer; the messages name the layer and both shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.parameter import Array


def check_shape(layer: Any, x: Any, expected: tuple[int | str, ...], what: str = "input") -> None:
    """Check an array's axes: a number must agree, a name ("B") may be anything but zero.

    A first "..." stands for any number of leading axes.

    Raises:
        ParameterError: naming the layer, the shape expected and the shape given.
    """
    if not isinstance(x, np.ndarray):
        raise ParameterError(
            f"{layer!r} takes a NumPy array as {what}, not {type(x).__name__}", value=x
        )
    shape, rest = x.shape, expected
    if expected and expected[0] == "...":
        rest = expected[1:]
        shape = x.shape[len(x.shape) - len(rest) :] if len(x.shape) >= len(rest) else ()
    fits = len(shape) == len(rest) and all(
        have == want if isinstance(want, int) else have > 0
        for have, want in zip(shape, rest, strict=True)
    )
    if not fits or not x.size:
        wanted = ", ".join(str(axis) for axis in expected)
        raise ParameterError(
            f"{layer!r} takes {what} of shape ({wanted}), not {_write_shape(x.shape)}"
            f"{'' if x.size else ', which is empty'}",
            value=x.shape,
        )


def check_floating(layer: Any, x: Array, dtype: Any, what: str = "input") -> None:
    """Check that an array has the dtype of a layer's parameters.

    Raises:
        ParameterError: naming both dtypes and the cast that is missing.
    """
    if x.dtype != dtype:
        name = np.dtype(dtype).name
        raise ParameterError(
            f"{layer!r} computes in {name}, and its {what} is {x.dtype}: give x.astype({name!r})",
            value=x.dtype,
        )


def check_real(layer: Any, x: Any, what: str = "input") -> None:
    """Check that x is a float32 or float64 array with something in it: for layers of any shape.

    Raises:
        ParameterError: naming the dtype or shape given and the cast that is missing.
    """
    check_shape(layer, x, ("...",), what)
    if x.dtype != np.float32 and x.dtype != np.float64:
        raise ParameterError(
            f"{layer!r} computes in float32 or float64, and its {what} is {x.dtype}: "
            "give x.astype('float32')",
            value=x.dtype,
        )


def check_ids(layer: Any, ids: Any, n: int, what: str = "ids") -> None:
    """Check whole numbers from 0 to n - 1 (labels, words).

    Raises:
        ParameterError: naming the first that is out of range and where it stands.
    """
    if not isinstance(ids, np.ndarray) or ids.dtype.kind not in "iu":
        kind = ids.dtype if isinstance(ids, np.ndarray) else type(ids).__name__
        raise ParameterError(f"{layer!r} takes {what} as an integer array, not {kind}", value=ids)
    if not ids.size:
        raise ParameterError(f"{layer!r} was given no {what}", value=ids.shape)
    wrong = (ids < 0) | (ids >= n)
    if wrong.any():
        place = tuple(int(axis[0]) for axis in np.nonzero(wrong))
        where = place[0] if len(place) == 1 else place
        raise ParameterError(
            f"{layer!r} takes {what} from 0 to {n - 1}, not {ids[place]} (at {where})",
            value=int(ids[place]),
        )


def check_finite(layer: Any, x: Array, what: str = "input") -> None:
    """Check that no value is NaN or infinite.

    Raises:
        ParameterError: naming the place of the first.
    """
    if not np.isfinite(x).all():
        place = tuple(int(axis[0]) for axis in np.nonzero(~np.isfinite(x)))
        raise ParameterError(
            f"{what} of {layer!r} holds {x[place]} at {place}: leave such samples out or fill them",
            value=float(x[place]),
        )


def check_lengths(layer: Any, lengths: Any, n: int, longest: int) -> Array:
    """Return the lengths of the sequences of a batch as int64 (n,); `longest` each for None.

    Raises:
        ParameterError: if they are not n whole numbers from 0 to `longest`, naming the first that
            is not.
    """
    if lengths is None:
        return np.full(n, longest, np.int64)
    given = np.asarray(lengths)
    if given.shape != (n,) or given.dtype.kind not in "iu":
        raise ParameterError(
            f"{layer!r} takes lengths as {n} whole numbers, one for each sequence, not "
            f"{given.dtype} of shape {_write_shape(given.shape)}",
            value=lengths,
        )
    wrong = np.flatnonzero((given < 0) | (given > longest))
    if len(wrong):
        raise ParameterError(
            f"{layer!r} was given a batch of {longest} positions, and the length {given[wrong[0]]} "
            f"(of sequence {wrong[0]}): lengths go from 0 to {longest}",
            value=int(given[wrong[0]]),
        )
    return given.astype(np.int64)


def check_size(name: str, value: Any, least: int = 1) -> int:
    """Return a size given by a person as int.

    Raises:
        ParameterError: if it is not a whole number of at least `least`.
    """
    is_whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not is_whole or value < least:
        raise ParameterError(
            f"{name} must be a whole number of at least {least}, not {value!r}", value=value
        )
    return int(value)


def _write_shape(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
