"""Bagging: many estimators, each of a sample of the samples, decide together (Breiman 1996)."""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

import numpy as np

from embedrec.errors import CorruptedError, ParameterError
from embedrec.models.estimator import Classifier, Estimator, Regressor
from embedrec.models.network import forget
from embedrec.models.stored import describe_estimator, rebuild_estimator
from embedrec.models.target import (
    check_rows,
    check_targets,
    check_weights,
    read_classes,
    write_classes,
)
from embedrec.nn.check import check_size
from embedrec.nn.clip import check_limit
from embedrec.nn.parameter import Array
from embedrec.seeding import derive_seed, make_generator

Self = TypeVar("Self", bound="Bagging")


class Bagging(Estimator):
    """What the classifier and the regressor share.

    Args:
        estimator: what is trained many times: of this package, or any with scikit-learn's
            conventions. It stays as it is; each member is a new one with its arguments, and with a
            seed of its own where it has `seed` or `random_state`.
        n_estimators: members.
        share: samples that each member is given, as a share of all.
        replace: whether a sample may be given to a member more than once.
        seed: of the choice of samples and of the members.

    Attributes:
        estimators_: the members.
    """

    estimators_: list[Any]

    def __init__(
        self,
        estimator: Any,
        n_estimators: int = 10,
        *,
        share: float = 1.0,
        replace: bool = True,
        seed: int = 0,
    ) -> None:
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.share = share
        self.replace = replace
        self.seed = seed

    def fit(self: Self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train all members, one after another.

        Args:
            X: samples, an array or anything that gives rows by an array of their numbers.
            y: labels or targets, (n,) or as the members take them.
            sample_weight: (n,), how much each counts for the members; None for all the same.

        Raises:
            ParameterError: if arguments can't be worked with; and what members raise.
        """
        forget(self)
        check_size("n_estimators", self.n_estimators)
        check_limit("share", self.share)
        if self.share > 1 and not self.replace:
            raise ParameterError(
                f"share must be at most 1 without replacement, not {self.share!r}",
                value=self.share,
            )
        is_one = hasattr(self.estimator, "fit") and hasattr(self.estimator, "get_params")
        if not is_one or isinstance(self.estimator, type):
            raise ParameterError(
                f"{type(self).__name__} takes an estimator with fit and get_params, not "
                f"{self.estimator!r}",
                value=type(self.estimator).__name__,
            )
        samples = check_rows(self, X)
        targets = self.learn_targets(y, len(samples))
        weights = check_weights(self, sample_weight, len(samples))
        allowed = np.arange(len(samples)) if weights is None else np.nonzero(weights)[0]
        n_drawn = max(1, round(self.share * len(allowed)))
        members = []
        for number in range(self.n_estimators):
            generator = make_generator(self.seed, "bag", number)
            rows = self.draw_rows(generator, allowed, targets, n_drawn)
            more = {} if weights is None else {"sample_weight": weights[rows]}
            member = self._make_member(derive_seed(self.seed, "member", number))
            members.append(member.fit(samples[rows], targets[rows], **more))
        self.estimators_ = members
        self.n_features_in_ = getattr(members[0], "n_features_in_", 0)
        return self

    def learn_targets(self, y: Any, n_samples: int) -> Array:
        """Return y as an array."""
        raise NotImplementedError

    def draw_rows(
        self, generator: np.random.Generator, allowed: Array, targets: Array, n: int
    ) -> Array:
        """Return the numbers of the samples of a member, n of those allowed."""
        return generator.choice(allowed, n, replace=self.replace)

    def is_fitted(self) -> bool:
        """Return whether there are members."""
        return hasattr(self, "estimators_")

    def _make_member(self, seed: int) -> Any:
        arguments = self.estimator.get_params(deep=False)
        for name, most in (("seed", 2**63), ("random_state", 2**32)):
            if name in inspect.signature(type(self.estimator).__init__).parameters:
                arguments[name] = seed % most
        return type(self.estimator)(**arguments)

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return what all members have learned.

        Raises:
            ParameterError: if they are not of this package.
        """
        arrays: dict[str, Array] = {}
        descriptions = []
        for number, member in enumerate(self.estimators_):
            if not isinstance(member, Estimator):
                raise ParameterError(
                    f"only members of this package can be saved, not {type(member).__name__}",
                    value=type(member).__name__,
                )
            inner, description = describe_estimator(member)
            arrays.update({f"{number}.{name}": array for name, array in inner.items()})
            descriptions.append(description)
        return arrays, {"members": descriptions, "n_features_in": self.n_features_in_}

    def restore_state(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        """Take what `export_state` returned."""
        groups: dict[str, dict[str, Array]] = {}
        for key, array in arrays.items():
            number, _, name = key.partition(".")
            groups.setdefault(number, {})[name] = array
        if not facts["members"]:
            raise CorruptedError("it has no members")
        self.estimators_ = [
            rebuild_estimator(self.kinds[description["class"]], groups[str(at)], description)
            for at, description in enumerate(facts["members"])
        ]
        self.n_features_in_ = int(facts["n_features_in"])


class BaggingClassifier(Bagging, Classifier):
    """Members' probabilities are averaged; see `Bagging`.

    Each member is given at least one sample of each class, so that all know the same classes.
    """

    def learn_targets(self, y: Any, n_samples: int) -> Array:
        """Learn the classes; return labels."""
        numbers = self.learn_classes(y, n_samples)
        labels: Array = self.classes_[numbers]
        return labels

    def draw_rows(
        self, generator: np.random.Generator, allowed: Array, targets: Array, n: int
    ) -> Array:
        """Return the numbers of the samples of a member; a class that was missed gets one."""
        rows = super().draw_rows(generator, allowed, targets, n)
        missed = np.setdiff1d(self.classes_, targets[rows])
        more = [generator.choice(np.nonzero(targets == label)[0]) for label in missed]
        return np.concatenate([rows, np.array(more, rows.dtype)])

    def predict_proba(self, X: Any) -> Array:
        """Return the mean of the members' probabilities, (n, C)."""
        self.check_fitted()
        mean: Array = np.mean([member.predict_proba(X) for member in self.estimators_], axis=0)
        return mean

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return what all members have learned, and the classes."""
        arrays, facts = super().export_state()
        return arrays, {**facts, "classes": write_classes(self.classes_)}

    def restore_state(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        """Take what `export_state` returned."""
        self.classes_ = read_classes(facts["classes"])
        super().restore_state(arrays, facts)


class BaggingRegressor(Bagging, Regressor):
    """Members' predictions are averaged; see `Bagging`."""

    def learn_targets(self, y: Any, n_samples: int) -> Array:
        """Return targets."""
        return check_targets(self, y, n_samples, np.float64)

    def predict(self, X: Any) -> Array:
        """Return the mean of the members' predictions."""
        self.check_fitted()
        mean: Array = np.mean([member.predict(X) for member in self.estimators_], axis=0)
        return mean
