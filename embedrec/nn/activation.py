"""Activations: y = f(x), one number at a time.

Each backward multiplies by f'(x); most of them write it in terms of y, so that x need not be kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.kernels import elementwise
from embedrec.nn.check import check_real
from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.parameter import Array
from embedrec.nn.prelu import Prelu
from embedrec.nn.softmax import LogSoftmax, Softmax


class Identity(Layer):
    """y = x."""

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return x itself; the gradient passes as it is."""
        return x, lambda gradient: gradient


class Step(Layer):
    """y = 1 where x > 0, else 0: the perceptron's unit.

    Its derivative is 0 wherever there is one, and the backward says so: no gradient comes through,
    and what lies below can't be learned by gradients. The perceptron's own rule does without.
    """

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y of x's shape and dtype."""
        check_real(self, x)
        return (x > 0).astype(x.dtype), np.zeros_like


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)); y' = y (1 - y)."""

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y of x's shape and dtype."""
        check_real(self, x)
        y = compute_sigmoid(x)
        return y, lambda gradient: _run(elementwise.pass_sigmoid, gradient, y)


class Tanh(Layer):
    """y = tanh x; y' = 1 - y**2."""

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y of x's shape and dtype."""
        check_real(self, x)
        y = _run(elementwise.apply_tanh, x)
        return y, lambda gradient: _run(elementwise.pass_tanh, gradient, y)


class Relu(Layer):
    """y = max(x, 0); y' = 1 where x > 0, else 0."""

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y of x's shape and dtype."""
        check_real(self, x)
        y = _run(elementwise.apply_relu, x)
        return y, lambda gradient: _run(elementwise.pass_relu, gradient, y)


class LeakyRelu(Layer):
    """y = x where x > 0, else slope x (Maas, Hannun and Ng 2013)."""

    def __init__(self, slope: float = 0.01) -> None:
        if not 0 <= slope < 1:
            raise ParameterError(
                f"the slope of LeakyRelu must be from 0 to below 1, not {slope}", value=slope
            )
        self.slope = float(slope)

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y of x's shape and dtype."""
        check_real(self, x)
        slope = x.dtype.type(self.slope)
        y = _run(elementwise.apply_slope, x, slope)
        return y, lambda gradient: _run(elementwise.pass_slope, gradient, x, slope)

    def __repr__(self) -> str:
        return f"LeakyRelu({self.slope:g})"


class Softplus(Layer):
    """y = log(1 + exp x), a smooth max(x, 0); y' = sigmoid(x)."""

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return y of x's shape and dtype."""
        check_real(self, x)
        return compute_softplus(x), lambda gradient: _run(elementwise.pass_softplus, gradient, x)


ACTIVATIONS: dict[str, Callable[..., Layer]] = {
    "identity": Identity,
    "step": Step,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": Relu,
    "leaky_relu": LeakyRelu,
    "prelu": Prelu,
    "softplus": Softplus,
    "softmax": Softmax,
    "log_softmax": LogSoftmax,
}


def make_activation(name: str, n_channels: int = 1, *, dtype: Any = np.float32) -> Layer:
    """Make a new activation by its name.

    Args:
        name: one of `ACTIVATIONS`.
        n_channels: of its input; only prelu has parameters for them (1: one slope for all).
        dtype: of such parameters.

    Raises:
        ParameterError: if there is none of this name.
    """
    if name not in ACTIVATIONS:
        raise ParameterError(
            f"there is no activation {name!r}: choose one of {', '.join(ACTIVATIONS)}", value=name
        )
    if name == "prelu":
        return Prelu(n_channels, dtype=dtype)
    return ACTIVATIONS[name]()


def compute_sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)) for x of any size."""
    return _run(elementwise.apply_sigmoid, x)


def compute_softplus(x: Array) -> Array:
    """Return log(1 + exp x) as max(x, 0) + log(1 + exp(-|x|)), which never overflows."""
    return _run(elementwise.apply_softplus, x)


def _run(function: Callable[..., None], array: Array, *others: Any) -> Array:
    """Return what a kernel makes of arrays (and numbers), in the shape of the first array."""
    out = np.empty(array.shape, array.dtype)
    function(*(_lay_out(thing) for thing in (array, *others)), out.reshape(-1))
    return out


def _lay_out(thing: Any) -> Any:
    return np.ascontiguousarray(thing).reshape(-1) if isinstance(thing, np.ndarray) else thing
