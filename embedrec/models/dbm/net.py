"""A deep Boltzmann machine: layers of units, with weights between neighbours.

    E(v, h_1 ... h_L) = A(v) - v W_1 h_1 - h_1 W_2 h_2 - ... - c_1 h_1 - ... - c_L h_L

(Salakhutdinov and Hinton 2009, eq. 9, with any kind of visible units). No two layers of odd number
touch, nor two of even number (v is number 0), so either half is drawn at once given the other: it
is a restricted machine between the two halves, see `to_machine`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from embedrec.models.rbm.binary import BinaryUnits
from embedrec.models.rbm.joined import JoinedUnits
from embedrec.models.rbm.machine import Machine, compute_binary, draw_binary
from embedrec.models.rbm.units import VisibleUnits
from embedrec.nn.parameter import Array, Parameter


class Net:
    """A deep machine with its parameters.

    Layers are a list of arrays, v (n, D) as `units` has it first, then h_1 (n, H_1) and so on.

    Attributes:
        units: what the visible units are.
        weights: W_1 (D, H_1), W_2 (H_1, H_2) and so on.
        biases: b (D,), c_1 (H_1,) and so on: one more than weights.
    """

    def __init__(
        self, units: VisibleUnits, weights: Sequence[Array], biases: Sequence[Array]
    ) -> None:
        self.units = units
        self.weights = [Parameter(weight) for weight in weights]
        self.biases = [Parameter(bias, is_penalized=False) for bias in biases]

    @property
    def parameters(self) -> list[tuple[str, Parameter]]:
        """All parameters with their names."""
        weights = [(f"weight_{at}", weight) for at, weight in enumerate(self.weights, 1)]
        return weights + [(f"bias_{at}", bias) for at, bias in enumerate(self.biases)]

    @property
    def n_layers(self) -> int:
        """L, layers of hidden units."""
        return len(self.weights)

    @property
    def sizes(self) -> list[int]:
        """Columns of each layer, from the visible one."""
        return [len(bias.value) for bias in self.biases]

    @property
    def dtype(self) -> Any:
        """Of parameters and states."""
        return self.weights[0].value.dtype

    def compute_fields(self, layers: Sequence[Array], at: int) -> Array:
        """Return what the neighbours put on a layer (n, columns), without its bias."""
        parts = []
        if at > 0:
            parts.append(layers[at - 1] @ self.weights[at - 1].value)
        if at < self.n_layers:
            parts.append(layers[at + 1] @ self.weights[at].value.T)
        fields: Array = parts[0] if len(parts) == 1 else parts[0] + parts[1]
        return fields

    def compute_means(self, layers: Sequence[Array], at: int) -> Array:
        """Return the means of a layer given its neighbours."""
        fields, bias = self.compute_fields(layers, at), self.biases[at].value
        return compute_binary(fields, bias) if at else self.units.compute_means(fields, bias)

    def draw(self, layers: Sequence[Array], at: int, generator: np.random.Generator) -> Array:
        """Return a layer drawn given its neighbours."""
        means = self.compute_means(layers, at)
        return draw_binary(means, generator) if at else self.units.draw(means, generator)

    def walk(
        self, layers: Sequence[Array], n_steps: int, generator: np.random.Generator
    ) -> list[Array]:
        """Return layers after some full steps of Gibbs sampling; the even ones are started from.

        Each step draws all odd layers, then all even ones, v among them.
        """
        now = list(layers)
        for _ in range(n_steps):
            for half in (1, 0):
                for at in range(half, self.n_layers + 1, 2):
                    now[at] = self.draw(now, at, generator)
        return now

    def compute_energy(self, layers: Sequence[Array]) -> Array:
        """Return E of each row of states, float64 (n,).

        With means of independent hidden units for their states it is the mean energy.
        """
        energy = self.units.compute_energy(layers[0], self.biases[0].value)
        for at in range(1, self.n_layers + 1):
            fields = layers[at - 1] @ self.weights[at - 1].value + self.biases[at].value
            energy = energy - (fields * layers[at]).sum(axis=1, dtype=np.float64)
        return energy

    def add_gradients(self, data: Sequence[Array], model: Sequence[Array]) -> None:
        """Add the gradient of -log p, the model's statistics less the data's, to all parameters.

        Args:
            data: layers that samples bring about (means).
            model: layers that the net by itself brings about.
        """
        one = self.dtype.type
        shares = one(-1 / len(data[0])), one(1 / len(model[0]))
        for at, weight in enumerate(self.weights):
            left = np.concatenate([data[at], model[at]])
            right = np.concatenate([data[at + 1] * shares[0], model[at + 1] * shares[1]])
            weight.add_product(left, right)
        for at, bias in enumerate(self.biases):
            mine, theirs = data[at], model[at]
            if at == 0:
                mine = self.units.compute_bias_slope(mine, bias.value)
                theirs = self.units.compute_bias_slope(theirs, bias.value)
            bias.add_gradient(theirs.mean(axis=0) - mine.mean(axis=0))

    def to_machine(self) -> Machine:
        """Return the restricted machine with the same energy: even layers below, odd ones above.

        Its partition function is the net's. Parameters are copied; those of layers that don't
        touch are 0.
        """
        even, odd = range(0, self.n_layers + 1, 2), range(1, self.n_layers + 1, 2)
        sizes = self.sizes
        blocks = []
        for low in even:
            row = []
            for high in odd:
                if high == low + 1:
                    row.append(self.weights[low].value)
                elif high == low - 1:
                    row.append(self.weights[high].value.T)
                else:
                    row.append(np.zeros((sizes[low], sizes[high]), self.dtype))
            blocks.append(row)
        hidden_units: list[VisibleUnits] = [BinaryUnits(sizes[at]) for at in even[1:]]
        units = JoinedUnits([self.units, *hidden_units]) if hidden_units else self.units
        biases = [np.concatenate([self.biases[at].value for at in half]) for half in (even, odd)]
        return Machine(units, np.ascontiguousarray(np.block(blocks)), *biases)
