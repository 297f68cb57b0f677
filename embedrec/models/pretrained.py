"""A deep network whose hidden layers are learned one by one without labels, then all with labels.

Greedy layer-wise pre-training (Bengio et al. 2007, algorithm 1 with autoencoders; Vincent et al.
2010 with denoising ones; Hinton, Osindero and Teh 2006 with restricted Boltzmann machines, which
make a deep belief net): each layer learns to code what the layers below make of the samples; then
an output layer is put on top, and the whole is trained on the labels (fine-tuning).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import numpy as np

from embedrec.errors import ParameterError
from embedrec.files import PathLike
from embedrec.models.autoencoder import Autoencoder
from embedrec.models.mlp import MLPClassifier
from embedrec.models.network import forget
from embedrec.models.rbm import RBM
from embedrec.nn.activation import make_activation
from embedrec.nn.callback import Callback
from embedrec.nn.compose import Chain
from embedrec.nn.dense import Dense
from embedrec.nn.layer import Layer
from embedrec.nn.optim import Optimizer
from embedrec.nn.parameter import Array
from embedrec.nn.schedule import Schedule
from embedrec.progress import Progress
from embedrec.seeding import derive_seed, make_generator

Self = TypeVar("Self", bound="DeepPretrainedClassifier")


class LayerLearner(Protocol):
    """What can pre-train a layer: an `Autoencoder`, an `RBM`, or any model with such a method."""

    def learn_layer(
        self, X: Array, n_units: int, activation: str, seed: int
    ) -> tuple[Array, Array]:
        """Return float32 weights (n_features, n_units) and biases (n_units,) learned from X.

        The layer is activation(X W + b). The learner itself stays as it is.

        Args:
            X: float32 (n, n_features), samples or what the layers below make of them.
            n_units: units of the layer.
            activation: a name of `embedrec.nn.ACTIVATIONS`.
            seed: of all that is random.

        Raises:
            ParameterError: if it can't learn such a layer.
        """
        ...


class DeepPretrainedClassifier(MLPClassifier):
    """A multi-layer perceptron with pre-trained hidden layers.

    Args:
        hidden_sizes: units of each hidden layer, from the lowest.
        activation: of hidden layers.
        pretrainer: what learns the hidden layers: "denoising" (an autoencoder with masking noise
            of a quarter), "rbm" (restricted Boltzmann machines, for sigmoid layers; Gaussian ones
            for samples beyond 0 and 1), an `Autoencoder` or `RBM` set as you like, or another
            `LayerLearner`; None for random start weights, to compare with.
        epochs, batch_size, optimizer, learning_rate: of the fine-tuning, like all that follow.
        dropout, schedule, l1, l2, patience, validation_share: as of `MLPClassifier`.
        seed: of all that is random.
    """

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (256, 256),
        activation: str = "sigmoid",
        *,
        pretrainer: str | LayerLearner | None = "denoising",
        epochs: int = 10,
        batch_size: int | None = 128,
        optimizer: str | Optimizer = "adam",
        learning_rate: float | None = None,
        dropout: float = 0.0,
        schedule: str | Schedule = "constant",
        l1: float = 0.0,
        l2: float = 0.0,
        patience: int | None = None,
        validation_share: float = 0.1,
        seed: int = 0,
    ) -> None:
        super().__init__(
            hidden_sizes, activation, epochs=epochs, batch_size=batch_size, optimizer=optimizer,
            learning_rate=learning_rate, dropout=dropout, schedule=schedule, l1=l1, l2=l2,
            patience=patience, validation_share=validation_share, seed=seed,
        )  # fmt: skip
        self.pretrainer = pretrainer

    def fit(
        self: Self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        unlabelled: Any = None,
        validation: tuple[Any, Any] | None = None,
        checkpoint: PathLike | None = None,
        resume: bool = False,
        progress: Progress | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> Self:
        """Pre-train the hidden layers, then train the whole on labels.

        Args:
            X: samples.
            y: their labels.
            sample_weight: in fine-tuning.
            unlabelled: further samples, of which nothing is known; hidden layers learn from X and
                these.
            validation, checkpoint, resume, progress, callbacks: of the fine-tuning, as of
                `MLPClassifier`. Pre-training is done again when it resumes, to the same weights.

        Raises:
            ParameterError: if samples, labels or arguments of the constructor can't be worked with.
            DivergenceError: if training diverges.
        """
        forget(self)
        samples = self.check_input(X)
        # What can't be worked with is said before what takes long.
        self.learn_classes(y, len(samples))
        self.build_network(len(self.classes_), make_generator(0))
        self.make_trainer()
        if unlabelled is not None:
            samples = np.concatenate([samples, self.check_input(unlabelled)])
        self._start = self.pretrain(samples)
        try:
            return super().fit(
                X, y, sample_weight, validation=validation, checkpoint=checkpoint, resume=resume,
                progress=progress, callbacks=callbacks,
            )  # fmt: skip
        finally:
            del self._start

    def pretrain(self, samples: Array) -> list[tuple[Array, Array]]:
        """Return weights and biases of each hidden layer, learned from samples (n, n_features)."""
        learner = self._choose_learner()
        if learner is None:
            return []
        start = []
        for depth, n_units in enumerate(self.hidden_sizes):
            seed = derive_seed(self.seed, "pretrain", depth) >> 1
            weight, bias = learner.learn_layer(samples, n_units, self.activation, seed)
            start.append((weight, bias))
            # What the next layer is to code. Layers below stay as they are.
            samples, _ = make_activation(self.activation, n_units).forward(samples @ weight + bias)
        return start

    def build_network(self, n_outputs: int, generator: np.random.Generator) -> Layer:
        """Return the network; in `fit`, its hidden layers start as they were pre-trained."""
        network = super().build_network(n_outputs, generator)
        assert isinstance(network, Chain)
        denses = [layer for layer in network.layers if isinstance(layer, Dense)]
        for dense, (weight, bias) in zip(denses, getattr(self, "_start", []), strict=False):
            assert dense.bias is not None
            dense.weight.value[...] = weight
            dense.bias.value[...] = bias
        return network

    def _choose_learner(self) -> LayerLearner | None:
        if self.pretrainer is None:
            return None
        if self.pretrainer == "denoising":
            return Autoencoder(noise="masking", noise_level=0.25)
        if self.pretrainer == "rbm":
            return RBM()
        if isinstance(self.pretrainer, str) or not hasattr(self.pretrainer, "learn_layer"):
            raise ParameterError(
                "pretrainer must be 'denoising', 'rbm', an Autoencoder or RBM, another object with "
                f"learn_layer, or None, not {self.pretrainer!r}",
                value=self.pretrainer,
            )
        return self.pretrainer
