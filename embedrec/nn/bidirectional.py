"""Two recurrent layers on a sequence, one from its end (Schuster and Paliwal 1997)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.check import check_lengths, check_shape
from embedrec.nn.layer import Train
from embedrec.nn.parameter import Array
from embedrec.nn.recurrent import Recurrent, RunBackward, SequenceLayer, split_states


class Bidirectional(SequenceLayer):
    """y = (forwards(x), reversed(backwards(reversed x))), side by side or added.

    Each sequence is reversed within its own length, so that what fills it up stays at the end: the
    second layer begins with the sequence's last step.

    A state is a list of the two layers' states: that of the second one is where it starts from at
    the sequence's end, or has come to at its beginning. To carry it on to a next piece has no
    meaning; to start from one has.

    Attributes:
        forwards, backwards: the layers.
        merge: "concatenate", for (B, T, 2 H), or "sum".
    """

    def __init__(
        self, forwards: Recurrent, backwards: Recurrent, *, merge: str = "concatenate"
    ) -> None:
        if merge not in ("concatenate", "sum"):
            raise ParameterError(
                f"merge of Bidirectional is 'concatenate' or 'sum', not {merge!r}", value=merge
            )
        ours, theirs = ((layer.n_inputs, layer.n_hidden) for layer in (forwards, backwards))
        if ours[0] != theirs[0] or (merge == "sum" and ours != theirs) or forwards is backwards:
            raise ParameterError(
                "Bidirectional takes two layers of the same sizes with weights of their own, not "
                f"{forwards!r} and {'the same' if forwards is backwards else repr(backwards)}",
                value=theirs,
            )
        self.forwards, self.backwards, self.merge = forwards, backwards, merge
        self.n_inputs = ours[0]
        self.n_outputs = ours[1] if merge == "sum" else ours[1] + theirs[1]

    def run(
        self,
        x: Array,
        state: Sequence[Array] | None = None,
        train: Train = False,
        lengths: Array | None = None,
    ) -> tuple[Array, list[Array], RunBackward]:
        """Return y, the states and the way back; see `SequenceLayer.run`."""
        check_shape(self, x, ("B", "T", self.n_inputs))
        n_each = check_lengths(self, lengths, *x.shape[:2])
        first, second = split_states(self, state, 2, "states")
        y, end, back = self.forwards.run(x, first, train, lengths)
        z, other_end, other_back = self.backwards.run(
            reverse_steps(x, n_each), second, train, lengths
        )
        z = reverse_steps(z, n_each)
        is_sum, size = self.merge == "sum", y.shape[2]

        def backward(gradient: Array, gradient_state: Any = None) -> tuple[Array, list[Array]]:
            dy = gradient if is_sum else gradient[..., :size]
            dz = gradient if is_sum else gradient[..., size:]
            at_end, at_other_end = split_states(self, gradient_state, 2, "gradients at states")
            dx, at_start = back(dy, at_end)
            reversed_dx, at_other_start = other_back(reverse_steps(dz, n_each), at_other_end)
            return dx + reverse_steps(reversed_dx, n_each), [at_start, at_other_start]

        merged = y + z if is_sum else np.concatenate([y, z], axis=2)  # (B, T, H or 2 H)
        return merged, [end, other_end], backward

    def __repr__(self) -> str:
        return f"Bidirectional({self.forwards!r}, {self.backwards!r})"


def reverse_steps(x: Array, lengths: Array) -> Array:
    """Return x (B, T, D) with the first lengths[b] steps of each row in reversed order."""
    steps, lengths = np.arange(x.shape[1]), lengths[:, None]
    order = np.where(steps < lengths, lengths - 1 - steps, steps)  # (B, T)
    return x[np.arange(len(x))[:, None], order]
