"""A learned array and its gradient, dense or by rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from embedrec.errors import ParameterError

Array = np.ndarray[Any, np.dtype[Any]]


class RowGradient(NamedTuple):
    """A gradient that is zero but for some rows, as that of an embedding is.

    Attributes:
        rows: int64 (n,), rows of the parameter; one may stand there more than once.
        values: floating (n, ...), what each of them is moved by; repeated rows add up.
    """

    rows: Array
    values: Array

    def merge(self) -> RowGradient:
        """Return the same gradient with every row once, in ascending order."""
        order = np.argsort(self.rows, kind="stable")
        rows, values = self.rows[order], self.values[order]
        is_first = np.ones(len(rows), bool)
        is_first[1:] = rows[1:] != rows[:-1]
        if is_first.all():
            return RowGradient(rows, values)
        # Four times as fast as `np.add.at` for the words of a batch.
        starts = np.flatnonzero(is_first)
        return RowGradient(rows[starts], np.add.reduceat(values, starts, axis=0))


class Parameter:
    """A learned array.

    Gradients add up until `clear_gradient`: a parameter that is used twice (shared weights, steps
    of time, two losses) has the sum of both uses.

    Attributes:
        value: floating array; optimisers change it in place.
        gradient: like `value`, a `RowGradient`, or None where nothing has been added.
        is_penalized: whether L1 and L2 penalties apply: to weights, not to biases.
    """

    __slots__ = ("_buffer", "gradient", "is_penalized", "value")

    def __init__(self, value: Array, *, is_penalized: bool = True) -> None:
        self.value = value
        self.gradient: Array | RowGradient | None = None
        self.is_penalized = is_penalized
        self._buffer: Array | None = None

    def add_gradient(self, gradient: Array) -> None:
        """Add a dense gradient of the value's shape; the array is read, not kept.

        Raises:
            ParameterError: if it is of another shape, even one that could be spread over it.
        """
        if gradient.shape != self.value.shape:
            raise ParameterError(
                f"a gradient of shape {gradient.shape} was added to a parameter of shape "
                f"{self.value.shape}: sum it over the axes that are too many",
                value=gradient.shape,
            )
        target = self._open_gradient()
        if target is None:
            np.copyto(self._fresh_gradient(), gradient)
        else:
            target += gradient

    def add_product(self, a: Array, b: Array) -> None:
        """Add a.T @ b, the gradient of a weight matrix: a (n, I), b (n, O), value (I, O)."""
        target = self._open_gradient()
        if target is None:
            np.matmul(a.T, b, out=self._fresh_gradient())
        else:
            target += a.T @ b

    def add_rows(self, rows: Array, values: Array) -> None:
        """Add `values` (n, ...) to the gradient of `rows` (n,); the arrays are kept."""
        if self.gradient is None:
            self.gradient = RowGradient(rows, values)
        elif isinstance(self.gradient, RowGradient):
            self.gradient = RowGradient(
                np.concatenate([self.gradient.rows, rows]),
                np.concatenate([self.gradient.values, values]),
            )
        else:
            rows, values = RowGradient(rows, values).merge()
            self.gradient[rows] += values

    def get_dense_gradient(self) -> Array:
        """Return the gradient as an array of the value's shape: a new one if it was by rows."""
        if self.gradient is None:
            return np.zeros_like(self.value)
        if isinstance(self.gradient, RowGradient):
            dense = np.zeros_like(self.value)
            rows, values = self.gradient.merge()
            dense[rows] = values
            return dense
        return self.gradient

    def clear_gradient(self) -> None:
        """Forget the gradient; its memory is used again by the next one."""
        self.gradient = None

    def _open_gradient(self) -> Array | None:
        if isinstance(self.gradient, RowGradient):
            self.gradient = self.get_dense_gradient()
        return self.gradient

    def _fresh_gradient(self) -> Array:
        if self._buffer is None or self._buffer.dtype != self.value.dtype:
            self._buffer = np.empty_like(self.value)
        self.gradient = self._buffer
        return self._buffer
