"""The trainer: a network, a loss and samples in; weights that were learned out, in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.files import PathLike
from embedrec.nn.averaging import Averaging
from embedrec.nn.callback import Callback, History
from embedrec.nn.check import check_size
from embedrec.nn.clip import check_limit
from embedrec.nn.layer import Layer, Train
from embedrec.nn.loss import Loss
from embedrec.nn.optim import Optimizer, make_optimizer
from embedrec.nn.padded import Padded
from embedrec.nn.parameter import Array
from embedrec.nn.run import Run
from embedrec.nn.schedule import Schedule, make_schedule
from embedrec.nn.stopping import EarlyStopping
from embedrec.progress import Progress, SilentProgress
from embedrec.seeding import check_seed

# (network, loss, x, y, weights, train, scale) to the loss of a batch; unless `train` is False,
# gradients times `scale` have been added to parameters.
Compute = Callable[[Layer, Loss, Any, Any, Array | None, Train, float], float]
Validation = tuple[Any, ...] | Callable[[Layer], float]


def compute_loss(
    network: Layer, loss: Loss, x: Any, y: Any, weights: Array | None, train: Train, scale: float
) -> float:
    """Return the loss of a batch; to train, add its gradients times `scale` to all parameters."""
    if isinstance(x, Padded):
        output, back = network.forward(x.values, train, lengths=x.lengths)  # type: ignore[call-arg]
    else:
        output, back = network.forward(x, train)
    value, back_of_loss = loss.forward(output, y, weights, train)
    if train is not False:
        back(back_of_loss(scale))
    return value


@dataclass
class Trainer:
    """How a network is trained.

    Attributes:
        epochs: passes over the samples.
        batch_size: samples in a step: 1 for single-sample descent, None for all at once.
        optimizer: a name of `OPTIMIZERS` or an `Optimizer`, whose settings are taken.
        learning_rate: None for the optimiser's own.
        schedule: a name of `SCHEDULES` or a `Schedule`.
        clip_norm, clip_value: limits of gradients' norm together and of each number, or None.
        stopping: ends training early by the score, and keeps the best weights; or None.
        tolerance: training ends after an epoch in which no number of any parameter has changed by
            more; None to go on.
        averaging: weights at the end are an average; or None. Scores and the best weights are those
            of the weights that are not averaged, so it goes without `restores_best`.
        shuffle: whether each epoch has an order of its own.
        seed: of the order of samples, and of what layers draw.
        augment: changes the samples of a batch before a step, `augment(x, generator)`; or None.
        compute: the pass through network and loss; see `compute_loss`.
        checkpoint: folder in which the state is saved at the end of each epoch and every
            `checkpoint_seconds`; or None. It is left there at the end, and when training is
            interrupted or fails.
        resume: go on from `checkpoint` if it is there: the same bits as without the interruption.
        progress, callbacks: told how it goes.

    Raises:
        ParameterError: if a setting can't be worked with.
    """

    epochs: int = 10
    batch_size: int | None = 32
    optimizer: str | Optimizer = "adam"
    learning_rate: float | None = None
    schedule: str | Schedule = "constant"
    clip_norm: float | None = None
    clip_value: float | None = None
    stopping: EarlyStopping | None = None
    tolerance: float | None = None
    averaging: Averaging | None = None
    shuffle: bool = True
    seed: int = 0
    augment: Callable[[Any, np.random.Generator], Any] | None = None
    compute: Compute = compute_loss
    checkpoint: PathLike | None = None
    checkpoint_seconds: float = 60.0
    resume: bool = False
    progress: Progress | None = None
    callbacks: Sequence[Callback] = ()

    def __post_init__(self) -> None:
        check_size("epochs", self.epochs, 0)
        if self.batch_size is not None:
            check_size("batch_size", self.batch_size)
        check_seed(self.seed)
        make_optimizer(self.optimizer, self.learning_rate)
        make_schedule(self.schedule)
        for name in ("clip_norm", "clip_value", "tolerance"):
            if getattr(self, name) is not None:
                check_limit(name, getattr(self, name))
        check_limit("checkpoint_seconds", self.checkpoint_seconds)
        if self.averaging and self.stopping and self.stopping.restores_best:
            raise ParameterError(
                "training ends with averaged weights or with the best ones, not both: leave out "
                "averaging, or give EarlyStopping(restores_best=False)"
            )

    def fit(
        self,
        network: Layer,
        loss: Loss,
        x: Any,
        y: Any,
        weights: Array | None = None,
        validation: Validation | None = None,
    ) -> History:
        """Train a network, and a loss that has parameters, in place.

        Args:
            network: maps a batch of x to what the loss takes.
            loss: a `Loss`; `Penalized` to keep weights small.
            x: array or `Padded`, or anything of known length that gives rows by an array of their
                numbers.
            y: likewise, the target of each row.
            weights: floating (n,), how much each row counts; None for all the same. A batch whose
                weights are all 0 is passed over.
            validation: (x, y) or (x, y, weights) whose loss is the score, less being better, or a
                function from the network to a score; None for the loss in training.

        Raises:
            ParameterError: if samples, targets and weights differ in number, or there are none.
            ResumeError: if the checkpoint belongs to another training.
            DivergenceError: naming the parameter that is no longer finite; the last checkpoint
                stays.
        """
        n = check_lengths("y", x, y)
        if weights is not None:
            check_lengths("weights", x, weights)
            weights = check_sample_weights(weights)
        if isinstance(validation, tuple):
            check_lengths("y of the validation", validation[0], validation[1])
        run = Run(self, network, loss, n, validation)
        return run.train(x, y, weights, self.progress or SilentProgress())


def check_lengths(what: str, x: Any, other: Any) -> int:
    """Return the number of samples.

    Raises:
        ParameterError: if there are none, or another number of `other`.
    """
    if not len(x):
        raise ParameterError("there are no samples to train on: x is empty", value=0)
    if len(x) != len(other):
        raise ParameterError(
            f"x has {len(x)} samples, and {what} has {len(other)}: give one for each",
            value=len(other),
        )
    return len(x)


def check_sample_weights(weights: Array) -> Array:
    """Return weights whose mean is 1.

    Raises:
        ParameterError: if one is negative or not finite, or all are 0.
    """
    weights = np.asarray(weights, np.float64)
    if weights.ndim != 1 or not np.isfinite(weights).all() or weights.min() < 0:
        raise ParameterError("weights of samples must be (n,), finite and 0 or more")
    if not weights.any():
        raise ParameterError("all weights of samples are 0: there is nothing to learn from")
    scaled: Array = weights / weights.mean()
    return scaled
