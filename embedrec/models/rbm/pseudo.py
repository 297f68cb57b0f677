"""Pseudo-likelihood: how likely each visible unit is given all others (Besag 1975).

sum_i log p(v_i | all others of v): where a likelihood needs Z, this needs only the states that one
unit could have instead.
"""

from __future__ import annotations

import numpy as np

from embedrec.errors import ParameterError
from embedrec.kernels import rbm
from embedrec.models.rbm.machine import Machine
from embedrec.models.rbm.softmax import SoftmaxUnits
from embedrec.nn.activation import compute_softplus
from embedrec.nn.parameter import Array

_ROWS_AT_ONCE = 256


def compute_pseudo_likelihood(machine: Machine, states: Array) -> Array:
    """Return the logarithm of each sample's pseudo-likelihood, float64 (n,), over all units.

    For a binary unit between 0 and 1 it is the mean over its being 1 with that probability, the
    others being as they are.

    Args:
        machine: with binary or softmax units.
        states: (n, D).

    Raises:
        ParameterError: if the units are Gaussian: given all others, one is a mixture of as many
            Gaussians as there are hidden states.
    """
    units = machine.units
    if units.name not in ("binary", "softmax"):
        raise ParameterError(
            f"pseudo-likelihood is of binary and softmax units, not of {units.name} ones: take the "
            "reconstruction error, or the likelihood with an estimate of the partition function",
            value=units.name,
        )
    n_states = units.n_states if isinstance(units, SoftmaxUnits) else 1
    parts = [
        _score(machine, states[begin : begin + _ROWS_AT_ONCE], n_states)
        for begin in range(0, len(states), _ROWS_AT_ONCE)
    ]
    return np.concatenate(parts)


def _score(machine: Machine, states: Array, n_states: int) -> Array:
    states = np.ascontiguousarray(states)
    fields = machine.compute_hidden_fields(states) + machine.hidden_bias.value
    n, n_columns = states.shape
    none, each = np.empty((n, n_columns // n_states)), np.empty((n, n_columns))
    rbm.weigh_states(states, fields, machine.weight.value, n_states, none, each)
    each += machine.visible_bias.value
    if n_states == 1:
        logits = each - none
        scores: Array = (states * logits - compute_softplus(logits)).sum(axis=1)
        return scores
    logits = each.reshape(n, -1, n_states)  # (n, G, K)
    tops = logits.max(axis=2, keepdims=True)
    logs = logits - tops - np.log(np.exp(logits - tops).sum(axis=2, keepdims=True))
    scores = (logs * states.reshape(logits.shape)).sum(axis=(1, 2))
    return scores
