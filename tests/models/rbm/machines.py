"""Small machines with parameters at random, one for each kind of visible units."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from embedrec.models.rbm import BinaryUnits, GaussianUnits, Machine, SoftmaxUnits

KINDS = ("binary", "gaussian", "softmax")
N_HIDDEN = 3


class Small(NamedTuple):
    """A machine, and what its slow twin takes."""

    kind: str
    machine: Machine
    n_units: int
    n_states: int | None

    @property
    def parameters(self):
        return [parameter.value.astype(float) for _, parameter in self.machine.parameters]

    def draw_samples(self, n, seed=0):
        """Rows of columns that such units can be, not drawn from the machine."""
        generator = np.random.default_rng(seed)
        if self.kind == "gaussian":
            samples = generator.standard_normal((n, self.n_units)) * 1.5
        else:
            samples = generator.integers(0, self.n_states or 2, (n, self.n_units))
        return self.machine.units.encode(samples.astype(self.machine.dtype))


def make_small(kind, scale=0.8, n_hidden=N_HIDDEN, dtype=np.float64, seed=0):
    units, n_units, n_states = {
        "binary": (BinaryUnits(5), 5, None),
        "gaussian": (GaussianUnits(np.zeros(2), np.ones(2)), 2, None),
        "softmax": (SoftmaxUnits(3, 3), 3, 3),
    }[kind]
    generator = np.random.default_rng(seed)
    shapes = (units.n_columns, n_hidden), (units.n_columns,), (n_hidden,)
    values = [(scale * generator.standard_normal(shape)).astype(dtype) for shape in shapes]
    return Small(kind, Machine(units, *values), n_units, n_states)
