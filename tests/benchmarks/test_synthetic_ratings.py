"""Drawn ratings: as many as asked for, no pair twice, unlike users and items, half stars."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.synthetic_ratings import LEAST_PER_USER, SCALE, Shape, choose_shape, draw_ratings


def test_ratings_look_like_a_real_table():
    shape = Shape(40_000, 400, 900)
    ratings = draw_ratings(shape)
    assert (len(ratings), ratings.n_users, ratings.n_items) == shape
    pairs = ratings.users.astype(np.int64) * shape.n_items + ratings.items
    assert len(np.unique(pairs)) == shape.n_ratings
    by_user = np.bincount(ratings.users, minlength=shape.n_users)
    assert by_user.min() == LEAST_PER_USER
    assert by_user.max() > 4 * np.median(by_user)
    by_item = np.sort(np.bincount(ratings.items, minlength=shape.n_items))
    # A tenth of the items has a good part of the ratings.
    assert 0.2 < by_item[-90:].sum() / shape.n_ratings < 0.6
    assert set(np.unique(ratings.values)) == set(SCALE.astype(np.float32))
    assert ratings.values.mean() == pytest.approx(3.5, abs=0.15)
    assert ratings.values.std() == pytest.approx(1.0, abs=0.15)
    # Users and items explain a part: users' own means vary more than chance would have them.
    sums = np.bincount(ratings.users, ratings.values, minlength=shape.n_users)
    assert (sums / by_user).std() > 2 * ratings.values.std() / np.sqrt(np.median(by_user))


def test_one_seed_one_table():
    shape = Shape(2_500, 60, 200)
    tables = [draw_ratings(shape, seed) for seed in (0, 0, 1)]
    assert np.array_equal(tables[0].items, tables[1].items)
    assert np.array_equal(tables[0].values, tables[1].values)
    assert not np.array_equal(tables[0].items, tables[2].items)


def test_shapes():
    assert choose_shape(20_000_000) == (20_000_000, 138_889, 26_744)
    assert choose_shape(1_000_000).n_items == pytest.approx(3_706, rel=0.01)
    with pytest.raises(ValueError, match="ratings a user"):
        draw_ratings(Shape(1_000, 100, 200))
