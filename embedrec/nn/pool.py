"""Pooling: the largest value or the mean of each window, map by map.

max:   y = x[m], m the place of the largest      dx[m] += dy
mean:  y = sum of x / k                          dx += dy / k at all k places of the window
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from embedrec.kernels.pooling import (
    max_over_time,
    pool_max,
    pool_mean,
    spread_over_time,
    unpool_max,
    unpool_mean,
)
from embedrec.nn.check import check_lengths, check_shape
from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.parameter import Array
from embedrec.nn.window import Size, count_positions, read_size


class _Pooling(Layer):
    """What all pooling shares: checks, shapes and the way back, over images."""

    n_axes: int

    def __init__(self, window_size: Size, *, stride: Size | None = None) -> None:
        self.window = read_size("window_size", window_size, self.n_axes)
        self.stride = self.window if stride is None else read_size("stride", stride, self.n_axes)

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y (B, positions..., C) of x (B, lengths..., C)."""
        names = ("H", "W") if self.n_axes == 2 else ("T",)
        check_shape(self, x, ("B", *names, "C"))
        counts = count_positions(self, x.shape[1:-1], self.window, self.stride)
        window, stride = (1, *self.window)[-2:], (1, *self.stride)[-2:]
        image = np.ascontiguousarray(x).reshape(len(x), -1, *x.shape[-2:])  # (B, H, W, C)
        y = np.empty((len(x), *(1, *counts)[-2:], x.shape[-1]), x.dtype)
        back = self._pool(image, y, window, stride)

        def backward(gradient: Array) -> Array:
            dx = np.zeros(image.shape, x.dtype)
            back(np.ascontiguousarray(gradient).reshape(y.shape), dx)
            return dx.reshape(x.shape)

        return y.reshape(len(x), *counts, x.shape[-1]), backward

    def _pool(
        self, x: Array, y: Array, window: tuple[int, ...], stride: tuple[int, ...]
    ) -> Callable[[Array, Array], None]:
        """Fill y; return what adds a gradient at y to one at x."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.window}, stride={self.stride})"


class _MaxPooling(_Pooling):
    def _pool(
        self, x: Array, y: Array, window: tuple[int, ...], stride: tuple[int, ...]
    ) -> Callable[[Array, Array], None]:
        chosen = np.empty(y.shape, np.int32)
        pool_max(x, y, chosen, window, stride)
        return lambda gradient, dx: unpool_max(gradient, chosen, dx.reshape(len(x), -1, x.shape[3]))


class _MeanPooling(_Pooling):
    def _pool(
        self, x: Array, y: Array, window: tuple[int, ...], stride: tuple[int, ...]
    ) -> Callable[[Array, Array], None]:
        pool_mean(x, y, window, stride)
        return lambda gradient, dx: unpool_mean(gradient, dx, window, stride)


class MaxPool2D(_MaxPooling):
    """Largest value of each window of an image, y (B, rows, columns, C) of x (B, H, W, C).

    The gradient goes to the place of the maximum, the first of equal ones.

    Args:
        window_size: (height, width), or one number for both.
        stride: between windows; by default the window's size. Rows and columns that do not fill a
            window are left out.
    """

    n_axes = 2


class MeanPool2D(_MeanPooling):
    """Mean of each window of an image; arguments as in `MaxPool2D`."""

    n_axes = 2


class MaxPool1D(_MaxPooling):
    """Largest value of each window of a sequence, y (B, positions, C) of x (B, T, C)."""

    n_axes = 1


class MeanPool1D(_MeanPooling):
    """Mean of each window of a sequence, y (B, positions, C) of x (B, T, C)."""

    n_axes = 1


class MaxOverTime(Layer):
    """Largest value of each channel over the whole sequence (Collobert et al. 2011, eq. 9)."""

    def forward(
        self, x: Array, train: Train = False, lengths: Array | None = None
    ) -> tuple[Array, Backward]:
        """Return y (B, C) of x (B, T, C), over the first lengths[b] positions of each sequence.

        A sequence of length 0 has 0. Positions beyond a length get gradient 0.
        """
        check_shape(self, x, ("B", "T", "C"))
        ends = check_lengths(self, lengths, len(x), x.shape[1])
        y = np.empty((len(x), x.shape[2]), x.dtype)
        chosen = np.empty(y.shape, np.int32)
        max_over_time(np.ascontiguousarray(x), ends, y, chosen)

        def backward(gradient: Array) -> Array:
            dx = np.zeros(x.shape, x.dtype)
            spread_over_time(np.ascontiguousarray(gradient), chosen, dx)
            return dx

        return y, backward
