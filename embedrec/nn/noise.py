"""Noise on the input, in training only: what a denoising autoencoder has to undo."""

from __future__ import annotations

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.check import check_real
from embedrec.nn.layer import Backward, Layer, Train, require_generator
from embedrec.nn.parameter import Array


class MaskingNoise(Layer):
    """Each number is 0 with probability `rate` and stays as it is otherwise.

    Vincent et al. 2010, section 3.3. Unlike `Dropout` it does not make up for what is missing: the
    network is to fill it in.
    """

    def __init__(self, rate: float) -> None:
        if not 0 <= rate < 1:
            raise ParameterError(
                f"the rate of MaskingNoise must be from 0 to below 1, not {rate}", value=rate
            )
        self.rate = float(rate)

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y of x's shape; x itself in prediction.

        Raises:
            ParameterError: if `train` is just True, and no stream of random numbers.
        """
        check_real(self, x)
        if train is False or self.rate == 0:
            return x, lambda gradient: gradient
        kept = require_generator(self, train).random(x.shape, np.float32) >= self.rate
        return x * kept, lambda gradient: gradient * kept

    def __repr__(self) -> str:
        return f"MaskingNoise({self.rate:g})"


class GaussianNoise(Layer):
    """y = x + e, with e normal of mean 0 (Vincent et al. 2010, section 3.3)."""

    def __init__(self, deviation: float) -> None:
        if not 0 <= deviation < np.inf:
            raise ParameterError(
                f"the deviation of GaussianNoise must be 0 or more, not {deviation}",
                value=deviation,
            )
        self.deviation = float(deviation)

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y of x's shape; x itself in prediction.

        Raises:
            ParameterError: if `train` is just True, and no stream of random numbers.
        """
        check_real(self, x)
        if train is False or self.deviation == 0:
            return x, lambda gradient: gradient
        noise = require_generator(self, train).standard_normal(x.shape, np.float32)
        return x + x.dtype.type(self.deviation) * noise, lambda gradient: gradient

    def __repr__(self) -> str:
        return f"GaussianNoise({self.deviation:g})"
