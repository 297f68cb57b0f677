"""The table of ratings: what it takes, refuses, selects and groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.errors import InputError
from embedrec.ratings.table import Ratings


@given(
    pairs=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), max_size=20, unique=True),
    data=st.data(),
)
def test_groups_hold_every_rating_once(pairs: list[tuple[int, int]], data: Any) -> None:
    users, items = (np.array(column, np.int64) for column in zip(*pairs, strict=True)) if pairs \
        else (np.zeros(0), np.zeros(0))  # fmt: skip
    values = np.arange(len(pairs), dtype=np.float64)
    table = Ratings(users, items, values, tuple("uvwxy"), tuple("abcdef"), values)
    for grouped, first, second in (
        (table.group_by_user(), table.users, table.items),
        (table.group_by_item(), table.items, table.users),
    ):
        for group in range(len(grouped.offsets) - 1):
            rows = grouped.rows[grouped.offsets[group] : grouped.offsets[group + 1]]
            others = second[rows]
            assert (np.diff(others) > 0).all()
            assert sorted(rows.tolist()) == np.flatnonzero(first == group).tolist()
        np.testing.assert_array_equal(grouped.others, second[grouped.rows])
        np.testing.assert_array_equal(grouped.values, table.values[grouped.rows])
    which = np.array(data.draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs))),
                     bool)  # fmt: skip
    part = table.select(which)
    assert part.values.tolist() == table.values[which].tolist()
    assert part.times is not None
    assert part.times.tolist() == part.values.tolist()
    assert (part.n_users, part.n_items, len(part)) == (5, 6, int(which.sum()))


def test_types() -> None:
    table = Ratings(np.zeros(1), np.zeros(1), np.ones(1, int), ("u",), ("a",), np.ones(1))
    assert table.users.dtype == table.items.dtype == np.int32
    assert table.values.dtype == np.float32
    assert table.times is not None
    assert table.times.dtype == np.int64


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        (([0], [0, 0], [1]), "different lengths"),
        (([0], [0], [1], [1, 2]), "different lengths"),
        (([1], [0], [1]), "users holds numbers from 1 to 1, and there are 1 ids"),
        (([0], [-1], [1]), "items holds numbers from -1"),
        (([0], [0], [np.nan]), "rating 0 is nan"),
        (([0], [0], [np.inf]), "rating 0 is inf"),
    ],
)
def test_what_does_not_fit(arrays: tuple[list[float], ...], words: str) -> None:
    users, items, values, *times = map(np.array, arrays)
    with pytest.raises(InputError, match=words) as caught:
        Ratings(users, items, values, ("u",), ("a",), *times)
    assert "\n" not in str(caught.value)
