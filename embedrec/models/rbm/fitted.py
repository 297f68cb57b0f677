"""What a restricted Boltzmann machine that has learned can be asked, in terms of samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.models.estimator import Transformer
from embedrec.models.rbm.annealing import PartitionEstimate, estimate_log_partition
from embedrec.models.rbm.gaussian import GaussianUnits
from embedrec.models.rbm.machine import Machine
from embedrec.models.rbm.partition import compute_log_partition
from embedrec.models.rbm.pseudo import compute_pseudo_likelihood
from embedrec.models.rbm.training import measure_errors
from embedrec.models.target import check_samples
from embedrec.nn.check import check_size
from embedrec.nn.parameter import Array
from embedrec.progress import Progress
from embedrec.seeding import check_seed, make_generator


class FittedMachine(Transformer):
    """Base of `RBM`. All raise ParameterError before `fit`, and for samples of another form.

    Attributes:
        machine_: Machine, after `fit`.
    """

    machine_: Machine

    def transform(self, X: Any) -> Array:
        """Return p(h = 1 | x) of each hidden unit, float32 (n, n_components)."""
        states = self.encode(X)
        return self.machine_.compute_hidden_means(states)

    def encode(self, X: Any) -> Array:
        """Return samples as states of the visible units, float32 (n, columns).

        Raises:
            ParameterError: if they are of another form than in `fit`, or no such units' states.
        """
        self.check_fitted()
        return self.machine_.units.encode(check_samples(self, X, (self.n_features_in_,)))

    def free_energy(self, X: Any) -> Array:
        """Return F of each sample, float64 (n,): minus log p(x) but for the constant log Z."""
        states = self.encode(X)
        return self.machine_.compute_free_energy(states)

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
        states = self.encode(X)
        return compute_pseudo_likelihood(self.machine_, states)

    def measure_errors(self, X: Any) -> Array:
        """Return the mean squared error of each sample's reconstruction, float64 (n,).

        Of Gaussian units it is in their deviations, of softmax ones the sum over states.
        """
        states = self.encode(X)
        return measure_errors(self.machine_, states)

    def score(self, X: Any, y: Any = None) -> float:
        """Return minus the mean squared error of reconstruction: greater is better."""
        return -float(self.measure_errors(X).mean())

    def reconstruct(self, X: Any) -> Array:
        """Return samples (n, n_features) as their hidden means bring them about, float32."""
        states, machine = self.encode(X), self.machine_
        return machine.units.decode(
            machine.compute_visible_means(machine.compute_hidden_means(states))
        )

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
