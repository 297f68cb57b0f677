"""Models of ratings compared on held-out ratings: one row of figures for each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from embedrec.errors import InputError, ParameterError
from embedrec.models.ratings.model import RatingModel
from embedrec.progress import Progress, SilentProgress
from embedrec.ratings.scale import describe_scale, find_off_scale
from embedrec.ratings.table import Grouped, Ratings
from embedrec.recommend.measure import (
    LIST_MEASURES,
    check_k,
    measure_coverage,
    measure_diversity,
    measure_errors,
    measure_lists,
    measure_novelty,
)
from embedrec.recommend.selection import select_best_rows

Array = np.ndarray[Any, Any]
GAINS = ("binary", "rating")
_SCORES_AT_ONCE = 1 << 22  # of users x items


class Figures(NamedTuple):
    """What a model reached.

    Attributes:
        mean: name of a measure to its mean over the folds.
        std: to its standard deviation over the folds (with n - 1); empty for one fold.
        folds: the figures of each fold.
        seconds: of training, all folds together.
    """

    mean: dict[str, float]
    std: dict[str, float]
    folds: list[dict[str, float]]
    seconds: float


def evaluate_model(
    model: RatingModel,
    train: Ratings,
    test: Ratings,
    *,
    k: int = 10,
    relevant_from: float | None = None,
    gains: str = "binary",
    lists: bool = True,
    progress: Progress | None = None,
) -> dict[str, float]:
    """Measure a fitted model on held-out ratings.

    Errors (rmse, mae) are of all ratings in `test`, and absent for clicks. Lists are of the `k`
    best of ALL items that the user did not rate in training, none sampled, ties by the item's
    number; whoever has no rating in training gets the items with most ratings. An item is relevant
    to a user who rated it in the test (with `relevant_from`, so high). precision, recall, map, mrr
    and ndcg are means over users with a relevant item (see `measure_lists`); coverage, novelty and
    diversity are of the same users' lists.

    Args:
        model: fitted on `train`.
        train: what the model and the users are known by.
        test: held-out ratings with the ids of `train` (`ratings.make.join_ids`).
        k: length of the lists.
        relevant_from: lowest rating that makes an item relevant; None for any.
        gains: of nDCG: "binary", or "rating" (the rating itself, which must not be negative).
        lists: whether to measure lists; False for errors alone.
        progress: told how it goes.

    Raises:
        ParameterError: if an argument is out of range.
        InputError: if `test` has other ids, is empty, no item is relevant, or a rating is off the
            model's scale.
    """
    check_k(k)
    if gains not in GAINS:
        raise ParameterError(f"gains is {gains!r}; choose one of {', '.join(GAINS)}", value=gains)
    _check_test(model, train, test)
    found: dict[str, float] = {}
    if model.scale_ is not None:
        predicted = model.predict_pairs(train, test.users, test.items)
        found.update(measure_errors(predicted, test.values))
    if lists:
        relevant = _find_relevant(test, relevant_from, gains)
        progress = progress or SilentProgress()
        found.update(_measure_all(model, train, relevant, k, progress))
    return found


def evaluate_models(
    models: Mapping[str, Callable[[], RatingModel]],
    folds: Iterable[tuple[Ratings, Ratings]],
    *,
    k: int = 10,
    relevant_from: float | None = None,
    gains: str = "binary",
    lists: bool = True,
    progress: Progress | None = None,
) -> dict[str, Figures]:
    """Fit and measure several models on the same folds.

    Args:
        models: name to what makes the model, unfitted, anew for each fold.
        folds: pairs of training and test; one for a single split.
        k, relevant_from, gains, lists, progress: as for `evaluate_model`.

    Raises:
        InputError, ParameterError: as `evaluate_model`, or if there is no model or fold.
    """
    if not models:
        raise ParameterError("there is no model to evaluate: name at least one")
    progress = progress or SilentProgress()
    asked: dict[str, Any] = {"k": k, "relevant_from": relevant_from, "gains": gains, "lists": lists}
    reached: dict[str, list[dict[str, float]]] = {name: [] for name in models}
    seconds = dict.fromkeys(models, 0.0)
    for train, test in folds:
        for name, make in models.items():
            begun = time.perf_counter()
            model = make().fit(train, progress=progress)
            seconds[name] += time.perf_counter() - begun
            figures = evaluate_model(model, train, test, progress=progress, **asked)
            reached[name].append(figures)
    if not next(iter(reached.values())):
        raise ParameterError("there is no fold to evaluate on: give at least one")
    return {name: _summarise(rows, seconds[name]) for name, rows in reached.items()}


def list_best(
    model: RatingModel, train: Ratings, users: Array, k: int
) -> Iterator[tuple[int, Array]]:
    """Yield lists of the best unseen items, some users at a time.

    Args:
        users: int (G,), numbers of users in `train`.
        k: length of the lists.

    Yields:
        The place of the first user, and int64 (b, k) items, -1 where fewer are left.
    """
    from embedrec.models.ratings.history import pick_groups

    grouped = train.group_by_user()
    step = max(1, _SCORES_AT_ONCE // max(1, train.n_items))
    popularity = model.popularity_.astype(np.float64)
    for start in range(0, len(users), step):
        histories: Grouped = pick_groups(grouped, users[start : start + step])
        lengths = np.diff(histories.offsets)
        scores = np.array(model.rank_histories(histories), np.float64)  # (b, n_items)
        scores[lengths == 0] = popularity
        scores[np.repeat(np.arange(len(lengths)), lengths), histories.others] = -np.inf
        best = select_best_rows(scores, min(k, train.n_items))
        best[np.take_along_axis(scores, best, axis=1) == -np.inf] = -1
        short = k - best.shape[1]
        yield start, np.pad(best, ((0, 0), (0, short)), constant_values=-1)


def _measure_all(
    model: RatingModel, train: Ratings, relevant: Grouped, k: int, progress: Progress
) -> dict[str, float]:
    users = np.flatnonzero(np.diff(relevant.offsets))
    parts: dict[str, list[Array]] = {name: [] for name in LIST_MEASURES}
    all_lists = np.full((len(users), k), -1, np.int64)
    with progress.stage("rank all unseen items", total=len(users), unit="users") as stage:
        for start, lists in list_best(model, train, users, k):
            part = users[start : start + len(lists)]
            gains = np.zeros((len(part), train.n_items), np.float32)
            for row, user in enumerate(part.tolist()):
                rows = slice(relevant.offsets[user], relevant.offsets[user + 1])
                gains[row, relevant.others[rows]] = relevant.values[rows]
            for name, values in measure_lists(lists, gains).items():
                parts[name].append(values)
            all_lists[start : start + len(lists)] = lists
            stage.update(start + len(lists))
    means = {f"{name}@{k}": float(np.mean(np.concatenate(v))) for name, v in parts.items()}
    n_users = len(np.unique(train.users))
    popularity = np.bincount(train.items, minlength=train.n_items)
    return {
        **means,
        f"coverage@{k}": measure_coverage(all_lists, train.n_items),
        f"novelty@{k}": measure_novelty(all_lists, popularity, n_users),
        f"diversity@{k}": measure_diversity(all_lists, train),
    }


def _find_relevant(test: Ratings, relevant_from: float | None, gains: str) -> Grouped:
    if relevant_from is not None:
        kept = test.values >= relevant_from
        if not kept.any():
            raise InputError(
                f"no rating in the test is at least {relevant_from:g}, so no item is relevant: "
                f"the highest is {test.values.max():g}",
                value=relevant_from,
            )
        test = test.select(kept)
    grouped = test.group_by_user()
    if gains == "binary":
        return grouped._replace(values=np.ones(len(test), np.float32))
    if test.values.min() <= 0:
        raise InputError(
            f"a rating in the test is {test.values.min():g}, and gains='rating' needs ratings "
            "above 0: use gains='binary', or relevant_from",
            value=float(test.values.min()),
        )
    return grouped


def _check_test(model: RatingModel, train: Ratings, test: Ratings) -> None:
    if train.user_ids != test.user_ids or train.item_ids != test.item_ids:
        raise InputError("training and test have different ids: bring them together by join_ids")
    if not len(test):
        raise InputError("the test holds no ratings")
    levels = model.scale_
    if levels is None:
        return
    off = find_off_scale(test.values, levels)
    if len(off):
        raise InputError(
            f"rating {off[0]} of the test is {test.values[off[0]]:g}, which is not on the model's "
            f"scale {describe_scale(levels)}: give the model all levels by scale=",
            value=float(test.values[off[0]]),
        )


def _summarise(rows: list[dict[str, float]], seconds: float) -> Figures:
    names = list(rows[0])
    columns = {name: np.array([row[name] for row in rows if name in row]) for name in names}
    mean = {name: float(column.mean()) for name, column in columns.items()}
    std = {}
    if len(rows) > 1:
        std = {name: float(column.std(ddof=1)) for name, column in columns.items()}
    return Figures(mean, std, rows, seconds)
