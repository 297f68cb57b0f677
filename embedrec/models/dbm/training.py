"""Training of a deep machine as a whole (Salakhutdinov and Hinton 2009, algorithm 1).

What samples bring about is inferred by mean-field; what the machine brings about by itself comes
from persistent chains. Hidden layers of odd number are taken by their means given the chains' even
layers, which says the same as draws of them with less noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from embedrec.models.dbm.mean_field import infer
from embedrec.models.dbm.net import Net
from embedrec.models.rbm.training import Course, EpochFigures
from embedrec.nn.parameter import Array
from embedrec.seeding import make_generator

_ROWS_WATCHED = 1000


@dataclass
class DeepCourse(Course):
    """How a deep machine is trained; else as `Course`, whose chains hold v and even layers.

    Attributes:
        n_sweeps, tolerance: of mean-field inference.
    """

    n_sweeps: int = 10
    tolerance: float = 1e-3

    def measure(self, machine: Any, states: Array, held_out: Array | None) -> EpochFigures:
        """Return the errors of reconstruction."""
        errors = [
            None if part is None else float(self.measure_errors(machine, part).mean())
            for part in (states[:_ROWS_WATCHED], held_out)
        ]
        assert errors[0] is not None
        return EpochFigures(errors[0], errors[1])

    def measure_errors(self, net: Net, states: Array) -> Array:
        """Return the mean squared error of each sample's reconstruction by means, float64 (n,)."""
        layers = infer(net, states, n_sweeps=self.n_sweeps, tolerance=self.tolerance)
        return net.units.measure_errors(states, net.compute_means(layers, 0))

    def start_chains(self, machine: Any, states: Array) -> Array:
        """Return samples and drawn even layers above them, side by side."""
        generator = make_generator(self.seed, "chains")
        visible = states[generator.integers(0, len(states), self.n_chains)]
        layers = infer(machine, visible, n_sweeps=self.n_sweeps, tolerance=self.tolerance)
        for at in range(2, machine.n_layers + 1, 2):
            layers[at] = machine.draw(layers, at, generator)
        return np.concatenate(layers[::2], axis=1)

    def add_gradients(self, machine: Any, visible: Array, generator: np.random.Generator) -> None:
        """Add the gradients of both phases for a batch (n, D) to all parameters; walk on."""
        assert self.chains is not None
        data = infer(machine, visible, n_sweeps=self.n_sweeps, tolerance=self.tolerance)
        model = machine.walk(split_chains(machine, self.chains), self.n_steps, generator)
        self.chains = np.concatenate(model[::2], axis=1)
        for at in range(1, machine.n_layers + 1, 2):
            model[at] = machine.compute_means(model, at)
        machine.add_gradients(data, model)


def split_chains(net: Net, chains: Array) -> list[Array]:
    """Return layers of chains (m, columns of v and even layers); odd ones are 0, to be drawn."""
    sizes = net.sizes
    layers = [np.zeros((len(chains), size), chains.dtype) for size in sizes]
    begin = 0
    for at in range(0, len(sizes), 2):
        layers[at] = np.ascontiguousarray(chains[:, begin : begin + sizes[at]])
        begin += sizes[at]
    return layers
