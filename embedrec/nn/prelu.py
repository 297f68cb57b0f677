"""The rectifier that learns its slope below zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.kernels.elementwise import apply_slopes, pass_slopes
from embedrec.nn.check import check_floating, check_real, check_shape, check_size
from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.parameter import Array, Parameter


class Prelu(Layer):
    """y = x where x > 0, else a x, with a learned for each channel (He et al. 2015, eq. 1).

    Attributes:
        slope: (n_channels,), for the last axis of x; (1,): one slope for all. Not penalised: a
            penalty would turn it into plain Relu (section 2.1 of the paper).
    """

    def __init__(
        self, n_channels: int = 1, *, slope: float = 0.25, dtype: Any = np.float32
    ) -> None:
        n_channels = check_size("n_channels", n_channels)
        self.slope = Parameter(np.full(n_channels, slope, dtype), is_penalized=False)

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y of x's shape (..., n_channels)."""
        slope = self.slope.value
        if len(slope) > 1:
            check_shape(self, x, ("...", len(slope)))
        check_real(self, x)
        check_floating(self, x, slope.dtype)
        width = x.shape[-1] if x.ndim else 1
        rows = np.ascontiguousarray(x).reshape(-1, width)  # (n, C)
        slopes = np.broadcast_to(slope, width).copy()
        y = np.empty_like(rows)
        apply_slopes(rows, slopes, y)

        def backward(gradient: Array) -> Array:
            d = np.ascontiguousarray(gradient).reshape(-1, width)  # (n, C)
            at_input, at_slopes = np.empty_like(d), np.zeros_like(slopes)
            pass_slopes(d, rows, slopes, at_input, at_slopes)
            is_one = len(slope) == 1
            self.slope.add_gradient(at_slopes.sum(keepdims=True) if is_one else at_slopes)
            return at_input.reshape(x.shape)

        return y.reshape(x.shape), backward

    def __repr__(self) -> str:
        return f"Prelu({len(self.slope.value)})"
