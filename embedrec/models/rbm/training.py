"""Training of a machine: batches, both phases, steps, figures, checkpoints, resuming."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embedrec.errors import CorruptedError, DivergenceError
from embedrec.files import PathLike
from embedrec.manifest import Manifest
from embedrec.models.rbm.divergence import persist, reconstruct
from embedrec.models.rbm.sparsity import Sparsity
from embedrec.nn.callback import Callback, EpochReport, StepReport
from embedrec.nn.checkpoint import Groups, identify_training, load_checkpoint, save_checkpoint
from embedrec.nn.optim import Momentum, Optimizer
from embedrec.nn.parameter import Array
from embedrec.nn.regularize import add_penalty_gradients
from embedrec.nn.schedule import Schedule
from embedrec.progress import Progress, SilentProgress, Stage
from embedrec.seeding import make_generator

_SECONDS_BETWEEN_SAVES = 60.0
_ROWS_WATCHED = 1000


class EpochFigures(NamedTuple):
    """What a machine is like after an epoch.

    Attributes:
        error: mean squared error of reconstruction on the first 1,000 training samples.
        valid_error: likewise of the validation samples, or None without them.
        gap: mean free energy of validation samples less that of those training samples: when it
            grows the machine overfits (Hinton 2010, section 6).
    """

    error: float
    valid_error: float | None = None
    gap: float | None = None


@dataclass
class Course:
    """How a machine is trained, and where the training stands.

    Attributes:
        epochs, batch_size: passes over the samples, and samples in a step.
        optimizer: takes the steps; momentum of `Momentum` rises to its own from `start_momentum`
            over `momentum_epochs` epochs (Hinton 2010, section 9).
        schedule: of the learning rate.
        n_steps: k, steps of Gibbs sampling for the negative phase.
        n_chains: chains of persistent contrastive divergence; 0 for contrastive divergence.
        draws_visible: see `reconstruct`; persistent chains always do.
        l1, l2: factors of the penalties on weights (section 10).
        sparsity: or None (section 11).
        seed: of all that is drawn.
        settings: what decides the result besides, JSON values, for the checkpoint.
        checkpoint, resume, progress, callbacks: as of `embedrec.nn.Trainer`.
    """

    epochs: int
    batch_size: int
    optimizer: Optimizer
    schedule: Schedule
    start_momentum: float = 0.5
    momentum_epochs: float = 5.0
    n_steps: int = 1
    n_chains: int = 0
    draws_visible: bool = True
    l1: float = 0.0
    l2: float = 0.0
    sparsity: Sparsity | None = None
    seed: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    checkpoint: PathLike | None = None
    resume: bool = False
    progress: Progress | None = None
    callbacks: Sequence[Callback] = ()

    def __post_init__(self) -> None:
        self.epoch = self.batch = 0
        self.is_ended = False
        self.chains: Array | None = None
        self.activity: Array | None = None
        self.figures: list[EpochFigures] = []
        self.final_momentum = getattr(self.optimizer, "momentum", 0.0)
        self.saved_at = 0.0

    def run(self, machine: Any, states: Array, held_out: Array | None = None) -> None:
        """Train a machine in place, from where the course stands to the end.

        Args:
            machine: `Machine`, or what a derived course knows, with its start weights.
            states: (n, D), samples as its units have them.
            held_out: likewise, watched only.

        Raises:
            DivergenceError: if a parameter is no longer finite; the last checkpoint stays.
            ResumeError, CorruptedError: if the checkpoint is another training's, or damaged.
        """
        identity = None
        if self.checkpoint is not None:
            identity = identify_training(self.settings, x=states, held_out=held_out)
            if self.resume and Path(self.checkpoint).is_dir():
                self._restore(machine, *load_checkpoint(self.checkpoint, identity))
        if self.n_chains and self.chains is None:
            self.chains = self.start_chains(machine, states)
        progress = self.progress or SilentProgress()
        total = float(self.epochs * len(states))
        with (
            progress.stage("train", total=total, unit="samples") as stage,
            np.errstate(over="ignore", invalid="ignore"),  # `_check_finite` says it with a name
        ):
            self.saved_at = time.monotonic()
            while self.epoch < self.epochs and not self.is_ended:
                started = time.perf_counter()
                self._train_epoch(machine, states, stage, identity)
                self._end_epoch(machine, states, held_out, time.perf_counter() - started)
                stage.update(float(self.epoch * len(states)), error=self.figures[-1].error)
                self._save(machine, identity)
        for _, parameter in machine.parameters:
            parameter.clear_gradient()

    def measure(self, machine: Any, states: Array, held_out: Array | None) -> EpochFigures:
        """Return the figures of a machine as it is now."""
        watched = states[:_ROWS_WATCHED]
        error = float(measure_errors(machine, watched).mean())
        if held_out is None:
            return EpochFigures(error)
        gap = machine.compute_free_energy(held_out).mean()
        gap -= machine.compute_free_energy(watched).mean()
        return EpochFigures(error, float(measure_errors(machine, held_out).mean()), float(gap))

    def start_chains(self, machine: Any, states: Array) -> Array:
        """Return states (n_chains, columns) from which persistent chains start: some samples."""
        generator = make_generator(self.seed, "chains")
        return states[generator.integers(0, len(states), self.n_chains)]

    def add_gradients(self, machine: Any, visible: Array, generator: np.random.Generator) -> None:
        """Add the gradients of both phases for a batch (n, D) to all parameters; walk on."""
        hidden = machine.compute_hidden_means(visible)
        if self.chains is not None:
            model = persist(machine, self.chains, self.n_steps, generator)
            self.chains = model[0]
        else:
            model = reconstruct(
                machine, hidden, self.n_steps, generator, draws_visible=self.draws_visible
            )
        machine.add_gradients((visible, hidden), model)
        if self.sparsity is not None:
            self.activity = self.sparsity.follow(self.activity, hidden)
            self.sparsity.add_gradients(machine, self.activity, visible)

    def compute_momentum(self, done: float) -> float:
        """Return the momentum after `done` epochs."""
        start = min(self.start_momentum, self.final_momentum)
        share = 1.0 if self.momentum_epochs <= done else done / self.momentum_epochs
        return start + (self.final_momentum - start) * share

    def _train_epoch(
        self, machine: Any, states: Array, stage: Stage, identity: Manifest | None
    ) -> None:
        for callback in self.callbacks:
            callback.begin_epoch(self.epoch)
        n, size = len(states), min(self.batch_size, len(states))
        n_batches = -(-n // size)
        order = make_generator(self.seed, "shuffle", self.epoch).permutation(n)
        for batch in range(self.batch, n_batches):
            done = self.epoch + batch / n_batches
            factor = self._set_rates(done)
            self._step(machine, states[order[batch * size :][:size]], factor)
            self.batch = batch + 1
            for callback in self.callbacks:
                callback.end_step(StepReport(self.epoch, batch, n_batches, factor, np.nan))
            stage.update(float(self.epoch * n + min(n, self.batch * size)))
            is_due = time.monotonic() - self.saved_at > _SECONDS_BETWEEN_SAVES
            if is_due and self.batch < n_batches:
                self._save(machine, identity)

    def _set_rates(self, done: float) -> float:
        if isinstance(self.optimizer, Momentum):
            self.optimizer.momentum = self.compute_momentum(done)
        errors = [f.error if f.valid_error is None else f.valid_error for f in self.figures]
        return self.schedule.compute_factor(done, self.epochs, errors)

    def _step(self, machine: Any, visible: Array, factor: float) -> None:
        generator = make_generator(self.seed, "sample", self.epoch, self.batch)
        for _, parameter in machine.parameters:
            parameter.clear_gradient()
        self.add_gradients(machine, visible, generator)
        add_penalty_gradients(dict(machine.parameters), l1=self.l1, l2=self.l2)
        self.optimizer.step(machine.parameters, factor)

    def _end_epoch(
        self, machine: Any, states: Array, held_out: Array | None, seconds: float
    ) -> None:
        self._check_finite(machine)
        figures = self.measure(machine, states, held_out)
        self.figures.append(figures)
        error = figures.error
        score = error if figures.valid_error is None else figures.valid_error
        report = EpochReport(self.epoch, error, score, seconds)
        self.epoch, self.batch = self.epoch + 1, 0
        for callback in self.callbacks:
            self.is_ended |= bool(callback.end_epoch(report))

    def _check_finite(self, machine: Any) -> None:
        for name, parameter in machine.parameters:
            if not np.isfinite(parameter.value).all():
                raise DivergenceError(
                    f"training diverged in epoch {self.epoch}: {name} is not finite; lower the "
                    f"learning rate ({self.optimizer.learning_rate:g}), or scale the samples",
                    value=name,
                )

    def _save(self, machine: Any, identity: Manifest | None) -> None:
        if identity is None or self.checkpoint is None:
            return
        self._check_finite(machine)
        slots, facts = self.optimizer.export_state()
        groups: Groups = {
            "value": {name: parameter.value for name, parameter in machine.parameters},
            "slot": slots,
            "state": {
                name: array
                for name, array in (("chains", self.chains), ("activity", self.activity))
                if array is not None
            },
        }
        position = {name: getattr(self, name) for name in ("epoch", "batch", "is_ended")}
        figures = [list(each) for each in self.figures]
        facts = {**position, "optimizer": facts, "figures": figures}
        save_checkpoint(self.checkpoint, groups, facts, identity)
        self.saved_at = time.monotonic()

    def _restore(self, machine: Any, groups: Groups, facts: dict[str, Any]) -> None:
        try:
            for name, parameter in machine.parameters:
                parameter.value[...] = groups["value"][name]
            self.optimizer.restore_state(groups.get("slot", {}), facts["optimizer"])
            self.chains = groups.get("state", {}).get("chains")
            self.activity = groups.get("state", {}).get("activity")
            self.epoch, self.batch = int(facts["epoch"]), int(facts["batch"])
            self.is_ended = bool(facts["is_ended"])
            self.figures = [EpochFigures(*each) for each in facts["figures"]]
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptedError(
                f"the checkpoint {self.checkpoint} is not complete ({error}); start again without "
                "resuming",
                value=self.checkpoint,
            ) from error


def measure_errors(machine: Any, states: Array) -> Array:
    """Return the mean squared error of each sample's reconstruction by means, float64 (n,)."""
    back = machine.compute_visible_means(machine.compute_hidden_means(states))
    return machine.units.measure_errors(states, back)
