"""A deep network on digits from random start weights, and pre-trained on images without labels.

The purpose of pre-training is to learn from images of which few have labels. So all images of the
training set are there, and the labels of 1,000 or 10,000 of them (drawn anew for each seed), or of
all. Both start in the same way but for the hidden layers' weights, and have the same fine-tuning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.nn.digits import Digits
from embedrec.seeding import make_generator

HIDDEN_SIZES = (500, 500, 500)
# Labels to epochs of the fine-tuning: fewer samples are gone through more often.
EPOCHS = {1_000: 100, 10_000: 30, 60_000: 15}
Fit = Callable[[Digits, int], dict[str, Any]]


def make_fit(start: str, n_labels: int) -> Fit:
    """Return a model of `benchmarks.nn.mnist`.

    Args:
        start: "random", "pretrained", or "relu": random too, with the activation that made
            pre-training less needed.
        n_labels: labels used.
    """

    def fit(digits: Digits, seed: int) -> dict[str, Any]:
        from embedrec.models.autoencoder import Autoencoder
        from embedrec.models.pretrained import DeepPretrainedClassifier

        pretrainer = Autoencoder(noise="masking", noise_level=0.25, epochs=5, batch_size=100)
        model = DeepPretrainedClassifier(
            HIDDEN_SIZES,
            "relu" if start == "relu" else "sigmoid",
            pretrainer=pretrainer if start == "pretrained" else None,
            epochs=EPOCHS[n_labels],
            batch_size=100,
            schedule="cosine",
            seed=seed,
        )
        order = make_generator(seed, "labels").permutation(len(digits.x))
        labelled, rest = order[:n_labels], order[n_labels:]
        unlabelled = digits.x[rest] if len(rest) and start == "pretrained" else None
        model.fit(digits.x[labelled], digits.y[labelled], unlabelled=unlabelled)
        return {
            "model": repr(model),
            "n_labels": len(labelled),
            "accuracy": model.score(digits.x_test, digits.y_test),
            "training_accuracy": model.score(digits.x[labelled], digits.y[labelled]),
            "epochs": model.n_iter_,
        }

    return fit


DEEP_MODELS: dict[str, Fit] = {
    f"deep_{start}_{n_labels}": make_fit(start, n_labels)
    for n_labels in EPOCHS
    for start in ("random", "relu", "pretrained")
}
