"""Schedules: by what the learning rate is multiplied as training goes on.

Time is counted in epochs: `done` of them, a fraction within an epoch, of `total`. A schedule keeps
no state, so that a training that resumes takes up its rate where it was.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from embedrec.errors import ParameterError


@dataclass(frozen=True)
class Schedule:
    """Base of all schedules; by itself a constant rate."""

    def compute_factor(self, done: float, total: float, scores: Sequence[float] = ()) -> float:
        """Return the factor of the learning rate.

        Args:
            done: epochs trained so far, with the fraction of the one under way.
            total: epochs that training is to take.
            scores: what was watched at the end of each epoch, less being better.
        """
        return 1.0


@dataclass(frozen=True)
class Constant(Schedule):
    """The same rate throughout."""


@dataclass(frozen=True)
class StepDecay(Schedule):
    """factor ** floor(done / every)."""

    every: float = 10.0
    factor: float = 0.1

    def __post_init__(self) -> None:
        _check(self, "every", lambda value: value > 0, "above 0")
        _check(self, "factor", lambda value: value > 0, "above 0")

    def compute_factor(self, done: float, total: float, scores: Sequence[float] = ()) -> float:
        """Return the factor of the learning rate."""
        return float(self.factor ** math.floor(done / self.every))


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """factor ** done: multiplied by `factor` with each epoch."""

    factor: float = 0.95

    def __post_init__(self) -> None:
        _check(self, "factor", lambda value: value > 0, "above 0")

    def compute_factor(self, done: float, total: float, scores: Sequence[float] = ()) -> float:
        """Return the factor of the learning rate."""
        return float(self.factor**done)


@dataclass(frozen=True)
class LinearDecay(Schedule):
    """In a straight line from 1 to `final` at the end."""

    final: float = 0.0

    def __post_init__(self) -> None:
        _check(self, "final", lambda value: value >= 0, "0 or more")

    def compute_factor(self, done: float, total: float, scores: Sequence[float] = ()) -> float:
        """Return the factor of the learning rate."""
        share = min(1.0, done / total)
        return 1.0 + (self.final - 1.0) * share


@dataclass(frozen=True)
class CosineDecay(Schedule):
    """Half a cosine from 1 to `final` at the end (Loshchilov and Hutter 2017, eq. 5)."""

    final: float = 0.0

    def __post_init__(self) -> None:
        _check(self, "final", lambda value: value >= 0, "0 or more")

    def compute_factor(self, done: float, total: float, scores: Sequence[float] = ()) -> float:
        """Return the factor of the learning rate."""
        share = min(1.0, done / total)
        return self.final + (1.0 - self.final) * (1.0 + math.cos(math.pi * share)) / 2.0


@dataclass(frozen=True)
class InverseTime(Schedule):
    """1 / (1 + decay * done)."""

    decay: float = 1.0

    def __post_init__(self) -> None:
        _check(self, "decay", lambda value: value >= 0, "0 or more")

    def compute_factor(self, done: float, total: float, scores: Sequence[float] = ()) -> float:
        """Return the factor of the learning rate."""
        return 1.0 / (1.0 + self.decay * done)


@dataclass(frozen=True)
class WarmUp(Schedule):
    """In a straight line from `start` to 1 over `epochs`, then `after` over what is left."""

    epochs: float = 1.0
    start: float = 0.0
    after: str | Schedule = "constant"

    def __post_init__(self) -> None:
        _check(self, "epochs", lambda value: value > 0, "above 0")
        _check(self, "start", lambda value: value >= 0, "0 or more")
        make_schedule(self.after)

    def compute_factor(self, done: float, total: float, scores: Sequence[float] = ()) -> float:
        """Return the factor of the learning rate."""
        if done < self.epochs:
            return self.start + (1.0 - self.start) * done / self.epochs
        n_over = math.ceil(self.epochs)
        rest = max(total - self.epochs, 1e-9)
        after = make_schedule(self.after)
        return after.compute_factor(done - self.epochs, rest, scores[n_over:])


@dataclass(frozen=True)
class ReduceOnPlateau(Schedule):
    """Multiplied by `factor` each time the score has not got better for `patience` epochs.

    The wait begins anew with each reduction. A score is better if it is below the best so far by
    more than `min_delta`.
    """

    factor: float = 0.1
    patience: int = 3
    min_delta: float = 0.0
    least: float = 0.0

    def __post_init__(self) -> None:
        _check(self, "factor", lambda value: 0 < value < 1, "between 0 and 1")
        _check(self, "patience", lambda value: value >= 1, "at least 1")
        _check(self, "min_delta", lambda value: value >= 0, "0 or more")
        _check(self, "least", lambda value: value >= 0, "0 or more")

    def compute_factor(self, done: float, total: float, scores: Sequence[float] = ()) -> float:
        """Return the factor of the learning rate."""
        best, waited, factor = math.inf, 0, 1.0
        for score in scores:
            if score < best - self.min_delta:
                best, waited = score, 0
            else:
                waited += 1
            if waited >= self.patience:
                factor, waited = factor * self.factor, 0
        return max(factor, self.least)


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "step": StepDecay,
    "exponential": ExponentialDecay,
    "linear": LinearDecay,
    "cosine": CosineDecay,
    "inverse_time": InverseTime,
    "warm_up": WarmUp,
    "plateau": ReduceOnPlateau,
}


def make_schedule(schedule: str | Schedule) -> Schedule:
    """Return a schedule of a name, with its usual settings, or the one given.

    Raises:
        ParameterError: if there is no such schedule.
    """
    if isinstance(schedule, Schedule):
        return schedule
    if isinstance(schedule, str) and schedule in SCHEDULES:
        return SCHEDULES[schedule]()
    raise ParameterError(
        f"schedule must be one of {', '.join(SCHEDULES)}, or a Schedule, not {schedule!r}",
        value=schedule,
    )


def _check(schedule: Schedule, name: str, is_right: Callable[[float], bool], wanted: str) -> None:
    value = getattr(schedule, name)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not is_right(value) or not math.isfinite(value):
        raise ParameterError(
            f"{type(schedule).__name__}: {name} must be a number {wanted}, not {value!r}",
            value=value,
        )
