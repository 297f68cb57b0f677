"""Ratings from triples, arrays and sparse matrices; tables joined; clicks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from embedrec.errors import InputError, ParameterError
from embedrec.ratings.make import (
    append_ratings,
    join_ids,
    make_clicks,
    ratings_from_arrays,
    ratings_from_sparse,
    ratings_from_triples,
    to_ratings,
)
from tests.ratings.test_read import to_rows


def test_triples_pairs_and_fours() -> None:
    assert to_rows(ratings_from_triples([("u", 7, 3), ("v", "8", 4.5)])) == [
        ("u", "7", 3, None),
        ("v", "8", 4.5, None),
    ]
    assert to_rows(ratings_from_triples([("u", "a")])) == [("u", "a", 1, None)]
    timed = [("u", "a", 1, 5), ("u", "a", 2, 4), ("u", "b", 2, 4)]
    assert to_rows(ratings_from_triples(timed)) == [("u", "a", 1, 5), ("u", "b", 2, 4)]
    mixed = ratings_from_triples([(1, "a", 1), ("1", "b", 2)])
    assert mixed.user_ids == ("1",)


@pytest.mark.parametrize(
    ("triples", "words"),
    [
        ([], "no ratings"),
        ([("u", "a", 1), ("u", "a")], "not like the others"),
        ([("u", "a", 1), 5], "not like the others"),
        ([("u",)], "not like the others"),
        ([("u", None, 1)], "None is no id of an item"),
        ([(True, "a", 1)], "True is no id of a user"),
        ([("u", "", 1)], "'' is no id"),
        ([("u", "a", float("nan"))], "rating 0 is nan"),
        ([("u", "a", "x")], "must be numbers"),
        ([("u", "a", 6)], "not on the scale 1 to 5"),
        ([("u", "a", 3, "x")], "times must be"),
        ([("u", "a", 3, float("nan"))], "times must be"),
    ],
)
def test_bad_triples(triples: list[Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        ratings_from_triples(triples, scale=(1, 5))
    assert "\n" not in str(caught.value)


def test_arrays() -> None:
    when = np.array(["2001-01-02", "2001-01-01"], "datetime64[D]")
    ratings = ratings_from_arrays(np.array([3, 3]), ["a", "b"], np.array([1, 2]), when)
    assert ratings.user_ids == ("3",)
    assert ratings.times is not None
    assert ratings.times[0] > ratings.times[1]
    with pytest.raises(InputError, match="different lengths"):
        ratings_from_arrays(["u"], ["a", "b"])
    with pytest.raises(InputError, match="1-d"):
        ratings_from_arrays(["u"], ["a"], np.ones((1, 1)))


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil", "dok"])
def test_sparse_matrices(form: str) -> None:
    dense = np.array([[5, 0, 3], [0, 0, 0], [0, 1, 0]], np.float64)
    matrix = sparse.coo_array(dense).asformat(form)
    ratings = ratings_from_sparse(matrix, item_ids=["a", "b", "c"])
    assert sorted(to_rows(ratings)) == [
        ("0", "a", 5, None),
        ("0", "c", 3, None),
        ("2", "b", 1, None),
    ]
    assert (ratings.n_users, ratings.n_items) == (3, 3)
    np.testing.assert_array_equal(matrix.toarray(), dense)


def test_sparse_clicks_and_what_is_wrong() -> None:
    clicks = ratings_from_sparse(sparse.csr_matrix(np.eye(3, dtype=bool)))
    assert clicks.values.tolist() == [1, 1, 1]
    twice = sparse.coo_array((np.ones(2), ([0, 0], [0, 0])), shape=(1, 1))
    assert ratings_from_sparse(twice).values.tolist() == [2]
    for matrix, words in [
        (np.eye(2), "no sparse matrix"),
        ([[1]], "no sparse matrix"),
        (sparse.csr_array((3, 3)), "stores no ratings"),
        (sparse.csr_array(np.array([[np.nan]])), "rating 0 is nan"),
    ]:
        with pytest.raises(InputError, match=words):
            ratings_from_sparse(matrix)
    with pytest.raises(InputError, match="2 user ids"):
        ratings_from_sparse(sparse.csr_array(np.eye(3)), user_ids=["a", "b"])
    with pytest.raises(InputError, match=r"3 item ids \(2 different\)"):
        ratings_from_sparse(sparse.csr_array(np.eye(3)), item_ids=["a", "b", "b"])


def test_anything_to_ratings() -> None:
    table = to_ratings([("u", "a", 2)])
    assert to_ratings(table) is table
    assert to_rows(to_ratings(sparse.csr_array(np.eye(1)))) == [("0", "0", 1, None)]
    for wrong in ("text", 5, np.eye(2)):
        with pytest.raises(InputError):
            to_ratings(wrong)


PAIRS = st.lists(
    st.tuples(st.sampled_from("uvwx"), st.sampled_from("abc"), st.integers(1, 5)),
    min_size=1, max_size=12,
)  # fmt: skip


@given(first=PAIRS, second=PAIRS)
def test_joined_tables_mean_the_same(first: list[Any], second: list[Any]) -> None:
    tables = [ratings_from_triples(first), ratings_from_triples(second)]
    joined = join_ids(*tables)
    assert joined[0].user_ids == joined[1].user_ids
    assert joined[0].item_ids == joined[1].item_ids
    assert joined[0].item_ids[: tables[0].n_items] == tables[0].item_ids
    for before, after in zip(tables, joined, strict=True):
        assert to_rows(before) == to_rows(after)
    both = append_ratings(*joined)
    expected = {(u, i): v for u, i, v, _ in to_rows(tables[0]) + to_rows(tables[1])}
    assert {(u, i): v for u, i, v, _ in to_rows(both)} == expected
    assert len(both) == len(expected)


def test_appending_needs_the_same_ids() -> None:
    with pytest.raises(InputError, match="join_ids"):
        append_ratings(ratings_from_triples([("u", "a", 1)]), ratings_from_triples([("v", "a", 1)]))


def test_clicks() -> None:
    ratings = ratings_from_triples([("u", "a", 2, 1), ("u", "b", 4, 2), ("v", "b", 5, 3)])
    assert [row[2] for row in to_rows(make_clicks(ratings))] == [1, 1, 1]
    assert to_rows(make_clicks(ratings, 4)) == [("u", "b", 1, 2), ("v", "b", 1, 3)]
    assert ratings.values.tolist() == [2, 4, 5]
    with pytest.raises(InputError, match="the highest is 5"):
        make_clicks(ratings, 6)
    with pytest.raises(ParameterError, match="at_least"):
        make_clicks(ratings, float("nan"))
    with pytest.raises(ParameterError, match="at_least"):
        make_clicks(ratings, "4")  # type: ignore[arg-type]
