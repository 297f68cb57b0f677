"""The restricted Boltzmann machine as an estimator, with scikit-learn's conventions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from embedrec.errors import CorruptedError, ParameterError
from embedrec.files import PathLike
from embedrec.models.network import forget
from embedrec.models.rbm.choice import choose_units, restore_units
from embedrec.models.rbm.fitted import FittedMachine
from embedrec.models.rbm.gaussian import GaussianUnits
from embedrec.models.rbm.machine import Machine
from embedrec.models.rbm.settings import make_course
from embedrec.models.rbm.training import EpochFigures
from embedrec.models.target import check_samples
from embedrec.nn.callback import Callback
from embedrec.nn.check import check_size
from embedrec.nn.optim import Optimizer
from embedrec.nn.parameter import Array
from embedrec.nn.schedule import Schedule
from embedrec.progress import Progress
from embedrec.seeding import check_seed, make_generator

Self = TypeVar("Self", bound="RBM")


class RBM(FittedMachine):
    """A restricted Boltzmann machine with binary hidden units.

    Contrastive divergence, the usual way, is quick to find features; a machine that is to say how
    likely samples are, or to draw new ones, is better learned with persistent=True,
    optimizer="sgd" and schedule="linear" (Tieleman 2008): one step from the samples does not see
    what the machine thinks likely far from them.

    Args:
        n_components: hidden units.
        visible: "binary" for samples from 0 to 1 (in between: probabilities), "gaussian" for real
            ones, "softmax" for whole numbers that name one of several states, or "auto": binary
            where all samples are from 0 to 1, else Gaussian.
        n_states: of softmax units; None for the largest number in the samples and 1.
        standardize: whether Gaussian units take the samples' means and deviations for theirs
            (Hinton 2010, section 13.2).
        n_steps: k of contrastive divergence, steps of Gibbs sampling.
        persistent: whether chains go on from batch to batch (Tieleman 2008); a rate that falls, as
            by schedule="linear", lets them keep up.
        n_chains: of persistent chains; None for as many as samples in a batch.
        draws_visible: whether reconstructions are drawn and not means; None for means of Gaussian
            units, drawn ones else. Persistent chains are always drawn.
        epochs, batch_size: passes over the samples, and samples in a step.
        optimizer: a name of `embedrec.nn.optim.OPTIMIZERS` or an `Optimizer`.
        learning_rate: None for 0.05, or 0.005 with Gaussian units (section 13.2), or what an
            `Optimizer` that is given has.
        start_momentum, momentum_epochs: momentum rises from the first to the optimiser's own in
            that many epochs (section 9).
        schedule: of the learning rate, a name of `SCHEDULES` or a `Schedule`.
        l1, l2: factors of the penalties on weights (section 10).
        sparsity_target: share of samples for which a hidden unit is to be on, or None (section 11).
        sparsity_strength, sparsity_decay: factor of that penalty, and decay of the mean activity.
        weight_deviation: of the start weights (section 8).
        seed: of all that is random.

    Attributes:
        machine_: Machine, with parameters float32; energies and conditionals of states are asked
            of it.
        visible_: kind of the visible units.
        figures_: of each epoch.
        n_iter_: epochs trained.
        components_, intercept_hidden_, intercept_visible_: weights (n_components, columns) and
            biases, as scikit-learn's BernoulliRBM has them.
    """

    figures_: list[EpochFigures]

    def __init__(
        self,
        n_components: int = 256,
        *,
        visible: str = "auto",
        n_states: int | None = None,
        standardize: bool = True,
        n_steps: int = 1,
        persistent: bool = False,
        n_chains: int | None = None,
        draws_visible: bool | None = None,
        epochs: int = 10,
        batch_size: int = 100,
        optimizer: str | Optimizer = "momentum",
        learning_rate: float | None = None,
        start_momentum: float = 0.5,
        momentum_epochs: float = 5.0,
        schedule: str | Schedule = "constant",
        l1: float = 0.0,
        l2: float = 2e-4,
        sparsity_target: float | None = None,
        sparsity_strength: float = 0.1,
        sparsity_decay: float = 0.9,
        weight_deviation: float = 0.01,
        seed: int = 0,
    ) -> None:
        self.n_components = n_components
        self.visible = visible
        self.n_states = n_states
        self.standardize = standardize
        self.n_steps = n_steps
        self.persistent = persistent
        self.n_chains = n_chains
        self.draws_visible = draws_visible
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.start_momentum = start_momentum
        self.momentum_epochs = momentum_epochs
        self.schedule = schedule
        self.l1 = l1
        self.l2 = l2
        self.sparsity_target = sparsity_target
        self.sparsity_strength = sparsity_strength
        self.sparsity_decay = sparsity_decay
        self.weight_deviation = weight_deviation
        self.seed = seed

    def fit(
        self: Self,
        X: Any,
        y: Any = None,
        *,
        validation: Any = None,
        checkpoint: PathLike | None = None,
        resume: bool = False,
        progress: Progress | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> Self:
        """Learn from samples X (n, n_features), from new start weights; `y` is not looked at.

        Args:
            X: samples.
            y: nothing.
            validation: further samples, which are watched only; see `EpochFigures`.
            checkpoint: folder that is saved to every minute and after each epoch, or None; it is
                left there.
            resume: go on from the checkpoint if it is there, to the same bits as uninterrupted.
            progress, callbacks: told how it goes; the loss of an epoch's report is the error of
                reconstruction, that of a step's is NaN.

        Raises:
            ParameterError: if samples or arguments of the constructor can't be worked with.
            DivergenceError: if training diverges; the last checkpoint stays.
            ResumeError, CorruptedError: if the checkpoint is another training's, or damaged.
        """
        forget(self)
        samples = check_samples(self, X)
        n_hidden = check_size("n_components", self.n_components)
        seed = check_seed(self.seed)
        units = choose_units(
            self.visible, samples, n_states=self.n_states, standardize=self.standardize
        )
        course = make_course(self, units.name)
        states = units.encode(samples)
        held_out = None
        if validation is not None:
            held_out = units.encode(check_samples(self, validation, samples.shape[1:]))
        machine = Machine.start(
            units, states, n_hidden, make_generator(seed, "weights"),
            deviation=self.weight_deviation,
        )  # fmt: skip
        course.checkpoint, course.resume = checkpoint, resume
        course.progress, course.callbacks = progress, callbacks
        course.run(machine, states, held_out)
        self.machine_, self.n_features_in_ = machine, samples.shape[1]
        self.visible_, self.figures_ = units.name, course.figures
        self.n_iter_ = len(course.figures)
        return self

    def learn_layer(
        self, X: Array, n_units: int, activation: str, seed: int
    ) -> tuple[Array, Array]:
        """Return weights (n_features, n_units) and biases of a sigmoid layer learned from X.

        It is what a machine with these units, otherwise set as this one, makes of samples: a layer
        of a deep belief net (Hinton, Osindero and Teh 2006). With visible="auto" the first layer
        has Gaussian units if samples go beyond 0 and 1. This estimator stays as it is.

        Raises:
            ParameterError: if the activation is another, or visible units are softmax.
        """
        if activation != "sigmoid":
            raise ParameterError(
                f"an RBM learns layers with activation='sigmoid', not {activation!r}: its hidden "
                "units are on with that probability",
                value=activation,
            )
        if self.visible == "softmax":
            raise ParameterError(
                "an RBM with softmax units has several columns for each feature, and a layer one: "
                "take visible='auto'",
                value=self.visible,
            )
        settings = {"n_components": n_units, "seed": seed}
        one = type(self)(**{**self.get_params(deep=False), **settings}).fit(X)
        weight, bias = one.machine_.weight.value, one.machine_.hidden_bias.value
        units = one.machine_.units
        if isinstance(units, GaussianUnits):
            # ((x - m) / s) W + c as a layer that takes x.
            scaled = weight / units.deviation[:, None]
            bias = (bias - units.mean @ scaled).astype(np.float32)
            weight = scaled.astype(np.float32)
        return weight, bias

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return parameters, units and figures."""
        arrays, facts = self.machine_.units.export_state()
        values = {name: parameter.value for name, parameter in self.machine_.parameters}
        return {**arrays, **values}, {**facts, "figures": [list(each) for each in self.figures_]}

    def restore_state(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        """Take what `export_state` returned.

        Raises:
            CorruptedError: if it does not fit together.
        """
        units = restore_units(arrays, facts)
        weight, visible, hidden = (
            np.ascontiguousarray(arrays[name], np.float32)
            for name in ("weight", "visible_bias", "hidden_bias")
        )
        if weight.shape != (units.n_columns, len(hidden)) or visible.shape != (units.n_columns,):
            raise CorruptedError(
                f"weights {weight.shape}, biases {visible.shape} and {hidden.shape} are of no one "
                "machine"
            )
        self.machine_ = Machine(units, weight, visible, hidden)
        self.n_features_in_, self.visible_ = units.n_features, units.name
        self.figures_ = [EpochFigures(*each) for each in facts["figures"]]
        self.n_iter_ = len(self.figures_)
