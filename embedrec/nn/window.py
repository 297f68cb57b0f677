"""Sizes of windows that move over images and sequences: convolution's and pooling's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from embedrec.errors import ParameterError
from embedrec.nn.check import check_size

Size = int | Sequence[int]
Padding = int | Sequence[Any]  # one number, one for each axis, or a pair for each axis


def read_size(name: str, value: Size, n_axes: int) -> tuple[int, ...]:
    """Return a size for each axis, of one number for all or one for each.

    Raises:
        ParameterError: if they are not `n_axes` whole numbers of at least 1.
    """
    values = (value,) * n_axes if not isinstance(value, (tuple, list)) else tuple(value)
    if len(values) != n_axes:
        raise ParameterError(f"{name} must be one number or {n_axes}, not {value!r}", value=value)
    return tuple(check_size(name, each) for each in values)


def read_padding(value: Padding, n_axes: int) -> tuple[tuple[int, int], ...]:
    """Return (before, after) for each axis.

    Raises:
        ParameterError: if it is neither a whole number, nor one for each axis, nor such a pair for
            each axis.
    """
    values = (value,) * n_axes if not isinstance(value, (tuple, list)) else tuple(value)
    if n_axes == 1 and len(values) == 2:  # (before, after) of the only axis
        values = (values,)
    pairs = [each if isinstance(each, (tuple, list)) else (each, each) for each in values]
    if len(pairs) != n_axes or any(len(pair) != 2 for pair in pairs):
        raise ParameterError(
            f"padding must be one number, or (before, after) for each of {n_axes} axes, "
            f"not {value!r}",
            value=value,
        )
    return tuple(
        (check_size("padding", pair[0], 0), check_size("padding", pair[1], 0)) for pair in pairs
    )


def count_positions(
    layer: Any,
    lengths: Sequence[int],
    window: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[tuple[int, int]] = (),
) -> tuple[int, ...]:
    """Return how many positions a window has on each axis: floor((n - k + p + s) / s).

    n is the length, k the window, s the stride and p the padding on both sides together.

    Raises:
        ParameterError: if the window is longer than what it moves over.
    """
    both = [sum(pair) for pair in padding] or [0] * len(lengths)
    counts = tuple(
        (n - k + p + s) // s for n, k, s, p in zip(lengths, window, stride, both, strict=True)
    )
    if min(counts) < 1:
        padded = tuple(n + p for n, p in zip(lengths, both, strict=True))
        raise ParameterError(
            f"{layer!r}: the window {tuple(window)} does not fit into {padded}, the input with its "
            f"padding: give a larger input or more padding",
            value=tuple(lengths),
        )
    return counts
