"""What a training of a network tells while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class StepReport:
    """One batch has been trained.

    Attributes:
        epoch: 0-based.
        batch: 0-based number of the batch in its epoch.
        n_batches: batches in an epoch.
        rate: the schedule's factor of the learning rate in this step.
        loss: of the batch, before the update; with penalties.
        norm: of all gradients together before clipping by norm; None without that.
    """

    epoch: int
    batch: int
    n_batches: int
    rate: float
    loss: float
    norm: float | None = None


@dataclass(frozen=True)
class EpochReport:
    """One pass over the samples is complete.

    Attributes:
        epoch: 0-based.
        loss: mean loss over the epoch's batches, each before its update; with penalties.
        score: what is watched, less being better: of the validation, or the loss without one.
        seconds: that the epoch took.
    """

    epoch: int
    loss: float
    score: float
    seconds: float


class Callback:
    """Base with empty methods; override what you need.

    An exception that a method raises ends the training; the last checkpoint stays.
    """

    def begin_epoch(self, epoch: int) -> None:
        """Called before the first batch of an epoch, and on resuming within it."""

    def end_step(self, report: StepReport) -> None:
        """Called after each batch."""

    def end_epoch(self, report: EpochReport) -> bool | None:
        """Called after the last batch of an epoch; training ends if it returns True."""
        return None


@dataclass
class History:
    """How a training went.

    Attributes:
        losses: mean loss of each epoch.
        scores: what was watched at the end of each epoch, less being better.
        best_epoch: 0-based epoch whose weights the network has, if the best were kept.
        reason: why it ended: "epochs", "no better score", "changes below the threshold" or
            "callback".
    """

    losses: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    best_epoch: int | None = None
    reason: str = "epochs"
