"""Subwords of a training: their lengths, the rows of each word, and words' vectors made of rows.

The input matrix has each word's own row first, then the rows that n-grams are hashed to. When
training is over, the words' own rows make place for the words' vectors, so that no second matrix
is needed; what they held is found again from a vector and the n-grams' rows.
"""

from __future__ import annotations

import numpy as np

from embedrec.corpus.packed import PackedWords
from embedrec.models.word2vec.parameters import Parameters
from embedrec.vectors.stored import Subwords
from embedrec.vectors.subword_lengths import choose_subword_lengths
from embedrec.vectors.subword_rows import count_subwords, list_subwords

_WORDS_AT_ONCE = 1 << 14


def settle_lengths(parameters: Parameters, words: PackedWords, counts: np.ndarray) -> Parameters:
    """Return the parameters with lengths of n-grams that suit the words, where none are given.

    Args:
        parameters: returned as they are if they ask for no subwords.
        words: V words.
        counts: uint64 (V,), how often each occurs.
    """
    if not parameters.subwords or parameters.min_n is not None:
        return parameters
    min_n, max_n = choose_subword_lengths(words.utf8, words.offsets, counts)
    return parameters.change(min_n=min_n, max_n=max_n)


def count_rows(parameters: Parameters, words: PackedWords) -> np.ndarray:
    """Return how many rows make up each word, int64 (V,): as many as `list_rows` lists."""
    if not parameters.subwords:
        return np.ones(len(words), np.int64)
    return count_subwords(words.utf8, words.offsets, *_get_lengths(parameters))


def list_rows(parameters: Parameters, words: PackedWords) -> tuple[np.ndarray, np.ndarray]:
    """Return row_offsets (int64, (V + 1,)) and rows (uint32) of the words' rows.

    See `vectors.subword_rows.list_subwords`; the parameters' lengths must be settled.
    """
    return list_subwords(
        words.utf8,
        words.offsets,
        *_get_lengths(parameters),
        parameters.n_buckets,
        len(words),
    )


def compose_words(
    parameters: Parameters, words: PackedWords, inputs: np.ndarray
) -> tuple[np.ndarray, Subwords | None]:
    """Put the words' vectors in place of their own rows.

    Args:
        parameters: those of the training.
        words: V words.
        inputs: float32 (R, D), a training's input matrix, changed in place with subwords.

    Returns:
        vectors: float32 (V, D), a part of `inputs`.
        subwords: the other part; None if there are no subwords.
    """
    if not parameters.subwords:
        return inputs, None
    from embedrec.kernels.subword import compose_rows

    vectors, buckets = inputs[: len(words)], inputs[len(words) :]
    compose_rows(*list_rows(parameters, words), inputs, vectors)
    return vectors, Subwords(buckets, *_get_lengths(parameters))


def restore_own_rows(
    parameters: Parameters, words: PackedWords, places: np.ndarray, inputs: np.ndarray
) -> None:
    """Put words' own rows in place of their vectors; some thousand words at a time.

    The inverse of `compose_words`, up to rounding: with n rows and their mean h, a word's own row
    is n h less its n-grams' rows.

    Args:
        parameters: those of the training, with subwords.
        words: V words, those of the first V rows.
        places: int64, places of the words whose rows hold vectors; the others' rows stay.
        inputs: float32 (R, D), changed in place: words' rows, then those of n-grams.
    """
    from embedrec.kernels.subword import restore_rows

    others = np.ones(len(words), bool)
    others[places] = False
    for first in range(0, len(words), _WORDS_AT_ONCE):
        part = slice(first, first + _WORDS_AT_ONCE)
        row_offsets, rows = list_subwords(
            words.utf8,
            words.offsets[first : first + _WORDS_AT_ONCE + 1],
            *_get_lengths(parameters),
            parameters.n_buckets,
            len(words) - first,
        )
        stay = first + np.flatnonzero(others[part])
        kept = inputs[stay]
        restore_rows(row_offsets, rows, inputs[first:])
        inputs[stay] = kept


def _get_lengths(parameters: Parameters) -> tuple[int, int]:
    assert parameters.min_n is not None  # settled before
    assert parameters.max_n is not None
    return parameters.min_n, parameters.max_n
