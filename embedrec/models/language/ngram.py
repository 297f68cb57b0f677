"""The n-grams of a text as sorted arrays: no dictionaries of tuples.

An n-gram is named by its place among all n-grams of its length in sorted order. The sorted array
holds, for each, `place of its first n - 1 words * V + last word`: one 64-bit number, whatever n is.
So the continuations of a history stand next to each other, and a binary search finds an n-gram from
its history's place and its last word.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from embedrec.nn.parameter import Array

ABSENT = -1


class NgramLevel(NamedTuple):
    """All n-grams of one length.

    Attributes:
        keys: int64 (N,), ascending: place of the first n - 1 words times V, plus the last word. For
            n = 1 the word itself.
        counts: int64 (N,), how often each stands in the text with its last word as a word, not as
            the mark before a sentence.
        suffixes: int64 (N,), the place of each one's last n - 1 words; empty for n = 1.
        starts: bool (N,), whether it begins with the mark before a sentence, before which no word
            can stand.
    """

    keys: Array
    counts: Array
    suffixes: Array
    starts: Array


class Found(NamedTuple):
    """Where the words of a text stand among the n-grams of one length.

    Attributes:
        ngrams: int64 (N,), place of the n words that end at each word; ABSENT if they were not
            counted, or the sentence has not so many.
        histories: int64 (N,), place of the n - 1 words before it; for n = 1 always 0.
    """

    ngrams: Array
    histories: Array


def count_ngrams(ids: Array, end: int, n_words: int, order: int) -> list[NgramLevel]:
    """Count the n-grams of 1 to `order` words.

    Before the first word of a sentence stands one mark, with the id of `end`; no n-gram reaches
    further back.

    Args:
        ids: int (N,), sentences of word ids, each closed by `end`.
        end: id of the word that ends sentences.
        n_words: size V of the vocabulary.
        order: of the longest n-grams.
    """
    tokens, n_before = _mark_sentences(ids, end)
    keys, places, counts = np.unique(tokens, return_inverse=True, return_counts=True)
    counts = counts - np.bincount(places[n_before == 0], minlength=len(keys))
    levels = [NgramLevel(keys, counts, np.zeros(0, np.int64), np.zeros(len(keys), bool))]
    for n in range(2, order + 1):
        here = np.flatnonzero(n_before >= n - 1)
        keys, one, inverse, counts = np.unique(
            places[here - 1] * n_words + tokens[here],
            return_index=True, return_inverse=True, return_counts=True,
        )  # fmt: skip
        one = here[one]
        levels.append(NgramLevel(keys, counts, places[one], n_before[one] == n - 1))
        places = np.full(len(tokens), ABSENT, np.int64)
        places[here] = inverse
    return levels


def find_ngrams(levels: list[NgramLevel], ids: Array, end: int, n_words: int) -> list[Found]:
    """Find the n-grams of each length, 1 to as many as levels, that end at each word of a text."""
    tokens, n_before = _mark_sentences(ids, end)
    is_word = n_before > 0
    places = locate(levels[0].keys, tokens)
    found = [Found(places[is_word], np.zeros(len(ids), np.int64))]
    for n, level in enumerate(levels[1:], 2):
        histories = np.full(len(tokens), ABSENT, np.int64)
        here = np.flatnonzero(n_before >= n - 1)
        histories[here] = places[here - 1]
        wanted = np.where(histories >= 0, histories * n_words + tokens, ABSENT)
        places = locate(level.keys, wanted)
        found.append(Found(places[is_word], histories[is_word]))
    return found


def locate(keys: Array, wanted: Array) -> Array:
    """Return the place of each wanted key in ascending keys, ABSENT where it is not there."""
    if not len(keys):  # a text of short sentences has no long n-grams
        return np.full(len(wanted), ABSENT, np.int64)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, places, ABSENT)


def _mark_sentences(ids: Array, end: int) -> tuple[Array, Array]:
    """Return tokens with a mark before each sentence, and how many of its own stand before each."""
    first = np.ones(len(ids), bool)
    first[1:] = ids[:-1] == end
    begins = np.flatnonzero(first)
    tokens = np.insert(ids.astype(np.int64), begins, end)
    is_mark = np.insert(np.zeros(len(ids), bool), begins, True)
    places = np.arange(len(tokens))
    last_mark = np.maximum.accumulate(np.where(is_mark, places, 0))
    return tokens, places - last_mark
