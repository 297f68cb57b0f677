"""Binary visible units: A(v) = -b v, v 0 or 1 (Hinton 2010, section 2)."""

from __future__ import annotations

import numpy as np

from embedrec.kernels import rbm
from embedrec.models.rbm.units import VisibleUnits, draw_counter, refuse_value
from embedrec.nn.activation import compute_softplus
from embedrec.nn.parameter import Array

# No unit that was always on or off in training is thought to be so for certain.
_LEAST_SHARE = 1e-3


class BinaryUnits(VisibleUnits):
    """Units that are 0 or 1; a sample may give the probability of 1 in between."""

    name = "binary"

    @property
    def n_bits(self) -> float:
        """One for each unit."""
        return float(self.n_features)

    def encode(self, samples: Array) -> Array:
        """Return the samples, which are states.

        Raises:
            ParameterError: if a value is not from 0 to 1.
        """
        refuse_value(
            samples, (samples < 0) | (samples > 1),
            "binary units are from 0 to 1: scale the samples, or take visible='gaussian'",
        )  # fmt: skip
        return samples

    def decode(self, states: Array) -> Array:
        """Return the states, which are samples."""
        return states

    def compute_start(self, states: Array) -> Array:
        """Return log(p / (1 - p)), p being how often each unit is on."""
        share = np.clip(states.mean(axis=0, dtype=np.float64), _LEAST_SHARE, 1 - _LEAST_SHARE)
        return np.log(share / (1 - share))

    def compute_energy(self, states: Array, bias: Array) -> Array:
        """Return -b v of each sample."""
        return -(states @ bias).astype(np.float64)

    def compute_bias_slope(self, states: Array, bias: Array) -> Array:
        """Return v."""
        return states

    def compute_log_sum(self, fields: Array, bias: Array) -> Array:
        """Return the sum over units of log(1 + exp(f + b))."""
        return compute_softplus(fields + bias).sum(axis=1, dtype=np.float64)

    def compute_means(self, fields: Array, bias: Array) -> Array:
        """Return sigmoid(f + b)."""
        means = np.empty_like(fields)
        rbm.fill_binary(fields, bias, means)
        return means

    def draw(self, means: Array, generator: np.random.Generator) -> Array:
        """Return 0 or 1 for each unit."""
        states = np.empty_like(means)
        rbm.draw_binary(means, draw_counter(generator), states)
        return states
