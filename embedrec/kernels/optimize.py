"""Updates of optimisers: value, gradient and state of a parameter in one pass over memory.

Each update is a plain loop over 1-d arrays of one dtype; `*_rows` do the same with some rows of a
2-d array only. All numbers given beside arrays have the arrays' dtype, so that nothing is computed
in a wider one. Formulas stand in `embedrec.nn.optim`.
"""

from __future__ import annotations

import numpy as np

from embedrec.kernels.compile import kernel


@kernel
def step_sgd(value, gradient, rate):
    """value -= rate * gradient. All (n,)."""
    for i in range(value.shape[0]):
        value[i] -= rate * gradient[i]


@kernel
def step_momentum(value, gradient, velocity, rate, momentum):
    """Momentum: `velocity` (n,) and `value` are changed in place."""
    for i in range(value.shape[0]):
        velocity[i] = momentum * velocity[i] + gradient[i]
        value[i] -= rate * velocity[i]


@kernel
def step_nesterov(value, gradient, velocity, rate, momentum):
    """Nesterov's momentum: `velocity` (n,) and `value` are changed in place."""
    for i in range(value.shape[0]):
        velocity[i] = momentum * velocity[i] + gradient[i]
        value[i] -= rate * (gradient[i] + momentum * velocity[i])


@kernel
def step_adagrad(value, gradient, squares, rate, floor):
    """AdaGrad: `squares` (n,) and `value` are changed in place."""
    for i in range(value.shape[0]):
        squares[i] += gradient[i] * gradient[i]
        value[i] -= rate * gradient[i] / (np.sqrt(squares[i]) + floor)


@kernel
def step_rmsprop(value, gradient, squares, rate, decay, rest, floor):
    """RMSProp: `squares` (n,) and `value` are changed in place; rest = 1 - decay."""
    for i in range(value.shape[0]):
        squares[i] = decay * squares[i] + rest * gradient[i] * gradient[i]
        value[i] -= rate * gradient[i] / (np.sqrt(squares[i]) + floor)


@kernel
def step_adam(value, gradient, mean, squares, rate, keep, beta1, rest1, beta2, rest2, scale, floor):
    """Adam and AdamW: `mean`, `squares` (n,) and `value` are changed in place.

    Args:
        value, gradient, mean, squares: (n,).
        rate: learning rate / (1 - beta1^t).
        keep: what `value` is multiplied by first: 1, or below it with decay of weights.
        beta1, rest1, beta2, rest2: decays and 1 - decay.
        scale: 1 / sqrt(1 - beta2^t).
        floor: added to the root.
    """
    for i in range(value.shape[0]):
        g = gradient[i]
        mean[i] = beta1 * mean[i] + rest1 * g
        squares[i] = beta2 * squares[i] + rest2 * g * g
        value[i] = keep * value[i] - rate * mean[i] / (np.sqrt(squares[i]) * scale + floor)


@kernel
def step_sgd_rows(value, rows, gradient, rate):
    """As `step_sgd` for `rows` int64 (r,) of `value` (R, D), each once; gradient (r, D)."""
    for r in range(rows.shape[0]):
        step_sgd(value[rows[r]], gradient[r], rate)


@kernel
def step_momentum_rows(value, rows, gradient, velocity, rate, momentum):
    """As `step_momentum` for some rows."""
    for r in range(rows.shape[0]):
        step_momentum(value[rows[r]], gradient[r], velocity[rows[r]], rate, momentum)


@kernel
def step_nesterov_rows(value, rows, gradient, velocity, rate, momentum):
    """As `step_nesterov` for some rows."""
    for r in range(rows.shape[0]):
        step_nesterov(value[rows[r]], gradient[r], velocity[rows[r]], rate, momentum)


@kernel
def step_adagrad_rows(value, rows, gradient, squares, rate, floor):
    """As `step_adagrad` for some rows."""
    for r in range(rows.shape[0]):
        step_adagrad(value[rows[r]], gradient[r], squares[rows[r]], rate, floor)


@kernel
def step_rmsprop_rows(value, rows, gradient, squares, rate, decay, rest, floor):
    """As `step_rmsprop` for some rows."""
    for r in range(rows.shape[0]):
        step_rmsprop(value[rows[r]], gradient[r], squares[rows[r]], rate, decay, rest, floor)


@kernel
def step_adam_rows(
    value, rows, gradient, mean, squares, rate, keep, beta1, rest1, beta2, rest2, scale, floor
):
    """As `step_adam` for some rows."""
    for r in range(rows.shape[0]):
        step_adam(
            value[rows[r]], gradient[r], mean[rows[r]], squares[rows[r]],
            rate, keep, beta1, rest1, beta2, rest2, scale, floor,
        )  # fmt: skip
