"""How weights start: by the number of inputs and outputs, so that signals neither fade nor grow.

Each draws an array from a stream of random numbers: `init(generator, shape, dtype)`. For a shape
(..., I, O) there are I inputs and O outputs of each position, and the axes before them (the window
of a convolution) multiply both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.parameter import Array

Initializer = Callable[[np.random.Generator, tuple[int, ...], Any], Array]


def count_fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the number of inputs and of outputs that a weight of this shape connects."""
    if len(shape) == 1:
        return shape[0], shape[0]
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


def draw_glorot_uniform(
    generator: np.random.Generator, shape: tuple[int, ...], dtype: Any = np.float32
) -> Array:
    """Uniform within sqrt(6 / (I + O)) (Glorot and Bengio 2010, eq. 16): for tanh and sigmoid."""
    n_inputs, n_outputs = count_fans(shape)
    width = np.sqrt(6.0 / (n_inputs + n_outputs))
    return generator.uniform(-width, width, shape).astype(dtype)


def draw_he_normal(
    generator: np.random.Generator, shape: tuple[int, ...], dtype: Any = np.float32
) -> Array:
    """Normal with deviation sqrt(2 / I) (He et al. 2015, eq. 10): for rectifiers."""
    n_inputs, _ = count_fans(shape)
    return (generator.standard_normal(shape) * np.sqrt(2.0 / n_inputs)).astype(dtype)


def draw_orthogonal(
    generator: np.random.Generator, shape: tuple[int, ...], dtype: Any = np.float32
) -> Array:
    """A matrix (all axes but the last, last) with orthonormal columns, or rows if it is wide.

    Lengths pass unchanged (Saxe, McClelland and Ganguli 2014): for recurrent weights. The signs of
    R's diagonal make Q uniform over all such matrices.
    """
    n_rows, n_columns = math.prod(shape[:-1]), shape[-1]
    tall = generator.standard_normal((max(n_rows, n_columns), min(n_rows, n_columns)))
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diagonal(r))
    return (q if n_rows >= n_columns else q.T).reshape(shape).astype(dtype, order="C")


def make_orthogonal(gain: float) -> Initializer:
    """Return `draw_orthogonal` times `gain`: below 1, what a state held fades step by step."""

    def draw(
        generator: np.random.Generator, shape: tuple[int, ...], dtype: Any = np.float32
    ) -> Array:
        return (gain * draw_orthogonal(generator, shape, np.float64)).astype(dtype)

    return draw


def draw_uniform(
    generator: np.random.Generator, shape: tuple[int, ...], dtype: Any = np.float32
) -> Array:
    """Uniform within 1 / sqrt(I), by the number of inputs alone."""
    n_inputs, _ = count_fans(shape)
    return make_uniform(1 / math.sqrt(n_inputs))(generator, shape, dtype)


def make_uniform(width: float) -> Initializer:
    """Return an initialisation that is uniform within `width` of 0, whatever the shape."""

    def draw(
        generator: np.random.Generator, shape: tuple[int, ...], dtype: Any = np.float32
    ) -> Array:
        return generator.uniform(-width, width, shape).astype(dtype)

    return draw


INITIALIZERS: dict[str, Initializer] = {
    "glorot": draw_glorot_uniform,
    "he": draw_he_normal,
    "orthogonal": draw_orthogonal,
    "uniform": draw_uniform,
}


def get_initializer(name: str) -> Initializer:
    """Return an initialisation by its name.

    Raises:
        ParameterError: if there is none of this name.
    """
    if name not in INITIALIZERS:
        raise ParameterError(
            f"there is no initialisation {name!r}: choose one of {', '.join(INITIALIZERS)}",
            value=name,
        )
    return INITIALIZERS[name]
