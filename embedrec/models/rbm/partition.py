"""The partition function of a small machine, by adding up all states of its smaller side.

    Z = sum_h exp(c h) sum_v exp(-A(v) + v W h) = sum_v exp(-F(v))

Either side is summed in closed form given the other, so only one has to be gone through.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from embedrec.errors import ParameterError
from embedrec.models.rbm.machine import Machine
from embedrec.models.rbm.softmax import SoftmaxUnits
from embedrec.nn.parameter import Array

MOST_BITS = 25
_BITS_AT_ONCE = 12


def compute_log_partition(machine: Machine) -> float:
    """Return log Z, added up in float64.

    Raises:
        ParameterError: if both sides have more than 2**25 states; take
            `estimate_log_partition` then.
    """
    hidden_bits = float(machine.n_hidden)
    visible_bits = machine.units.n_bits
    if min(hidden_bits, visible_bits) > MOST_BITS:
        raise ParameterError(
            f"this machine has 2**{hidden_bits:g} hidden and 2**{visible_bits:g} visible states, "
            f"and at most 2**{MOST_BITS} can be gone through: estimate it by annealing",
            value=min(hidden_bits, visible_bits),
        )
    if hidden_bits <= visible_bits:
        parts = [_add_hidden(machine, states) for states in _iterate_binary(machine.n_hidden)]
    else:
        n_states = machine.units.n_states if isinstance(machine.units, SoftmaxUnits) else 2
        parts = [
            -machine.compute_free_energy(machine.units.encode(samples.astype(machine.dtype)))
            for samples in _iterate_states(machine.units.n_features, n_states)
        ]
    return add_logs(np.concatenate(parts))


def add_logs(logs: Array) -> float:
    """Return log sum exp of numbers (n,), in float64."""
    top = float(logs.max())
    return top + math.log(float(np.exp(logs - top, dtype=np.float64).sum()))


def _add_hidden(machine: Machine, hidden: Array) -> Array:
    h = hidden.astype(machine.dtype)
    fields = machine.compute_visible_fields(h)
    own = h.astype(np.float64) @ machine.hidden_bias.value.astype(np.float64)
    log_sums: Array = own + machine.units.compute_log_sum(fields, machine.visible_bias.value)
    return log_sums


def _iterate_binary(n: int) -> Iterator[Array]:
    return _iterate_states(n, 2)


def _iterate_states(n: int, n_states: int) -> Iterator[Array]:
    """Yield all rows of n numbers from 0 to n_states - 1, int64 (at most 4096, n) at a time."""
    total = n_states**n
    # Divided one by one: a power of the base may be beyond int64.
    for begin in range(0, total, 1 << _BITS_AT_ONCE):
        numbers = np.arange(begin, min(total, begin + (1 << _BITS_AT_ONCE)), dtype=np.int64)
        rows = np.empty((len(numbers), n), np.int64)
        for column in range(n):
            numbers, rows[:, column] = np.divmod(numbers, n_states)
        yield rows
