"""Texts as numbers of words, and the vectors that their words begin with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.parameter import Array
from embedrec.vectors.keyed import KeyedVectors

Vectors = KeyedVectors | Array | None
_SPREAD = 0.25  # random vectors are uniform within it, where none are given


def check_texts(X: Any) -> list[Any]:
    """Return texts as a list: lists of words, or arrays of numbers of words.

    Raises:
        ParameterError: if there are none, or one is a string that is not cut into words.
    """
    if isinstance(X, (str, bytes)) or not hasattr(X, "__len__") or not hasattr(X, "__getitem__"):
        raise ParameterError(
            f"texts must be a list of lists of words, not {type(X).__name__}", value=type(X)
        )
    texts = list(X)
    if not texts:
        raise ParameterError("there are no texts: X is empty", value=0)
    for at, text in enumerate(texts):
        if isinstance(text, (str, bytes)) or not hasattr(text, "__len__"):
            raise ParameterError(
                f"text {at} must be a list of words or an array of numbers, not {text!r:.60}: "
                "cut it into words first",
                value=at,
            )
    return texts


class WordNumbers:
    """Numbers of words; with no words, numbers are taken as they are.

    Attributes:
        words: with number 0, 1, ..., or None.
        n_words: how many numbers there are. `n_words` itself is the unknown word, `n_words` + 1 is
            no word.
    """

    def __init__(self, words: Sequence[str] | None, n_words: int) -> None:
        self.words = None if words is None else list(words)
        self.n_words = n_words
        self._number = {word: at for at, word in enumerate(self.words or ())}

    def number(self, texts: Sequence[Any]) -> list[Array]:
        """Return the texts as int32 arrays.

        Raises:
            ParameterError: if a text does not hold words (or numbers) as it should, or a number is
                out of range.
        """
        if self.words is None:
            return [self._check_numbers(text, at) for at, text in enumerate(texts)]
        for at, text in enumerate(texts):
            if len(text) and not isinstance(text[0], str):
                raise ParameterError(
                    f"text {at} must hold words, as the texts learned from do, not {text[0]!r}",
                    value=at,
                )
        known, unknown = self._number, self.n_words
        return [np.array([known.get(w, unknown) for w in text], np.int32) for text in texts]

    def _check_numbers(self, text: Any, at: int) -> Array:
        numbers = np.asarray(text)
        if not numbers.size:
            return np.empty(0, np.int32)
        if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
            raise ParameterError(
                f"text {at} must hold whole numbers, as the texts learned from do, not "
                f"{numbers.dtype} of shape {numbers.shape}",
                value=at,
            )
        if numbers.min() < 0 or numbers.max() >= self.n_words:
            wrong = numbers[(numbers < 0) | (numbers >= self.n_words)][0]
            raise ParameterError(
                f"text {at} holds the number {wrong}; words have numbers from 0 to "
                f"{self.n_words - 1}",
                value=int(wrong),
            )
        return numbers.astype(np.int32)


def learn_numbers(texts: Sequence[Any], vectors: Vectors, min_count: int = 1) -> WordNumbers:
    """Return the numbers of words of texts: commonest first, then all other words of the vectors.

    For texts of numbers, as many as there are vectors, or as the largest asks for.

    Raises:
        ParameterError: if no text has a word, or words and vectors don't go together.
    """
    first = next((text[0] for text in texts if len(text)), None)
    if first is None:
        raise ParameterError("none of the texts has a word", value=len(texts))
    if isinstance(first, str):
        if isinstance(vectors, np.ndarray):
            raise ParameterError(
                "an array of vectors goes with texts of numbers: give KeyedVectors for words",
                value=vectors.shape,
            )
        counts = Counter(chain.from_iterable(texts))
        words = [word for word, n in counts.most_common() if n >= min_count]
        more = [] if vectors is None else vectors.index_to_key
        every = list(dict.fromkeys([*words, *more]))
        return WordNumbers(every, len(every))
    if isinstance(vectors, KeyedVectors):
        raise ParameterError(f"KeyedVectors go with texts of words, not of {first!r}", value=first)
    if vectors is not None:
        return WordNumbers(None, len(vectors))
    return WordNumbers(None, 1 + max(int(np.max(text)) for text in texts if len(text)))


def fill_table(
    numbers: WordNumbers, vectors: Vectors, vector_size: int, generator: np.random.Generator
) -> Array:
    """Return vectors float32 (n_words + 2, size) of all words, of the unknown one, of no word.

    Words without a vector get random ones whose numbers vary as those given do (Kim 2014, section
    3.3); no word has 0.
    """
    size, spread = vector_size, _SPREAD
    given: Array = np.empty((0, size), np.float32)
    if vectors is not None:
        given = vectors.vectors if isinstance(vectors, KeyedVectors) else vectors
        size, spread = given.shape[1], float(given.std()) * np.sqrt(3)
    shape = numbers.n_words + 2, size
    table = generator.uniform(-spread, spread, shape).astype(np.float32)
    if isinstance(vectors, KeyedVectors) and numbers.words is not None:
        places = vectors.key_to_index
        rows = [at for at, word in enumerate(numbers.words) if word in places]
        table[rows] = given[[places[numbers.words[at]] for at in rows]]
    else:
        table[: len(given)] = given
    table[-1] = 0
    return table
