"""From ratings or clicks to items not yet seen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from embedrec.errors import ParameterError
from embedrec.files import PathLike
from embedrec.models.ratings.model import OnEpoch, RatingModel
from embedrec.progress import Progress
from embedrec.ratings.make import append_ratings, to_ratings
from embedrec.ratings.table import Grouped, Ratings
from embedrec.recommend.rating_history import (
    Id,
    RatingHistory,
    ReadHistory,
    UnknownIdError,
    read_history,
    read_id,
)
from embedrec.recommend.rating_model import DEFAULT, choose_name, make_model
from embedrec.recommend.rating_store import StoredHistories, read_recommender, write_recommender
from embedrec.recommend.result import Recommendation, Recommendations
from embedrec.recommend.selection import select_best

Array = np.ndarray[Any, Any]
UNKNOWN = ("fallback", "error")
_NOBODY = Grouped(np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32),
                  np.empty(0, np.int64))  # fmt: skip


class Explanation(NamedTuple):
    """Why a rating is predicted.

    Attributes:
        item: its id.
        predicted: the predicted rating (the score, for clicks).
        base: what is predicted for someone without a history.
        because: each rated item with what it moves the prediction by, largest first; they add up
            to `predicted - base`.
    """

    item: str
    predicted: float
    base: float
    because: list[tuple[str, float]]


class RatingRecommender:
    """Recommends items by a model of ratings or clicks.

    Whoever is asked for comes with a history: that of a user of the training, which is kept, or
    one given with the question, for which nothing need be kept ("fold-in").

    Without any history (an empty one, or nothing in it is known) the items with most ratings in
    training come first, and their number is the score.

    Args:
        model: a model of ratings, fitted or not, or the name of one (`models.ratings.load.MODELS`).
            `fit` fits it in place. None: "blend", or for clicks "click".
        unknown: what becomes of a user or an item that the model does not know. "fallback": items
            of a history play no part and are reported in the answer's `unknown`; a user counts as
            one without a history, and is reported; the rating of an item is predicted as the mean
            over all items. "error": `UnknownIdError`.
        titles: names of items to show, by id.
        parameters: of the model, if it is given by name.

    Attributes:
        model: the model.
        user_ids_: users of the training.
        histories_: their ratings.

    Raises:
        ParameterError: if an argument is wrong.
    """

    def __init__(
        self,
        model: RatingModel | str | None = None,
        *,
        unknown: str = "fallback",
        titles: Mapping[str, str] | None = None,
        **parameters: Any,
    ) -> None:
        if unknown not in UNKNOWN:
            raise ParameterError(
                f"unknown is {unknown!r}; choose one of {', '.join(UNKNOWN)}", value=unknown
            )
        self._chosen = None if model is not None else dict(parameters)
        self.model = make_model(model or DEFAULT, parameters)
        self.unknown = unknown
        self.titles = dict(titles or {})
        self.user_ids_: tuple[str, ...] = ()
        self.histories_ = _NOBODY
        self._index()

    def fit(
        self,
        ratings: Any,
        validation: Ratings | None = None,
        *,
        checkpoint: PathLike | None = None,
        resume: bool = False,
        progress: Progress | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> RatingRecommender:
        """Fit the model and keep the users' histories, those in `validation` too.

        Args:
            ratings: a table, a SciPy sparse matrix, or (user, item, rating) triples.
            validation, checkpoint, resume, progress, on_epoch: see `RatingModel.fit`.

        Raises:
            InputError, ParameterError, ResumeError, DivergenceError: see `RatingModel.fit`.
        """
        table = to_ratings(ratings)
        if self._chosen is not None:
            self.model = make_model(choose_name(table), self._chosen)
        self.model.fit(
            table, validation, checkpoint=checkpoint, resume=resume, progress=progress,
            on_epoch=on_epoch,
        )  # fmt: skip
        # What was held out is known of the users too, and must not be recommended to them.
        known = table if validation is None else append_ratings(table, validation)
        self.user_ids_ = known.user_ids
        self.histories_ = known.group_by_user()
        self._index()
        return self

    def predict(self, who: Id | RatingHistory, items: Iterable[Id]) -> Array:
        """Return the predicted ratings of items (scores, for clicks): float64 (n,).

        Args:
            who: a user's id, or a history: {item: rating}, (item, rating) pairs, or for clicks
                items.
            items: ids.

        Raises:
            ParameterError: if the history is wrong.
            UnknownIdError: if `unknown` is "error" and an id is unknown.
        """
        history = self._read(who)
        predicted = self.model.predict_history(history.items, history.values)
        names = [read_id(item) for item in _check_ids("items", items)]
        numbers = [self._number(name) for name in names]
        mean = float(predicted.mean())
        return np.array([mean if i is None else predicted[i] for i in numbers], np.float64)

    def recommend(
        self,
        who: Id | RatingHistory,
        n: int = 10,
        exclude: Iterable[Id] = (),
        *,
        exclude_seen: bool = True,
        candidates: Iterable[Id] | None = None,
        min_score: float | None = None,
        explain: bool = False,
    ) -> Recommendations:
        """Recommend `n` items.

        Args:
            who: a user's id, or a history, as for `predict`.
            n: how many; fewer come back only when no more are left.
            exclude: items that may not come back; unknown ones are passed over.
            exclude_seen: whether items of the history may not come back.
            candidates: only these items may come back; unknown ones are passed over.
            min_score: lowest score to return.
            explain: whether to fill in `because` and `rating`; costs a few predictions an item.

        Returns:
            Best first, equal scores in the order of the items in training; the same for any order
            of the history.

        Raises:
            ParameterError: if the history is wrong or an argument is out of range.
            UnknownIdError: if `unknown` is "error" and an id in the history is unknown.
        """
        _check_limits(n, min_score)
        history = self._read(who)
        allowed = self._find_allowed(exclude, candidates)
        if exclude_seen:
            allowed[history.items] = False
        if len(history.items):
            scores = self.model.rank_history(history.items, history.values)
        else:
            scores = self.model.popularity_.astype(np.float64)
        best = select_best(scores, n, allowed)
        if min_score is not None:
            best = best[scores[best] >= min_score]
        found = [
            Recommendation(self.model.item_ids_[i], score)
            for i, score in zip(best.tolist(), scores[best].tolist(), strict=True)
        ]
        if explain and found:
            found = self._explain_all(history, best, found)
        return Recommendations(found, history.unknown)

    def recommend_batch(
        self, several: Iterable[Id | RatingHistory], n: int = 10, exclude: Iterable[Id] = (),
        **more: Any,
    ) -> list[Recommendations]:  # fmt: skip
        """Answer for several users or histories, each as `recommend` does."""
        if isinstance(several, (str, Mapping)):
            raise ParameterError(
                "recommend_batch takes several users or histories; use recommend for one",
                value=several,
            )
        left_out = list(_check_ids("exclude", exclude))
        return [self.recommend(who, n, left_out, **more) for who in several]

    def similar_items(self, item: Id, n: int = 10, exclude: Iterable[Id] = ()) -> Recommendations:
        """Return the `n` items with the highest cosine of the model's vectors.

        Only items that were rated in training come back; nothing is known of the others.

        Raises:
            UnknownIdError: if the item is unknown.
            ParameterError: if `n` is out of range.
        """
        _check_limits(n, None)
        name = read_id(item)
        number = self._numbers.get(name)
        if number is None:
            raise UnknownIdError("item", name, self.model.item_ids_)
        units = self._get_units()
        scores = units @ units[number]
        allowed = self._find_allowed(exclude, None) & (self.model.popularity_ > 0)
        allowed[number] = False
        best = select_best(scores, n, allowed)
        return Recommendations(
            Recommendation(self.model.item_ids_[i], float(scores[i])) for i in best.tolist()
        )

    def explain(self, who: Id | RatingHistory, item: Id) -> Explanation:
        """Say which rated items moved the prediction of `item`, and by how much.

        Raises:
            ParameterError: if the history is wrong.
            UnknownIdError: if the item is unknown, or as `predict`.
        """
        history, name = self._read(who), read_id(item)
        number = self._numbers.get(name)
        if number is None:
            raise UnknownIdError("item", name, self.model.item_ids_)
        predicted = self.model.predict_history(history.items, history.values)[number]
        base = self.model.predict_history(history.items[:0], history.values[:0])[number]
        return Explanation(name, float(predicted), float(base), self._list_reasons(history, number))

    def save(self, folder: PathLike) -> None:
        """Write the model, the histories and the titles as a folder, atomically.

        Raises:
            ParameterError: if nothing has been learned, or the folder holds something else.
            StorageError: if the place can't be written; what was there stays.
        """
        self.model.check_fitted()
        stored = StoredHistories(self.user_ids_, self.histories_, self.titles)
        write_recommender(folder, self.model, stored)

    @classmethod
    def load(cls, folder: PathLike, *, unknown: str = "fallback") -> RatingRecommender:
        """Read what `save` wrote; a model of ratings saved alone is taken too.

        Raises:
            InputError: if there is none.
            CorruptedError: naming what is damaged.
            VersionError: if a newer version wrote it.
        """
        model, stored = read_recommender(folder)
        recommender = cls(model, unknown=unknown, titles=stored.titles)
        recommender.user_ids_, recommender.histories_ = stored.user_ids, stored.histories
        recommender._index()
        return recommender

    def _index(self) -> None:
        names = self.model.item_ids_ if self.model.is_fitted() else ()
        self._numbers = {name: i for i, name in enumerate(names)}
        self._users = {name: i for i, name in enumerate(self.user_ids_)}
        self._units: Array | None = None

    def _read(self, who: Id | RatingHistory) -> ReadHistory:
        self.model.check_fitted()
        if len(self._numbers) != self.model.n_items:  # fitted elsewhere since
            self._index()
        if isinstance(who, (str, int, np.integer)):
            return self._find_user(read_id(who))
        history = read_history(who, self._numbers, self.model.scale_)
        if history.unknown and self.unknown == "error":
            raise UnknownIdError("item", history.unknown[0], self.model.item_ids_)
        return history

    def _find_user(self, name: str) -> ReadHistory:
        user = self._users.get(name)
        if user is None:
            if self.unknown == "error":
                raise UnknownIdError("user", name, self.user_ids_)
            return ReadHistory(np.empty(0, np.int32), np.empty(0), [], (name,))
        rows = slice(self.histories_.offsets[user], self.histories_.offsets[user + 1])
        items = self.histories_.others[rows]
        names = [self.model.item_ids_[i] for i in items.tolist()]
        return ReadHistory(items, self.histories_.values[rows].astype(np.float64), names, ())

    def _number(self, name: str) -> int | None:
        number = self._numbers.get(name)
        if number is None and self.unknown == "error":
            raise UnknownIdError("item", name, self.model.item_ids_)
        return number

    def _find_allowed(self, exclude: Iterable[Id], candidates: Iterable[Id] | None) -> Array:
        allowed = np.ones(self.model.n_items, bool)
        if candidates is not None:
            allowed[:] = False
            allowed[self._list_numbers("candidates", candidates)] = True
        allowed[self._list_numbers("exclude", exclude)] = False
        return allowed

    def _list_numbers(self, name: str, ids: Iterable[Id]) -> list[int]:
        names = [read_id(one) for one in _check_ids(name, ids)]
        return [self._numbers[one] for one in names if one in self._numbers]

    def _explain_all(
        self, history: ReadHistory, best: Array, found: list[Recommendation]
    ) -> list[Recommendation]:
        predicted = self.model.predict_history(history.items, history.values)
        return [
            Recommendation(
                item.item,
                item.score,
                self._list_reasons(history, i),
                None if self.model.scale_ is None else float(predicted[i]),
            )
            for item, i in zip(found, best.tolist(), strict=True)
        ]

    def _list_reasons(self, history: ReadHistory, number: int) -> list[tuple[str, float]]:
        shares = self.model.explain_history(history.items, history.values, number)
        order = np.argsort(-shares, kind="stable")
        return [(history.names[i], float(shares[i])) for i in order.tolist()]

    def _get_units(self) -> Array:
        if self._units is None:
            vectors = self.model.item_vectors().astype(np.float64)
            norms = np.linalg.norm(vectors, axis=1, keepdims=True)
            self._units = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
        return self._units


def _check_ids(name: str, ids: Any) -> list[Any]:
    if isinstance(ids, (str, int, np.integer)):
        return [ids]
    if not isinstance(ids, Iterable):
        raise ParameterError(f"{name} is {ids!r}; give ids of items", value=ids)
    return list(ids)


def _check_limits(n: int, min_score: float | None) -> None:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0:
        raise ParameterError(f"n is {n!r}; give a whole number from 0", value=n)
    if min_score is not None and not -math.inf <= min_score <= math.inf:
        raise ParameterError(f"min_score is {min_score!r}; give a number", value=min_score)
