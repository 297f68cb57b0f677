"""What visible units of a Boltzmann machine are: their own energy, and how they follow a field.

With v the units' states, f the field that hidden units put on them (v's factor in the energy) and
b their bias, a kind of units says

    A(v)                the energy they have by themselves
    p(v | f)            proportional to exp(-A(v) + f v)
    log sum_v           the logarithm of the sum (or integral) of exp(-A(v) + f v)

for all units of a machine at once. States are rows of an array (n, D) of columns; samples as people
give them (n, n_features) are turned into states by `encode` and back by `decode`.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.parameter import Array


class VisibleUnits:
    """Base of all kinds of visible units.

    Attributes:
        name: as `RBM(visible=...)` calls them.
        n_features: units, which are numbers in a sample.
        n_columns: D, numbers in a row of states.
    """

    name: ClassVar[str]

    def __init__(self, n_features: int) -> None:
        self.n_features = n_features

    @property
    def n_columns(self) -> int:
        """Numbers in a row of states."""
        return self.n_features

    @property
    def n_bits(self) -> float:
        """The logarithm to base 2 of how many states all units together have."""
        return math.inf

    def encode(self, samples: Array) -> Array:
        """Return states (n, D), of the samples' dtype, of samples (n, n_features).

        Raises:
            ParameterError: if a sample holds what such units can't be.
        """
        raise NotImplementedError

    def decode(self, states: Array) -> Array:
        """Return samples (n, n_features) of states or means (n, D)."""
        raise NotImplementedError

    def compute_start(self, states: Array) -> Array:
        """Return biases, float64 (D,), with which unconnected units have the means of states.

        So Hinton 2010 (section 8.1) starts them. No bias is endless where a unit never changes.
        """
        raise NotImplementedError

    def compute_energy(self, states: Array, bias: Array) -> Array:
        """Return A(v), float64 (n,), of states (n, D)."""
        raise NotImplementedError

    def compute_bias_slope(self, states: Array, bias: Array) -> Array:
        """Return -dA/db (n, D), which a gradient of the bias averages."""
        raise NotImplementedError

    def compute_log_sum(self, fields: Array, bias: Array) -> Array:
        """Return log sum_v exp(-A(v) + f v), float64 (n,), for fields (n, D)."""
        raise NotImplementedError

    def compute_means(self, fields: Array, bias: Array) -> Array:
        """Return the mean of p(v | f), (n, D): of a softmax unit, the probability of each state."""
        raise NotImplementedError

    def draw(self, means: Array, generator: np.random.Generator) -> Array:
        """Return states (n, D) drawn around means that `compute_means` gave."""
        raise NotImplementedError

    def measure_errors(self, samples: Array, means: Array) -> Array:
        """Return the mean squared error of each reconstruction, float64 (n,): both (n, D)."""
        differences = samples.astype(np.float64) - means
        errors: Array = (differences * differences).sum(axis=1) / self.n_features
        return errors

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return what makes the units: arrays, and values for JSON."""
        return {}, {"units": self.name, "n_features": self.n_features}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n_features})"


def draw_counter(generator: np.random.Generator) -> np.uint64:
    """Return where a kernel's random numbers start."""
    return np.uint64(generator.integers(0, 2**64, dtype=np.uint64))


def refuse_value(samples: Array, wrong: Array, message: str) -> None:
    """Raise ParameterError with the first value of samples (n, F) that is wrong, if one is."""
    if wrong.any():
        place = tuple(int(axis[0]) for axis in np.nonzero(wrong))
        raise ParameterError(
            f"X holds {samples[place]:g} at {place}: {message}", value=float(samples[place])
        )
