"""Gradient check: every backward against central differences, in float64.

For a layer, the output is multiplied by fixed random numbers and summed, which gives a function
with one value whose gradient at the output is those numbers. Then, for each number p of the input
and of each parameter, (f(p + h) - f(p - h)) / 2h is compared with what the backward gave.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.layer import Layer, cast_parameters, clear_gradients, iterate_parameters
from embedrec.nn.loss import Loss
from embedrec.nn.parameter import Array

_FLOOR = 1e-4  # below it differences are rounding: they are compared with this in place of a ratio


class GradientReport(NamedTuple):
    """What a gradient check found.

    Attributes:
        errors: largest relative error of the input and of each parameter, by name.
        worst: name of the largest, with the place of the number in it.
        error: the largest of all.
    """

    errors: dict[str, float]
    worst: str
    error: float


def check_gradients(
    layer: Layer,
    x: Any,
    *,
    target: Any = None,
    weights: Array | None = None,
    train: Callable[[], Any] = lambda: True,
    seed: int = 0,
    n_places: int | None = 200,
    step: float = 1e-6,
) -> GradientReport:
    """Compare the gradients of a layer, loss or network with central differences.

    The layer is changed in place: its parameters become float64, gradients are forgotten.

    Args:
        layer: any layer; if it is a `Loss`, `target` is given to it.
        x: array, the input; cast to float64 and checked too, unless it holds whole numbers.
        target, weights: for a loss.
        train: makes the `train` argument of every pass anew, so that a layer that draws random
            numbers draws the same ones each time:
            ``lambda: numpy.random.Generator(numpy.random.Philox(1))``.
        seed: of the random numbers at the output, and of the choice of places.
        n_places: numbers compared in each array, chosen at random; None for all.
        step: h of the differences. Their rounding falls with it: where many smooth layers, or
            steps of time, lie one behind another, 1e-5 is better.

    Returns:
        The relative errors |a - b| / max(|a|, |b|, 1e-4). A right backward stays below 1e-6 where
        the function is smooth within `step` of the point.

    Raises:
        ParameterError: if a gradient has another shape than what it belongs to, or there is nothing
            to compare: whole numbers as input, and no parameters.
    """
    cast_parameters(layer, np.float64)
    generator = np.random.default_rng(seed)
    x = np.array(x)
    x = x if x.dtype.kind in "iu" else x.astype(np.float64)
    pass_once = _make_pass(layer, x, target, weights, train, generator)
    clear_gradients(layer)
    _, gradient_of_x = pass_once(True)
    arrays = {} if x.dtype.kind in "iu" else {"input": (x, gradient_of_x)}
    for name, parameter in iterate_parameters(layer):
        arrays[name] = parameter.value, parameter.get_dense_gradient().copy()
    if not arrays:
        raise ParameterError(
            f"there is nothing to compare in {layer!r}: x is of whole numbers, and it has no "
            "parameters"
        )
    errors, worst, most = {}, "", -1.0
    for name, (values, analytic) in arrays.items():
        if np.shape(analytic) != values.shape:
            raise ParameterError(
                f"{layer!r} returned a gradient of shape {np.shape(analytic)} for {name}, which is "
                f"of shape {values.shape}",
                value=np.shape(analytic),
            )
        places = np.arange(values.size)
        if n_places is not None and values.size > n_places:
            places = generator.choice(values.size, n_places, replace=False)
        errors[name] = 0.0
        for place in places:
            where = np.unravel_index(place, values.shape)
            numeric = _differentiate(pass_once, values, where, step)
            error = _compare(float(analytic[where]), numeric)
            errors[name] = max(errors[name], error)
            if error > most:
                worst, most = f"{name}[{', '.join(map(str, where))}]", error
    clear_gradients(layer)
    return GradientReport(errors, worst, most)


def _make_pass(
    layer: Layer, x: Array, target: Any, weights: Any, train: Callable[[], Any],
    generator: np.random.Generator,
) -> Callable[[bool], tuple[Any, Any]]:  # fmt: skip
    if isinstance(layer, Loss):

        def pass_loss(is_backward: bool) -> tuple[float, Any]:
            value, back = layer.forward(x, target, weights, train())
            return value, back() if is_backward else None

        return pass_loss
    y, _ = layer.forward(x, train())
    direction = np.asarray(generator.standard_normal(y.shape))

    def pass_layer(is_backward: bool) -> tuple[Array, Any]:
        y, back = layer.forward(x, train())
        return y * direction, back(direction.copy()) if is_backward else None

    return pass_layer


def _differentiate(
    pass_once: Callable[[bool], tuple[Any, Any]], values: Array, where: Any, step: float
) -> float:
    kept = values[where]
    values[where] = kept + step
    above, _ = pass_once(False)
    values[where] = kept - step
    below, _ = pass_once(False)
    values[where] = kept
    # Terms are subtracted before they are summed: those that did not move leave no rounding behind.
    return float(np.sum(above - below)) / (2 * step)


def _compare(a: float, b: float) -> float:
    if not (np.isfinite(a) and np.isfinite(b)):
        return float("inf")
    return abs(a - b) / max(abs(a), abs(b), _FLOOR)
