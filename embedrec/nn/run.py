"""One run of a trainer: where it stands, its steps, and how it goes on from a checkpoint."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embedrec.errors import CorruptedError, DivergenceError
from embedrec.manifest import Manifest
from embedrec.nn.averaging import WeightAverage
from embedrec.nn.callback import EpochReport, History, StepReport
from embedrec.nn.checkpoint import (
    Groups,
    identify_training,
    list_settings,
    load_checkpoint,
    save_checkpoint,
)
from embedrec.nn.clip import clip_by_norm, clip_by_value
from embedrec.nn.divergence import find_divergence
from embedrec.nn.first import skip_input_gradient
from embedrec.nn.layer import Layer, iterate_parameters
from embedrec.nn.loss import Loss
from embedrec.nn.optim import make_optimizer
from embedrec.nn.parameter import Array, Parameter
from embedrec.nn.schedule import make_schedule
from embedrec.nn.validation import validate
from embedrec.progress import Progress, Stage
from embedrec.seeding import make_generator

if TYPE_CHECKING:
    from embedrec.nn.trainer import Trainer, Validation


class Run:
    """A training under way.

    Attributes:
        epoch, batch: the next step's place, 0-based.
        history: of the epochs that are complete.
    """

    def __init__(
        self, trainer: Trainer, network: Layer, loss: Loss, n: int, validation: Validation | None
    ) -> None:
        self.trainer, self.network, self.loss = trainer, network, loss
        self.validation = validation
        self.n_samples = n
        self.batch_size = min(n, trainer.batch_size or n)
        self.n_batches = -(-n // self.batch_size)
        self.parameters: list[tuple[str, Parameter]] = list(
            iterate_parameters({"network": network, "loss": loss})
        )
        self.optimizer = make_optimizer(trainer.optimizer, trainer.learning_rate)
        self.schedule = make_schedule(trainer.schedule)
        self.average = WeightAverage(trainer.averaging.decay if trainer.averaging else None)
        self.best: dict[str, Array] = {}
        self.before: dict[str, Array] = {}
        self.history = History()
        self.epoch = self.batch = 0
        self.loss_sum = self.share_sum = 0.0
        self.is_ended = False
        self.identity: Manifest | None = None
        self.saved_at = 0.0

    def train(self, x: Any, y: Any, weights: Array | None, progress: Progress) -> History:
        """Go from where the run stands to the end."""
        trainer = self.trainer
        if trainer.checkpoint is not None:
            settings = list_settings(trainer, self.optimizer, self.network, self.loss)
            self.identity = identify_training(settings, x=x, y=y, weights=weights)
            if trainer.resume and Path(trainer.checkpoint).is_dir():
                self.restore(*load_checkpoint(trainer.checkpoint, self.identity))
        total = float(trainer.epochs * self.n_samples)
        with (
            progress.stage("train", total=total, unit="samples") as stage,
            skip_input_gradient(self.network),
            np.errstate(over="ignore", invalid="ignore"),  # `check_finite` says it with a name
        ):
            self.saved_at = time.monotonic()
            while self.epoch < trainer.epochs and not self.is_ended:
                self._train_epoch(x, y, weights, stage)
                self._save()
        self._install_result()
        return self.history

    def _train_epoch(self, x: Any, y: Any, weights: Array | None, stage: Stage) -> None:
        trainer, start = self.trainer, time.perf_counter()
        for callback in trainer.callbacks:
            callback.begin_epoch(self.epoch)
        if trainer.tolerance is not None and not self.batch:
            self.before = self._copy_values()
        order = np.arange(self.n_samples)
        if trainer.shuffle:
            order = make_generator(trainer.seed, "shuffle", self.epoch).permutation(order)
        for batch in range(self.batch, self.n_batches):
            rows = order[batch * self.batch_size :][: self.batch_size]
            report = self._train_batch(x[rows], y[rows], None if weights is None else weights[rows])
            self.batch = batch + 1
            for callback in trainer.callbacks:
                callback.end_step(report)
            done = self.epoch * self.n_samples + min(self.n_samples, self.batch * self.batch_size)
            stage.update(done, loss=self.loss_sum / max(self.share_sum, 1e-300))
            is_due = time.monotonic() - self.saved_at > trainer.checkpoint_seconds
            if is_due and self.batch < self.n_batches:
                self._save()
        self._end_epoch(time.perf_counter() - start)

    def _train_batch(self, x: Any, y: Any, weights: Array | None) -> StepReport:
        trainer = self.trainer
        # Weights are 1 in the mean of all samples: a batch counts by how much weight it holds.
        share = 1.0 if weights is None else float(weights.mean())
        time_done = self.epoch + self.batch / self.n_batches
        factor = self.schedule.compute_factor(time_done, trainer.epochs, self.history.scores)
        place = self.epoch, self.batch, self.n_batches, factor
        if not share:
            return StepReport(*place, 0.0)
        if trainer.augment is not None:
            x = trainer.augment(x, make_generator(trainer.seed, "augment", *place[:2]))
        generator = make_generator(trainer.seed, "step", *place[:2])
        for _, parameter in self.parameters:
            parameter.clear_gradient()
        value = trainer.compute(self.network, self.loss, x, y, weights, generator, share)
        if not math.isfinite(value):
            self._raise_divergence(f"the loss is {value}", x)
        if trainer.clip_value is not None:
            clip_by_value(self.parameters, trainer.clip_value)
        norm = None
        if trainer.clip_norm is not None:
            norm = clip_by_norm(self.parameters, trainer.clip_norm)
            if not math.isfinite(norm):
                self._raise_divergence(f"the norm of all gradients is {norm}")
        self.optimizer.step(self.parameters, factor)
        if self._is_averaging("step"):
            self.average.add(self.parameters)
        count = share * len(x)
        self.loss_sum, self.share_sum = self.loss_sum + value * count, self.share_sum + count
        return StepReport(*place, value, norm)

    def _end_epoch(self, seconds: float) -> None:
        trainer, history = self.trainer, self.history
        self.check_finite()
        loss = self.loss_sum / max(self.share_sum, 1e-300)
        score = loss
        if self.validation is not None:
            score = validate(self.network, self.loss, self.validation, trainer.compute)
        history.losses.append(loss)
        history.scores.append(score)
        if self._is_averaging("epoch"):
            self.average.add(self.parameters)
        if trainer.stopping is not None:
            if trainer.stopping.find_best(history.scores) == self.epoch:
                self.best = self._copy_values() if trainer.stopping.restores_best else {}
            if trainer.stopping.is_over(history.scores):
                self.is_ended, history.reason = True, "no better score"
        if trainer.tolerance is not None and self._measure_change() <= trainer.tolerance:
            self.is_ended, history.reason = True, "changes below the threshold"
        report = EpochReport(self.epoch, loss, score, seconds)
        self.epoch, self.batch, self.loss_sum, self.share_sum = self.epoch + 1, 0, 0.0, 0.0
        for callback in trainer.callbacks:
            if callback.end_epoch(report):
                self.is_ended, history.reason = True, "callback"

    def check_finite(self) -> None:
        """Raise DivergenceError naming a parameter that is not finite, if there is one."""
        if any(not np.isfinite(parameter.value).all() for _, parameter in self.parameters):
            self._raise_divergence("weights are not finite")

    def _raise_divergence(self, why: str, x: Any = None) -> None:
        where = find_divergence(self.parameters, x)
        raise DivergenceError(
            f"training diverged in epoch {self.epoch}, batch {self.batch}: {why}, and {where}; "
            "lower the learning rate, clip gradients, or scale the samples",
            value=where,
        )

    def _is_averaging(self, every: str) -> bool:
        averaging = self.trainer.averaging
        begins = averaging is not None and self.epoch >= averaging.start * self.trainer.epochs
        return begins and averaging is not None and averaging.every == every

    def _measure_change(self) -> float:
        changes = (np.abs(p.value - self.before[name]).max() for name, p in self.parameters)
        return float(max(changes, default=0.0))

    def _copy_values(self) -> dict[str, Array]:
        return {name: parameter.value.copy() for name, parameter in self.parameters}

    def _install_result(self) -> None:
        stopping = self.trainer.stopping
        if stopping is not None and stopping.restores_best and self.best:
            for name, parameter in self.parameters:
                parameter.value[...] = self.best[name]
            self.history.best_epoch = stopping.find_best(self.history.scores)
        self.average.install(self.parameters)
        for _, parameter in self.parameters:
            parameter.clear_gradient()

    def _save(self) -> None:
        if self.identity is not None and self.trainer.checkpoint is not None:
            self.check_finite()
            save_checkpoint(self.trainer.checkpoint, *self.export(), self.identity)
            self.saved_at = time.monotonic()

    def export(self) -> tuple[Groups, dict[str, Any]]:
        """Return the state: arrays, not copied, and values for JSON."""
        slots, facts = self.optimizer.export_state()
        groups = {
            "value": {name: parameter.value for name, parameter in self.parameters},
            "slot": slots,
            "best": self.best,
            "average": self.average.arrays,
            "before": self.before,
        }
        return groups, {
            **facts,
            "epoch": self.epoch,
            "batch": self.batch,
            "loss_sum": self.loss_sum,
            "share_sum": self.share_sum,
            "n_averaged": self.average.n_added,
            "losses": self.history.losses,
            "scores": self.history.scores,
            "is_ended": self.is_ended,
            "reason": self.history.reason,
        }

    def restore(self, groups: Groups, facts: dict[str, Any]) -> None:
        """Take what `export` returned; the parameters' arrays stay and get their values.

        Raises:
            CorruptedError: if it does not fit together.
        """
        try:
            for name, parameter in self.parameters:
                parameter.value[...] = groups["value"][name]
            self.optimizer.restore_state(groups.get("slot", {}), facts)
            self.best = groups.get("best", {})
            self.before = groups.get("before", {})
            self.average.arrays = groups.get("average", {})
            self.average.n_added = int(facts["n_averaged"])
            self.epoch, self.batch = int(facts["epoch"]), int(facts["batch"])
            self.loss_sum, self.share_sum = float(facts["loss_sum"]), float(facts["share_sum"])
            self.history.losses = [float(loss) for loss in facts["losses"]]
            self.history.scores = [float(score) for score in facts["scores"]]
            self.history.reason = str(facts["reason"])
            self.is_ended = bool(facts["is_ended"])
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptedError(
                f"the checkpoint {self.trainer.checkpoint} is not complete ({error}); "
                "start again without resuming",
                value=self.trainer.checkpoint,
            ) from error
