"""A deep network on digits from random start weights, and pre-trained on images without labels.

The purpose of pre-training is to learn from images of which few have labels. So all images of the
training set are there, and the labels of 1,000 or 10,000 of them (drawn anew for each seed), or of
all. Both start in the same way but for the hidden layers' weights, and have the same fine-tuning.
Layers are learned by denoising autoencoders ("pretrained") or by restricted Boltzmann machines
("rbm", a deep belief net).

A run's `cpu_seconds` leave out layers that were learned before with another number of labels;
`pretraining_cpu_seconds` are what they took.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.nn.digits import Digits
from embedrec.seeding import make_generator

HIDDEN_SIZES = (500, 500, 500)
# Labels to epochs of the fine-tuning: fewer samples are gone through more often.
EPOCHS = {1_000: 100, 10_000: 30, 60_000: 15}
Fit = Callable[[Digits, int], dict[str, Any]]


class RememberedLearner:
    """Learns each layer once: with 1,000 labels and with 10,000 the images are the same ones in the
    same order, and so are the layers.

    Attributes:
        learner: what learns them.
        cpu_seconds: that the layers asked for took, whenever they were learned.
    """

    known: dict[tuple[Any, ...], tuple[np.ndarray, np.ndarray, float]] = {}  # noqa: RUF012

    def __init__(self, learner: Any) -> None:
        self.learner = learner
        self.cpu_seconds = 0.0

    def learn_layer(
        self, X: np.ndarray, n_units: int, activation: str, seed: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return weights and biases; see `embedrec.models.pretrained.LayerLearner`."""
        key = repr(self), X.shape, float(X.sum(dtype=np.float64)), n_units, activation, seed
        if key not in self.known:
            start = time.process_time()
            layer = self.learner.learn_layer(X, n_units, activation, seed)
            self.known[key] = *layer, time.process_time() - start
        weight, bias, cpu_seconds = self.known[key]
        self.cpu_seconds += cpu_seconds
        return weight, bias

    def __repr__(self) -> str:
        return repr(self.learner)


def make_fit(start: str, n_labels: int) -> Fit:
    """Return a model of `benchmarks.nn.mnist`.

    Args:
        start: "random", "pretrained", "rbm", or "relu": random too, with the activation that made
            pre-training less needed.
        n_labels: labels used.
    """

    def fit(digits: Digits, seed: int) -> dict[str, Any]:
        from embedrec.models.autoencoder import Autoencoder
        from embedrec.models.pretrained import DeepPretrainedClassifier
        from embedrec.models.rbm import RBM

        learners = {
            "pretrained": Autoencoder(noise="masking", noise_level=0.25, epochs=5, batch_size=100),
            "rbm": RBM(epochs=10, batch_size=100),
        }
        learner = RememberedLearner(learners[start]) if start in learners else None
        model = DeepPretrainedClassifier(
            HIDDEN_SIZES,
            "relu" if start == "relu" else "sigmoid",
            pretrainer=learner,
            epochs=EPOCHS[n_labels],
            batch_size=100,
            schedule="cosine",
            seed=seed,
        )
        order = make_generator(seed, "labels").permutation(len(digits.x))
        labelled, rest = order[:n_labels], order[n_labels:]
        x, y = digits.x[labelled], digits.y[labelled]
        unlabelled = digits.x[rest] if len(rest) and learner is not None else None
        model.fit(x, y, unlabelled=unlabelled)
        return {
            "pretraining_cpu_seconds": round(learner.cpu_seconds, 1) if learner else 0.0,
            "model": repr(model),
            "n_labels": len(labelled),
            "accuracy": model.score(digits.x_test, digits.y_test),
            "training_accuracy": model.score(x, y),
            "epochs": model.n_iter_,
        }

    return fit


DEEP_MODELS: dict[str, Fit] = {
    f"deep_{start}_{n_labels}": make_fit(start, n_labels)
    for n_labels in EPOCHS
    for start in ("random", "relu", "pretrained", "rbm")
}
