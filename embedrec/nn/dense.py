"""The dense layer: y = x W + b."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.nn.check import check_floating, check_shape, check_size
from embedrec.nn.init import Initializer, draw_glorot_uniform
from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.parameter import Array, Parameter


class Dense(Layer):
    """y = x W + b, over the last axis of x.

    Attributes:
        weight: (n_inputs, n_outputs).
        bias: (n_outputs,), or None.
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        *,
        generator: np.random.Generator,
        has_bias: bool = True,
        init: Initializer = draw_glorot_uniform,
        dtype: Any = np.float32,
    ) -> None:
        shape = check_size("n_inputs", n_inputs), check_size("n_outputs", n_outputs)
        self.weight = Parameter(init(generator, shape, dtype))
        self.bias = Parameter(np.zeros(shape[1], dtype), is_penalized=False) if has_bias else None

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y (..., n_outputs) of x (..., n_inputs)."""
        weight = self.weight.value
        check_shape(self, x, ("...", weight.shape[0]))
        check_floating(self, x, weight.dtype)
        rows = x.reshape(-1, weight.shape[0])  # (n, I)
        y = rows @ weight
        if self.bias is not None:
            y += self.bias.value

        def backward(gradient: Array) -> Array:
            d = gradient.reshape(-1, weight.shape[1])  # (n, O)
            self.weight.add_product(rows, d)
            if self.bias is not None:
                self.bias.add_gradient(d.sum(axis=0))
            if not self.needs_input_gradient:
                return np.empty(0, d.dtype)
            return (d @ weight.T).reshape(x.shape)

        return y.reshape(*x.shape[:-1], weight.shape[1]), backward

    def __repr__(self) -> str:
        return "Dense({}, {})".format(*self.weight.value.shape)
