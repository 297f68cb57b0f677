"""Autoencoders: networks that learn to give back what they are given, from a narrow or quiet code.

    code = encoder(noise(x));  x^ = decoder(code);  loss(x^, x) + sparsity(code)

Plain (Rumelhart, Hinton and Williams 1986), sparse by the code's L1 norm or by the divergence of
its mean from a target rate (Ng, lecture notes CS294A), denoising (Vincent et al. 2008 and 2010).
With one linear layer and squared error the code spans the space of the first principal components
(Baldi and Hornik 1989).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from embedrec.errors import ParameterError
from embedrec.files import PathLike
from embedrec.models.estimator import Transformer
from embedrec.models.network import NetworkEstimator, forget
from embedrec.models.sparse_code import check_choice, check_sizes, make_compute
from embedrec.models.target import check_samples
from embedrec.nn.activation import compute_sigmoid, make_activation
from embedrec.nn.callback import Callback
from embedrec.nn.compose import Chain
from embedrec.nn.dense import Dense
from embedrec.nn.layer import Layer, iterate_parameters
from embedrec.nn.loss import Loss
from embedrec.nn.losses import BinaryCrossEntropy, SquaredError
from embedrec.nn.noise import GaussianNoise, MaskingNoise
from embedrec.nn.optim import Optimizer
from embedrec.nn.parameter import Array
from embedrec.nn.schedule import Schedule
from embedrec.nn.tied import TiedDense
from embedrec.progress import Progress

Self = TypeVar("Self", bound="Autoencoder")

_ROWS_AT_ONCE = 512


class Autoencoder(Transformer, NetworkEstimator):
    """An autoencoder whose decoder mirrors its encoder.

    Args:
        hidden_sizes: units of the encoder's layers; the last is the code.
        activation: of all hidden layers, the code included.
        output: "identity" with squared error, "sigmoid" with binary cross-entropy for features
            from 0 to 1, or "auto": sigmoid where all features lie there.
        tied: whether the decoder's weights are the encoder's, transposed.
        noise: "masking", "gaussian" or None: on the input while training, for the network to undo.
        noise_level: share of features masked, or deviation of the noise.
        sparsity: "l1", "kl" (of a sigmoid code), or None.
        sparsity_strength: factor of that penalty.
        sparsity_rate: for "kl", how active a unit is to be on average.
        l2: factor of the penalty on weights.
        epochs, batch_size, optimizer, learning_rate, schedule, seed: as of `Trainer`.

    Attributes:
        network_: Chain(encoder, decoder); the decoder gives logits if `output_` is "sigmoid".
        output_: "identity" or "sigmoid".
        Further ones as of `NetworkEstimator`.
    """

    output_: str

    def __init__(
        self,
        hidden_sizes: tuple[int, ...] = (64,),
        *,
        activation: str = "sigmoid",
        output: str = "auto",
        tied: bool = False,
        noise: str | None = None,
        noise_level: float = 0.3,
        sparsity: str | None = None,
        sparsity_strength: float = 0.01,
        sparsity_rate: float = 0.05,
        l2: float = 0.0,
        epochs: int = 10,
        batch_size: int | None = 100,
        optimizer: str | Optimizer = "adam",
        learning_rate: float | None = None,
        schedule: str | Schedule = "constant",
        seed: int = 0,
    ) -> None:
        self.hidden_sizes = hidden_sizes
        self.activation = activation
        self.output = output
        self.tied = tied
        self.noise = noise
        self.noise_level = noise_level
        self.sparsity = sparsity
        self.sparsity_strength = sparsity_strength
        self.sparsity_rate = sparsity_rate
        self.l2 = l2
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.seed = seed

    def fit(
        self: Self,
        X: Any,
        y: Any = None,
        *,
        checkpoint: PathLike | None = None,
        resume: bool = False,
        progress: Progress | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> Self:
        """Learn to give back samples X (n, n_features); `y` is not looked at.

        Args:
            X: samples.
            y: nothing.
            checkpoint, resume, progress, callbacks: as of `Trainer`.

        Raises:
            ParameterError: if samples or arguments of the constructor can't be worked with.
            DivergenceError: if training diverges.
        """
        forget(self)
        samples = self.check_input(X)
        self.output_ = self._choose_output(samples)
        self.learn(
            samples, samples, None, samples.shape[1], compute=make_compute(self),
            checkpoint=checkpoint, resume=resume, progress=progress, callbacks=callbacks,
        )  # fmt: skip
        return self

    def build_network(self, n_outputs: int, generator: np.random.Generator) -> Chain:
        """Return encoder and decoder; the decoder's last layer has no activation."""
        encoder: list[Layer] = []
        decoder: list[Layer] = []
        below = n_outputs
        for above in check_sizes(self):
            there = Dense(below, above, generator=generator)
            back = TiedDense(there) if self.tied else Dense(above, below, generator=generator)
            encoder = [*encoder, there, make_activation(self.activation, above)]
            decoder = [back, make_activation(self.activation, below), *decoder]
            below = above
        return Chain(Chain(*encoder), Chain(*decoder[:-1]))

    def make_loss(self) -> Loss:
        """Return the loss of the reconstruction."""
        return BinaryCrossEntropy() if self.output_ == "sigmoid" else SquaredError()

    def make_augment(self) -> Callable[[Any, np.random.Generator], Any] | None:
        """Return what puts noise on samples: the encoder sees them so in training."""
        check_choice(self, "noise", (None, "masking", "gaussian"))
        if self.noise is None:
            return None
        return Noisy((MaskingNoise if self.noise == "masking" else GaussianNoise)(self.noise_level))

    def transform(self, X: Any) -> Array:
        """Return the codes of samples, float32 (n, hidden_sizes[-1])."""
        self.check_fitted()
        return self._apply(0, self.check_input(X))

    def inverse_transform(self, code: Any) -> Array:
        """Return the samples that codes (n, hidden_sizes[-1]) stand for, float32 (n, features)."""
        self.check_fitted()
        output = self._apply(1, check_samples(self, code, (self.hidden_sizes[-1],)))
        return compute_sigmoid(output) if self.output_ == "sigmoid" else output

    def reconstruct(self, X: Any) -> Array:
        """Return what the code keeps of samples, float32 (n, n_features)."""
        return self.inverse_transform(self.transform(X))

    def measure_errors(self, X: Any) -> Array:
        """Return the mean squared error of each sample's reconstruction, float32 (n,)."""
        errors: Array = ((self.reconstruct(X) - self.check_input(X)) ** 2).mean(axis=1)
        return errors

    def score(self, X: Any, y: Any = None) -> float:
        """Return minus the mean squared error of reconstruction: greater is better."""
        return -float(self.measure_errors(X).mean())

    def learn_layer(
        self, X: Array, n_units: int, activation: str, seed: int
    ) -> tuple[Array, Array]:
        """Return weights (n_features, n_units) and biases (n_units,) of a layer learned from X.

        It is the encoder of an autoencoder with these units, otherwise set as this one, which
        stays as it is: what `DeepPretrainedClassifier` asks of whatever pre-trains its layers.
        """
        settings = {"hidden_sizes": (n_units,), "activation": activation, "seed": seed}
        one = type(self)(**{**self.get_params(deep=False), **settings}).fit(X)
        parameters = [parameter.value for _, parameter in iterate_parameters(one.network_)]
        return parameters[0], parameters[1]

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return what a network has learned, and what it puts out."""
        arrays, facts = super().export_state()
        return arrays, {**facts, "output_": self.output_}

    def _apply(self, part: int, rows: Array) -> Array:
        assert isinstance(self.network_, Chain)
        layer = self.network_.layers[part]
        starts = range(0, len(rows), _ROWS_AT_ONCE)
        return np.concatenate([layer.forward(rows[i : i + _ROWS_AT_ONCE])[0] for i in starts])

    def _choose_output(self, samples: Array) -> str:
        is_share = bool(samples.min() >= 0 and samples.max() <= 1)
        if self.output == "sigmoid" and not is_share:
            raise ParameterError(
                f"Autoencoder: output='sigmoid' gives back features from 0 to 1, and X goes from "
                f"{samples.min():g} to {samples.max():g}: scale it, or take output='identity'",
                value=self.output,
            )
        check_choice(self, "output", ("auto", "identity", "sigmoid"))
        if self.output == "auto":
            return "sigmoid" if is_share else "identity"
        return self.output


class Noisy:
    """Samples as the encoder sees them in training."""

    def __init__(self, noise: Layer) -> None:
        self.noise = noise

    def __call__(self, x: Array, generator: np.random.Generator) -> Array:
        """Return x with noise from a stream of random numbers."""
        return self.noise.forward(x, generator)[0]

    def __repr__(self) -> str:  # by it a checkpoint knows the training it belongs to
        return f"Noisy({self.noise!r})"
