"""The restricted Boltzmann machine as an estimator, with scikit-learn's conventions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from embedrec.errors import CorruptedError, ParameterError
from embedrec.files import PathLike
from embedrec.models.estimator import Transformer
from embedrec.models.network import forget
from embedrec.models.rbm.annealing import PartitionEstimate, estimate_log_partition
from embedrec.models.rbm.choice import choose_units, restore_units
from embedrec.models.rbm.gaussian import GaussianUnits
from embedrec.models.rbm.machine import Machine
from embedrec.models.rbm.partition import compute_log_partition
from embedrec.models.rbm.pseudo import compute_pseudo_likelihood
from embedrec.models.rbm.settings import make_course
from embedrec.models.rbm.training import EpochFigures, measure_errors
from embedrec.models.target import check_samples
from embedrec.nn.callback import Callback
from embedrec.nn.check import check_size
from embedrec.nn.optim import Optimizer
from embedrec.nn.parameter import Array
from embedrec.nn.schedule import Schedule
from embedrec.progress import Progress
from embedrec.seeding import check_seed, make_generator

Self = TypeVar("Self", bound="RBM")


class RBM(Transformer):
    """A restricted Boltzmann machine with binary hidden units.

    Args:
        n_components: hidden units.
        visible: "binary" for samples from 0 to 1 (in between: probabilities), "gaussian" for real
            ones, "softmax" for whole numbers that name one of several states, or "auto": binary
            where all samples are from 0 to 1, else Gaussian.
        n_states: of softmax units; None for the largest number in the samples and 1.
        standardize: whether Gaussian units take the samples' means and deviations for theirs
            (Hinton 2010, section 13.2).
        n_steps: k of contrastive divergence, steps of Gibbs sampling.
        persistent: whether chains go on from batch to batch (Tieleman 2008).
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

    machine_: Machine
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
            progress, callbacks: told how it goes; a report's loss is the error of reconstruction.

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

    def transform(self, X: Any) -> Array:
        """Return p(h = 1 | x) of each hidden unit, float32 (n, n_components)."""
        return self.machine_.compute_hidden_means(self.encode(X))

    def encode(self, X: Any) -> Array:
        """Return samples as states of the visible units, float32 (n, columns).

        Raises:
            ParameterError: if they are of another form than in `fit`, or no such units' states.
        """
        self.check_fitted()
        return self.machine_.units.encode(check_samples(self, X, (self.n_features_in_,)))

    def free_energy(self, X: Any) -> Array:
        """Return F of each sample, float64 (n,): minus log p(x) but for the constant log Z."""
        return self.machine_.compute_free_energy(self.encode(X))

    def compute_log_partition(self) -> float:
        """Return log Z exactly; raise ParameterError if the machine is too large for it."""
        self.check_fitted()
        return compute_log_partition(self.machine_)

    def estimate_log_partition(
        self,
        X: Any = None,
        *,
        n_runs: int = 100,
        n_temperatures: int = 10_000,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> PartitionEstimate:
        """Estimate log Z by annealed importance sampling; see `annealing`.

        Args:
            X: samples whose means the first machine takes: a better start than the machine's own
                biases; or None.
            n_runs, n_temperatures, seed, progress: as of `annealing.estimate_log_partition`.
        """
        self.check_fitted()
        base = None if X is None else self.machine_.units.compute_start(self.encode(X))
        return estimate_log_partition(
            self.machine_, n_runs=n_runs, n_temperatures=n_temperatures, base_bias=base, seed=seed,
            progress=progress,
        )  # fmt: skip

    def log_likelihood(self, X: Any, log_z: float) -> Array:
        """Return log p(x) of each sample, float64 (n,), given log Z: of a density if Gaussian."""
        likelihood = -self.free_energy(X) - log_z
        if isinstance(self.machine_.units, GaussianUnits):
            likelihood -= np.log(self.machine_.units.deviation).sum()  # v = (x - m) / s
        return likelihood

    def score_samples(self, X: Any) -> Array:
        """Return the logarithm of each sample's pseudo-likelihood, float64 (n,).

        It is exact, over all units; scikit-learn's BernoulliRBM draws one unit for each sample.

        Raises:
            ParameterError: if the visible units are Gaussian, or samples are none.
        """
        return compute_pseudo_likelihood(self.machine_, self.encode(X))

    def measure_errors(self, X: Any) -> Array:
        """Return the mean squared error of each sample's reconstruction, float64 (n,).

        Of Gaussian units it is in their deviations, of softmax ones the sum over states.
        """
        return measure_errors(self.machine_, self.encode(X))

    def score(self, X: Any, y: Any = None) -> float:
        """Return minus the mean squared error of reconstruction: greater is better."""
        return -float(self.measure_errors(X).mean())

    def reconstruct(self, X: Any) -> Array:
        """Return samples (n, n_features) as their hidden means bring them about, float32."""
        machine = self.machine_
        means = machine.compute_visible_means(machine.compute_hidden_means(self.encode(X)))
        return machine.units.decode(means)

    def sample(
        self, n: int | None = None, *, start: Any = None, n_steps: int = 1000, seed: int = 0
    ) -> Array:
        """Return samples that the machine draws, float32 (n, n_features).

        Args:
            n: how many; None for one for each of `start`.
            start: samples from which chains start; None for units drawn by their biases alone.
            n_steps: of Gibbs sampling.
            seed: of the draws.

        Raises:
            ParameterError: if neither n nor start says how many.
        """
        self.check_fitted()
        generator = make_generator(check_seed(seed), "sample")
        machine = self.machine_
        if start is not None:
            states = self.encode(start)
            if n is not None and n != len(states):
                raise ParameterError(
                    f"n is {n}, and start has {len(states)} samples: leave out n", value=n
                )
        else:
            if n is None:
                raise ParameterError("sample needs n, how many, or start, where to start from")
            hidden = np.zeros((check_size("n", n), machine.n_hidden), machine.dtype)
            states = machine.draw_visible(machine.compute_visible_means(hidden), generator)
        states, _ = machine.walk(states, check_size("n_steps", n_steps, 0), generator)
        return machine.units.decode(states)

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

    def is_fitted(self) -> bool:
        """Return whether there is a machine."""
        return hasattr(self, "machine_")

    @property
    def components_(self) -> Array:
        """Weights (n_components, columns)."""
        return self.machine_.weight.value.T

    @property
    def intercept_hidden_(self) -> Array:
        """Biases of hidden units, (n_components,)."""
        return self.machine_.hidden_bias.value

    @property
    def intercept_visible_(self) -> Array:
        """Biases of visible units, (columns,)."""
        return self.machine_.visible_bias.value

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
