"""Layers made of layers."""

from __future__ import annotations

from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.parameter import Array


class Chain(Layer):
    """Layers one after another."""

    def __init__(self, *layers: Layer) -> None:
        self.layers = list(layers)

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return the last layer's output and the backward through all of them."""
        backwards = []
        for layer in self.layers:
            x, back = layer.forward(x, train)
            backwards.append(back)

        def backward(gradient: Array) -> Array:
            for back in reversed(backwards):
                gradient = back(gradient)
            return gradient

        return x, backward

    def __repr__(self) -> str:
        return f"Chain({', '.join(map(repr, self.layers))})"
