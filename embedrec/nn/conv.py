"""Convolution of images and of sequences, channels last, as one matrix product over patches.

    y[b, i, j, o] = sum(r, q, c) x[b, i s + r - above, j s + q - left, c] W[r, q, c, o] + b[o]

which is cross-correlation, as everywhere in neural networks: the kernel is not turned (LeCun et al.
1998, section II). Patches are laid out in rows, P (B rows columns, h w C), and then

    Y = P W + b        dW = P^T dY        dP = dY W^T, and dx adds up the dP that overlap.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.kernels.patches import gather_patches, scatter_patches
from embedrec.nn.check import check_floating, check_shape, check_size
from embedrec.nn.init import Initializer, draw_glorot_uniform
from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.parameter import Array, Parameter
from embedrec.nn.scratch import borrow
from embedrec.nn.window import Padding, Size, count_positions, read_padding, read_size

# Patches are made for so many images at a time that they have about as many numbers: what stays
# near the processor. They are made again on the way back, which takes less time than to keep them.
_BLOCK_NUMBERS = 1 << 18


class _Convolution(Layer):
    """What both convolutions share: everything, over images."""

    n_axes: int

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        kernel_size: Size,
        *,
        generator: np.random.Generator,
        stride: Size = 1,
        padding: Padding = 0,
        connections: Array | None = None,
        has_bias: bool = True,
        init: Initializer = draw_glorot_uniform,
        dtype: Any = np.float32,
    ) -> None:
        channels = check_size("n_inputs", n_inputs), check_size("n_outputs", n_outputs)
        window = read_size("kernel_size", kernel_size, self.n_axes)
        self.stride = read_size("stride", stride, self.n_axes)
        self.padding = read_padding(padding, self.n_axes)
        self.connections = _check_connections(connections, channels)
        self.weight = Parameter(init(generator, (*window, *channels), dtype))
        if self.connections is not None:
            self.weight.value *= self.connections
        self.bias = Parameter(np.zeros(n_outputs, dtype), is_penalized=False) if has_bias else None

    def _convolve(self, x: Array) -> tuple[Array, Backward]:
        """Return y (B, rows, columns, O) of images x (B, H, W, C)."""
        *window, depth, n_outputs = self.weight.value.shape
        height, width = window if self.n_axes == 2 else (1, *window)
        stride, padding = self.stride, self.padding
        if self.n_axes == 1:
            stride, padding = (1, *stride), ((0, 0), *padding)
        before = padding[0][0], padding[1][0]
        n_rows, n_columns = count_positions(self, x.shape[1:3], (height, width), stride, padding)
        lines = np.ascontiguousarray(x).reshape(*x.shape[:2], -1)  # (B, H, W C)
        weight = self._connect(self.weight.value).reshape(-1, n_outputs)  # (h w C, O)
        n_block = max(1, _BLOCK_NUMBERS // (n_rows * n_columns * len(weight)))
        blocks = [slice(begin, begin + n_block) for begin in range(0, len(x), n_block)]
        y = np.empty((len(x), n_rows, n_columns, n_outputs), x.dtype)

        def cut_patches(block: slice) -> Array:
            part = lines[block]
            shape = len(part), n_rows, n_columns, height, width * depth
            patches = borrow("patches", shape, x.dtype)
            gather_patches(part, patches, depth, stride, before)
            return patches.reshape(-1, len(weight))  # (n, h w C)

        for block in blocks:
            np.matmul(cut_patches(block), weight, out=y[block].reshape(-1, n_outputs))
        if self.bias is not None:  # added to whole rows of the image: longer runs are quicker
            y.reshape(-1, n_columns * n_outputs)[...] += np.tile(self.bias.value, n_columns)

        def backward(gradient: Array) -> Array:
            rows = np.ascontiguousarray(gradient).reshape(len(x), -1, n_outputs)  # (B, n, O)
            dw = sum(cut_patches(block).T @ rows[block].reshape(-1, n_outputs) for block in blocks)
            self.weight.add_gradient(self._connect(dw.reshape(self.weight.value.shape)))
            if self.bias is not None:
                d = rows.reshape(-1, n_outputs)
                self.bias.add_gradient(np.ones(len(d), d.dtype) @ d)  # quicker than d.sum(axis=0)
            if not self.needs_input_gradient:
                return np.empty(0, x.dtype)
            dx = np.zeros(lines.shape, x.dtype)
            for block in blocks:
                d = rows[block].reshape(-1, n_outputs)
                patches = borrow("patches", (len(d), len(weight)), x.dtype)
                np.matmul(d, weight.T, out=patches)
                shape = len(dx[block]), n_rows, n_columns, height, width * depth
                scatter_patches(patches.reshape(shape), dx[block], depth, stride, before)
            return dx.reshape(x.shape)

        return y, backward

    def _connect(self, weight: Array) -> Array:
        return weight if self.connections is None else weight * self.connections

    def __repr__(self) -> str:
        *window, n_inputs, n_outputs = self.weight.value.shape
        return f"{type(self).__name__}({n_inputs}, {n_outputs}, {tuple(window)})"


class Conv2D(_Convolution):
    """Convolution of images.

    Args:
        n_inputs, n_outputs: maps (channels) before and after.
        kernel_size: (height, width), or one number for both.
        generator: start weights are drawn from it.
        stride: (rows, columns) between neighbouring positions, or one number for both.
        padding: ((above, below), (left, right)) rows and columns of zeros, or one number for all.
        connections: bool (n_inputs, n_outputs), which maps each output map is computed from, as in
            layer C3 of LeCun et al. 1998, table I; None for all.

    Attributes:
        weight: (height, width, n_inputs, n_outputs); zero, and with gradient zero, where maps are
            not connected.
        bias: (n_outputs,), or None.
    """

    n_axes = 2

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y (B, rows, columns, O) of x (B, H, W, C)."""
        check_shape(self, x, ("B", "H", "W", self.weight.value.shape[-2]))
        check_floating(self, x, self.weight.value.dtype)
        return self._convolve(x)


class Conv1D(_Convolution):
    """Convolution of sequences over time; arguments as in `Conv2D`, with one axis.

    Attributes:
        weight: (width, n_inputs, n_outputs).
        bias: (n_outputs,), or None.
    """

    n_axes = 1

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y (B, positions, O) of x (B, T, C)."""
        check_shape(self, x, ("B", "T", self.weight.value.shape[-2]))
        check_floating(self, x, self.weight.value.dtype)
        y, back = self._convolve(x[:, None])  # (B, 1, T, C)

        def backward(gradient: Array) -> Array:
            dx = back(gradient)
            return dx.reshape(x.shape) if dx.size else dx

        return y[:, 0], backward


def _check_connections(connections: Array | None, channels: tuple[int, int]) -> Array | None:
    if connections is None:
        return None
    table = np.asarray(connections)
    if table.dtype != bool or table.shape != channels:
        raise ParameterError(
            f"connections must be a bool array of shape {channels}, input by output maps, not "
            f"{table.dtype} of shape {table.shape}",
            value=connections,
        )
    return table
