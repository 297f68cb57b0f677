"""Recurrent layers several deep, with dropout between them but not between steps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.check import check_shape
from embedrec.nn.dropout import draw_mask
from embedrec.nn.layer import Train, require_generator
from embedrec.nn.parameter import Array
from embedrec.nn.recurrent import RunBackward, SequenceLayer, check_rate, split_states


class RecurrentStack(SequenceLayer):
    """Each layer's outputs are the next one's inputs.

    A state is a list with the state of each layer, the lowest first.

    Attributes:
        layers: the lowest first; each any `SequenceLayer`.
        dropout: what part of the outputs of each layer but the last is left out in training
            (Zaremba, Sutskever and Vinyals 2014): only on the way up, so that what a state has
            kept is not lost at random. For the lowest inputs and the last outputs put a `Dropout`
            before and behind.
        dropout_mask: "step", drawn anew for every step, or "sequence", the same at all steps of a
            sequence (Gal and Ghahramani 2016).
    """

    def __init__(
        self, *layers: SequenceLayer, dropout: float = 0.0, dropout_mask: str = "step"
    ) -> None:
        if not layers:
            raise ParameterError("RecurrentStack takes at least one layer", value=0)
        if dropout_mask not in ("step", "sequence"):
            raise ParameterError(
                f"dropout_mask of RecurrentStack is 'step' or 'sequence', not {dropout_mask!r}",
                value=dropout_mask,
            )
        for lower, upper in pairwise(layers):
            if lower.n_outputs != upper.n_inputs:
                raise ParameterError(
                    f"{lower!r} gives {lower.n_outputs} numbers a step, and {upper!r} takes "
                    f"{upper.n_inputs}",
                    value=upper.n_inputs,
                )
        self.layers = list(layers)
        self.n_inputs, self.n_outputs = layers[0].n_inputs, layers[-1].n_outputs
        self.dropout = check_rate("dropout", dropout)
        self.dropout_mask = dropout_mask

    def run(
        self,
        x: Array,
        state: Sequence[Any] | None = None,
        train: Train = False,
        lengths: Array | None = None,
    ) -> tuple[Array, list[Any], RunBackward]:
        """Return y, the states of all layers and the way back; see `SequenceLayer.run`."""
        check_shape(self, x, ("B", "T", self.n_inputs))
        starts = split_states(self, state, len(self.layers), "states")
        backwards: list[RunBackward] = []
        masks: list[Array | None] = []
        ends: list[Any] = []
        for layer, start in zip(self.layers, starts, strict=True):
            if backwards:
                masks.append(self._draw_mask(train, x))
                x = x if masks[-1] is None else x * masks[-1]
            x, end, back = layer.run(x, start, train, lengths)
            backwards.append(back)
            ends.append(end)

        def backward(gradient: Array, gradient_state: Any = None) -> tuple[Array, list[Any]]:
            at_ends = split_states(self, gradient_state, len(backwards), "gradients at states")
            at_starts = []
            for at in reversed(range(len(backwards))):
                gradient, at_start = backwards[at](gradient, at_ends[at])
                at_starts.append(at_start)
                mask = masks[at - 1] if at else None
                gradient = gradient if mask is None else gradient * mask
            return gradient, at_starts[::-1]

        return x, ends, backward

    def _draw_mask(self, train: Train, x: Array) -> Array | None:
        if not self.dropout or train is False:
            return None
        n_rows, n_steps, size = x.shape
        shape = n_rows, n_steps if self.dropout_mask == "step" else 1, size
        return draw_mask(require_generator(self, train), shape, self.dropout, np.dtype(x.dtype))

    def __repr__(self) -> str:
        return f"RecurrentStack({', '.join(map(repr, self.layers))})"
