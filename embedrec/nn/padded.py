"""Sequences of unequal length as one array with the lengths beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.parameter import Array


class Padded:
    """A batch of sequences, filled up to the longest; rows can be taken as from an array.

    Attributes:
        values: (B, T) or (B, T, D).
        lengths: int64 (B,), how much of each row counts.

    Raises:
        ParameterError: if the lengths don't fit the values.
    """

    def __init__(self, values: Array, lengths: Array) -> None:
        if values.ndim < 2 or lengths.shape != values.shape[:1]:
            raise ParameterError(
                f"padded sequences are values (B, T, ...) and lengths (B,), not {values.shape} and "
                f"{lengths.shape}",
                value=lengths.shape,
            )
        if len(lengths) and not 0 <= lengths.min() <= lengths.max() <= values.shape[1]:
            raise ParameterError(
                f"lengths must be from 0 to {values.shape[1]}, and they are from {lengths.min()} "
                f"to {lengths.max()}",
                value=int(lengths.max()),
            )
        self.values = values
        self.lengths = lengths

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the values."""
        return self.values.shape

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, rows: Any) -> Padded:
        """Return some rows, cut to the longest of them."""
        lengths = self.lengths[rows]
        longest = max(1, int(lengths.max())) if len(lengths) else 1
        return Padded(self.values[rows][:, :longest], lengths)

    def __iter__(self) -> Iterator[Array]:
        for row, length in zip(self.values, self.lengths, strict=True):
            yield row[:length]


def pad_sequences(sequences: Sequence[Any], fill: float = 0, dtype: Any = None) -> Padded:
    """Return sequences of numbers or vectors as one array; what is filled up holds `fill`.

    Args:
        sequences: arrays or lists (T_i,) or (T_i, D).
        fill: what stands beyond a sequence's end.
        dtype: of the values; None for the first sequence's.

    Raises:
        ParameterError: if there are none, or their vectors differ in size.
    """
    arrays = [np.asarray(sequence) for sequence in sequences]
    if not arrays:
        raise ParameterError("there are no sequences to put into a batch", value=0)
    inner = max(arrays, key=len).shape[1:]
    lengths = np.array([len(array) for array in arrays], np.int64)
    shape = len(arrays), max(1, int(lengths.max())), *inner
    values = np.full(shape, fill, dtype or arrays[0].dtype)
    for at, array in enumerate(arrays):
        if len(array) and array.shape[1:] != inner:
            raise ParameterError(
                f"sequence {at} holds numbers of shape {array.shape[1:]}, others of {inner}",
                value=array.shape,
            )
        values[at, : len(array)] = array if len(array) else fill
    return Padded(values, lengths)
