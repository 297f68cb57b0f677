"""A restricted Boltzmann machine: visible units, hidden units, and weights between the two.

    E(v, h) = A(v) - c h - v W h             A(v) as the kind of visible units says
    p(h_j = 1 | v) = sigmoid(c_j + (v W)_j)
    F(v) = A(v) - sum_j log(1 + exp(c_j + (v W)_j)),        p(v) = exp(-F(v)) / Z

(Hinton 2010, sections 2 and 13; hidden units are binary). It holds parameters and answers; how it
learns is said in `training`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.kernels import rbm
from embedrec.models.rbm.units import VisibleUnits, draw_counter
from embedrec.nn.activation import compute_softplus
from embedrec.nn.parameter import Array, Parameter


class Machine:
    """A machine with its parameters.

    States v are rows as `units` has them, (n, D), h (n, H) from 0 to 1; both of the parameters'
    dtype, float32 or float64.

    Attributes:
        units: what the visible units are.
        weight: W (D, H).
        visible_bias: b (D,).
        hidden_bias: c (H,).
    """

    def __init__(
        self, units: VisibleUnits, weight: Array, visible_bias: Array, hidden_bias: Array
    ) -> None:
        self.units = units
        self.weight = Parameter(weight)
        self.visible_bias = Parameter(visible_bias, is_penalized=False)
        self.hidden_bias = Parameter(hidden_bias, is_penalized=False)

    @classmethod
    def start(
        cls,
        units: VisibleUnits,
        states: Array,
        n_hidden: int,
        generator: np.random.Generator,
        *,
        deviation: float = 0.01,
    ) -> Any:
        """Return a machine with start weights (Hinton 2010, section 8).

        Args:
            units: of what kind.
            states: (n, D), for the visible biases; hidden ones are 0.
            n_hidden: H.
            generator: of the weights.
            deviation: of the weights, which are normal around 0.
        """
        weight = generator.standard_normal((units.n_columns, n_hidden)) * deviation
        dtype = states.dtype
        start = units.compute_start(states).astype(dtype)
        return cls(units, weight.astype(dtype), start, np.zeros(n_hidden, dtype))

    @property
    def parameters(self) -> list[tuple[str, Parameter]]:
        """All parameters with their names."""
        names = ("weight", "visible_bias", "hidden_bias")
        return [(name, getattr(self, name)) for name in names]

    @property
    def n_hidden(self) -> int:
        """H."""
        return int(self.weight.value.shape[1])

    @property
    def dtype(self) -> Any:
        """Of parameters and states."""
        return self.weight.value.dtype

    def compute_hidden_fields(self, visible: Array) -> Array:
        """Return v W, (n, H), without the bias."""
        fields: Array = visible @ self.weight.value
        return fields

    def compute_visible_fields(self, hidden: Array) -> Array:
        """Return h W', (n, D), without the bias."""
        fields: Array = hidden @ self.weight.value.T
        return fields

    def compute_hidden_means(self, visible: Array) -> Array:
        """Return p(h = 1 | v), (n, H)."""
        return compute_binary(self.compute_hidden_fields(visible), self.hidden_bias.value)

    def compute_visible_means(self, hidden: Array) -> Array:
        """Return the mean of p(v | h), (n, D)."""
        fields = self.compute_visible_fields(hidden)
        return self.units.compute_means(fields, self.visible_bias.value)

    def draw_hidden(self, means: Array, generator: np.random.Generator) -> Array:
        """Return 0 or 1 for each hidden unit, (n, H), drawn by their means."""
        return draw_binary(means, generator)

    def draw_visible(self, means: Array, generator: np.random.Generator) -> Array:
        """Return states (n, D) drawn around means of p(v | h)."""
        return self.units.draw(means, generator)

    def compute_energy(self, visible: Array, hidden: Array) -> Array:
        """Return E(v, h) of each pair, float64 (n,)."""
        own = self.units.compute_energy(visible, self.visible_bias.value)
        fields = self.compute_hidden_fields(visible) + self.hidden_bias.value
        energy: Array = own - (fields * hidden).sum(axis=1, dtype=np.float64)
        return energy

    def compute_free_energy(self, visible: Array) -> Array:
        """Return F(v) of each sample, float64 (n,)."""
        own = self.units.compute_energy(visible, self.visible_bias.value)
        fields = self.compute_hidden_fields(visible) + self.hidden_bias.value
        free: Array = own - compute_softplus(fields).sum(axis=1, dtype=np.float64)
        return free

    def walk(
        self, visible: Array, n_steps: int, generator: np.random.Generator
    ) -> tuple[Array, Array]:
        """Return states v and h after some full steps of Gibbs sampling from v (n, D).

        Each step draws h given v, then v given h. The last h belongs to the v before.
        """
        hidden = np.zeros((len(visible), self.n_hidden), self.dtype)
        for _ in range(n_steps):
            hidden = self.draw_hidden(self.compute_hidden_means(visible), generator)
            visible = self.draw_visible(self.compute_visible_means(hidden), generator)
        return visible, hidden

    def add_gradients(self, data: tuple[Array, Array], model: tuple[Array, Array]) -> None:
        """Add the gradient of -log p, the model's statistics less the data's, to all parameters.

        (Hinton 2002, eq. 5.) Both are means over rows.

        Args:
            data: v and h (means) that samples bring about.
            model: v and h that the machine by itself brings about.
        """
        (v, h), (v_model, h_model) = data, model
        # One product for both: rows of the data with their sign.
        left = np.concatenate([v, v_model])  # (n + m, D)
        right = np.concatenate([h * self.dtype.type(-1 / len(v)), h_model / len(v_model)])
        self.weight.add_product(left, right.astype(self.dtype, copy=False))
        bias = self.visible_bias.value
        slopes = [self.units.compute_bias_slope(states, bias) for states in (v, v_model)]
        self.visible_bias.add_gradient(slopes[1].mean(axis=0) - slopes[0].mean(axis=0))
        self.hidden_bias.add_gradient(h_model.mean(axis=0) - h.mean(axis=0))


def compute_binary(fields: Array, bias: Array) -> Array:
    """Return sigmoid(f + b) for fields (n, H) and bias (H,)."""
    means = np.empty_like(fields)
    rbm.fill_binary(fields, bias, means)  # not in place, which would keep it from vector code
    return means


def draw_binary(means: Array, generator: np.random.Generator) -> Array:
    """Return 0 or 1 in means' shape and dtype, 1 as often as the mean (n, H) says."""
    states = np.empty_like(means)
    rbm.draw_binary(means, draw_counter(generator), states)
    return states
