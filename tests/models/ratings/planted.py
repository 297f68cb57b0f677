"""Ratings made by a known rule, for tests."""

from __future__ import annotations

import numpy as np

from embedrec.ratings.table import Ratings


def plant_ratings(
    n_users: int = 60,
    n_items: int = 25,
    share: float = 0.5,
    levels: tuple[float, ...] = (1, 2, 3, 4, 5),
    seed: int = 0,
) -> Ratings:
    """Two tastes: who likes the first half of the items does not like the other, or the reverse."""
    generator = np.random.default_rng(seed)
    taste = generator.choice([-1.0, 1.0], n_users)
    kind = np.where(np.arange(n_items) < n_items // 2, 1.0, -1.0)
    liking = 0.5 + 0.32 * taste[:, None] * kind + generator.normal(0, 0.09, (n_users, n_items))
    scale = np.array(levels, float)
    level = np.clip(np.round(liking * (len(scale) - 1)), 0, len(scale) - 1).astype(int)
    users, items = np.nonzero(generator.random((n_users, n_items)) < share)
    return Ratings(
        users, items, scale[level[users, items]],
        tuple(f"u{n}" for n in range(n_users)), tuple(f"i{n}" for n in range(n_items)),
    )  # fmt: skip


def split_ratings(ratings: Ratings, share: float = 0.25, seed: int = 1) -> tuple[Ratings, Ratings]:
    """Return training and test."""
    held = np.random.default_rng(seed).random(len(ratings)) < share
    return ratings.select(~held), ratings.select(held)


def plant_clicks(n_users: int = 80, n_items: int = 30, seed: int = 0) -> Ratings:
    """Each user clicks on most items of one of three kinds, and on few others."""
    generator = np.random.default_rng(seed)
    kind_of_user, kind_of_item = np.arange(n_users) % 3, np.arange(n_items) % 3
    chance = np.where(kind_of_user[:, None] == kind_of_item, 0.7, 0.05)
    users, items = np.nonzero(generator.random((n_users, n_items)) < chance)
    return Ratings(
        users, items, np.ones(len(users)),
        tuple(f"u{n}" for n in range(n_users)), tuple(f"i{n}" for n in range(n_items)),
    )  # fmt: skip
