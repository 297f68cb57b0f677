"""Convolution of sequences and its largest value over time, as one layer.

    y[b, o] = max over t of sum(r, d) x[b, t + r, d] W[r, d, o], plus c[o]

It is `MaxOverTime` of `Conv1D`, and costs a third of both: each output depends on one window of
each sequence, so the way back is over windows that were chosen, not over all; and there are no
patches, as x is multiplied by the weights of all places r at once and the products are added up,
shifted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from embedrec.kernels.pooling import add_window_products, add_window_weights, max_over_windows
from embedrec.nn.check import check_floating, check_lengths, check_shape, check_size
from embedrec.nn.init import Initializer, draw_glorot_uniform
from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.parameter import Array, Parameter
from embedrec.nn.scratch import borrow
from embedrec.nn.threads import split_rows

_BLOCK_NUMBERS = 1 << 18  # of products that are made at a time: what stays near the processor


class ConvMaxOverTime(Layer):
    """The largest value of each map of a convolution over the whole sequence (Kim 2014, section 2).

    Positions beyond a sequence's length count as nothing. A sequence shorter than the window has
    one position, at its begin.

    Attributes:
        weight: (width, n_inputs, n_outputs).
        bias: (n_outputs,).
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        width: int,
        *,
        generator: np.random.Generator,
        init: Initializer = draw_glorot_uniform,
        dtype: Any = np.float32,
    ) -> None:
        shape = (
            check_size("width", width),
            check_size("n_inputs", n_inputs),
            check_size("n_outputs", n_outputs),
        )
        self.weight = Parameter(init(generator, shape, dtype))
        self.bias = Parameter(np.zeros(n_outputs, dtype), is_penalized=False)

    def forward(
        self, x: Array, train: Train = False, lengths: Array | None = None
    ) -> tuple[Array, Backward]:
        """Return y (B, O) of x (B, T, D), over the first lengths[b] positions of each sequence."""
        width, depth, n_outputs = self.weight.value.shape
        check_shape(self, x, ("B", "T", depth))
        check_floating(self, x, self.weight.value.dtype)
        ends = check_lengths(self, lengths, len(x), x.shape[1])
        starts = np.concatenate([[0], np.cumsum(ends)])  # (B + 1,)
        is_word = np.arange(x.shape[1]) < ends[:, None]  # (B, T)
        rows = x.reshape(-1, depth) if is_word.all() else x[is_word]  # (n, D), no padding
        parts = self.weight.value.transpose(1, 0, 2).reshape(depth, -1)  # (D, k O)
        y = np.empty((len(x), n_outputs), x.dtype)
        chosen = np.empty(y.shape, np.int64)
        for begin, end in _cut_blocks(starts, _BLOCK_NUMBERS // parts.shape[1]):
            first, n_rows = starts[begin], starts[end] - starts[begin]
            z = borrow("products", (n_rows, width, n_outputs), x.dtype)
            np.matmul(rows[first : first + n_rows], parts, out=z.reshape(n_rows, parts.shape[1]))
            block = slice(begin, end)
            max_over_windows(z, starts[begin : end + 1] - first, y[block], chosen[block])
            chosen[block] += first

        def backward(gradient: Array) -> Array:
            gradient = np.ascontiguousarray(gradient)
            dw = np.zeros((n_outputs, width, depth), x.dtype)
            cost = width * depth
            split_rows(
                n_outputs,
                cost * len(x),
                lambda begin, end: add_window_products(
                    gradient, chosen, starts, rows, dw, begin, end
                ),
            )
            self.weight.add_gradient(dw.transpose(1, 2, 0))
            self.bias.add_gradient(gradient.sum(axis=0))
            if not self.needs_input_gradient:
                return np.empty(0, x.dtype)
            turned = np.ascontiguousarray(self.weight.value.transpose(2, 0, 1))  # (O, k, D)
            d_rows = np.zeros(rows.shape, x.dtype)
            split_rows(
                len(x),
                cost * n_outputs,
                lambda begin, end: add_window_weights(
                    gradient, chosen, starts, turned, d_rows, begin, end
                ),
            )
            if len(d_rows) == is_word.size:
                return d_rows.reshape(x.shape)
            dx = np.zeros(x.shape, x.dtype)
            dx[is_word] = d_rows
            return dx

        return y + self.bias.value, backward

    def __repr__(self) -> str:
        width, n_inputs, n_outputs = self.weight.value.shape
        return f"ConvMaxOverTime({n_inputs}, {n_outputs}, {width})"


def _cut_blocks(starts: Array, n_most: int) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of sequences that have at most so many positions together, or are one."""
    begin = 0
    while begin < len(starts) - 1:
        end = int(np.searchsorted(starts, starts[begin] + n_most, side="right")) - 1
        end = max(end, begin + 1)
        yield begin, end
        begin = end
