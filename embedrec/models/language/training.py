"""Training of neural language models: steps, validation, falling rate, checkpoints, resuming."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from embedrec.errors import CorruptedError, DivergenceError
from embedrec.files import PathLike
from embedrec.models.language.text import LanguageText
from embedrec.nn.checkpoint import Groups, identify_training, load_checkpoint, save_checkpoint
from embedrec.nn.clip import clip_by_norm
from embedrec.nn.divergence import find_divergence
from embedrec.nn.first import skip_input_gradient
from embedrec.nn.layer import Layer, clear_gradients, iterate_parameters
from embedrec.nn.optim import Optimizer
from embedrec.nn.parameter import Array
from embedrec.nn.schedule import make_schedule
from embedrec.progress import Progress, SilentProgress, Stage
from embedrec.seeding import make_generator

PLATEAU = "plateau"
_SECONDS_BETWEEN_SAVES = 60.0
_LEAST_GAIN = 1e-3  # of the mean log p: what counts as progress on the validation text


class EpochFigures(NamedTuple):
    """One epoch.

    Attributes:
        loss: mean training loss; with the full softmax the mean of -log p.
        valid_perplexity: on the validation text after the epoch, or None without one.
        learning_rate: of the epoch.
        words_per_second: in training.
    """

    loss: float
    valid_perplexity: float | None
    learning_rate: float
    words_per_second: float


class Trainable(Protocol):
    """What is trained."""

    @property
    def layers(self) -> Layer:
        """The network, with all parameters."""
        ...

    def count_batches(self, ids: Array) -> int:
        """Return the number of steps in an epoch."""
        ...

    def add_gradients(
        self, ids: Array, epoch: int, batch: int, state: Any, generator: np.random.Generator
    ) -> tuple[float, int, Any]:
        """Return the loss of a batch, its number of words, and the state for the next one."""
        ...

    def balance_gradients(self) -> None:
        """Scale a batch's gradients before their norm is limited."""
        ...

    def measure(self, text: LanguageText) -> float:
        """Return the perplexity of a text."""
        ...


@dataclass
class Course:
    """How a language model is trained, and where the training stands.

    With the schedule "plateau" the rate stays as it is while the validation perplexity falls, and
    is divided by `decay` after each epoch without progress (as Mikolov et al. 2010 halve it);
    training ends after `patience` such epochs in a row. With another, the rate falls with every
    step as it says, and all epochs are trained. The weights with the best validation perplexity
    are kept.

    Attributes:
        epochs: most passes over the text.
        optimizer: takes the steps.
        max_norm: of all gradients together.
        schedule: "plateau", or a name of `embedrec.nn`'s schedules that needs no more, as "linear".
        decay: divides the rate, for "plateau".
        patience: epochs without progress, for "plateau".
        seed: of all that is drawn.
        checkpoint: folder, or None.
        resume: go on from it.
        settings: what decides the result besides, JSON values, for the checkpoint.
        progress: told how it goes.
        on_epoch: called with all figures so far after each epoch.
    """

    epochs: int
    optimizer: Optimizer
    max_norm: float
    schedule: str
    decay: float
    patience: int
    seed: int
    checkpoint: PathLike | None = None
    resume: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    progress: Progress | None = None
    on_epoch: Callable[[list[EpochFigures]], None] | None = None

    def __post_init__(self) -> None:
        self.epoch = self.batch = self.n_stale = 0
        self.factor, self.best = 1.0, math.inf
        self.loss_sum, self.n_seen, self.seconds = 0.0, 0, 0.0
        self.state: Any = None
        self.figures: list[EpochFigures] = []
        self.best_values: dict[str, Array] = {}
        self.is_saved = False

    def run(self, model: Trainable, text: LanguageText, validation: LanguageText | None) -> None:
        """Train to the end, in place.

        Raises:
            DivergenceError: naming what is no longer finite, and the last good checkpoint.
            ResumeError: if the checkpoint belongs to another training.
        """
        parameters = list(iterate_parameters(model.layers))
        identity = None
        if self.checkpoint is not None:
            held_out = None if validation is None else validation.ids
            identity = identify_training(self.settings, text=text.ids, validation=held_out)
            if self.resume and Path(self.checkpoint).is_dir():
                self._restore(parameters, *load_checkpoint(self.checkpoint, identity))

        def save() -> None:
            if identity is not None and self.checkpoint is not None:
                save_checkpoint(self.checkpoint, *self._export(parameters), identity)
                self.is_saved = True

        n_batches = model.count_batches(text.ids)
        progress = self.progress or SilentProgress()
        total = float(self.epochs * len(text.ids))
        with (
            progress.stage("train", total=total, unit="words") as stage,
            skip_input_gradient(model.layers),
            np.errstate(over="ignore", invalid="ignore"),  # `_tell_divergence` says it with a name
        ):
            while self.epoch < self.epochs and not self._is_stale():
                self._train_epoch(model, parameters, text.ids, n_batches, stage, save)
                self._end_epoch(model, parameters, len(text.ids), validation, stage)
                save()
        for name, parameter in parameters:
            if name in self.best_values:
                parameter.value[...] = self.best_values[name]
        clear_gradients(model.layers)

    def _train_epoch(
        self, model: Trainable, parameters: list[Any], ids: Array, n_batches: int, stage: Stage,
        save: Callable[[], None],
    ) -> None:  # fmt: skip
        saved_at = began_at = time.perf_counter()
        seconds_before = self.seconds
        for batch in range(self.batch, n_batches):
            generator = make_generator(self.seed, "step", self.epoch, batch)
            clear_gradients(model.layers)
            loss, n, self.state = model.add_gradients(ids, self.epoch, batch, self.state, generator)
            model.balance_gradients()
            norm = clip_by_norm(parameters, self.max_norm)
            if not (math.isfinite(loss) and math.isfinite(norm)):
                self._tell_divergence(parameters, batch + 1)
            self.optimizer.step(parameters, self._compute_factor(batch / n_batches))
            self.loss_sum += loss * n
            self.n_seen += n
            self.batch = batch + 1
            now = time.perf_counter()
            self.seconds = seconds_before + now - began_at
            done = (self.epoch + self.batch / n_batches) * len(ids)
            stage.update(
                done, loss=self.loss_sum / self.n_seen, words_per_second=self.n_seen / self.seconds
            )
            if now - saved_at > _SECONDS_BETWEEN_SAVES and self.batch < n_batches:
                self._check_finite(parameters)  # before it takes the place of a good one
                save()
                saved_at = time.perf_counter()

    def _end_epoch(
        self, model: Trainable, parameters: list[Any], n_words: int,
        validation: LanguageText | None, stage: Stage,
    ) -> None:  # fmt: skip
        self._check_finite(parameters)  # after the last step no loss tells
        perplexity = None
        rate = self.optimizer.learning_rate * self._compute_factor(0.0)
        if validation is not None:
            perplexity = model.measure(validation)
            if not math.isfinite(perplexity):
                self._tell_divergence(parameters, self.batch)
            if math.log(perplexity) < math.log(self.best) - _LEAST_GAIN:
                self.n_stale = 0
            else:
                self.n_stale += 1
                self.factor /= self.decay
            if perplexity < self.best:
                self.best = perplexity
                self.best_values = {name: p.value.copy() for name, p in parameters}
            stage.update(float((self.epoch + 1) * n_words), valid_perplexity=perplexity)
        loss = self.loss_sum / max(1, self.n_seen)
        speed = self.n_seen / max(self.seconds, 1e-9)
        self.figures.append(EpochFigures(loss, perplexity, rate, speed))
        self.epoch, self.batch, self.state = self.epoch + 1, 0, None
        self.loss_sum, self.n_seen, self.seconds = 0.0, 0, 0.0
        if self.on_epoch is not None:
            self.on_epoch(self.figures)

    def _compute_factor(self, share: float) -> float:
        """Return by what the rate is multiplied when a share of the epoch is done."""
        if self.schedule == PLATEAU:
            return self.factor
        return make_schedule(self.schedule).compute_factor(self.epoch + share, self.epochs)

    def _is_stale(self) -> bool:
        return self.schedule == PLATEAU and self.n_stale >= self.patience

    def _check_finite(self, parameters: list[Any]) -> None:
        if not all(np.isfinite(parameter.value).all() for _, parameter in parameters):
            self._tell_divergence(parameters, self.batch)

    def _tell_divergence(self, parameters: list[Any], step: int) -> None:
        where = f"epoch {self.epoch + 1}, step {step}"
        kept = f"; the last good state is in {self.checkpoint}" if self.is_saved else ""
        raise DivergenceError(
            f"training diverged in {where}: {find_divergence(parameters)}; begin again with a "
            f"lower learning_rate ({self.optimizer.learning_rate:g}) or max_norm "
            f"({self.max_norm:g}){kept}",
            value=where,
        )

    def _export(self, parameters: list[Any]) -> tuple[Groups, dict[str, Any]]:
        slots, optimizer = self.optimizer.export_state()
        states, shape = flatten_state(self.state)
        groups = {
            "value": {name: parameter.value for name, parameter in parameters},
            "slot": slots,
            "best": self.best_values,
            "state": {str(at): array for at, array in enumerate(states)},
        }
        facts = {
            **{name: getattr(self, name) for name in _POSITION},
            "best": self.best if math.isfinite(self.best) else None,
            "state": shape,
            "optimizer": optimizer,
            "figures": [list(figures) for figures in self.figures],
        }
        return groups, facts

    def _restore(self, parameters: list[Any], groups: Groups, facts: dict[str, Any]) -> None:
        try:
            for name, parameter in parameters:
                parameter.value[...] = groups["value"][name]
            self.optimizer.restore_state(groups.get("slot", {}), facts["optimizer"])
            self.best_values = groups.get("best", {})
            states = groups.get("state", {})
            arrays = [states[str(at)] for at in range(len(states))]
            self.state = restore_state(arrays, facts["state"])
            for name in _POSITION:
                setattr(self, name, facts[name])
            self.best = math.inf if facts["best"] is None else facts["best"]
            self.figures[:] = [EpochFigures(*figures) for figures in facts["figures"]]
            self.is_saved = True
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise CorruptedError(
                f"the checkpoint {self.checkpoint} is damaged ({error}): start again without "
                "resuming",
                value=str(self.checkpoint),
            ) from error


_POSITION = ("epoch", "batch", "n_stale", "factor", "loss_sum", "n_seen", "seconds")


def flatten_state(state: Any) -> tuple[list[Array], Any]:
    """Return the arrays of a state made of lists, and its form, a JSON value."""
    if state is None:
        return [], None
    if isinstance(state, np.ndarray):
        return [state], 1
    arrays, form = [], []
    for part in state:
        inner, inner_form = flatten_state(part)
        arrays += inner
        form.append(inner_form)
    return arrays, form


def restore_state(arrays: list[Array], form: Any) -> Any:
    """Return the state that `flatten_state` was given; arrays are taken off the list."""
    if form is None:
        return None
    if form == 1:
        return arrays.pop(0)
    return [restore_state(arrays, inner) for inner in form]
