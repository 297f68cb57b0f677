"""RBMs of items: each an RBM over the users who rated it; neighbours by what its units say."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.models.ratings.real import RealModel
from embedrec.models.ratings.real_learning import RealLearning
from embedrec.models.ratings.training import check_numbers
from embedrec.nn.parameter import Array
from embedrec.ratings.table import Grouped, Ratings


class ItemRBM(RealModel):
    """An RBM for each item over the users who rated it, and neighbours by its hidden units.

    The item-based form of Georgiev and Nakov (2013, section 3.2), with real-valued visible units
    around the bias baseline. Their predictions need weights of each user, which someone new has
    not; here, as in their section 5, hidden units serve as features of items: a user's rating of i
    is predicted as biases + sum_j s_ij e_j / (shrinkage + sum_j s_ij) over the items j they rated,
    e_j being what biases leave of the rating, and s_ij the cosine of the features to the power of
    `sharpness`, 0 where it is negative.
    """

    def __init__(
        self,
        hidden_size: int = 50,
        conditional: bool = True,
        epochs: int = 20,
        learning_rate: float = 0.01,
        schedule: Any = "exponential",
        weight_decay: float = 30.0,
        input_power: float = 0.5,
        sharpness: float = 3.0,
        shrinkage: float = 1.0,
        patience: int = 3,
        scale: tuple[float, ...] | None = None,
        seed: int = 0,
    ) -> None:
        """Take the arguments as they are.

        Args:
            hidden_size, conditional, epochs, learning_rate, schedule, weight_decay, input_power,
                patience, scale, seed: see `RealModel`; users are the visible units here.
            sharpness: the larger, the more the nearest neighbours count.
            shrinkage: neighbours' worth of belief in biases alone.
        """
        super().__init__(
            hidden_size, conditional, epochs, learning_rate, schedule, weight_decay, input_power,
            patience, scale, seed,
        )  # fmt: skip
        self.sharpness = sharpness
        self.shrinkage = shrinkage

    def _make_learning(self, ratings: Ratings, rest: Array) -> RealLearning:
        check_numbers(self, {"sharpness": 0, "shrinkage": 0})
        groups = ratings.group_by_item()
        return RealLearning(self, groups, rest[groups.rows], ratings.n_users)

    def _install(self, learning: RealLearning) -> None:
        features = learning.encode()
        lengths = np.linalg.norm(features, axis=1, keepdims=True)
        self.features_ = features / np.maximum(lengths, np.float32(1e-12))

    def _score(self, histories: Grouped) -> Array:
        of_user, rest = self._subtract_bias(histories)
        predicted = self._add_bias(of_user)
        for g in range(len(of_user)):
            mine = slice(histories.offsets[g], histories.offsets[g + 1])
            near = self._compare(histories.others[mine])
            moved = near @ rest[mine].astype(np.float32)
            predicted[g] += moved / self._divisor(near)
        return self._clip(predicted)

    def _explain(self, history: Grouped, item: int) -> Array:
        # A rating counts as a neighbour's, and through the user's bias in what others leave.
        plain = history.values - self.bias_.mean_ - self.bias_.item_bias_[history.others]
        near = self._compare(history.others, item)
        shares = near[0] / self._divisor(near)[0]
        of_bias = 1.0 / (self.bias_.regularization_user + len(plain))
        contributions: Array = plain * (shares + (1.0 - shares.sum()) * of_bias)
        return contributions

    def _compare(self, others: Array, item: int | None = None) -> Array:
        """Return how near items are to rated ones, float32 (n_items, n); of one item (1, n)."""
        rows = self.features_ if item is None else self.features_[item : item + 1]
        near = rows @ self.features_[others].T
        np.maximum(near, 0, out=near)
        if self.sharpness == 3:  # a power takes far longer than two products
            near *= near * near
        elif self.sharpness != 1:
            np.power(near, np.float32(self.sharpness), out=near)
        return near

    def _divisor(self, near: Array) -> Array:
        # Without neighbours there is nothing to divide, and nothing should come of it.
        return np.maximum(near.sum(axis=1) + np.float32(self.shrinkage), np.float32(1e-12))

    def item_vectors(self) -> Array:
        """Return items' hidden units' means, of length 1, float32 (n_items, hidden_size)."""
        self.check_fitted()
        return self.features_.copy()

    def _export_learned(self) -> tuple[dict[str, Array], dict[str, Any]]:
        arrays, facts = super()._export_learned()
        return {**arrays, "features": self.features_}, facts

    def _restore_learned(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        super()._restore_learned(arrays, facts)
        self.features_ = self._take(arrays, "features", (self.n_items, self.hidden_size))
