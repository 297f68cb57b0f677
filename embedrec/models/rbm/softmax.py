"""Softmax visible units: each has one of K states (Hinton 2010, section 13.1; Salakhutdinov, Mnih
and Hinton 2007, eq. 1).

A sample names the state, 0 to K - 1; states are K columns a unit of which one is 1, and
A(v) = -b v.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from embedrec.kernels import rbm
from embedrec.models.rbm.units import VisibleUnits, draw_counter, refuse_value
from embedrec.nn.parameter import Array

_LEAST_COUNT = 0.5  # of a state that was never seen


class SoftmaxUnits(VisibleUnits):
    """Units of K states.

    Attributes:
        n_states: K, 2 or more.
    """

    name = "softmax"

    def __init__(self, n_features: int, n_states: int) -> None:
        super().__init__(n_features)
        self.n_states = n_states

    @property
    def n_columns(self) -> int:
        """K for each unit."""
        return self.n_features * self.n_states

    @property
    def n_bits(self) -> float:
        """log2 K for each unit."""
        return self.n_features * math.log2(self.n_states)

    def encode(self, samples: Array) -> Array:
        """Return one 1 among K columns for each number.

        Raises:
            ParameterError: if a value is not one of 0, 1 ... K - 1.
        """
        wrong = (samples < 0) | (samples >= self.n_states) | (samples != np.floor(samples))
        refuse_value(
            samples, wrong,
            f"softmax units of {self.n_states} states take whole numbers from 0 to "
            f"{self.n_states - 1}: number the states so, or give another n_states",
        )  # fmt: skip
        one_of = np.eye(self.n_states, dtype=samples.dtype)
        return one_of[samples.astype(np.int64)].reshape(len(samples), -1)  # (n, G K)

    def decode(self, states: Array) -> Array:
        """Return the state, or the likeliest one, of each unit."""
        best = states.reshape(len(states), self.n_features, self.n_states).argmax(axis=2)
        return best.astype(states.dtype)

    def compute_start(self, states: Array) -> Array:
        """Return log p, p being how often each state is taken, less the mean over states."""
        counts = states.sum(axis=0, dtype=np.float64).reshape(self.n_features, self.n_states)
        logs = np.log(np.maximum(counts, _LEAST_COUNT) / len(states))
        start: Array = (logs - logs.mean(axis=1, keepdims=True)).reshape(-1)
        return start

    def compute_energy(self, states: Array, bias: Array) -> Array:
        """Return -b v of each sample."""
        return -(states @ bias).astype(np.float64)

    def compute_bias_slope(self, states: Array, bias: Array) -> Array:
        """Return v."""
        return states

    def compute_log_sum(self, fields: Array, bias: Array) -> Array:
        """Return the sum over units of log sum_k exp(f_k + b_k)."""
        logits = (fields + bias).astype(np.float64)
        logits = logits.reshape(len(fields), self.n_features, self.n_states)
        tops = logits.max(axis=2, keepdims=True)
        sums = np.log(np.exp(logits - tops).sum(axis=2)) + tops[:, :, 0]  # (n, G)
        log_sum: Array = sums.sum(axis=1)
        return log_sum

    def compute_means(self, fields: Array, bias: Array) -> Array:
        """Return the softmax of f + b over each unit's states."""
        means = np.empty_like(fields)
        rbm.fill_softmax(fields, bias, self.n_states, means)
        return means

    def draw(self, means: Array, generator: np.random.Generator) -> Array:
        """Return one 1 among the columns of each unit."""
        states = np.empty_like(means)
        rbm.draw_softmax(means, draw_counter(generator), self.n_states, states)
        return states

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return the kind and K."""
        arrays, facts = super().export_state()
        return arrays, {**facts, "n_states": self.n_states}
