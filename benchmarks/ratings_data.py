"""MovieLens 100k for benchmarks: the five folds that come with it, and splits by user."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
N_USERS, N_ITEMS = 943, 1682


def read_table(archive: Path, name: str) -> Array:
    """Return users, items (from 0) and ratings of a file in ml-100k.zip, int64 (N, 3)."""
    with zipfile.ZipFile(archive) as opened:
        content = opened.read(f"ml-100k/{name}")
    table = np.loadtxt(io.BytesIO(content), dtype=np.int64, usecols=(0, 1, 2))
    return table - np.array([1, 1, 0])


def read_fold(archive: Path, number: int) -> tuple[Array, Array]:
    """Return training and test of u1 to u5."""
    return read_table(archive, f"u{number}.base"), read_table(archive, f"u{number}.test")


def split_by_user(table: Array, seed: int, share: float = 0.75) -> tuple[Array, Array]:
    """Return a random share of each user's ratings, and the rest."""
    drawn = np.random.default_rng(seed).random(len(table))
    order = np.lexsort((drawn, table[:, 0]))
    counts = np.bincount(table[:, 0], minlength=N_USERS)
    place = np.empty(len(table), np.int64)
    place[order] = np.arange(len(table)) - np.repeat(np.cumsum(counts) - counts, counts)
    kept = place < np.round(share * counts)[table[:, 0]]
    return table[kept], table[~kept]


def measure_errors(predicted: Array, actual: Array) -> dict[str, float]:
    """Return RMSE and MAE."""
    errors = predicted - actual
    return {"rmse": float(np.sqrt((errors**2).mean())), "mae": float(np.abs(errors).mean())}


def measure_lists(lists: Array, test: Array) -> dict[str, float]:
    """Return nDCG and precision of lists of items, int (N_USERS, k), over users in the test.

    Relevant is what is in the test; gains are 0 or 1, discounts log2(place + 1), and the ideal
    has min(k, relevant) hits at the top.
    """
    k = lists.shape[1]
    relevant = np.zeros((N_USERS, N_ITEMS), bool)
    relevant[test[:, 0], test[:, 1]] = True
    hits = np.take_along_axis(relevant, lists, axis=1)
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])
    counts = relevant.sum(axis=1)
    users = counts > 0
    gains = (hits * discounts).sum(axis=1)[users] / ideal[np.minimum(counts[users], k)]
    return {f"ndcg@{k}": float(gains.mean()), f"precision@{k}": float(hits[users].mean())}


def list_best(scores: Array, train: Array, k: int = 10) -> Array:
    """Return the k items with the highest scores that are not in a user's training."""
    scores = np.array(scores, np.float64)
    scores[train[:, 0], train[:, 1]] = -np.inf
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]
