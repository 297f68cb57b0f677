"""Epochs of a model of ratings: order, validation, early stopping, checkpoints, progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from embedrec.errors import CorruptedError, DivergenceError, ParameterError
from embedrec.files import PathLike
from embedrec.manifest import Manifest
from embedrec.models.ratings.model import OnEpoch
from embedrec.nn.callback import EpochReport, History
from embedrec.nn.checkpoint import identify_training, load_checkpoint, save_checkpoint
from embedrec.nn.optimizer import Optimizer
from embedrec.nn.parameter import Array
from embedrec.progress import Progress, SilentProgress
from embedrec.ratings.table import Ratings


@dataclass
class EpochTraining:
    """What a training by epochs is made of.

    Attributes:
        arrays: what is learned, by name, float32; `train_epoch` changes them in place.
        train_epoch: epoch (0-based) -> loss.
        evaluate: what the weights as they are have for a score, less being better; None without
            held-out ratings, where the loss stands in and nothing ends early.
        n_samples: of an epoch, for progress.
        epochs: at most.
        patience: epochs without a better score after which training ends.
        settings: what decides the result, JSON values.
        inputs: arrays that decide it.
        optimizer: whose slots belong to the state; None without one.
    """

    arrays: dict[str, Array]
    train_epoch: Callable[[int], float]
    evaluate: Callable[[], float] | None
    n_samples: int
    epochs: int
    patience: int
    settings: dict[str, Any]
    inputs: dict[str, Array] = field(default_factory=dict)
    optimizer: Optimizer | None = None

    def run(
        self,
        checkpoint: PathLike | None,
        resume: bool,
        progress: Progress | None,
        on_epoch: OnEpoch | None,
    ) -> History:
        """Train, from the checkpoint if there is one and `resume` is set; best weights stay.

        Raises:
            ResumeError: if the checkpoint belongs to another training.
            DivergenceError: if weights are no longer finite.
        """
        history, best = History(), dict[str, Array]()
        identity = identify_training(self.settings, **self.inputs)
        if checkpoint is not None and resume and Path(checkpoint).is_dir():
            self._restore(checkpoint, identity, history, best)
        with (progress or SilentProgress()).stage(
            "train", total=self.epochs * self.n_samples, unit="ratings"
        ) as stage:
            while len(history.losses) < self.epochs and history.reason == "epochs":
                epoch, start = len(history.losses), time.perf_counter()
                loss = self.train_epoch(epoch)
                self._check_finite(epoch, loss)
                score = loss if self.evaluate is None else self.evaluate()
                history.losses.append(loss)
                history.scores.append(score)
                self._judge(history, best)
                report = EpochReport(epoch, loss, score, time.perf_counter() - start)
                stage.update((epoch + 1) * self.n_samples, loss=loss, score=score)
                if on_epoch is not None and on_epoch(report):
                    history.reason = "callback"
                if checkpoint is not None:
                    self._save(checkpoint, identity, history, best)
        for name, array in best.items():
            self.arrays[name][...] = array
        return history

    def _judge(self, history: History, best: dict[str, Array]) -> None:
        if self.evaluate is None:
            return
        history.best_epoch = int(np.argmin(history.scores))
        if history.best_epoch == len(history.scores) - 1:
            best.update({name: array.copy() for name, array in self.arrays.items()})
        elif len(history.scores) - 1 - history.best_epoch >= self.patience:
            history.reason = "no better score"

    def _check_finite(self, epoch: int, loss: float) -> None:
        wrong = [name for name, array in self.arrays.items() if not np.isfinite(array).all()]
        if wrong or not np.isfinite(loss):
            raise DivergenceError(
                f"training diverged in epoch {epoch}: {' and '.join(wrong) or 'the loss'} not "
                "finite; lower the learning rate",
                value=epoch,
            )

    def _save(
        self, folder: PathLike, identity: Manifest, history: History, best: dict[str, Array]
    ) -> None:
        slots, facts = ({}, {}) if self.optimizer is None else self.optimizer.export_state()
        facts = {
            **facts,
            "losses": history.losses,
            "scores": history.scores,
            "best_epoch": history.best_epoch,
            # One who stopped it by a callback goes on by resuming.
            "reason": "epochs" if history.reason == "callback" else history.reason,
        }
        groups = {"value": self.arrays, "best": best, "slot": slots}
        save_checkpoint(folder, groups, facts, identity)

    def _restore(
        self, folder: PathLike, identity: Manifest, history: History, best: dict[str, Array]
    ) -> None:
        groups, facts = load_checkpoint(folder, identity)
        try:
            for name, array in self.arrays.items():
                array[...] = groups["value"][name]
            if self.optimizer is not None:
                self.optimizer.restore_state(groups.get("slot", {}), facts)
            best.update(groups.get("best", {}))
            history.losses = [float(loss) for loss in facts["losses"]]
            history.scores = [float(score) for score in facts["scores"]]
            history.best_epoch, history.reason = facts["best_epoch"], str(facts["reason"])
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptedError(
                f"the checkpoint {folder} is not complete ({error}); start again without resuming",
                value=str(folder),
            ) from error


def list_inputs(ratings: Ratings, validation: Ratings | None) -> dict[str, Array]:
    """Return the arrays of tables that decide a training."""
    tables = {"ratings": ratings, "validation": validation}
    return {
        f"{name}_{part}": getattr(table, part)
        for name, table in tables.items()
        if table is not None
        for part in ("users", "items", "values")
    }


def check_numbers(model: Any, least: Mapping[str, float], whole: tuple[str, ...] = ()) -> None:
    """Check arguments of a model's constructor.

    Args:
        model: has them as attributes.
        least: name of an argument to the smallest value it may have.
        whole: those that must be whole numbers.

    Raises:
        ParameterError: naming the first that is out of range.
    """
    for name, bound in least.items():
        value = getattr(model, name)
        kinds = (int, np.integer) if name in whole else (int, float, np.number)
        if isinstance(value, bool) or not isinstance(value, kinds) or not bound <= value < np.inf:
            kind = "whole number" if name in whole else "number"
            raise ParameterError(
                f"{type(model).__name__}: {name} must be a {kind} of {bound:g} or more, "
                f"not {value!r}",
                value=value,
            )


def check_choice(model: Any, name: str, choices: tuple[str, ...]) -> None:
    """Check a word among the arguments of a model's constructor; ParameterError if it is none."""
    value = getattr(model, name)
    if value not in choices:
        raise ParameterError(
            f"{type(model).__name__}: {name} must be one of {', '.join(choices)}, not {value!r}",
            value=value,
        )
