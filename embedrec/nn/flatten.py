"""All numbers of a sample in one row."""

from __future__ import annotations

from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.parameter import Array


class Flatten(Layer):
    """y (B, n) of x (B, ...): the same numbers in the same order."""

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return x with all axes but the first made one."""
        return x.reshape(len(x), -1), lambda gradient: gradient.reshape(x.shape)
