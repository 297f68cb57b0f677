"""From an estimator's arguments to the course of its training, checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.models.rbm.sparsity import Sparsity
from embedrec.models.rbm.training import Course
from embedrec.nn.check import check_size
from embedrec.nn.optim import Optimizer, make_optimizer
from embedrec.nn.schedule import make_schedule

# Gaussian units have no bound that would keep a step in check (Hinton 2010, section 13.2).
_RATES = {"gaussian": 0.005}
_USUAL_RATE = 0.05


def make_course(estimator: Any, units: str) -> Course:
    """Return the course that an estimator's arguments ask for.

    Args:
        estimator: `RBM`, or one with the same arguments.
        units: kind of the visible units.

    Raises:
        ParameterError: if an argument can't be worked with.
    """
    check_numbers(estimator, ("l1", "l2", "momentum_epochs", "weight_deviation", "start_momentum"))
    if estimator.start_momentum >= 1:
        raise ParameterError(
            f"start_momentum must be from 0 to below 1, not {estimator.start_momentum!r}",
            value=estimator.start_momentum,
        )
    batch_size = check_size("batch_size", estimator.batch_size)
    n_chains = batch_size if estimator.n_chains is None else estimator.n_chains
    draws_visible = estimator.draws_visible
    if draws_visible is None:
        draws_visible = units != "gaussian"
    optimizer = make_rated_optimizer(estimator.optimizer, estimator.learning_rate, units)
    sparsity = None
    if estimator.sparsity_target is not None:
        sparsity = Sparsity(
            estimator.sparsity_target, estimator.sparsity_strength, estimator.sparsity_decay
        )
    schedule = make_schedule(estimator.schedule)
    settings = {name: repr(value) for name, value in estimator.get_params(deep=False).items()}
    return Course(
        epochs=check_size("epochs", estimator.epochs, 0),
        batch_size=batch_size,
        optimizer=optimizer,
        schedule=schedule,
        start_momentum=estimator.start_momentum,
        momentum_epochs=estimator.momentum_epochs,
        n_steps=check_size("n_steps", estimator.n_steps),
        n_chains=check_size("n_chains", n_chains) if estimator.persistent else 0,
        draws_visible=bool(draws_visible),
        l1=estimator.l1,
        l2=estimator.l2,
        sparsity=sparsity,
        seed=estimator.seed,
        settings={**settings, "model": type(estimator).__name__, "units": units},
    )


def make_rated_optimizer(
    optimizer: str | Optimizer, learning_rate: float | None, units: str
) -> Optimizer:
    """Return an optimiser with the rate that is asked for, or is usual for a kind of units."""
    if learning_rate is None and optimizer in ("sgd", "momentum", "nesterov"):
        learning_rate = _RATES.get(units, _USUAL_RATE)
    return make_optimizer(optimizer, learning_rate)


def check_numbers(estimator: Any, names: tuple[str, ...]) -> None:
    """Raise ParameterError unless some arguments are finite numbers of at least 0."""
    for name in names:
        value = getattr(estimator, name)
        is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        if not is_number or not 0 <= value < np.inf:
            raise ParameterError(
                f"{name} must be a number of at least 0, not {value!r}", value=value
            )
