"""Subwords of a training: their lengths, the rows of each word, and words' vectors made of rows.

The input matrix has each word's own row first, then the rows that n-grams are hashed to. When
training is over, the words' own rows make place for the words' vectors, so that no second matrix
is needed; what they held is found again from a vector and the n-grams' rows.
"""

from __future__ import annotations

import numpy as np

from embedrec.corpus.packed import PackedWords
from embedrec.models.word2vec.parameters import Parameters
from embedrec.vectors.stored import StoredVectors, Subwords
from embedrec.vectors.subword_lengths import choose_subword_lengths


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


def list_rows(parameters: Parameters, words: PackedWords) -> tuple[np.ndarray, np.ndarray]:
    """Return row_offsets (int64, (V + 1,)) and rows (uint32) of the words' rows.

    See `kernels.subword`; the parameters' lengths must be settled.
    """
    from embedrec.kernels.subword import list_subwords

    row_offsets, rows = list_subwords(
        words.utf8,
        words.offsets,
        parameters.min_n,
        parameters.max_n,
        parameters.n_buckets,
        len(words),
    )
    return row_offsets, rows


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

    assert parameters.min_n is not None  # settled before the training
    assert parameters.max_n is not None
    vectors, buckets = inputs[: len(words)], inputs[len(words) :]
    compose_rows(*list_rows(parameters, words), inputs, vectors)
    return vectors, Subwords(buckets, parameters.min_n, parameters.max_n)


def restore_inputs(parameters: Parameters, stored: StoredVectors) -> np.ndarray:
    """Return a training's input matrix, float32 (R, D), from what it left.

    The inverse of `compose_words`, up to rounding: with n rows and their mean h, a word's own row
    is n h less its n-grams' rows.

    Args:
        parameters: those of the training.
        stored: its words and vectors, which stay as they are.
    """
    if stored.subwords is None:
        return stored.vectors
    from embedrec.kernels.subword import restore_rows

    words = PackedWords.pack(stored.words)
    inputs = np.concatenate([stored.vectors, stored.subwords.buckets])
    restore_rows(*list_rows(parameters, words), inputs)
    return inputs
