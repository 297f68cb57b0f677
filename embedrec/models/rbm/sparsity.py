"""How active hidden units are to be: a target, and a push towards it (Hinton 2010, section 11)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from embedrec.errors import ParameterError
from embedrec.models.rbm.machine import Machine
from embedrec.nn.parameter import Array


@dataclass(frozen=True)
class Sparsity:
    """The penalty's settings.

    The activity q of a unit is a fading mean over batches. The derivative of the cross-entropy
    between q and the target by the unit's input is q - target.

    Attributes:
        target: share of samples for which a unit is to be on.
        strength: factor of the penalty.
        decay: of q.
    """

    target: float
    strength: float = 0.1
    decay: float = 0.9

    def __post_init__(self) -> None:
        for name, value, is_right, wanted in (
            ("sparsity_target", self.target, 0 < self.target < 1, "between 0 and 1"),
            ("sparsity_strength", self.strength, 0 <= self.strength < np.inf, "0 or more"),
            ("sparsity_decay", self.decay, 0 <= self.decay < 1, "from 0 to below 1"),
        ):
            if not is_right:
                raise ParameterError(f"{name} must be {wanted}, not {value}", value=value)

    def follow(self, activity: Array | None, hidden: Array) -> Array:
        """Return q, float64 (H,), after a batch with hidden means (n, H); None before the first."""
        now = hidden.mean(axis=0, dtype=np.float64)
        if activity is None:
            return now
        followed: Array = self.decay * activity + (1 - self.decay) * now
        return followed

    def add_gradients(self, machine: Machine, activity: Array, visible: Array) -> None:
        """Add strength (q - target), times what comes in, to hidden biases and weights."""
        push = (self.strength * (activity - self.target)).astype(machine.dtype)
        machine.hidden_bias.add_gradient(push)
        machine.weight.add_gradient(np.outer(visible.mean(axis=0), push))
