"""Ratings that are drawn, and look like MovieLens's largest tables.

Users rate as many items as a log-normal distribution says (20 at least), items are chosen as often
as Zipf's law with a bend says (none twice by one user), and ratings are half stars from 0.5 to 5:

    overall mean + user's bias + item's bias + user's tastes . item's traits + noise

Nothing of it comes from a real table but these proportions: ml-20m has 138,493 users and 26,744
items, ml-1m 6,040 and 3,706; a mean of 3.5 with a deviation of 1.05.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from embedrec.ratings.table import Ratings
from embedrec.seeding import make_generator

SCALE = np.arange(1, 11) / 2
LEAST_PER_USER = 20
_RANK = 8


class Shape(NamedTuple):
    """How many of each."""

    n_ratings: int
    n_users: int
    n_items: int


def choose_shape(n_ratings: int) -> Shape:
    """Return users and items for a number of ratings, between ml-1m's proportions and ml-20m's."""
    # Items grow as ml-1m's 3,706 do to ml-20m's 26,744, with the power 0.66 of the ratings.
    n_items = round(26_744 * (n_ratings / 20e6) ** 0.66)
    return Shape(n_ratings, max(2, round(n_ratings / 144)), max(LEAST_PER_USER * 4, n_items))


def draw_ratings(shape: Shape, seed: int = 0) -> Ratings:
    """Return a table with exactly as many ratings as asked for."""
    users, items = draw_pairs(shape, seed)
    values = draw_values(shape, users, items, seed)
    return Ratings(
        users,
        items,
        values,
        tuple(f"u{at}" for at in range(shape.n_users)),
        tuple(f"i{at}" for at in range(shape.n_items)),
    )


def draw_pairs(shape: Shape, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return users, ascending, and items, int32 (n_ratings,), no pair twice."""
    counts = _draw_counts(shape, seed)
    ranks = np.arange(1, shape.n_items + 1)
    chances = (ranks + 50.0) ** -1.3  # Zipf-Mandelbrot: the first few hundred differ less
    edges = np.cumsum(chances / chances.sum())
    edges[-1] = 1.0  # whatever rounding made of it
    order = make_generator(seed, "popularity").permutation(shape.n_items)
    generator = make_generator(seed, "pairs")
    items = np.empty(int(counts.sum()), np.int32)
    end = 0
    for count in counts.tolist():
        items[end : end + count] = order[_draw_distinct(count, chances, edges, generator)]
        end += count
    return np.repeat(np.arange(shape.n_users, dtype=np.int32), counts), items


def draw_values(shape: Shape, users: np.ndarray, items: np.ndarray, seed: int) -> np.ndarray:
    """Return half stars, float32 (n_ratings,)."""
    generator = make_generator(seed, "values")

    def draw(n: int, deviation: float, *more: int) -> np.ndarray:
        return (generator.standard_normal((n, *more)) * deviation).astype(np.float32)

    user_bias, item_bias = draw(shape.n_users, 0.4), draw(shape.n_items, 0.45)
    side = (0.45**2 / _RANK) ** 0.25  # so that tastes . traits has the deviation 0.45
    tastes, traits = draw(shape.n_users, side, _RANK), draw(shape.n_items, side, _RANK)
    values = np.empty(len(users), np.float32)
    for begin in range(0, len(users), 1 << 20):
        at = slice(begin, begin + (1 << 20))
        u, i = users[at], items[at]
        raw = 3.55 + user_bias[u] + item_bias[i] + np.einsum("nd,nd->n", tastes[u], traits[i])
        raw += draw(len(u), 0.7)
        values[at] = np.clip(np.round(raw * 2) / 2, SCALE[0], SCALE[-1])
    return values


def _draw_counts(shape: Shape, seed: int) -> np.ndarray:
    """Return how many items each user rates, int64 (n_users,), with the sum asked for."""
    most = shape.n_items // 2
    mean = shape.n_ratings / shape.n_users
    if not LEAST_PER_USER <= mean <= most:
        raise ValueError(f"{shape} has {mean:g} ratings a user: from {LEAST_PER_USER} to {most}")
    raw = make_generator(seed, "counts").lognormal(0.0, 1.1, shape.n_users)
    # Of users below the least and above the most the rest gets or gives the difference.
    low, high = 0.0, 4 * shape.n_ratings / raw.mean()
    for _ in range(60):
        factor = (low + high) / 2
        total = np.clip(raw * factor, LEAST_PER_USER, most).sum()
        low, high = (low, factor) if total > shape.n_ratings else (factor, high)
    counts = np.clip(raw * low, LEAST_PER_USER, most).astype(np.int64)
    short = shape.n_ratings - int(counts.sum())
    free = np.flatnonzero(counts < most)
    while short > 0:
        counts[free[:short]] += 1
        short = shape.n_ratings - int(counts.sum())
        free = np.flatnonzero(counts < most)
    return counts


def _draw_distinct(
    count: int, chances: np.ndarray, edges: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Return different items, each as likely to be next as its chance among those left."""
    if count * 8 > len(chances):
        # The earliest of exponential times, whose rates are the chances: the same distribution.
        times = generator.standard_exponential(len(chances)) / chances
        return np.argpartition(times, count)[:count]
    drawn = np.empty(0, np.int64)
    while True:
        more = generator.random(count + count // 2 + 8)
        drawn = np.concatenate([drawn, np.searchsorted(edges, more, side="right")])
        _, first = np.unique(drawn, return_index=True)
        if len(first) >= count:
            return drawn[np.sort(first)[:count]]
