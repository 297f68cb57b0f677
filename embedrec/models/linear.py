"""Networks without hidden layers: perceptron, linear unit, logistic and softmax regression."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from embedrec.errors import CorruptedError, ParameterError
from embedrec.models.estimator import Classifier
from embedrec.models.network import NetworkClassifier, NetworkEstimator, NetworkRegressor, forget
from embedrec.models.target import check_samples, check_weights, read_classes, write_classes
from embedrec.nn.check import check_size
from embedrec.nn.clip import check_limit
from embedrec.nn.dense import Dense
from embedrec.nn.init import make_uniform
from embedrec.nn.layer import Layer
from embedrec.nn.loss import Loss
from embedrec.nn.losses import BinaryCrossEntropy
from embedrec.nn.optim import Optimizer
from embedrec.nn.parameter import Array
from embedrec.nn.schedule import Schedule
from embedrec.seeding import make_generator

Self = TypeVar("Self", bound="Perceptron")


class Perceptron(Classifier):
    """Rosenblatt's perceptron: for each sample in turn, w += r (t - step(w x + b)) x.

    With more than two classes there is one perceptron for each against the others, and the largest
    w x + b decides. On classes that a plane can part the rule ends without a mistake (Novikoff
    1962); on others it never rests.

    Args:
        epochs: most passes over the samples; it stops after one without a mistake.
        learning_rate: r; weights start at 0, so that it only scales them.
        shuffle: whether each epoch has an order of its own.
        seed: of the order.

    Attributes:
        weight_: float64 (n_features_in_, P): P is 1 for two classes, and else C.
        bias_: float64 (P,).
        n_mistakes_: of each epoch.
    """

    weight_: Array
    bias_: Array
    n_mistakes_: list[int]

    def __init__(
        self,
        *,
        epochs: int = 100,
        learning_rate: float = 1.0,
        shuffle: bool = True,
        seed: int = 0,
    ) -> None:
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.shuffle = shuffle
        self.seed = seed

    def fit(self: Self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from samples (n, n_features) and labels (n,), a sample at a time.

        Raises:
            ParameterError: if samples, labels or arguments of the constructor can't be worked with.
        """
        forget(self)
        check_size("epochs", self.epochs)
        rate = check_limit("learning_rate", self.learning_rate)
        samples = check_samples(self, X, dtype=np.float64)
        numbers = self.learn_classes(y, len(samples))
        weights = check_weights(self, sample_weight, len(samples))
        rates = np.full(len(samples), rate) if weights is None else rate * weights
        self.n_features_in_ = samples.shape[1]
        # Two classes need one unit, which is on for the second.
        units = np.arange(1, 2) if len(self.classes_) == 2 else np.arange(len(self.classes_))
        targets = (numbers[:, None] == units).astype(np.float64)  # (n, P)
        w, b = np.zeros((self.n_features_in_, len(units))), np.zeros(len(units))
        self.n_mistakes_ = []
        for epoch in range(self.epochs):
            order = np.arange(len(samples))
            if self.shuffle:
                order = make_generator(self.seed, "shuffle", epoch).permutation(order)
            n_mistakes = 0
            for i in order:
                x = samples[i]
                error = targets[i] - (x @ w + b > 0)  # (P,)
                if error.any():
                    w += rates[i] * np.outer(x, error)
                    b += rates[i] * error
                    n_mistakes += 1
            self.n_mistakes_.append(n_mistakes)
            if not n_mistakes:
                break
        self.weight_, self.bias_ = w, b
        return self

    def is_fitted(self) -> bool:
        """Return whether there are weights."""
        return hasattr(self, "weight_")

    def decision_function(self, X: Any) -> Array:
        """Return w x + b, float64: (n,) for two classes, above 0 for the second; else (n, C)."""
        self.check_fitted()
        samples = check_samples(self, X, (self.n_features_in_,), np.float64)
        activation: Array = samples @ self.weight_ + self.bias_
        return activation[:, 0] if len(self.classes_) == 2 else activation

    def predict(self, X: Any) -> Array:
        """Return the class of each sample, (n,)."""
        activation = self.decision_function(X)
        if activation.ndim == 1:
            chosen: Array = self.classes_[(activation > 0).astype(int)]
            return chosen
        chosen = self.classes_[activation.argmax(axis=1)]
        return chosen

    def predict_proba(self, X: Any) -> Array:
        """Return 1 for the class that is predicted and 0 for the others, (n, C)."""
        answer = self.predict(X)[:, None] == self.classes_
        return answer.astype(np.float64)

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return weights, classes and mistakes."""
        facts = {"classes": write_classes(self.classes_), "n_mistakes": self.n_mistakes_}
        return {"weight": self.weight_, "bias": self.bias_}, facts

    def restore_state(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        """Take what `export_state` returned."""
        self.classes_ = read_classes(facts["classes"])
        self.n_mistakes_ = list(facts["n_mistakes"])
        self.weight_, self.bias_ = arrays["weight"], arrays["bias"]
        n_units = 1 if len(self.classes_) == 2 else len(self.classes_)
        if self.weight_.ndim != 2 or not self.weight_.shape[1] == len(self.bias_) == n_units:
            raise CorruptedError(f"weights of shape {self.weight_.shape} for {n_units} units")
        self.n_features_in_ = len(self.weight_)


class LinearNetwork(NetworkEstimator):
    """What networks of one dense layer share: y = x W + b, weights starting at 0.

    Args:
        l1, l2: strength of the penalties l1 sum |w| + l2 / 2 sum w^2; the loss is a mean over
            samples.
        epochs: passes over the samples.
        batch_size: samples in a step: 1 for one at a time, None for all at once.
        optimizer: a name of `embedrec.nn.OPTIMIZERS`, or an `embedrec.nn.Optimizer`.
        learning_rate: None for the optimiser's own.
        schedule: a name of `embedrec.nn.SCHEDULES`, or an `embedrec.nn.Schedule`.
        tolerance: training stops when no weight changes by more in an epoch; None to go on.
        seed: of the order of samples.

    Attributes:
        coef_: float32 (n_features_in_, n_outputs), W.
        intercept_: float32 (n_outputs,), b.
    """

    def __init__(
        self,
        *,
        l1: float = 0.0,
        l2: float = 0.0,
        epochs: int = 20,
        batch_size: int | None = 64,
        optimizer: str | Optimizer = "adam",
        learning_rate: float | None = None,
        schedule: str | Schedule = "constant",
        tolerance: float | None = None,
        seed: int = 0,
    ) -> None:
        self.l1 = l1
        self.l2 = l2
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.tolerance = tolerance
        self.seed = seed

    def build_network(self, n_outputs: int, generator: np.random.Generator) -> Layer:
        """Return a dense layer whose weights are 0."""
        return Dense(self.n_features_in_, n_outputs, generator=generator, init=make_uniform(0.0))

    @property
    def coef_(self) -> Array:
        """W."""
        weight: Array = self._find_layer().weight.value
        return weight

    @property
    def intercept_(self) -> Array:
        """b."""
        bias = self._find_layer().bias
        assert bias is not None
        return bias.value

    def _find_layer(self) -> Dense:
        self.check_fitted()
        assert isinstance(self.network_, Dense)
        return self.network_


class LinearUnit(LinearNetwork, NetworkRegressor):
    """The linear unit, which learns by the delta rule: w += r (t - w x - b) x, the mean of a batch.

    Widrow and Hoff 1960. `batch_size=1` and `optimizer="sgd"` is the rule itself. See
    `LinearNetwork`; further optimisers descend the same squared error.
    """

    def __init__(
        self,
        *,
        l1: float = 0.0,
        l2: float = 0.0,
        epochs: int = 100,
        batch_size: int | None = 1,
        optimizer: str | Optimizer = "sgd",
        learning_rate: float | None = None,
        schedule: str | Schedule = "constant",
        tolerance: float | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(
            l1=l1, l2=l2, epochs=epochs, batch_size=batch_size, optimizer=optimizer,
            learning_rate=learning_rate, schedule=schedule, tolerance=tolerance, seed=seed,
        )  # fmt: skip


class SoftmaxRegression(LinearNetwork, NetworkClassifier):
    """p(k | x) = softmax(x W + b)_k, by cross-entropy; see `LinearNetwork`."""


class LogisticRegression(LinearNetwork, NetworkClassifier):
    """p(second class | x) = sigmoid(w x + b), for two classes; see `LinearNetwork`."""

    def shape_targets(self, numbers: Array) -> Array:
        """Return 1 for the second class and 0 for the first, float32 (n, 1)."""
        if len(self.classes_) != 2:
            raise ParameterError(
                f"LogisticRegression tells two classes apart, and y holds {len(self.classes_)}: "
                "use SoftmaxRegression",
                value=len(self.classes_),
            )
        return numbers.astype(np.float32)[:, None]

    def make_loss(self) -> Loss:
        """Return binary cross-entropy."""
        return BinaryCrossEntropy()

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of both classes, float32 (n, 2)."""
        p = BinaryCrossEntropy().predict(self.predict_output(X))  # (n, 1)
        return np.hstack([1 - p, p])
