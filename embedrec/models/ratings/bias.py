"""The bias baseline: the mean, how the user rates, how the item is rated (Koren 2010, sec. 2.1)."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.files import PathLike
from embedrec.models.ratings.model import OnEpoch, RatingModel
from embedrec.nn.parameter import Array
from embedrec.progress import Progress
from embedrec.ratings.table import Grouped, Ratings


class BiasModel(RatingModel):
    """b_ui = mu + b_u + b_i, the minimum of sum (r - b_ui)^2 + reg_u sum b_u^2 + reg_i sum b_i^2.

    Found by solving for the users' and the items' biases in turn, each in closed form, until they
    stand still. A new user's bias is the closed form for their history. Predictions are brought
    onto the scale. For clicks the score is the share of users who clicked on the item.

    Source: Koren, "Factor in the neighbors" (ACM TKDD 2010), eq. 1 to 3.
    """

    def __init__(
        self,
        regularization_user: float = 5.0,
        regularization_item: float = 3.0,
        epochs: int = 50,
        tolerance: float = 1e-6,
        scale: tuple[float, ...] | None = None,
    ) -> None:
        """Take the arguments as they are.

        Args:
            regularization_user, regularization_item: ratings' worth of belief in a bias of 0.
            epochs: rounds at most.
            tolerance: they end when no bias of an item moves by more.
            scale: levels of the ratings; None for those that occur.
        """
        self.regularization_user = regularization_user
        self.regularization_item = regularization_item
        self.epochs = epochs
        self.tolerance = tolerance
        self.scale = scale

    def fit(
        self,
        ratings: Ratings,
        validation: Ratings | None = None,
        *,
        checkpoint: PathLike | None = None,
        resume: bool = False,
        progress: Progress | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> BiasModel:
        """Learn from ratings; `validation` and `checkpoint` play no part: it takes a moment.

        Raises:
            InputError: if there are no ratings, or more than 100 levels.
            ParameterError: if an argument of the constructor is out of range.
        """
        for name in ("regularization_user", "regularization_item"):
            value = getattr(self, name)
            if not value >= 0:
                raise ParameterError(f"{name} must be 0 or more, not {value!r}", value=value)
        self._begin(ratings, self.scale)
        self.n_users_ = max(1, len(np.unique(ratings.users)))
        values = ratings.values.astype(np.float64)
        self.mean_ = float(values.mean())
        n_of_user = np.bincount(ratings.users, minlength=ratings.n_users)
        by_user = self.regularization_user + n_of_user
        by_item = self.regularization_item + self.popularity_
        rest = values - self.mean_
        of_item = np.zeros(ratings.n_items)
        for _ in range(self.epochs if self.scale_ is not None else 0):
            before = of_item
            of_user = _divide(
                np.bincount(ratings.users, rest - before[ratings.items], ratings.n_users), by_user
            )
            of_item = _divide(
                np.bincount(ratings.items, rest - of_user[ratings.users], ratings.n_items), by_item
            )
            if np.abs(of_item - before).max() <= self.tolerance:
                break
        self.item_bias_ = of_item
        return self

    def find_user_bias(self, histories: Grouped) -> Array:
        """Return the bias of each history's user, float64 (G,); 0 for an empty one."""
        lengths = np.diff(histories.offsets)
        rest = histories.values - self.mean_ - self.item_bias_[histories.others]
        owners = np.repeat(np.arange(len(lengths)), lengths)
        return _divide(np.bincount(owners, rest, len(lengths)), self.regularization_user + lengths)

    def _score(self, histories: Grouped) -> Array:
        if self.scale_ is None:
            shares = self.popularity_ / self.n_users_
            return np.tile(shares, (len(histories.offsets) - 1, 1))
        bias = self.find_user_bias(histories)
        return self._clip(self.mean_ + self.item_bias_ + bias[:, None])  # (G, n_items)

    def _explain(self, history: Grouped, item: int) -> Array:
        if self.scale_ is None:
            return np.zeros(len(history.others))
        rest = history.values - self.mean_ - self.item_bias_[history.others]
        contributions: Array = rest / (self.regularization_user + len(rest))
        return contributions

    def item_vectors(self) -> Array:
        """Return each item's mean prediction and popularity, float32 (n_items, 2).

        Biases hold next to nothing of what items are like; a model with features does.
        """
        columns = [self.mean_ + self.item_bias_, np.log1p(self.popularity_)]
        return np.stack(columns, axis=1).astype(np.float32)

    def _export_learned(self) -> tuple[dict[str, Array], dict[str, Any]]:
        return {"item_bias": self.item_bias_}, {"mean": self.mean_, "n_users": self.n_users_}

    def _restore_learned(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        self.item_bias_ = self._take(arrays, "item_bias", (self.n_items,))
        self.mean_, self.n_users_ = float(facts["mean"]), int(facts["n_users"])


def _divide(sums: Array, counts: Array) -> Array:
    # Without regularisation and without ratings there is nothing to tell: no bias.
    quotients: Array = np.divide(sums, counts, out=np.zeros(len(sums)), where=counts > 0)
    return quotients
