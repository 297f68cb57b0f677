"""Greedy pre-training of a deep machine (Salakhutdinov and Hinton 2009, section 2.3 and figure 2).

In the deep machine a layer hears both its neighbours; when layers are learned one by one, from
below, there is only one of them. So its part counts twice: upwards in all machines but the last,
downwards in all but the first. (The paper learns those between with plain weights and halves them
afterwards, which is the same.) Put together, each layer hears half as much from both sides; so of
the two biases that it has from the machine below and from the one above, it takes the mean.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from embedrec.models.dbm.net import Net
from embedrec.models.rbm.binary import BinaryUnits
from embedrec.models.rbm.machine import Machine
from embedrec.models.rbm.settings import make_course
from embedrec.models.rbm.units import VisibleUnits
from embedrec.nn.parameter import Array
from embedrec.progress import Progress
from embedrec.seeding import derive_seed, make_generator


class DoubledMachine(Machine):
    """A machine whose weights count twice in one direction or both.

    It has conditionals to learn by, and no energy of its own.

    Attributes:
        up, down: 1 or 2, how often weights count towards hidden and towards visible units.
    """

    up = 1
    down = 1

    def compute_hidden_fields(self, visible: Array) -> Array:
        """Return up v W, (n, H)."""
        return self.up * super().compute_hidden_fields(visible)

    def compute_visible_fields(self, hidden: Array) -> Array:
        """Return down h W', (n, D)."""
        return self.down * super().compute_visible_fields(hidden)


def pretrain(
    learner: Any,
    units: VisibleUnits,
    states: Array,
    sizes: Sequence[int],
    seed: int,
    progress: Progress | None = None,
) -> Net:
    """Return a net whose layers were learned one by one.

    Args:
        learner: `RBM`, whose arguments say how; it stays as it is.
        units: of the visible layer.
        states: (n, D), samples.
        sizes: hidden units of each layer, two layers at least.
        seed: of all that is random.
        progress: told how it goes.

    Raises:
        ParameterError: if an argument of the learner can't be worked with.
        DivergenceError: if a layer diverges.
    """
    machines: list[DoubledMachine] = []
    for at, n_hidden in enumerate(sizes):
        course = make_course(learner, units.name)
        course.seed = derive_seed(seed, "pretrain", at) >> 1
        course.progress = progress
        machine = DoubledMachine.start(
            units, states, n_hidden, make_generator(course.seed, "weights"),
            deviation=learner.weight_deviation,
        )  # fmt: skip
        machine.up = 2 if at < len(sizes) - 1 else 1
        machine.down = 2 if at else 1
        course.run(machine, states)
        machines.append(machine)
        states, units = machine.compute_hidden_means(states), BinaryUnits(n_hidden)
    return join_machines(machines)


def join_machines(machines: Sequence[Machine]) -> Net:
    """Return the net of machines that were learned one upon the other."""
    biases = [machines[0].visible_bias.value]
    for below, above in itertools.pairwise(machines):
        biases.append((below.hidden_bias.value + above.visible_bias.value) / 2)
    biases.append(machines[-1].hidden_bias.value)
    weights = [np.ascontiguousarray(machine.weight.value) for machine in machines]
    return Net(machines[0].units, weights, biases)
