"""Which visible units a machine has: by name, by what samples are, or as they were saved."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import CorruptedError, ParameterError
from embedrec.models.rbm.binary import BinaryUnits
from embedrec.models.rbm.gaussian import GaussianUnits
from embedrec.models.rbm.softmax import SoftmaxUnits
from embedrec.models.rbm.units import VisibleUnits
from embedrec.nn.check import check_size
from embedrec.nn.parameter import Array

CHOICES = ("auto", "binary", "gaussian", "softmax")


def choose_units(
    name: str, samples: Array, *, n_states: int | None, standardize: bool
) -> VisibleUnits:
    """Return units for samples (n, n_features).

    Args:
        name: one of `CHOICES`; "auto" is binary where all numbers are from 0 to 1, else Gaussian.
        samples: finite.
        n_states: of softmax units; None for the largest number of the samples and 1.
        standardize: whether Gaussian units take mean and deviation of the samples.

    Raises:
        ParameterError: if there are no such units, or n_states is none.
    """
    if name not in CHOICES:
        raise ParameterError(
            f"visible must be one of {', '.join(map(repr, CHOICES))}, not {name!r}", value=name
        )
    n_features = samples.shape[1]
    if name == "auto":
        name = "binary" if samples.min() >= 0 and samples.max() <= 1 else "gaussian"
    if name == "gaussian":
        return GaussianUnits.learn(samples, standardize)
    if name == "softmax":
        n_states = max(2, int(samples.max()) + 1) if n_states is None else n_states
        return SoftmaxUnits(n_features, check_size("n_states", n_states, 2))
    return BinaryUnits(n_features)


def restore_units(arrays: dict[str, Array], facts: dict[str, Any]) -> VisibleUnits:
    """Return the units whose `export_state` gave these.

    Raises:
        CorruptedError, KeyError: if they are none.
    """
    kind, n_features = facts["units"], int(facts["n_features"])
    if kind == "gaussian":
        units: VisibleUnits = GaussianUnits(arrays["mean"], arrays["deviation"])
        whole = np.concatenate([arrays["mean"], arrays["deviation"]])
        if whole.shape != (2 * n_features,) or not np.isfinite(whole).all():
            raise CorruptedError("the mean and deviation of the visible units are not whole")
        return units
    if kind == "softmax":
        return SoftmaxUnits(n_features, int(facts["n_states"]))
    if kind == "binary":
        return BinaryUnits(n_features)
    raise CorruptedError(f"there are no visible units {kind!r}", value=kind)
