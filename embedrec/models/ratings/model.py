"""What every model of ratings or clicks is: learn from a table, score histories.

A model keeps nothing of a user: who is asked for comes with a history, so that a new user needs no
training ("fold-in") and serving needs no matrix of users.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import numpy as np

from embedrec.errors import CorruptedError, InputError
from embedrec.files import PathLike
from embedrec.models.estimator import Estimator
from embedrec.models.ratings.explanation import settle_sum
from embedrec.models.ratings.history import (
    check_histories,
    check_history,
    drop_each,
    pick_groups,
    single_each,
    take_groups,
)
from embedrec.models.ratings.levels import find_scale
from embedrec.nn.callback import EpochReport
from embedrec.nn.parameter import Array
from embedrec.progress import Progress
from embedrec.ratings.table import Grouped, Ratings

Self = TypeVar("Self", bound="RatingModel")
OnEpoch = Callable[[EpochReport], "bool | None"]

_EMPTY = np.empty(0, np.int32)


class RatingModel(Estimator):
    """Base of all models of ratings.

    A derived class has `fit`, `_score` and the two halves of what it stores, and may have its own
    `_rank` and `_explain`.

    Attributes:
        item_ids_: names of the items, by number.
        scale_: float64 (K,), levels of the ratings, ascending; None for clicks.
        popularity_: int64 (n_items,), ratings of each item in training.
    """

    users_per_batch: ClassVar[int] = 256  # scored at once by `predict_pairs`

    item_ids_: tuple[str, ...]
    scale_: Array | None
    popularity_: Array

    def fit(
        self: Self,
        ratings: Ratings,
        validation: Ratings | None = None,
        *,
        checkpoint: PathLike | None = None,
        resume: bool = False,
        progress: Progress | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Self:
        """Learn from ratings (or clicks, where all values are 1).

        Args:
            ratings: to learn from.
            validation: held-out ratings of the same ids; training ends when they are no longer
                predicted better, and the best weights are kept.
            checkpoint: a folder to continue from if training is stopped.
            resume: continue from there.
            progress: what is told how far it is.
            on_epoch: called after each epoch; training ends if it returns True.

        Raises:
            InputError: if there are no ratings, or they lie on no even scale of up to 101 levels.
            ParameterError: if an argument of the constructor is out of range.
            ResumeError: if the checkpoint belongs to another training.
            DivergenceError: if weights are no longer finite.
        """
        raise NotImplementedError

    def _score(self, histories: Grouped) -> Array:
        """Return float64 (G, n_items); histories have been checked."""
        raise NotImplementedError

    def _score_item(self, histories: Grouped, item: int) -> Array:
        """Return the scores of one item, float64 (G,); for models that need less for it."""
        scores: Array = self._score(histories)[:, item]
        return scores

    def _score_masked(self, histories: Grouped, mask: Grouped) -> Array:
        """Return `_score`, given items of which only that they were rated is known."""
        return self._score(histories)

    def _rank(self, histories: Grouped) -> Array:
        return self._score(histories)

    def _explain(self, history: Grouped, item: int) -> Array:
        # Halfway between what each rating does alone and what it does after all others.
        nothing, whole = self._score_nothing()[item], self._score(history)[0, item]
        first_in = self._score_item(single_each(history), item) - nothing
        last_out = whole - self._score_item(drop_each(history), item)
        contributions: Array = 0.5 * (first_in + last_out)
        return contributions

    def _score_nothing(self) -> Array:
        return self.predict_history(_EMPTY, np.empty(0))

    @property
    def n_items(self) -> int:
        """Items that the model knows."""
        return len(self.item_ids_)

    def predict_history(self, items: Any, values: Any) -> Array:
        """Return the predicted rating of every item (its score, for clicks), float64 (n_items,).

        Args:
            items: int (n,), numbers of the items that a user has rated; may be empty, which
                predicts what is known of the items alone.
            values: float (n,), the ratings; ignored for clicks.

        Raises:
            InputError: if an item is unknown or there twice, or a rating is not on the scale.
        """
        return self.score_histories(self._check(items, values))[0]

    def rank_history(self, items: Any, values: Any) -> Array:
        """Return what a list of the best items is sorted by, float64 (n_items,), larger first.

        Args, Raises:
            As `predict_history`.
        """
        return self.rank_histories(self._check(items, values))[0]

    def score_histories(self, histories: Grouped) -> Array:
        """Return `predict_history` of many users at once, float64 (G, n_items).

        Raises:
            InputError: as `predict_history`.
        """
        self.check_fitted()
        return self._score(check_histories(histories, self.n_items, self.scale_))

    def rank_histories(self, histories: Grouped) -> Array:
        """Return `rank_history` of many users at once, float64 (G, n_items).

        Raises:
            InputError: as `predict_history`.
        """
        self.check_fitted()
        return self._rank(check_histories(histories, self.n_items, self.scale_))

    def explain_history(self, items: Any, values: Any, item: int) -> Array:
        """Return how much each rated item moved the prediction of `item`, float64 (n,).

        They add up to `predict_history(items, values)[item] - predict_history([], [])[item]`.

        Raises:
            InputError: as `predict_history`, or if `item` is unknown.
        """
        history = self._check(items, values)
        self._check_item(item)
        if not len(history.others):
            return np.empty(0)
        shift = self.score_histories(history)[0, item] - self._score_nothing()[item]
        contributions = settle_sum(self._explain(history, int(item)), float(shift))
        given = np.empty(len(contributions))
        given[history.rows] = contributions
        return given

    def item_vectors(self) -> Array:
        """Return what items are like, float32 (n_items, D); similar ones have a high cosine."""
        raise NotImplementedError

    def predict_pairs(
        self, history: Ratings, users: Any, items: Any, mask: Ratings | None = None
    ) -> Array:
        """Return predictions for pairs of user and item, float64 (n,).

        Users are scored in batches, so there is never a matrix of all users and items.

        Args:
            history: what is known of the users, with the numbers of items of this model.
            users: int (n,), numbers of users in `history`.
            items: int (n,).
            mask: pairs known to have been rated, with ratings unknown (the test set's, where a
                benchmark gives them away: Salakhutdinov et al. 2007, section 4), of the same users
                and items as `history`; values play no part. Only conditional RBMs of users listen.

        Raises:
            InputError: if a number is out of range, lengths differ, or `history` has other items.
        """
        self.check_fitted()
        who, what = np.asarray(users, np.int64), np.asarray(items, np.int64)
        self._check_table(history)
        if who.shape != what.shape or who.ndim != 1:
            raise InputError(
                f"users {who.shape} and items {what.shape} must be as many of each", value=who.shape
            )
        for name, numbers, n in (("user", who, history.n_users), ("item", what, self.n_items)):
            if len(numbers) and not (numbers.min() >= 0 and numbers.max() < n):
                wrong = int(numbers.min() if numbers.min() < 0 else numbers.max())
                raise InputError(f"{name} {wrong} is unknown: there are 0 to {n - 1}", value=wrong)
        grouped = check_histories(history.group_by_user(), self.n_items, self.scale_)
        masked = None
        if mask is not None:
            self._check_table(mask)
            if mask.n_users != history.n_users:
                raise InputError(
                    f"the mask has {mask.n_users} users, the history {history.n_users}: take both "
                    "from one table",
                    value=mask.n_users,
                )
            masked = mask.group_by_user()
        asked, place = np.unique(who, return_inverse=True)
        order = np.argsort(place, kind="stable")
        bounds = np.searchsorted(place[order], np.arange(len(asked) + 1))
        predicted = np.empty(len(who))
        for begin in range(0, len(asked), self.users_per_batch):
            end = min(begin + self.users_per_batch, len(asked))
            rows = order[bounds[begin] : bounds[end]]
            histories = pick_groups(grouped, asked[begin:end])
            if masked is None:
                scores = self._score(histories)
            else:
                scores = self._score_masked(histories, pick_groups(masked, asked[begin:end]))
            predicted[rows] = scores[place[rows] - begin, what[rows]]
        return predicted

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return what was learned: arrays by name, and values that JSON can hold."""
        arrays, facts = self._export_learned()
        scale = None if self.scale_ is None else self.scale_.tolist()
        return (
            {**arrays, "popularity": self.popularity_},
            {**facts, "item_ids": list(self.item_ids_), "scale": scale},
        )

    def restore_state(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        """Take what `export_state` returned.

        Raises:
            CorruptedError, KeyError, TypeError, ValueError: if it does not fit together.
        """
        self.item_ids_ = tuple(str(name) for name in facts["item_ids"])
        scale = facts["scale"]
        self.scale_ = None if scale is None else np.array(scale, np.float64)
        self.popularity_ = self._take(arrays, "popularity", (self.n_items,))
        self._restore_learned(arrays, facts)

    def _export_learned(self) -> tuple[dict[str, Array], dict[str, Any]]:
        raise NotImplementedError

    def _restore_learned(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        raise NotImplementedError

    def _take(self, arrays: dict[str, Array], name: str, shape: tuple[int, ...]) -> Array:
        if arrays[name].shape != shape:
            raise CorruptedError(f"{name} has shape {arrays[name].shape} and not {shape}")
        return arrays[name]

    def _begin(self, ratings: Ratings, scale: Any) -> None:
        """Set what all models know of their training; raises as `find_scale`."""
        self.scale_ = find_scale(ratings.values, scale)
        self.item_ids_ = ratings.item_ids
        self.popularity_ = np.bincount(ratings.items, minlength=ratings.n_items).astype(np.int64)

    def _require_scale(self) -> Array:
        """Return the scale; InputError for clicks."""
        if self.scale_ is None:
            raise InputError(
                f"all ratings are 1, which are clicks, and {type(self).__name__} learns from "
                "ratings: use ClickRBM, or say what the levels are (scale)",
                value=1,
            )
        return self.scale_

    def _clip(self, predicted: Array) -> Array:
        """Bring predictions onto the scale, in place."""
        if self.scale_ is not None:
            np.clip(predicted, self.scale_[0], self.scale_[-1], out=predicted)
        return predicted

    def _check(self, items: Any, values: Any) -> Grouped:
        self.check_fitted()
        return check_history(items, values, self.n_items, self.scale_)

    def _check_item(self, item: int) -> None:
        if not 0 <= item < self.n_items:
            raise InputError(
                f"item {item} is unknown: the model's items are 0 to {self.n_items - 1}", value=item
            )

    def _check_table(self, table: Ratings) -> None:
        if table.item_ids != self.item_ids_:
            raise InputError(
                f"a table of {table.n_items} items does not go with this model of {self.n_items}: "
                "read or encode it with the model's items",
                value=table.n_items,
            )

    def _iterate_batches(self, histories: Grouped) -> Any:
        """Yield (begin, end, groups) of `users_per_batch` users each."""
        n = len(histories.offsets) - 1
        for begin in range(0, n, self.users_per_batch):
            end = min(begin + self.users_per_batch, n)
            yield begin, end, take_groups(histories, begin, end)
