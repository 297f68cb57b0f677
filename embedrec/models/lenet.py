"""LeNet-5, the convolutional network for digits (LeCun, Bottou, Bengio and Haffner 1998)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.models.augment import Augmentation
from embedrec.models.network import NetworkClassifier
from embedrec.models.target import check_samples
from embedrec.nn.activation import make_activation
from embedrec.nn.averaging import Averaging
from embedrec.nn.compose import Chain
from embedrec.nn.conv import Conv2D
from embedrec.nn.dense import Dense
from embedrec.nn.flatten import Flatten
from embedrec.nn.layer import Layer
from embedrec.nn.optim import Optimizer
from embedrec.nn.parameter import Array
from embedrec.nn.pool import MaxPool2D, MeanPool2D
from embedrec.nn.schedule import Schedule
from embedrec.nn.subsample import Subsampling

SIZE = 32
POOLING: dict[str, Callable[[int], Layer]] = {
    "subsampling": Subsampling,
    "mean": lambda n_maps: MeanPool2D(2),
    "max": lambda n_maps: MaxPool2D(2),
}
# Table I of the paper: the maps of S2 (rows) that each map of C3 (columns) is computed from.
CONNECTIONS = np.array(
    [[mark == "X" for mark in row] for row in (
        "X...XXX..XXXX.XX",
        "XX...XXX..XXXX.X",
        "XXX...XXX..X.XXX",
        ".XXX..XXXX..X.XX",
        "..XXX..XXXX.XX.X",
        "...XXX..XXXX.XXX",
    )]
)  # fmt: skip


def build_lenet(
    n_outputs: int = 10,
    *,
    generator: np.random.Generator,
    activation: str = "tanh",
    pooling: str = "subsampling",
    connections: Array | None = CONNECTIONS,
) -> Chain:
    """Return LeNet-5 for images (B, 32, 32, 1), with its start weights."""

    def make_conv(n_inputs: int, n_outputs: int, table: Array | None = None) -> Conv2D:
        return Conv2D(n_inputs, n_outputs, 5, generator=generator, connections=table)

    pool = POOLING[pooling]
    return Chain(
        make_conv(1, 6), make_activation(activation, 6),  # C1: 6 maps of 28 x 28
        pool(6),  # S2: 6 maps of 14 x 14
        make_conv(6, 16, connections), make_activation(activation, 16),  # C3: 16 maps of 10 x 10
        pool(16),  # S4: 16 maps of 5 x 5
        make_conv(16, 120), make_activation(activation, 120),  # C5: 120 units, each sees all of S4
        Flatten(),
        Dense(120, 84, generator=generator), make_activation(activation, 84),  # F6: 84 units
        Dense(84, n_outputs, generator=generator),
    )  # fmt: skip


class LeNet5(NetworkClassifier):
    """LeNet-5 (LeCun et al. 1998, section II B): 32 x 32 pixels, three convolutions, 10 classes.

    In place of the paper's radial basis outputs, which compare F6 with drawn characters, stands a
    dense layer with softmax and cross-entropy, so that classes may be anything; squashing is plain
    tanh; weights are learned by the optimiser asked for, not by the paper's diagonal
    Levenberg-Marquardt.

    Samples are images (n, 28, 28) or (n, 32, 32) whose background is 0, or the same as rows of 784
    or 1,024 numbers. The smaller get a border of 2. All are brought to mean 0 and variance 1 by one
    shift and one scale, learned in `fit`.

    Args:
        activation: a name of `embedrec.nn.ACTIVATIONS`: "tanh" as in the paper, or "relu", ...
        pooling: "subsampling" as in the paper (mean, learned coefficient and bias), "mean", "max".
        connections: "partial" as in the paper's table I, or "full", of the maps of S2 to those
            of C3.
        shift, rotation, zoom, elastic: augmentation of images in training, see `Augmentation`;
            none with all 0.
        epochs, batch_size, optimizer, learning_rate, schedule, l2, patience, validation_share,
            averaging, seed: as in `MLPClassifier`.

    Attributes:
        mean_, scale_: of all pixels, from `fit`.
    """

    mean_: float
    scale_: float

    def __init__(
        self,
        activation: str = "tanh",
        pooling: str = "subsampling",
        connections: str = "partial",
        *,
        shift: float = 0.0,
        rotation: float = 0.0,
        zoom: float = 0.0,
        elastic: float = 0.0,
        epochs: int = 20,
        batch_size: int | None = 64,
        optimizer: str | Optimizer = "adam",
        learning_rate: float | None = None,
        schedule: str | Schedule = "cosine",
        l2: float = 0.0,
        patience: int | None = None,
        validation_share: float = 0.1,
        averaging: Averaging | None = None,
        seed: int = 0,
    ) -> None:
        self.activation = activation
        self.pooling = pooling
        self.connections = connections
        self.shift = shift
        self.rotation = rotation
        self.zoom = zoom
        self.elastic = elastic
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.l2 = l2
        self.patience = patience
        self.validation_share = validation_share
        self.averaging = averaging
        self.seed = seed

    def build_network(self, n_outputs: int, generator: np.random.Generator) -> Layer:
        """Return the network; see `build_lenet`."""
        tables = {"partial": CONNECTIONS, "full": None}
        for name, known in (("pooling", POOLING), ("connections", tables)):
            if getattr(self, name) not in known:
                raise ParameterError(
                    f"{name} must be one of {', '.join(known)}, not {getattr(self, name)!r}",
                    value=getattr(self, name),
                )
        return build_lenet(
            n_outputs,
            generator=generator,
            activation=self.activation,
            pooling=self.pooling,
            connections=tables[self.connections],
        )

    def check_input(self, X: Any) -> Array:
        """Return images float32 (n, 32, 32, 1), shifted and scaled; see the class."""
        samples = check_images(self, X)
        border = (SIZE - samples.shape[1]) // 2
        images = np.pad(samples, ((0, 0), (border, border), (border, border)))  # (n, 32, 32)
        if not hasattr(self, "n_features_in_"):
            self.n_features_in_ = samples[0].size
            self.mean_ = float(images.mean())
            self.scale_ = float(images.std()) or 1.0
        images -= self.mean_
        images /= self.scale_
        return images[..., None]

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return what a network has learned, the classes, and the shift and scale of pixels."""
        arrays, facts = super().export_state()
        return arrays, {**facts, "mean_": self.mean_, "scale_": self.scale_}

    def make_augment(self) -> Callable[[Any, np.random.Generator], Any] | None:
        """Return the augmentation asked for, or None."""
        if not (self.shift or self.rotation or self.zoom or self.elastic):
            return None
        background = -self.mean_ / self.scale_
        return Augmentation(self.shift, self.rotation, self.zoom, self.elastic, fill=background)


def check_images(estimator: LeNet5, X: Any) -> Array:
    """Return X as finite float32 (n, 28, 28) or (n, 32, 32).

    Raises:
        ParameterError: if it is no such array, or of another size than in `fit`.
    """
    shape = np.shape(X)[1:]
    square = {(28, 28): 28, (784,): 28, (SIZE, SIZE): SIZE, (SIZE * SIZE,): SIZE}.get(shape)
    known = getattr(estimator, "n_features_in_", None)
    if square is None or known not in (None, square * square):
        wanted = "28 x 28 or 32 x 32" if known is None else "{0} x {0}".format(math.isqrt(known))
        raise ParameterError(
            f"LeNet5 takes images of {wanted} pixels as X, (n, H, W) or (n, H * W), not "
            f"{np.shape(X)}",
            value=np.shape(X),
        )
    return check_samples(estimator, X, shape).reshape(-1, square, square)
