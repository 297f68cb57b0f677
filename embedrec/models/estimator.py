"""What every estimator is: scikit-learn's conventions, without scikit-learn.

A constructor keeps its arguments unchanged under their names and checks nothing; `fit` checks,
learns and sets attributes that end in "_"; so estimators can be cloned, searched over,
cross-validated and put in a pipeline by scikit-learn, which is only imported if it is the one that
asks.
"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar, TypeVar

import numpy as np

from embedrec.errors import ParameterError
from embedrec.files import PathLike
from embedrec.models.stored import load_estimator, save_estimator
from embedrec.models.target import check_labels, check_weights, encode_labels, find_classes
from embedrec.nn.parameter import Array

Self = TypeVar("Self", bound="Estimator")


class Estimator:
    """Base of all estimators.

    Attributes:
        n_features_in_: numbers in a sample, after `fit`.
    """

    kinds: ClassVar[dict[str, type[Estimator]]] = {}  # by name, for those inside others on disk
    n_features_in_: int

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        Estimator.kinds[cls.__name__] = cls

    @classmethod
    def list_parameters(cls) -> list[str]:
        """Return the names of the constructor's arguments, in order."""
        signature = inspect.signature(cls.__init__)
        return [
            name
            for name, argument in signature.parameters.items()
            if name != "self"
            and argument.kind not in (argument.VAR_KEYWORD, argument.VAR_POSITIONAL)
        ]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments; with `deep` those of estimators among them too."""
        found: dict[str, Any] = {}
        for name in self.list_parameters():
            found[name] = value = getattr(self, name)
            if deep and hasattr(value, "get_params") and not isinstance(value, type):
                found.update({f"{name}__{key}": inner for key, inner in value.get_params().items()})
        return found

    def set_params(self: Self, **parameters: Any) -> Self:
        """Set arguments of the constructor, or "outer__inner" ones of an estimator among them.

        Raises:
            ParameterError: if there is no such argument; nothing is set then.
        """
        names = self.list_parameters()
        for key in parameters:
            if key.partition("__")[0] not in names:
                raise ParameterError(
                    f"{type(self).__name__} has no parameter {key!r}; it has {', '.join(names)}",
                    value=key,
                )
        for key, value in sorted(parameters.items(), key=lambda item: "__" in item[0]):
            outer, _, inner = key.partition("__")
            if inner:
                getattr(self, outer).set_params(**{inner: value})
            else:
                setattr(self, outer, value)
        return self

    def is_fitted(self) -> bool:
        """Return whether anything has been learned."""
        return any(name.endswith("_") and not name.startswith("_") for name in vars(self))

    def check_fitted(self) -> None:
        """Raise ParameterError before `fit` or `load`."""
        if not self.is_fitted():
            raise ParameterError(
                f"{type(self).__name__} has learned nothing yet: call fit, or load a saved one"
            )

    def save(self, folder: PathLike) -> None:
        """Write the estimator as a folder: manifest.json and weights.safetensors, atomically.

        Raises:
            ParameterError: if it is not fitted, or an argument has no form on disk, or the folder
                holds something else.
            StorageError: if the place can't be written; what was there stays.
        """
        self.check_fitted()
        save_estimator(folder, self)

    @classmethod
    def load(cls: type[Self], folder: PathLike) -> Self:
        """Read an estimator of this class.

        Raises:
            InputError: if there is none, or it is of another class.
            CorruptedError: if it is damaged.
            VersionError: if a newer version wrote it.
        """
        loaded = load_estimator(folder, cls)
        assert isinstance(loaded, cls)
        return loaded

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return what was learned: arrays by name, and values that JSON can hold."""
        raise NotImplementedError

    def restore_state(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        """Take what `export_state` returned.

        Raises:
            CorruptedError, KeyError, TypeError, ValueError: if it does not fit together.
        """
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import Tags, TargetTags

        return Tags(estimator_type=None, target_tags=TargetTags(required=False))

    def __sklearn_is_fitted__(self) -> bool:
        return self.is_fitted()

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        given = [
            f"{name}={value!r}"
            for name, value in self.get_params(deep=False).items()
            if defaults[name].default is defaults[name].empty
            or not _is_same(value, defaults[name].default)
        ]
        return f"{type(self).__name__}({', '.join(given)})"


class Classifier(Estimator):
    """Base of estimators that name a class.

    Attributes:
        classes_: (C,), the labels in ascending order, which is the order of columns of
            `predict_proba`.
    """

    _estimator_type = "classifier"  # how scikit-learn before 1.6 asks
    classes_: Array

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, float (n, C); rows sum to 1."""
        raise NotImplementedError

    def predict(self, X: Any) -> Array:
        """Return the likeliest class of each sample, (n,), as labels were given to `fit`."""
        probabilities = self.predict_proba(X)
        chosen: Array = self.classes_[probabilities.argmax(axis=1)]
        return chosen

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the (weighted) share of samples whose class is predicted."""
        predicted = self.predict(X)
        labels = check_labels(self, y, len(predicted))
        weights = check_weights(self, sample_weight, len(predicted))
        return float(np.average(predicted == labels, weights=weights))

    def learn_classes(self, y: Any, n_samples: int, least: int = 2) -> Array:
        """Set `classes_` and return the number of each sample's class, int64 (n,).

        Raises:
            ParameterError: if y has another length than X, holds NaN or too few classes.
        """
        labels = check_labels(self, y, n_samples)
        self.classes_ = find_classes(self, labels, least)
        return encode_labels(self, labels, self.classes_)

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
        )


class Regressor(Estimator):
    """Base of estimators that predict numbers."""

    _estimator_type = "regressor"

    def predict(self, X: Any) -> Array:
        """Return the numbers predicted for each sample."""
        raise NotImplementedError

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R2 = 1 - sum(w (y - f)^2) / sum(w (y - mean)^2), averaged over outputs."""
        predicted = np.asarray(self.predict(X), np.float64)
        wanted = np.asarray(y, np.float64)
        if wanted.shape != predicted.shape:
            raise ParameterError(
                f"{type(self).__name__}: y has shape {wanted.shape}, and for this X the prediction "
                f"has {predicted.shape}: give one target for each sample",
                value=wanted.shape,
            )
        weights = check_weights(self, sample_weight, len(wanted))
        mean = np.average(wanted, axis=0, weights=weights)
        left = np.average((wanted - predicted) ** 2, axis=0, weights=weights)
        whole = np.average((wanted - mean) ** 2, axis=0, weights=weights)
        # A constant target leaves nothing to explain: 1 if it is met, else 0.
        ratio = np.where(whole > 0, left / np.where(whole > 0, whole, 1), left > 0)
        return float(np.mean(1.0 - ratio))

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import RegressorTags, Tags, TargetTags

        return Tags(
            estimator_type="regressor",
            target_tags=TargetTags(required=True),
            regressor_tags=RegressorTags(),
        )


class Transformer(Estimator):
    """Base of estimators that turn samples into other features."""

    def fit(self: Self, X: Any, y: Any = None) -> Self:
        """Learn from samples; `y` is not looked at."""
        raise NotImplementedError

    def transform(self, X: Any) -> Array:
        """Return the features of each sample, float (n, F)."""
        raise NotImplementedError

    def fit_transform(self, X: Any, y: Any = None, **fit_parameters: Any) -> Array:
        """Return `fit(X, y).transform(X)`."""
        return self.fit(X, y, **fit_parameters).transform(X)

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type="transformer",
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(preserves_dtype=[]),
        )


def _is_same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return a is b
    return type(a) is type(b) and bool(a == b)
