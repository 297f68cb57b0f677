"""Dropout: some units are left out of each training pass, at random."""

from __future__ import annotations

import numpy as np

from embedrec.errors import InputError, ParameterError
from embedrec.nn.check import check_real
from embedrec.nn.layer import Backward, Layer, Train, require_generator
from embedrec.nn.parameter import Array


class Dropout(Layer):
    """Each number is 0 with probability `rate`, and else divided by 1 - rate.

    The inverted form of Srivastava et al. 2014 (section 10): the mean of a unit is the same in
    training and in prediction, where nothing is dropped.

    Attributes:
        rate: from 0 to below 1.
        mask: "step", every number for itself, or "sequence": of (..., T, D) the same D numbers at
            all T steps (Gal and Ghahramani 2016, section 4).
    """

    def __init__(self, rate: float, *, mask: str = "step") -> None:
        if not 0 <= rate < 1:
            raise ParameterError(
                f"the rate of Dropout must be from 0 to below 1, not {rate}", value=rate
            )
        if mask not in ("step", "sequence"):
            raise ParameterError(
                f"mask of Dropout is 'step' or 'sequence', not {mask!r}", value=mask
            )
        self.rate = float(rate)
        self.mask = mask

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y of x's shape. To train, `train` must be the stream of random numbers.

        Raises:
            ParameterError: if `train` is just True.
            InputError: if the mask is that of a sequence, and x has fewer than 2 axes.
        """
        check_real(self, x)
        if train is False or self.rate == 0:
            return x, lambda gradient: gradient
        generator = require_generator(self, train)
        shape = x.shape
        if self.mask == "sequence":
            if x.ndim < 2:
                raise InputError(f"{self} takes (..., T, D), not {x.shape}", value=x.shape)
            shape = (*x.shape[:-2], 1, x.shape[-1])
        factor = draw_mask(generator, shape, self.rate, x.dtype)
        return x * factor, lambda gradient: gradient * factor

    def __repr__(self) -> str:
        mask = "" if self.mask == "step" else f", mask={self.mask!r}"
        return f"Dropout({self.rate:g}{mask})"


def draw_mask(
    generator: np.random.Generator, shape: tuple[int, ...], rate: float, dtype: np.dtype
) -> Array:
    """Return an array of 0 (with probability `rate`) and 1 / (1 - rate).

    The probability is kept to 2**-16: two random bytes a number.
    """
    n = int(np.prod(shape))
    words = generator.integers(0, 1 << 64, (n + 3) // 4, np.uint64).view(np.uint16)[:n]
    kept = (words >= round(rate * 65536)).astype(dtype)
    kept *= dtype.type(1 / (1 - rate))
    return kept.reshape(shape)
