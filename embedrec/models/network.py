"""Estimators that are a network: built when samples are seen, trained by `embedrec.nn.Trainer`.

A class derived from these says what its network is (`build_network`), and may say what its samples
are (`check_input`), which loss it has (`make_loss`), and how samples are changed while training
(`make_augment`). Arguments of its constructor that are named like a setting of `Trainer` are that
setting.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from embedrec.errors import CorruptedError, ParameterError
from embedrec.files import PathLike
from embedrec.models.estimator import Classifier, Estimator, Regressor
from embedrec.models.target import (
    check_labels,
    check_samples,
    check_targets,
    check_weights,
    encode_labels,
    read_classes,
    write_classes,
)
from embedrec.nn.callback import Callback, History
from embedrec.nn.layer import Layer, iterate_parameters
from embedrec.nn.loss import Loss
from embedrec.nn.losses import SquaredError
from embedrec.nn.parameter import Array
from embedrec.nn.regularize import Penalized
from embedrec.nn.softmax import SoftmaxCrossEntropy
from embedrec.nn.stopping import EarlyStopping
from embedrec.nn.trainer import Trainer
from embedrec.progress import Progress
from embedrec.seeding import make_generator

ClassifierSelf = TypeVar("ClassifierSelf", bound="NetworkClassifier")
RegressorSelf = TypeVar("RegressorSelf", bound="NetworkRegressor")
_ROWS_AT_ONCE = 512
_NETWORK = "network."


class NetworkEstimator(Estimator):
    """Base of estimators that are a network.

    Attributes:
        network_: Layer, after `fit`.
        n_outputs_: numbers that the network puts out for a sample.
        losses_, scores_: of each epoch: the mean loss in training, and what was watched.
        n_iter_: epochs trained.
        best_epoch_: 0-based epoch whose weights were kept, or None.
    """

    network_: Layer
    n_outputs_: int
    losses_: list[float]
    scores_: list[float]
    n_iter_: int
    best_epoch_: int | None

    def build_network(self, n_outputs: int, generator: np.random.Generator) -> Layer:
        """Return the network with its start weights; `n_features_in_` and so on are set.

        Raises:
            ParameterError: if an argument of the constructor can't be worked with.
        """
        raise NotImplementedError

    def make_loss(self) -> Loss:
        """Return the loss, without penalties on weights."""
        raise NotImplementedError

    def make_augment(self) -> Callable[[Any, np.random.Generator], Any] | None:
        """Return what changes the samples of a batch in training, `augment(x, generator)`."""
        return None

    def is_fitted(self) -> bool:
        """Return whether there is a network."""
        return hasattr(self, "network_")

    def check_input(self, X: Any) -> Any:
        """Return samples in the form that the network takes; in `fit`, learn their size.

        Here: float32 (n, n_features_in_).

        Raises:
            ParameterError: if they are of another form than in `fit`, hold NaN or are none.
        """
        known = getattr(self, "n_features_in_", "n_features")
        samples = check_samples(self, X, (known,))
        self.n_features_in_ = samples.shape[1]
        return samples

    def predict_output(self, X: Any) -> Array:
        """Return what the network puts out, float32 (n, n_outputs_), without training."""
        self.check_fitted()
        samples = self.check_input(X)
        outputs = []
        for begin in range(0, len(samples), _ROWS_AT_ONCE):
            rows = np.arange(begin, min(len(samples), begin + _ROWS_AT_ONCE))
            outputs.append(self.pass_forward(samples[rows]))
        return np.concatenate(outputs)

    def pass_forward(self, batch: Any) -> Array:
        """Return the network's output for some samples."""
        return self.network_.forward(batch, False)[0]

    def make_trainer(self, **more: Any) -> Trainer:
        """Return the trainer: settings named like arguments of the constructor, and `more`."""
        names = {each.name for each in dataclasses.fields(Trainer)} - {"augment"}
        settings = {name: getattr(self, name) for name in self.list_parameters() if name in names}
        settings["augment"] = self.make_augment()
        patience = getattr(self, "patience", None)
        if patience is not None:
            settings["stopping"] = EarlyStopping(patience)
        return Trainer(**{**settings, **more})

    def learn(
        self,
        samples: Any,
        targets: Array,
        weights: Array | None,
        n_outputs: int,
        validation: Any = None,
        **trainer_settings: Any,
    ) -> History:
        """Build the network and train it: what every `fit` ends with.

        Args:
            samples: from `check_input`.
            targets: for the loss, one row each.
            weights: floating (n,), or None.
            n_outputs: numbers that the network puts out for a sample.
            validation: samples and targets, as `Trainer.fit` takes them; None to hold some out if
                the estimator has `patience`.
            **trainer_settings: of `Trainer`: checkpoint, resume, progress, callbacks.
        """
        trainer = self.make_trainer(**trainer_settings)
        self.n_outputs_ = n_outputs
        network = self.build_network(n_outputs, make_generator(trainer.seed, "weights"))
        loss = self.make_loss()
        l1, l2 = getattr(self, "l1", 0.0), getattr(self, "l2", 0.0)
        if l1 or l2:
            loss = Penalized(loss, network, l1=l1, l2=l2)
        if trainer.stopping is not None and validation is None:
            rows, held = self._hold_out(len(samples), trainer.seed)
            parts = [] if weights is None else [weights[held]]
            validation = samples[held], targets[held], *parts
            samples, targets = samples[rows], targets[rows]
            weights = None if weights is None else weights[rows]
        history = trainer.fit(network, loss, samples, targets, weights, validation)
        self.network_ = network
        self.losses_, self.scores_ = history.losses, history.scores
        self.n_iter_, self.best_epoch_ = len(history.losses), history.best_epoch
        return history

    def _hold_out(self, n: int, seed: int) -> tuple[Array, Array]:
        share = getattr(self, "validation_share", 0.1)
        if not 0 < share < 1 or not 0 < round(n * share) < n:
            raise ParameterError(
                f"{type(self).__name__}: validation_share={share!r} of {n} samples leaves none to "
                "train on or none to watch; give validation=(X, y), or patience=None",
                value=share,
            )
        order = make_generator(seed, "validation").permutation(n)
        n_held = round(n * share)
        return np.sort(order[n_held:]), np.sort(order[:n_held])

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return the network's parameters, sizes and the history."""
        arrays = {_NETWORK + name: p.value for name, p in iterate_parameters(self.network_)}
        names = ("n_features_in_", "n_outputs_", "losses_", "scores_", "n_iter_", "best_epoch_")
        return arrays, {name: getattr(self, name) for name in names}

    def restore_state(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        """Build the network and give it its parameters.

        Raises:
            CorruptedError: if they do not fit together.
        """
        for name, value in facts.items():
            if name.endswith("_") and not name.startswith("_"):
                setattr(self, name, value)
        network = self.build_network(self.n_outputs_, make_generator(0, "weights"))
        for name, parameter in iterate_parameters(network):
            array = arrays[_NETWORK + name]
            if array.shape != parameter.value.shape:
                raise CorruptedError(
                    f"{name} has shape {array.shape} in place of {parameter.value.shape}"
                )
            parameter.value = np.array(array, parameter.value.dtype)
        self.network_ = network


class NetworkClassifier(Classifier, NetworkEstimator):
    """Base of networks that name a class: one output for each, softmax and cross-entropy."""

    def shape_targets(self, numbers: Array) -> Array:
        """Return what the loss takes of the numbers of classes, int64 (n,); here the same.

        If it has two axes, the network has as many outputs as the second, else one for each class.
        """
        return numbers

    def make_loss(self) -> Loss:
        """Return softmax with cross-entropy."""
        return SoftmaxCrossEntropy()

    def fit(
        self: ClassifierSelf,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        validation: tuple[Any, Any] | None = None,
        checkpoint: PathLike | None = None,
        resume: bool = False,
        progress: Progress | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> ClassifierSelf:
        """Learn from samples and their labels, from new start weights.

        Args:
            X: samples.
            y: labels (n,), whole numbers or strings.
            sample_weight: (n,), how much each counts; None for all the same.
            validation: (X, y) whose loss is watched for early stopping and schedules.
            checkpoint, resume, progress, callbacks: as of `Trainer`.

        Raises:
            ParameterError: if samples, labels or arguments of the constructor can't be worked with.
            DivergenceError: if training diverges.
        """
        forget(self)
        samples = self.check_input(X)
        targets = self.shape_targets(self.learn_classes(y, len(samples)))
        weights = check_weights(self, sample_weight, len(samples))
        watched = None
        if validation is not None:
            held = self.check_input(validation[0])
            labels = check_labels(self, validation[1], len(held))
            watched = held, self.shape_targets(encode_labels(self, labels, self.classes_))
        n_outputs = targets.shape[1] if targets.ndim == 2 else len(self.classes_)
        self.learn(
            samples, targets, weights, n_outputs, watched,
            checkpoint=checkpoint, resume=resume, progress=progress, callbacks=callbacks,
        )  # fmt: skip
        return self

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, float32 (n, C)."""
        probabilities: Array = SoftmaxCrossEntropy().predict(self.predict_output(X))
        return probabilities

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return what a network has learned, and the classes."""
        arrays, facts = super().export_state()
        return arrays, {**facts, "classes": write_classes(self.classes_)}

    def restore_state(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        """Take what `export_state` returned."""
        self.classes_ = read_classes(facts["classes"])
        super().restore_state(arrays, facts)


class NetworkRegressor(Regressor, NetworkEstimator):
    """Base of networks that predict numbers: squared error.

    Attributes:
        is_flat_: whether y was (n,) in `fit`, as predictions are then.
    """

    is_flat_: bool

    def make_loss(self) -> Loss:
        """Return half the squared error."""
        return SquaredError()

    def fit(
        self: RegressorSelf,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        validation: tuple[Any, Any] | None = None,
        checkpoint: PathLike | None = None,
        resume: bool = False,
        progress: Progress | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> RegressorSelf:
        """Learn from samples and targets (n,) or (n, outputs); else as `NetworkClassifier.fit`."""
        forget(self)
        samples = self.check_input(X)
        targets = check_targets(self, y, len(samples))
        weights = check_weights(self, sample_weight, len(samples))
        self.is_flat_ = targets.ndim == 1
        targets = targets.reshape(len(targets), -1)  # (n, O)
        watched = None
        if validation is not None:
            held = self.check_input(validation[0])
            watched = held, check_targets(self, validation[1], len(held)).reshape(len(held), -1)
        self.learn(
            samples, targets, weights, targets.shape[1], watched,
            checkpoint=checkpoint, resume=resume, progress=progress, callbacks=callbacks,
        )  # fmt: skip
        return self

    def predict(self, X: Any) -> Array:
        """Return the numbers predicted, float32, (n,) or (n, outputs) as y was in `fit`."""
        outputs = self.predict_output(X)
        return outputs[:, 0] if self.is_flat_ else outputs

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return what a network has learned, and whether it predicts one number."""
        arrays, facts = super().export_state()
        return arrays, {**facts, "is_flat_": self.is_flat_}


def forget(estimator: Estimator) -> None:
    """Drop all that was learned, as `fit` begins anew."""
    for name in [name for name in vars(estimator) if name.endswith("_") and name[0] != "_"]:
        delattr(estimator, name)
