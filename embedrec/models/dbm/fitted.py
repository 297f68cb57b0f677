"""What a deep Boltzmann machine that has learned can be asked, in terms of samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.models.dbm.mean_field import compute_bound, infer
from embedrec.models.dbm.net import Net
from embedrec.models.estimator import Transformer
from embedrec.models.rbm.annealing import PartitionEstimate, estimate_log_partition
from embedrec.models.rbm.gaussian import GaussianUnits
from embedrec.models.rbm.partition import compute_log_partition
from embedrec.models.target import check_samples
from embedrec.nn.check import check_size
from embedrec.nn.parameter import Array
from embedrec.progress import Progress
from embedrec.seeding import check_seed, make_generator

_ROWS_AT_ONCE = 1000


class FittedNet(Transformer):
    """Base of `DBM`. All raise ParameterError before `fit`, and for samples of another form.

    Attributes:
        net_: Net, after `fit`.
        n_sweeps, tolerance: of mean-field inference; the constructor's.
    """

    net_: Net
    n_sweeps: int
    tolerance: float

    def encode(self, X: Any) -> Array:
        """Return samples as states of the visible units, float32 (n, columns).

        Raises:
            ParameterError: if they are of another form than in `fit`, or no such units' states.
        """
        self.check_fitted()
        return self.net_.units.encode(check_samples(self, X, (self.n_features_in_,)))

    def infer(self, X: Any) -> list[Array]:
        """Return the mean-field means of each hidden layer, float32 (n, H), from the lowest."""
        states = self.encode(X)
        parts = [
            self._infer(states[begin : begin + _ROWS_AT_ONCE])[1:]
            for begin in range(0, len(states), _ROWS_AT_ONCE)
        ]
        return [np.concatenate(layer) for layer in zip(*parts, strict=True)]

    def transform(self, X: Any) -> Array:
        """Return the means of the top layer, float32 (n, hidden_sizes[-1])."""
        return self.infer(X)[-1]

    def compute_log_partition(self) -> float:
        """Return log Z exactly; raise ParameterError if the machine is too large for it."""
        self.check_fitted()
        return compute_log_partition(self.net_.to_machine())

    def estimate_log_partition(
        self,
        X: Any = None,
        *,
        n_runs: int = 100,
        n_temperatures: int = 10_000,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> PartitionEstimate:
        """Estimate log Z by annealed importance sampling between even and odd layers.

        Args:
            X: samples whose means the first machine takes, or None.
            n_runs, n_temperatures, seed, progress: as of `rbm.annealing.estimate_log_partition`.
        """
        self.check_fitted()
        machine = self.net_.to_machine()
        base = None
        if X is not None:
            states = self.encode(X)
            even = self._infer(states)[::2]
            base = machine.units.compute_start(np.concatenate(even, axis=1))
        return estimate_log_partition(
            machine, n_runs=n_runs, n_temperatures=n_temperatures, base_bias=base, seed=seed,
            progress=progress,
        )  # fmt: skip

    def bound_log_likelihood(self, X: Any, log_z: float) -> Array:
        """Return a number below log p(x) of each sample, float64 (n,): the variational bound."""
        states = self.encode(X)
        bound = compute_bound(self.net_, self._infer(states)) - log_z
        if isinstance(self.net_.units, GaussianUnits):
            bound -= np.log(self.net_.units.deviation).sum()  # v = (x - m) / s
        return bound

    def reconstruct(self, X: Any) -> Array:
        """Return samples (n, n_features) as their inferred means bring them about, float32."""
        states = self.encode(X)
        return self.net_.units.decode(self.net_.compute_means(self._infer(states), 0))

    def measure_errors(self, X: Any) -> Array:
        """Return the mean squared error of each sample's reconstruction, float64 (n,)."""
        states = self.encode(X)
        means = self.net_.compute_means(self._infer(states), 0)
        return self.net_.units.measure_errors(states, means)

    def score(self, X: Any, y: Any = None) -> float:
        """Return minus the mean squared error of reconstruction: greater is better."""
        return -float(self.measure_errors(X).mean())

    def sample(self, start: Any, *, n_steps: int = 1000, seed: int = 0) -> Array:
        """Return samples (n, n_features) that the machine draws, float32.

        Args:
            start: samples (n, n_features) from which chains start.
            n_steps: of Gibbs sampling.
            seed: of the draws.
        """
        layers = self._infer(self.encode(start))
        generator = make_generator(check_seed(seed), "sample")
        for at in range(2, self.net_.n_layers + 1, 2):
            layers[at] = self.net_.draw(layers, at, generator)
        layers = self.net_.walk(layers, check_size("n_steps", n_steps, 0), generator)
        return self.net_.units.decode(layers[0])

    def is_fitted(self) -> bool:
        """Return whether there is a net."""
        return hasattr(self, "net_")

    def _infer(self, states: Array) -> list[Array]:
        return infer(self.net_, states, n_sweeps=self.n_sweeps, tolerance=self.tolerance)
