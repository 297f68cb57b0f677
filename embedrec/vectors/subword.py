"""Vectors that words outside the vocabulary have too, made of their character n-grams.

Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", section 3.2. A word of
the vocabulary keeps the vector it was given; another one gets the mean of its n-grams' rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from embedrec.errors import CorruptedError, ParameterError, UnknownWordError
from embedrec.vectors.keyed import KeyedVectors, are_finite
from embedrec.vectors.stored import StoredVectors, Subwords
from embedrec.vectors.subword_rows import average_rows, list_word_rows


class SubwordVectors(KeyedVectors):
    """A vocabulary with one vector for each word, and rows that make up other words.

    `word in vectors`, `key_to_index` and `get_index` keep speaking of the vocabulary, from which
    all answers come. Whatever takes a word to ask with (`vectors[word]`, `get_vector`,
    `most_similar`, `similarity` and its kin) takes any word that has an n-gram.

    Args:
        words: as for `KeyedVectors`.
        vectors: (V, D) float32, the words' composed vectors: own rows and n-grams together.
        buckets: (B, D) float32, the rows that n-grams are hashed to. Not copied where it can be
            avoided, and read-only through this object.
        min_n: shortest n-gram of `<word>`, in characters, at least 1.
        max_n: longest n-gram.
        counts: as for `KeyedVectors`.
        metadata: as for `KeyedVectors`.
        user_dict_text: as for `KeyedVectors`.

    Attributes:
        buckets: (B, D) float32, read-only.
        min_n: as given.
        max_n: as given.

    Raises:
        ParameterError: as for `KeyedVectors`, or if the buckets or lengths can't be worked with.
    """

    def __init__(
        self,
        words: Sequence[str],
        vectors: np.ndarray,
        buckets: np.ndarray,
        *,
        min_n: int,
        max_n: int,
        counts: Sequence[int] | np.ndarray | None = None,
        metadata: dict[str, Any] | None = None,
        user_dict_text: str | None = None,
    ) -> None:
        super().__init__(
            words, vectors, counts=counts, metadata=metadata, user_dict_text=user_dict_text
        )
        self.buckets = _check_buckets(buckets, self.vector_size)
        self.min_n, self.max_n = _check_lengths(min_n, max_n)

    @classmethod
    def from_stored(cls, stored: StoredVectors) -> SubwordVectors:
        """Make the object from what a file form held, which must be with subwords."""
        if stored.subwords is None:
            raise ParameterError("these vectors hold no subwords; use KeyedVectors")
        return cls(
            stored.words,
            stored.vectors,
            stored.subwords.buckets,
            min_n=stored.subwords.min_n,
            max_n=stored.subwords.max_n,
            counts=stored.counts,
            metadata=stored.metadata,
            user_dict_text=stored.user_dict_text,
        )

    def to_stored(self) -> StoredVectors:
        """Return what a file form may hold; nothing is copied."""
        stored = super().to_stored()
        stored.subwords = Subwords(self.buckets, self.min_n, self.max_n)
        return stored

    def __repr__(self) -> str:
        return (
            f"SubwordVectors({len(self)} words, {self.vector_size} dimensions, n-grams of "
            f"{self.min_n} to {self.max_n} characters in {len(self.buckets)} buckets)"
        )

    def __getitem__(self, key: str | Iterable[str]) -> np.ndarray:
        """Return the vector (D,) of a word, seen or not, or (N, D) for several.

        Raises:
            UnknownWordError: if a word is not in the vocabulary and has no n-gram either.
        """
        if isinstance(key, str):
            index = self.key_to_index.get(key)
            return self.vectors[index] if index is not None else self.compose([key])[0]
        words = list(key)
        ranks = np.array([self.key_to_index.get(word, -1) for word in words], np.int64)
        rows = self.vectors[ranks]  # those of unseen words hold nothing yet
        unseen = np.flatnonzero(ranks < 0)
        if len(unseen):
            rows[unseen] = self.compose([words[place] for place in unseen.tolist()])
        return rows

    def compose(self, words: Sequence[str]) -> np.ndarray:
        """Return the means of the words' n-grams, (N, D) float32, whether they are known or not.

        Raises:
            UnknownWordError: if a word has no n-gram, with near spellings.
            CorruptedError: if a row of the buckets that is needed holds no finite number.
        """
        row_offsets, rows = list_word_rows(words, self.min_n, self.max_n, len(self.buckets), 0)
        # The first row of each word stands for the word itself, which is not among the buckets.
        keep = np.ones(len(rows), bool)
        keep[row_offsets[:-1]] = False
        row_offsets = row_offsets - np.arange(len(row_offsets))
        for word, n_rows in zip(words, np.diff(row_offsets).tolist(), strict=True):
            if not word or not n_rows:  # "<>" is no n-gram of a word
                what = f" and has no n-gram of {self.min_n} to {self.max_n} characters"
                raise UnknownWordError(word, self.suggest(word), besides=what)
        composed = average_rows(row_offsets, rows[keep], self.buckets)
        finite = np.isfinite(composed).all(axis=1)
        if not finite.all():
            word = words[int(np.argmin(finite))]
            raise CorruptedError(
                f"the n-grams of {word!r} hold a value that is not finite; the vectors are "
                "damaged, fetch or build them again",
                value=word,
            )
        return composed


def _check_buckets(buckets: np.ndarray, size: int) -> np.ndarray:
    if not isinstance(buckets, np.memmap) or buckets.dtype != np.float32:
        try:
            buckets = np.ascontiguousarray(buckets, np.float32)
        except (TypeError, ValueError):
            raise ParameterError("the buckets are not an array of real numbers") from None
        if not are_finite(buckets):
            raise ParameterError("the buckets hold values that are not finite")
    if buckets.ndim != 2 or buckets.shape[1] != size or not len(buckets):
        raise ParameterError(
            f"the buckets have shape {buckets.shape}, where (buckets, {size}) is needed",
            value=buckets.shape,
        )
    view = buckets.view()
    view.flags.writeable = False
    return view


def _check_lengths(min_n: int, max_n: int) -> tuple[int, int]:
    for name, value in (("min_n", min_n), ("max_n", max_n)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ParameterError(f"{name} is {value!r}; give a whole number from 1", value=value)
    if min_n > max_n:
        raise ParameterError(f"min_n is {min_n}, which is above max_n {max_n}", value=min_n)
    return int(min_n), int(max_n)
