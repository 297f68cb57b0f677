"""Ratings cut into training and test: at random, by time, the last of each user, k folds."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Real
from typing import Any

import numpy as np

from embedrec.errors import InputError, ParameterError
from embedrec.ratings.table import Ratings
from embedrec.seeding import make_generator

Array = np.ndarray[Any, Any]
BY = ("whole", "user")


def split_random(
    ratings: Ratings, share: float = 0.25, *, by: str = "whole", seed: int = 0
) -> tuple[Ratings, Ratings]:
    """Draw a share of the ratings for the test.

    Args:
        ratings: left as it is.
        share: how many, above 0 and below 1; rounded to the nearest number of ratings.
        by: "whole": of all ratings; "user": of each user's (rounded for each; a user keeps at
            least one rating for training).
        seed: decides the draw.

    Returns:
        Training and test, rows in the order of the table.

    Raises:
        ParameterError: if an argument is out of range.
        InputError: if a part would be empty.
    """
    _check_by(by)
    keys = make_generator(seed, "split").random(len(ratings))
    return _cut(ratings, keys, _check_share(share), by)


def split_chronological(
    ratings: Ratings, share: float = 0.25, *, by: str = "whole"
) -> tuple[Ratings, Ratings]:
    """Take the newest share of the ratings for the test; of one time, those later in the table.

    Args:
        ratings, share, by: as for `split_random`.

    Raises:
        ParameterError: if an argument is out of range.
        InputError: if there are no times, or a part would be empty.
    """
    _check_by(by)
    return _cut(ratings, _get_times(ratings), _check_share(share), by)


def split_leave_last(ratings: Ratings, n: int = 1) -> tuple[Ratings, Ratings]:
    """Take the last `n` ratings of each user for the test.

    The last by time, or in the table where there are no times. Users with no more than `n`
    ratings stay in training.

    Raises:
        ParameterError: if `n` is no whole number above 0.
        InputError: if no user has more than `n` ratings.
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise ParameterError(f"n is {n!r}; give a whole number from 1", value=n)
    keys = np.arange(len(ratings)) if ratings.times is None else ratings.times
    place, counts = _rank_within_users(ratings, keys)
    n_of_user = counts[ratings.users]
    return _part(ratings, (place >= n_of_user - n) & (n_of_user > n))


def split_folds(
    ratings: Ratings, n_folds: int = 5, *, by: str = "whole", seed: int = 0
) -> Iterator[tuple[Ratings, Ratings]]:
    """Yield training and test for each fold; every rating is in one test.

    Args:
        ratings: left as it is.
        n_folds: from 2.
        by: "whole": folds of equal size, drawn from all ratings; "user": each user's ratings are
            spread evenly over the folds.
        seed: decides the draw.

    Raises:
        ParameterError: if an argument is out of range.
        InputError: if there are fewer ratings than folds.
    """
    _check_by(by)
    if isinstance(n_folds, bool) or not isinstance(n_folds, (int, np.integer)) or n_folds < 2:
        raise ParameterError(f"n_folds is {n_folds!r}; give a whole number from 2", value=n_folds)
    if len(ratings) < n_folds:
        raise InputError(
            f"{len(ratings)} ratings can't be cut into {n_folds} folds; use fewer", value=n_folds
        )
    keys = make_generator(seed, "folds").random(len(ratings))
    # Counted through from user to user: each one's are spread evenly, and so are all.
    users = ratings.users if by == "user" else np.zeros(len(ratings), np.int32)
    order = np.lexsort((keys, users))
    fold = np.empty(len(ratings), np.int64)
    fold[order] = np.arange(len(ratings)) % n_folds
    return (_part(ratings, fold == k) for k in range(n_folds))


def _cut(ratings: Ratings, keys: Array, share: float, by: str) -> tuple[Ratings, Ratings]:
    if by == "whole":
        n = round(len(ratings) * share)
        chosen = np.zeros(len(ratings), bool)
        if n:
            chosen[np.argsort(keys, kind="stable")[-n:]] = True
        return _part(ratings, chosen)
    place, counts = _rank_within_users(ratings, keys)
    n_test = np.minimum(np.rint(counts * share), counts - 1)
    return _part(ratings, place >= (counts - n_test)[ratings.users])


def _rank_within_users(ratings: Ratings, keys: Array) -> tuple[Array, Array]:
    """Return each rating's place among its user's by the keys, and how many each user has."""
    counts = np.bincount(ratings.users, minlength=ratings.n_users)
    order = np.lexsort((keys, ratings.users))
    starts = np.cumsum(counts) - counts
    place = np.empty(len(ratings), np.int64)
    place[order] = np.arange(len(ratings)) - starts[ratings.users[order]]
    return place, counts


def _part(ratings: Ratings, chosen: Array) -> tuple[Ratings, Ratings]:
    n = int(chosen.sum())
    if not 0 < n < len(ratings):
        raise InputError(
            f"{len(ratings)} ratings give {n} for the test and {len(ratings) - n} for training: "
            "both need some; give more ratings or another share",
            value=n,
        )
    return ratings.select(~chosen), ratings.select(chosen)


def _get_times(ratings: Ratings) -> Array:
    if ratings.times is None:
        raise InputError("the ratings have no times to be split by: split them at random")
    return ratings.times


def _check_share(share: float) -> float:
    if isinstance(share, bool) or not isinstance(share, Real) or not 0 < share < 1:
        raise ParameterError(f"share is {share!r}; give a number between 0 and 1", value=share)
    return float(share)


def _check_by(by: str) -> None:
    if by not in BY:
        raise ParameterError(f"by is {by!r}; choose one of {', '.join(BY)}", value=by)
