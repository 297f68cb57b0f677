"""What has diverged in a training whose loss or weights are not finite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from embedrec.nn.padded import Padded
from embedrec.nn.parameter import Parameter, RowGradient


def find_divergence(parameters: Sequence[tuple[str, Parameter]], x: Any = None) -> str:
    """Say in words where values that are not finite, or the largest ones, stand.

    In this order: samples, values of parameters, their gradients. If all are finite, numbers have
    outgrown their type on the way through the network, and the largest weight is named.

    Args:
        parameters: names and parameters.
        x: samples of the batch, or None.
    """
    samples = x.values if isinstance(x, Padded) else x
    if isinstance(samples, np.ndarray) and not np.isfinite(samples).all():
        return "samples of the batch are not finite"
    for name, parameter in parameters:
        if not np.isfinite(parameter.value).all():
            return f"the parameter {name} is not finite"
    largest, size = "", -1.0
    for name, parameter in parameters:
        gradient = parameter.gradient
        values = gradient.values if isinstance(gradient, RowGradient) else gradient
        if values is not None and not np.isfinite(values).all():
            return f"the gradient of the parameter {name} is not finite"
        most = float(np.abs(parameter.value).max(initial=0.0))
        if most > size:
            largest, size = name, most
    return f"the parameter {largest} has grown to {size:.3g}"
