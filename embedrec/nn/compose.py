"""Layers made of layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.check import check_shape
from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.loss import Loss, LossBackward
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


class Residual(Layer):
    """y = x + f(x), where f keeps the shape (He et al. 2016, eq. 1).

    With a `shortcut` s, y = s(x) + f(x) (eq. 2): for an f that does not.
    """

    def __init__(self, layer: Layer, shortcut: Layer | None = None) -> None:
        self.layer = layer
        self.shortcut = shortcut

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y of the shape of f(x)."""
        y, back = self.layer.forward(x, train)
        if self.shortcut is None:
            check_shape(self, y, x.shape, "an output of its layer")
            return x + y, lambda gradient: gradient + back(gradient)
        z, back_of_shortcut = self.shortcut.forward(x, train)
        check_shape(self, y, z.shape, "an output of its layer")
        return z + y, lambda gradient: back_of_shortcut(gradient) + back(gradient)

    def __repr__(self) -> str:
        return f"Residual({self.layer!r}{f', {self.shortcut!r}' if self.shortcut else ''})"


class Concatenation(Layer):
    """The outputs of several branches of the same input, side by side on the last axis."""

    def __init__(self, *branches: Layer) -> None:
        if not branches:
            raise ParameterError("Concatenation needs a branch at least", value=branches)
        self.branches = list(branches)

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y (..., sum of the branches' last axes)."""
        outputs, backwards = zip(
            *(branch.forward(x, train) for branch in self.branches), strict=True
        )
        for y in outputs[1:]:
            expected = *outputs[0].shape[:-1], "D"
            check_shape(self, y, expected, "a further branch's output")
        ends = np.cumsum([y.shape[-1] for y in outputs])

        def backward(gradient: Array) -> Array:
            parts = np.split(gradient, ends[:-1], axis=-1)
            first, *rest = (back(part) for back, part in zip(backwards, parts, strict=True))
            return sum(rest, first)

        return np.concatenate(outputs, axis=-1), backward

    def __repr__(self) -> str:
        return f"Concatenation({', '.join(map(repr, self.branches))})"


class AuxiliaryOutput(Loss):
    """The upper part of a network with its loss, and a side branch with a loss of its own.

    Both begin at the same layer h; the whole is loss(upper(h), t) + weight side_loss(side(h), s)
    (Szegedy et al. 2015, section 5). As it is a loss itself, several nest.
    At prediction (train=False) it is the main loss alone.
    """

    def __init__(
        self, upper: Layer, loss: Loss, side: Layer, side_loss: Loss, *, weight: float = 0.3
    ) -> None:
        if not weight >= 0:
            raise ParameterError(
                f"the weight of an auxiliary output must be 0 or more, not {weight}", value=weight
            )
        self.upper = upper
        self.loss = loss
        self.side = side
        self.side_loss = side_loss
        self.weight = float(weight)

    def forward(  # type: ignore[override]
        self, y: Array, target: Any, weights: Array | None = None, train: Train = False
    ) -> tuple[float, LossBackward]:
        """Return the whole loss of h, here called y, and its backward.

        Args:
            y: floating, the output of the layers below both.
            target: of both losses; a tuple (t, s) where they differ (s may be None).
            weights: floating (n,), of the samples, in both losses.
            train: as for layers.
        """
        main, side = target if isinstance(target, tuple) else (target, target)
        top, back_of_upper = self.upper.forward(y, train)
        value, back_of_loss = self.loss.forward(top, main, weights, train)
        if train is False:
            return value, lambda scale=1.0: back_of_upper(back_of_loss(scale))
        end, back_of_side = self.side.forward(y, train)
        side_value, back_of_side_loss = self.side_loss.forward(end, side, weights, train)

        def backward(scale: float = 1.0) -> Array:
            gradient = back_of_upper(back_of_loss(scale))
            return gradient + back_of_side(back_of_side_loss(scale * self.weight))

        return value + self.weight * side_value, backward

    def predict(self, y: Array) -> Array:
        """Return what the main loss predicts; the side branch plays no part."""
        top, _ = self.upper.forward(y)
        predict = getattr(self.loss, "predict", None)
        return top if predict is None else predict(top)

    def __repr__(self) -> str:
        return (
            f"AuxiliaryOutput({self.upper!r}, {self.loss!r}, {self.side!r}, {self.side_loss!r}, "
            f"weight={self.weight:g})"
        )
