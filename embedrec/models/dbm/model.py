"""The deep Boltzmann machine as an estimator, with scikit-learn's conventions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from embedrec.errors import CorruptedError, ParameterError
from embedrec.files import PathLike
from embedrec.models.dbm.fitted import FittedNet
from embedrec.models.dbm.net import Net
from embedrec.models.dbm.pretraining import pretrain
from embedrec.models.dbm.training import DeepCourse
from embedrec.models.network import forget
from embedrec.models.rbm.choice import choose_units, restore_units
from embedrec.models.rbm.model import RBM
from embedrec.models.rbm.settings import check_numbers, make_rated_optimizer
from embedrec.models.rbm.training import EpochFigures
from embedrec.models.rbm.units import VisibleUnits
from embedrec.models.sparse_code import check_sizes
from embedrec.models.target import check_samples
from embedrec.nn.callback import Callback
from embedrec.nn.check import check_size
from embedrec.nn.optim import Optimizer
from embedrec.nn.parameter import Array
from embedrec.nn.schedule import Schedule, make_schedule
from embedrec.progress import Progress
from embedrec.seeding import check_seed, make_generator

Self = TypeVar("Self", bound="DBM")


class DBM(FittedNet):
    """A deep Boltzmann machine (Salakhutdinov and Hinton 2009).

    Args:
        hidden_sizes: units of each hidden layer, from the lowest; two layers or more.
        visible, n_states, standardize: of the visible units, as of `RBM`.
        pretrainer: "rbm", or an `RBM` that is set as you like (its number of units, kind of visible
            ones and seed are not looked at): how layers are learned one by one before the whole;
            None for random start weights.
        epochs, batch_size: of the training of the whole, like all that follow.
        n_steps: of Gibbs sampling between updates.
        n_chains: persistent ones.
        n_sweeps, tolerance: mean-field inference ends after so many sweeps over the layers, or when
            nothing changes by more.
        optimizer, learning_rate, schedule: the paper lowers the rate towards 0.
        l2: factor of the penalty on weights.
        weight_deviation: of random start weights.
        seed: of all that is random.

    Attributes:
        net_: Net, with parameters float32.
        visible_: kind of the visible units.
        figures_, n_iter_: of each epoch, and how many.
    """

    figures_: list[EpochFigures]

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (256, 256),
        *,
        visible: str = "auto",
        n_states: int | None = None,
        standardize: bool = True,
        pretrainer: str | RBM | None = "rbm",
        epochs: int = 10,
        batch_size: int = 100,
        n_steps: int = 5,
        n_chains: int = 100,
        n_sweeps: int = 10,
        tolerance: float = 1e-3,
        optimizer: str | Optimizer = "sgd",
        learning_rate: float | None = 0.005,
        schedule: str | Schedule = "linear",
        l2: float = 2e-4,
        weight_deviation: float = 0.01,
        seed: int = 0,
    ) -> None:
        self.hidden_sizes = hidden_sizes
        self.visible = visible
        self.n_states = n_states
        self.standardize = standardize
        self.pretrainer = pretrainer
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_steps = n_steps
        self.n_chains = n_chains
        self.n_sweeps = n_sweeps
        self.tolerance = tolerance
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.l2 = l2
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
        """Learn from samples X (n, n_features); `y` is not looked at.

        Args:
            X: samples.
            y: nothing.
            validation: further samples, whose error of reconstruction is watched.
            checkpoint, resume, progress, callbacks: as of `RBM.fit`, for the training of the whole.
                Pre-training is done again when it resumes, to the same weights.

        Raises:
            ParameterError: if samples or arguments of the constructor can't be worked with.
            DivergenceError: if training diverges; the last checkpoint stays.
            ResumeError, CorruptedError: if the checkpoint is another training's, or damaged.
        """
        forget(self)
        samples = check_samples(self, X)
        sizes = self._check_sizes()
        seed = check_seed(self.seed)
        units = choose_units(
            self.visible, samples, n_states=self.n_states, standardize=self.standardize
        )
        course = self._make_course(units.name)
        states = units.encode(samples)
        held_out = None
        if validation is not None:
            held_out = units.encode(check_samples(self, validation, samples.shape[1:]))
        learner = self._choose_learner()
        if learner is None:
            net = self._start(units, states, sizes, make_generator(seed, "weights"))
        else:
            net = pretrain(learner, units, states, sizes, seed, progress)
        course.checkpoint, course.resume = checkpoint, resume
        course.progress, course.callbacks = progress, callbacks
        course.run(net, states, held_out)
        self.net_, self.n_features_in_ = net, samples.shape[1]
        self.visible_, self.figures_ = units.name, course.figures
        self.n_iter_ = len(course.figures)
        return self

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return parameters, units and figures."""
        arrays, facts = self.net_.units.export_state()
        values = {name: parameter.value for name, parameter in self.net_.parameters}
        return {**arrays, **values}, {**facts, "figures": [list(each) for each in self.figures_]}

    def restore_state(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        """Take what `export_state` returned.

        Raises:
            CorruptedError: if it does not fit together.
        """
        units = restore_units(arrays, facts)
        n_layers = len(self._check_sizes())
        net = Net(
            units,
            [
                np.ascontiguousarray(arrays[f"weight_{at + 1}"], np.float32)
                for at in range(n_layers)
            ],
            [np.ascontiguousarray(arrays[f"bias_{at}"], np.float32) for at in range(n_layers + 1)],
        )
        sizes = [units.n_columns, *self._check_sizes()]
        shapes = [weight.value.shape for weight in net.weights]
        if net.sizes != sizes or shapes != list(itertools.pairwise(sizes)):
            raise CorruptedError(f"weights {shapes} and biases {net.sizes} are of no one machine")
        self.net_ = net
        self.n_features_in_, self.visible_ = units.n_features, units.name
        self.figures_ = [EpochFigures(*each) for each in facts["figures"]]
        self.n_iter_ = len(self.figures_)

    def _check_sizes(self) -> list[int]:
        sizes = list(check_sizes(self))
        if len(sizes) < 2:
            raise ParameterError(
                f"hidden_sizes must name two layers or more, not {self.hidden_sizes!r}: a machine "
                "with one is an RBM",
                value=self.hidden_sizes,
            )
        return sizes

    def _choose_learner(self) -> RBM | None:
        if self.pretrainer is None or isinstance(self.pretrainer, RBM):
            return self.pretrainer
        if self.pretrainer == "rbm":
            return RBM()
        raise ParameterError(
            f"pretrainer must be 'rbm', an RBM or None, not {self.pretrainer!r}",
            value=self.pretrainer,
        )

    def _start(
        self, units: VisibleUnits, states: Array, sizes: list[int], generator: np.random.Generator
    ) -> Net:
        columns = [units.n_columns, *sizes]
        weights = [
            (generator.standard_normal(shape) * self.weight_deviation).astype(np.float32)
            for shape in itertools.pairwise(columns)
        ]
        biases = [np.zeros(size, np.float32) for size in sizes]
        return Net(units, weights, [units.compute_start(states).astype(np.float32), *biases])

    def _make_course(self, units: str) -> DeepCourse:
        check_numbers(self, ("l2", "weight_deviation", "tolerance"))
        settings = {name: repr(value) for name, value in self.get_params(deep=False).items()}
        return DeepCourse(
            epochs=check_size("epochs", self.epochs, 0),
            batch_size=check_size("batch_size", self.batch_size),
            optimizer=make_rated_optimizer(self.optimizer, self.learning_rate, units),
            schedule=make_schedule(self.schedule),
            n_steps=check_size("n_steps", self.n_steps),
            n_chains=check_size("n_chains", self.n_chains),
            l2=self.l2,
            seed=self.seed,
            settings={**settings, "model": type(self).__name__, "units": units},
            n_sweeps=check_size("n_sweeps", self.n_sweeps),
            tolerance=self.tolerance,
        )
