"""What every loss is: a layer that also takes the target, and returns a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from embedrec.nn.layer import Layer, Train
from embedrec.nn.parameter import Array

# Returns the gradient at the loss's input, times a scale (of a side branch, say).
LossBackward = Callable[..., Array]


class Loss(Layer):
    """Base of all losses: plain ones, and output layers with parameters of their own.

    The loss of a batch is the mean over its samples, sum(w l) / sum(w) where sample weights w are
    given.
    """

    def forward(  # type: ignore[override]
        self, y: Array, target: Any, weights: Array | None = None, train: Train = False
    ) -> tuple[float, LossBackward]:
        """Return the loss and `backward(scale=1.0)`, which returns the gradient at y.

        Args:
            y: floating (n, ...), the network's output.
            target: what it should have been.
            weights: floating (n,), how much each sample counts; None for all the same.
            train: as for layers.
        """
        raise NotImplementedError
