"""LeNet's subsampling: the mean of each window, scaled and shifted as learned for each map."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.nn.check import check_floating, check_shape, check_size
from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.parameter import Array, Parameter
from embedrec.nn.pool import MeanPool2D
from embedrec.nn.window import Size


class Subsampling(Layer):
    """y = a mean(x) + b for each map (LeCun et al. 1998, section II B, layers S2 and S4).

    The paper adds the window's values up where this takes their mean, so its coefficient is this
    one over the window's size: only where training starts, and its step, depend on it.

    Attributes:
        coefficient: (n_maps,), 1 at the start.
        bias: (n_maps,).
    """

    def __init__(self, n_maps: int, window_size: Size = 2, *, dtype: Any = np.float32) -> None:
        n_maps = check_size("n_maps", n_maps)
        self.pool = MeanPool2D(window_size)
        self.coefficient = Parameter(np.ones(n_maps, dtype))
        self.bias = Parameter(np.zeros(n_maps, dtype), is_penalized=False)

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y (B, rows, columns, C) of x (B, H, W, C)."""
        coefficient = self.coefficient.value
        check_shape(self, x, ("B", "H", "W", len(coefficient)))
        check_floating(self, x, coefficient.dtype)
        mean, back = self.pool.forward(x, train)

        def backward(gradient: Array) -> Array:
            rows = gradient.reshape(-1, len(coefficient))  # (n, C)
            self.coefficient.add_gradient(np.einsum("nc,nc->c", rows, mean.reshape(rows.shape)))
            self.bias.add_gradient(rows.sum(axis=0))
            return back(gradient * coefficient)

        return mean * coefficient + self.bias.value, backward

    def __repr__(self) -> str:
        return f"Subsampling({len(self.coefficient.value)}, {self.pool.window})"
