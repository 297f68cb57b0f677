"""Averages of weights over the course of a training, which are often better than the last ones.

Polyak and Juditsky 1992 (mean over steps); Izmailov et al. 2018, "SWA" (mean over epochs).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.parameter import Array, Parameter

Named = Iterable[tuple[str, Parameter]]


@dataclass(frozen=True)
class Averaging:
    """What is averaged.

    Attributes:
        start: from which share of the training's epochs on.
        every: "step" or "epoch".
        decay: None for the plain mean, or how much of the average is kept with each addition.

    Raises:
        ParameterError: if a setting can't be worked with.
    """

    start: float = 0.5
    every: Literal["step", "epoch"] = "step"
    decay: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.start, (int, float)) or not 0 <= self.start < 1:
            raise ParameterError(
                f"averaging must start from 0 to below 1 of the training, not at {self.start!r}",
                value=self.start,
            )
        if self.every not in ("step", "epoch"):
            raise ParameterError(
                f"averaging is done every 'step' or 'epoch', not {self.every!r}", value=self.every
            )
        if self.decay is not None and not (isinstance(self.decay, float) and 0 < self.decay < 1):
            raise ParameterError(
                f"decay must be None or between 0 and 1, not {self.decay!r}", value=self.decay
            )


class WeightAverage:
    """A running average of parameters.

    Attributes:
        arrays: name of a parameter to its average, in float64.
        n_added: how often weights were added.
    """

    def __init__(self, decay: float | None = None) -> None:
        self.decay = decay
        self.arrays: dict[str, Array] = {}
        self.n_added = 0

    def add(self, parameters: Named) -> None:
        """Take the values of parameters as they stand into the average."""
        self.n_added += 1
        share = 1 / self.n_added
        if self.decay is not None and self.n_added > 1:
            share = 1 - self.decay
        for name, parameter in parameters:
            if name not in self.arrays:
                self.arrays[name] = parameter.value.astype(np.float64)
            else:
                average = self.arrays[name]
                average += share * (parameter.value - average)

    def install(self, parameters: Named) -> None:
        """Give parameters their averages as values, in place; those without one stay."""
        for name, parameter in parameters:
            if name in self.arrays:
                parameter.value[...] = self.arrays[name]
