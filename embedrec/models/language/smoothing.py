"""Modified Kneser-Ney smoothing, interpolated (Chen and Goodman 1999, section 3).

p(w | h) = max(c(hw) - D(c(hw)), 0) / c(h.) + gamma(h) p(w | h without its first word)

c of the longest n-grams is their count. For shorter ones it is the number of different words that
stand before them: a word that follows many others is likelier in a new place than one that is
frequent after a single other (Kneser and Ney 1995). gamma(h) is what the discounts D have taken
away, so that all sums to 1; below single words stands the uniform distribution.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from embedrec.models.language.ngram import Found, NgramLevel
from embedrec.nn.parameter import Array


class SmoothedLevel(NamedTuple):
    """What is left of the n-grams of one length.

    Attributes:
        shares: float32 (N,), discounted relative frequency of each n-gram after its history.
        backoffs: float32 (H,), gamma of each history: of the n-grams one word shorter, by place;
            for n = 1 a single one. 1 where nothing follows a history.
    """

    shares: Array
    backoffs: Array


def smooth_levels(levels: list[NgramLevel], n_words: int) -> list[SmoothedLevel]:
    """Return the discounted shares and the weights for going back to shorter histories."""
    smoothed = []
    for n, level in enumerate(levels, 1):
        counts = level.counts
        if n < len(levels):
            longer = levels[n]
            n_before = np.bincount(longer.suffixes, minlength=len(level.keys))
            counts = np.where(level.starts, counts, n_before)
        n_histories = 1 if n == 1 else len(levels[n - 2].keys)
        histories = np.zeros(len(counts), np.int64) if n == 1 else level.keys // n_words
        smoothed.append(_smooth(counts, histories, n_histories))
    return smoothed


def compute_discounts(counts: Array) -> Array:
    """Return D(0), D(1), D(2) and D(3 and more), float64 (4,) (Chen and Goodman 1999, eq. 26).

    Where counts of counts say nothing (a small text may have no n-gram that occurs thrice), half
    the count goes. A hundredth of a count is always taken and always left, so that no history gives
    new words nothing.
    """
    n = [int((counts == c).sum()) for c in (1, 2, 3, 4)]
    y = n[0] / (n[0] + 2 * n[1]) if n[0] else 1.0
    discounts = [0.0]
    for c in (1, 2, 3):
        known = n[c - 1] and n[c]
        discount = c - (c + 1) * y * n[c] / n[c - 1] if known else c / 2
        discounts.append(min(max(discount, 0.01), c - 0.01))
    return np.array(discounts)


def _smooth(counts: Array, histories: Array, n_histories: int) -> SmoothedLevel:
    taken = compute_discounts(counts)[np.minimum(counts, 3)]
    totals = np.bincount(histories, counts, n_histories)
    gone = np.bincount(histories, taken, n_histories)
    seen = totals > 0
    divisors = np.where(seen, totals, 1.0)
    shares = (counts - taken) / divisors[histories]
    backoffs = np.where(seen, gone / divisors, 1.0)
    return SmoothedLevel(shares.astype(np.float32), backoffs.astype(np.float32))


def compute_probabilities(smoothed: list[SmoothedLevel], found: list[Found], n_words: int) -> Array:
    """Return p(w | h), float64 (N,), of words found by `find_ngrams`."""
    p = np.full(len(found[0].ngrams), 1.0 / n_words)
    for level, places in zip(smoothed, found, strict=True):
        known = places.histories >= 0
        p[known] *= level.backoffs[places.histories[known]]
        here = places.ngrams >= 0
        p[here] += level.shares[places.ngrams[here]]
    return p


def compute_distribution(
    levels: list[NgramLevel], smoothed: list[SmoothedLevel], context: Array, n_words: int
) -> Array:
    """Return p(. | context), float64 (V,).

    Args:
        context: int (n,), ids before the word, the last one last; the mark before a sentence is
            its end's id. Only the last `order - 1` count.
    """
    p = np.full(n_words, 1.0 / n_words)
    p *= smoothed[0].backoffs[0]
    p[levels[0].keys] += smoothed[0].shares
    for n in range(2, len(levels) + 1):
        history = _find_history(levels, context, n - 1, n_words)
        if history < 0:
            break
        p *= smoothed[n - 1].backoffs[history]
        keys = levels[n - 1].keys
        begin, close = np.searchsorted(keys, [history * n_words, (history + 1) * n_words])
        p[keys[begin:close] % n_words] += smoothed[n - 1].shares[begin:close]
    return p


def _find_history(levels: list[NgramLevel], context: Array, n: int, n_words: int) -> int:
    """Return the place of the last `n` words of a context, or -1."""
    if n > len(context):
        return -1
    place = 0
    for level, word in zip(levels, context[len(context) - n :], strict=False):
        wanted = place * n_words + int(word) if level is not levels[0] else int(word)
        place = int(np.searchsorted(level.keys, wanted))
        if place == len(level.keys) or level.keys[place] != wanted:
            return -1
    return place
