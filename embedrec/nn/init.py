"""How weights start: by the number of inputs and outputs, so that signals neither fade nor grow.

Each draws an array from a stream of random numbers: `init(generator, shape, dtype)`. For a shape
(..., I, O) there are I inputs and O outputs of each position, and the axes before them (the window
of a convolution) multiply both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from embedrec.nn.parameter import Array

Initializer = Callable[[np.random.Generator, tuple[int, ...], Any], Array]


def count_fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the number of inputs and of outputs that a weight of this shape connects."""
    if len(shape) == 1:
        return shape[0], shape[0]
    window = int(np.prod(shape[:-2]))
    return shape[-2] * window, shape[-1] * window


def draw_glorot_uniform(
    generator: np.random.Generator, shape: tuple[int, ...], dtype: Any = np.float32
) -> Array:
    """Uniform within sqrt(6 / (I + O)) (Glorot and Bengio 2010, eq. 16): for tanh and sigmoid."""
    n_inputs, n_outputs = count_fans(shape)
    width = np.sqrt(6.0 / (n_inputs + n_outputs))
    return generator.uniform(-width, width, shape).astype(dtype)
