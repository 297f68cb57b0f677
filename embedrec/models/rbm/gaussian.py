"""Gaussian visible units: A(v) = |v - b|^2 / 2 (Hinton 2010, section 13.2, eq. 17).

States are v = (x - m) / s for samples x, with fixed m and s of each unit: the deviation that a unit
has when hidden units are known is s, and is not learned. A machine so has the energy
sum (x - m - s b)^2 / (2 s^2) - c h - ((x - m) / s) W h in the samples' own units.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from embedrec.models.rbm.units import VisibleUnits
from embedrec.nn.parameter import Array


class GaussianUnits(VisibleUnits):
    """Units of any real value.

    Attributes:
        mean, deviation: float64 (n_features,), m and s.
    """

    name = "gaussian"

    def __init__(self, mean: Array, deviation: Array) -> None:
        super().__init__(len(mean))
        self.mean = np.asarray(mean, np.float64)
        self.deviation = np.asarray(deviation, np.float64)

    @classmethod
    def learn(cls, samples: Array, standardize: bool) -> GaussianUnits:
        """Return units whose m and s are those of samples (n, F), or 0 and 1.

        A feature that never changes has the deviation 1.
        """
        n_features = samples.shape[1]
        mean, deviation = np.zeros(n_features), np.ones(n_features)
        if standardize:
            mean = samples.mean(axis=0, dtype=np.float64)
            spread = samples.std(axis=0, dtype=np.float64)
            # What rounding leaves of a constant is no spread.
            deviation = np.where(spread > 1e-6 * np.maximum(np.abs(mean), 1e-30), spread, 1.0)
        return cls(mean, deviation)

    def encode(self, samples: Array) -> Array:
        """Return (x - m) / s."""
        return ((samples - self.mean) / self.deviation).astype(samples.dtype)

    def decode(self, states: Array) -> Array:
        """Return m + s v."""
        return (self.mean + self.deviation * states).astype(states.dtype)

    def compute_start(self, states: Array) -> Array:
        """Return the means."""
        return states.mean(axis=0, dtype=np.float64)

    def compute_energy(self, states: Array, bias: Array) -> Array:
        """Return |v - b|^2 / 2 of each sample."""
        away = (states - bias).astype(np.float64)
        energy: Array = 0.5 * (away * away).sum(axis=1)
        return energy

    def compute_bias_slope(self, states: Array, bias: Array) -> Array:
        """Return v - b."""
        return states - bias

    def compute_log_sum(self, fields: Array, bias: Array) -> Array:
        """Return the sum over units of f b + f^2 / 2 + log(2 pi) / 2, an integral over v."""
        f = fields.astype(np.float64)
        constant = 0.5 * self.n_features * math.log(2 * math.pi)
        log_sum: Array = (f * (bias + 0.5 * f)).sum(axis=1) + constant
        return log_sum

    def compute_means(self, fields: Array, bias: Array) -> Array:
        """Return f + b."""
        return fields + bias

    def draw(self, means: Array, generator: np.random.Generator) -> Array:
        """Return the means with normal noise of deviation 1."""
        return means + generator.standard_normal(means.shape, means.dtype)

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return m, s and the kind."""
        arrays, facts = super().export_state()
        return {**arrays, "mean": self.mean, "deviation": self.deviation}, facts
