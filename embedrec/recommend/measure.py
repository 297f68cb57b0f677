"""How good predicted ratings and lists of items are, each measure by its formula.

In the formulas a user has a list of k items and a set R of relevant ones; rel(r) is 1 if the item
at rank r (from 1) is in R, else 0. Means over users leave out those without a relevant item, as is
the custom.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.ratings.table import Ratings

Array = np.ndarray[Any, Any]
LIST_MEASURES = ("precision", "recall", "map", "mrr", "ndcg")
_PAIRS_AT_ONCE = 1 << 14


def measure_errors(predicted: Array, actual: Array) -> dict[str, float]:
    """Return the root mean square error and the mean absolute error of ratings.

    Args:
        predicted, actual: float (n,), n >= 1.
    """
    errors = np.asarray(predicted, np.float64) - np.asarray(actual, np.float64)
    return {"rmse": float(np.sqrt(np.mean(errors**2))), "mae": float(np.abs(errors).mean())}


def measure_lists(lists: Array, gains: Array) -> dict[str, Array]:
    """Return the measures of each user's list.

    With n = |R| and DCG = sum over r <= k of gain(r) / log2(r + 1):

    - precision = sum rel(r) / k, also where fewer than k items were left to list;
    - recall = sum rel(r) / n;
    - map: average precision = sum over r of rel(r) precision(r) / min(n, k);
    - mrr: 1 / rank of the first relevant item, 0 if none is listed;
    - ndcg = DCG / the DCG of the relevant items in the best order (Järvelin & Kekäläinen 2002).

    Args:
        lists: int (G, k), numbers of items, best first; -1 for a place left empty.
        gains: float (G, n_items), what an item is worth to a user, above 0 for the relevant.

    Returns:
        For each of `LIST_MEASURES` float64 (G,); NaN for users without a relevant item.
    """
    k = lists.shape[1]
    listed = np.take_along_axis(gains, np.maximum(lists, 0), axis=1).astype(np.float64)
    listed[lists < 0] = 0.0
    hits = listed > 0  # (G, k)
    n_relevant = (gains > 0).sum(axis=1)
    ranks = np.arange(1, k + 1)
    discounts = 1.0 / np.log2(ranks + 1)
    precisions = np.cumsum(hits, axis=1) / ranks
    best = -np.partition(-gains, min(k, gains.shape[1]) - 1, axis=1)[:, :k].astype(np.float64)
    best = -np.sort(-best, axis=1)
    ideal = best @ discounts[: best.shape[1]]
    with np.errstate(invalid="ignore", divide="ignore"):
        found = {
            "precision": hits.sum(axis=1) / k,
            "recall": hits.sum(axis=1) / n_relevant,
            "map": (precisions * hits).sum(axis=1) / np.minimum(n_relevant, k),
            "mrr": np.where(hits.any(axis=1), 1.0 / (hits.argmax(axis=1) + 1), 0.0),
            "ndcg": listed @ discounts / ideal,
        }
    for values in found.values():
        values[n_relevant == 0] = np.nan
    return found


def measure_coverage(lists: Array, n_items: int) -> float:
    """Return the share of items that stand in at least one list.

    Args:
        lists: int (G, k), -1 for a place left empty.
        n_items: how many could.
    """
    return len(np.unique(lists[lists >= 0])) / n_items


def measure_novelty(lists: Array, popularity: Array, n_users: int) -> float:
    """Return the mean self-information of listed items, -log2(popularity / n_users), in bits.

    Items without a rating in training count as if they had one. Source: Zhou et al., "Solving the
    apparent diversity-accuracy dilemma of recommender systems" (PNAS 2010).

    Args:
        lists: int (G, k), -1 for a place left empty.
        popularity: int (n_items,), users who rated each item in training.
        n_users: users in training.
    """
    listed = lists[lists >= 0]
    if not len(listed):
        return float("nan")
    return float(-np.log2(np.maximum(popularity[listed], 1) / n_users).mean())


def measure_diversity(lists: Array, train: Ratings) -> float:
    """Return 1 - the mean cosine of two items in one list, over all pairs and lists.

    An item's vector has a 1 for each user who rated it in training, so the measure is the same
    whatever model made the lists (Ziegler et al., "Improving recommendation lists through topic
    diversification", WWW 2005, with this similarity).

    Args:
        lists: int (G, k), -1 for a place left empty.
        train: the ratings of the training.
    """
    pairs, counts = _count_pairs(lists, train.n_items)
    if not len(pairs):
        return float("nan")
    return float(1.0 - (measure_cosines(pairs, train) * counts).sum() / counts.sum())


def measure_cosines(pairs: Array, train: Ratings) -> Array:
    """Return the cosines of pairs of items by who rated them, float64 (P,); 0 if nobody did.

    Args:
        pairs: int (P, 2), numbers of items.
        train: ratings; their values play no part.
    """
    from scipy.sparse import csr_array

    ones = np.ones(len(train), np.float64)
    shape = (train.n_items, train.n_users)
    rated = csr_array((ones, (train.items, train.users)), shape=shape)
    counts = np.bincount(train.items, minlength=train.n_items).astype(np.float64)
    cosines = np.zeros(len(pairs))
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        part = pairs[start : start + _PAIRS_AT_ONCE]
        shared = rated[part[:, 0]].multiply(rated[part[:, 1]]).sum(axis=1)
        norms = np.sqrt(counts[part[:, 0]] * counts[part[:, 1]])
        np.divide(
            np.asarray(shared).ravel(), norms, out=cosines[start : start + len(part)],
            where=norms > 0,
        )  # fmt: skip
    return cosines


def check_k(k: int) -> int:
    """Return `k`; raise ParameterError if it is no whole number above 0."""
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
        raise ParameterError(f"k is {k!r}; give a whole number from 1", value=k)
    return int(k)


def _count_pairs(lists: Array, n_items: int) -> tuple[Array, Array]:
    """Return the different pairs of items in one list, (P, 2), and in how many lists they are."""
    first, second = np.triu_indices(lists.shape[1], 1)
    a, b = lists[:, first].ravel().astype(np.int64), lists[:, second].ravel().astype(np.int64)
    there = (a >= 0) & (b >= 0)
    low, high = np.minimum(a, b)[there], np.maximum(a, b)[there]
    codes, counts = np.unique(low * n_items + high, return_counts=True)
    return np.stack([codes // n_items, codes % n_items], axis=1), counts
