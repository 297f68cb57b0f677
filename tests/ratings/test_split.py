"""Splits: every rating once, sizes as asked, the newest where time decides, one seed one split."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from embedrec.errors import InputError, ParameterError
from embedrec.ratings.split import (
    split_chronological,
    split_folds,
    split_leave_last,
    split_random,
)
from embedrec.ratings.table import Ratings


@st.composite
def tables(draw: Any, timed: bool = True) -> Ratings:
    n_users, n_items = draw(st.integers(1, 6)), draw(st.integers(1, 8))
    pairs = draw(
        st.lists(
            st.tuples(st.integers(0, n_users - 1), st.integers(0, n_items - 1)),
            min_size=2, max_size=40, unique=True,
        )
    )  # fmt: skip
    times = draw(st.lists(st.integers(0, 5), min_size=len(pairs), max_size=len(pairs)))
    users, items = np.array(pairs).T
    # Every value different: it tells which rating it is.
    return Ratings(
        users, items, np.arange(len(pairs), dtype=np.float32), tuple(map(str, range(n_users))),
        tuple(map(str, range(n_items))), np.array(times) if timed else None,
    )  # fmt: skip


def check_parts(ratings: Ratings, train: Ratings, test: Ratings) -> None:
    assert sorted(train.values.tolist() + test.values.tolist()) == ratings.values.tolist()
    for part in (train, test):
        assert len(part)
        rows = part.values.astype(int)
        assert (np.diff(rows) > 0).all()
        np.testing.assert_array_equal(part.users, ratings.users[rows])
        np.testing.assert_array_equal(part.items, ratings.items[rows])
        assert part.user_ids is ratings.user_ids


@given(ratings=tables(), share=st.floats(0.05, 0.95), seed=st.integers(0, 9))
def test_random(ratings: Ratings, share: float, seed: int) -> None:
    n = round(len(ratings) * share)
    assume(0 < n < len(ratings))
    train, test = split_random(ratings, share, seed=seed)
    check_parts(ratings, train, test)
    assert len(test) == n
    again = split_random(ratings, share, seed=seed)[1]
    np.testing.assert_array_equal(test.values, again.values)


@given(ratings=tables(), share=st.floats(0.05, 0.95))
def test_random_by_user(ratings: Ratings, share: float) -> None:
    counts = np.bincount(ratings.users, minlength=ratings.n_users)
    expected = [max(0, min(np.rint(n * share), n - 1)) for n in counts.tolist()]
    assume(sum(expected) > 0)
    train, test = split_random(ratings, share, by="user")
    check_parts(ratings, train, test)
    assert np.bincount(test.users, minlength=ratings.n_users).tolist() == expected


def test_random_is_random_and_seeded() -> None:
    n = 4000
    ratings = Ratings(
        np.zeros(n), np.arange(n), np.arange(n), ("u",), tuple(map(str, range(n)))
    )  # fmt: skip
    first, second = (split_random(ratings, 0.5, seed=s)[1].values for s in (0, 1))
    shared = len(np.intersect1d(first, second))
    assert abs(shared - n / 4) < 150  # 10 standard deviations are 160
    assert abs(first.mean() - n / 2) < 250


@given(ratings=tables(), share=st.floats(0.05, 0.95))
def test_chronological(ratings: Ratings, share: float) -> None:
    n = round(len(ratings) * share)
    assume(0 < n < len(ratings))
    train, test = split_chronological(ratings, share)
    check_parts(ratings, train, test)
    assert len(test) == n
    assert train.times is not None
    assert test.times is not None
    keys = [sorted(zip(p.times.tolist(), p.values.tolist(), strict=True)) for p in (train, test)]
    assert keys[0][-1] < keys[1][0]


@given(ratings=tables(), n=st.integers(1, 3), timed=st.booleans())
def test_leave_last(ratings: Ratings, n: int, timed: bool) -> None:
    if not timed:
        ratings.times = None
    counts = np.bincount(ratings.users, minlength=ratings.n_users)
    assume((counts > n).any())
    train, test = split_leave_last(ratings, n)
    check_parts(ratings, train, test)
    times = ratings.times if ratings.times is not None else np.arange(len(ratings))
    for user in range(ratings.n_users):
        rows = np.flatnonzero(ratings.users == user)
        order = sorted(rows.tolist(), key=lambda row: (times[row], row))
        expected = order[-n:] if len(rows) > n else []
        assert sorted(expected) == test.values[test.users == user].astype(int).tolist()


@given(ratings=tables(), k=st.integers(2, 6), by=st.sampled_from(["whole", "user"]))
def test_folds(ratings: Ratings, k: int, by: str) -> None:
    assume(len(ratings) >= max(k, 2))
    seen: list[float] = []
    for train, test in split_folds(ratings, k, by=by):
        check_parts(ratings, train, test)
        seen += test.values.tolist()
        assert len(ratings) // k <= len(test) <= -(-len(ratings) // k)
        if by == "user":
            mine = np.bincount(test.users, minlength=ratings.n_users)
            whole = np.bincount(ratings.users, minlength=ratings.n_users)
            assert (mine >= whole // k).all()
            assert (mine <= -(-whole // k)).all()
    assert sorted(seen) == ratings.values.tolist()
    first, again = (next(iter(split_folds(ratings, k, by=by, seed=3)))[1] for _ in range(2))
    np.testing.assert_array_equal(first.values, again.values)


def test_what_can_not_be_split() -> None:
    one = Ratings(np.zeros(1), np.zeros(1), np.ones(1), ("u",), ("a",))
    two = Ratings(np.array([0, 1]), np.zeros(2), np.ones(2), ("u", "v"), ("a",))
    for call in (
        lambda: split_random(one),
        lambda: split_random(two, 0.01),
        lambda: split_random(two, 0.5, by="user"),
        lambda: split_leave_last(two),
        lambda: split_folds(two, 5),
        lambda: split_chronological(two),
    ):
        with pytest.raises(InputError) as caught:
            call()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (split_random, {"share": 0}),
        (split_random, {"share": 1.0}),
        (split_random, {"share": "x"}),
        (split_random, {"by": "item"}),
        (split_random, {"seed": -1}),
        (split_chronological, {"share": float("nan")}),
        (split_leave_last, {"n": 0}),
        (split_leave_last, {"n": True}),
        (split_folds, {"n_folds": 1}),
        (split_folds, {"n_folds": 2.0}),
        (split_folds, {"by": ""}),
    ],
)
def test_wrong_arguments(function: Any, arguments: dict[str, Any]) -> None:
    times = np.arange(4)
    ratings = Ratings(np.zeros(4), times, np.ones(4), ("u",), tuple("abcd"), times)
    with pytest.raises(ParameterError):
        function(ratings, **arguments)
