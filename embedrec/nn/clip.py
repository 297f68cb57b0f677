"""Clipping and scaling of gradients, dense and by rows, in place, before an optimiser's step."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.layer import Layer, iterate_parameters
from embedrec.nn.parameter import Array, Parameter, RowGradient

Named = Iterable[tuple[str, Parameter]]


def measure_norm(parameters: Layer | Named) -> float:
    """Return the Euclidean norm of all gradients together; rows that repeat are added up first."""
    return math.sqrt(sum(float(np.vdot(values, values)) for values in _iterate_values(parameters)))


def clip_by_norm(parameters: Layer | Named, limit: float) -> float:
    """Scale all gradients by one factor so that their norm together is at most `limit`.

    Pascanu, Mikolov and Bengio 2013, algorithm 1. The direction of the step stays.

    Returns:
        The norm before; if it is not finite, gradients are left as they are.

    Raises:
        ParameterError: if the limit is not above 0.
    """
    check_limit("limit", limit)
    named = list(_name(parameters))
    norm = measure_norm(named)
    if math.isfinite(norm) and norm > limit:
        for values in _iterate_values(named):
            values *= values.dtype.type(limit / norm)
    return norm


def clip_by_value(parameters: Layer | Named, limit: float) -> None:
    """Bring every number of every gradient into [-limit, limit].

    Raises:
        ParameterError: if the limit is not above 0.
    """
    check_limit("limit", limit)
    for values in _iterate_values(parameters):
        np.clip(values, -limit, limit, out=values)


def scale_gradients(parameters: Layer | Named, factor: float) -> None:
    """Multiply all gradients by `factor`: before SGD's step, these parameters' share of the rate.

    Raises:
        ParameterError: if the factor is not above 0.
    """
    check_limit("factor", factor)
    for values in _iterate_values(parameters):
        values *= values.dtype.type(factor)


def check_limit(name: str, limit: float) -> float:
    """Return a limit.

    Raises:
        ParameterError: if it is not a number above 0.
    """
    if not isinstance(limit, (int, float, np.number)) or not 0 < limit < math.inf:
        raise ParameterError(f"{name} must be a number above 0, not {limit!r}", value=limit)
    return float(limit)


def _name(parameters: Layer | Named) -> Named:
    return iterate_parameters(parameters) if isinstance(parameters, Layer) else parameters


def _iterate_values(parameters: Layer | Named) -> Iterable[Array]:
    # Arrays that may be changed in place: what `merge` returns is a copy of what a layer gave.
    for _, parameter in _name(parameters):
        gradient = parameter.gradient
        if isinstance(gradient, RowGradient):
            parameter.gradient = merged = gradient.merge()
            yield merged.values
        elif gradient is not None:
            yield gradient
