"""A dense layer that goes the way back with the weights of another one: y = x W^T + c."""

from __future__ import annotations

import numpy as np

from embedrec.nn.check import check_floating, check_shape
from embedrec.nn.dense import Dense
from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.parameter import Array, Parameter


class TiedDense(Layer):
    """y = x W^T + c, where W belongs to a dense layer: an autoencoder's tied weights.

    Attributes:
        weight: (n_outputs, n_inputs) of this layer; the very parameter of the other, so that its
            gradient is the sum of both uses.
        bias: (n_outputs,), of this layer alone.
    """

    def __init__(self, dense: Dense) -> None:
        self.weight = dense.weight
        value = dense.weight.value
        self.bias = Parameter(np.zeros(len(value), value.dtype), is_penalized=False)

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y (..., n_outputs) of x (..., n_inputs)."""
        weight = self.weight.value
        check_shape(self, x, ("...", weight.shape[1]))
        check_floating(self, x, weight.dtype)
        rows = x.reshape(-1, weight.shape[1])  # (n, n_inputs)
        y = rows @ weight.T
        y += self.bias.value

        def backward(gradient: Array) -> Array:
            d = gradient.reshape(-1, weight.shape[0])  # (n, n_outputs)
            self.weight.add_product(d, rows)
            self.bias.add_gradient(d.sum(axis=0))
            return (d @ weight).reshape(x.shape)

        return y.reshape(*x.shape[:-1], weight.shape[0]), backward

    def __repr__(self) -> str:
        return "TiedDense({1}, {0})".format(*self.weight.value.shape)
