"""Activations and their derivatives in one pass each over arrays of one axis.

Every `out` is set and is as long as the other arrays; all are of one dtype, float32 or float64, and
C-contiguous. NaN is carried on.
"""

from __future__ import annotations

from embedrec.kernels.compile import kernel
from embedrec.kernels.exponential import softplus
from embedrec.kernels.recurrent.activation import sigmoid, tanh


@kernel
def apply_sigmoid(x, out):
    """Set `out` to 1 / (1 + exp(-x))."""
    for i in range(len(x)):
        out[i] = sigmoid(x[i])


@kernel
def pass_sigmoid(gradient, y, out):
    """Set `out` to gradient y (1 - y)."""
    for i in range(len(y)):
        out[i] = gradient[i] * (y[i] - y[i] * y[i])


@kernel
def apply_tanh(x, out):
    """Set `out` to tanh x."""
    for i in range(len(x)):
        out[i] = tanh(x[i])


@kernel
def pass_tanh(gradient, y, out):
    """Set `out` to gradient (1 - y**2)."""
    for i in range(len(y)):
        out[i] = gradient[i] - gradient[i] * (y[i] * y[i])


@kernel
def apply_relu(x, out):
    """Set `out` to max(x, 0)."""
    for i in range(len(x)):
        out[i] = 0 if x[i] < 0 else x[i]


@kernel
def pass_relu(gradient, y, out):
    """Set `out` to the gradient where y > 0, else to 0."""
    for i in range(len(y)):
        out[i] = gradient[i] if y[i] > 0 else 0


@kernel
def apply_softplus(x, out):
    """Set `out` to log(1 + exp x)."""
    for i in range(len(x)):
        out[i] = softplus(x[i])


@kernel
def pass_softplus(gradient, x, out):
    """Set `out` to gradient sigmoid(x)."""
    for i in range(len(x)):
        out[i] = gradient[i] * sigmoid(x[i])


@kernel
def apply_slope(x, slope, out):
    """Set `out` to x where x > 0, else to slope x."""
    for i in range(len(x)):
        out[i] = x[i] if x[i] > 0 else slope * x[i]


@kernel
def pass_slope(gradient, x, slope, out):
    """Set `out` to the gradient where x > 0, else to slope times it."""
    for i in range(len(x)):
        out[i] = gradient[i] if x[i] > 0 else slope * gradient[i]


@kernel
def apply_slopes(x, slopes, out):
    """Set `out` to x where x > 0, else to slopes x: (n, C) all but slopes, (C,)."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = x[i, j] if x[i, j] > 0 else slopes[j] * x[i, j]


@kernel
def pass_slopes(gradient, x, slopes, out, at_slopes):
    """Set `out` to gradient (1 where x > 0, else slopes), and add to `at_slopes` (C,)."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            change = gradient[i, j] * x[i, j]
            out[i, j] = gradient[i, j] if x[i, j] > 0 else slopes[j] * gradient[i, j]
            at_slopes[j] += 0 if x[i, j] > 0 else change
