"""Words and their vectors, with gensim's names for what is asked of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from embedrec.errors import ParameterError, UnknownWordError
from embedrec.files import PathLike
from embedrec.vectors.exact import ExactSearch, scale_to_unit
from embedrec.vectors.query import Items, build_query, list_items
from embedrec.vectors.spelling import SpellingIndex
from embedrec.vectors.stored import StoredVectors

Neighbours = list[tuple[str, float]]

_ROWS_AT_ONCE = 65_536


class KeyedVectors:
    """A vocabulary with one vector for each word.

    Args:
        words: V different, non-empty words; by convention the most frequent first. A word's place
            is its rank, which decides between equal scores.
        vectors: (V, D) float32 (other real types are converted). Not copied where it can be
            avoided, and read-only through this object; don't change it from outside.
        counts: (V,) how often each word was seen, or None.
        metadata: JSON values. By convention "text" says how the training text was made and
            "training" with which parameters.
        user_dict_text: contents of the segmentation dictionary, if there was one.

    Attributes:
        vectors: (V, D) float32, read-only.
        index_to_key: the words by rank.
        key_to_index: word to rank.
        counts: (V,) uint64 or None.
        vector_size: D.
        metadata: as given.
        user_dict_text: as given.

    Raises:
        ParameterError: if words and vectors don't fit together, a word comes twice, or a value is
            not finite (memory-mapped vectors are not read here; their first query checks them).
    """

    def __init__(
        self,
        words: Sequence[str],
        vectors: np.ndarray,
        *,
        counts: Sequence[int] | np.ndarray | None = None,
        metadata: dict[str, Any] | None = None,
        user_dict_text: str | None = None,
    ) -> None:
        self.index_to_key = list(words)
        self.vectors = _check_vectors(vectors, len(self.index_to_key))
        self.vector_size = int(self.vectors.shape[1])
        self.key_to_index = dict(zip(self.index_to_key, range(len(self)), strict=True))
        _check_words(self.index_to_key, self.key_to_index)
        self.counts = None if counts is None else np.asarray(counts, np.uint64)
        if self.counts is not None and self.counts.shape != (len(self),):
            raise ParameterError(
                f"{self.counts.size} counts for {len(self)} words", value=self.counts.size
            )
        self.metadata = dict(metadata or {})
        self.user_dict_text = user_dict_text
        self._search: ExactSearch | None = None
        self._spelling: SpellingIndex | None = None

    @classmethod
    def from_stored(cls, stored: StoredVectors) -> KeyedVectors:
        """Make the object from what a file form held: `SubwordVectors` where it held subwords."""
        if stored.subwords is not None:
            from embedrec.vectors.subword import SubwordVectors

            return SubwordVectors.from_stored(stored)
        return cls(
            stored.words,
            stored.vectors,
            counts=stored.counts,
            metadata=stored.metadata,
            user_dict_text=stored.user_dict_text,
        )

    def to_stored(self) -> StoredVectors:
        """Return what a file form may hold; nothing is copied."""
        return StoredVectors(
            self.index_to_key, self.vectors, self.counts, self.metadata, self.user_dict_text
        )

    @classmethod
    def load(cls, folder: PathLike, verify: bool = False) -> KeyedVectors:
        """Open the own form (a vectors or model folder); the matrix is mapped, not read.

        Raises:
            InputError, CorruptedError, VersionError: as `load_folder`.
        """
        from embedrec.vectors.folder import load_folder

        return cls.from_stored(load_folder(folder, verify=verify))

    def save(self, folder: PathLike, extra_writer: Callable[[Path], object] | None = None) -> None:
        """Write the own form, atomically.

        `extra_writer` is called with the unfinished folder before the manifest is written; the
        files it leaves there get checksums too.

        Raises:
            StorageError: if the place can't be written.
        """
        from embedrec.vectors.folder import save_folder

        save_folder(self.to_stored(), folder, extra_writer)

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __contains__(self, word: object) -> bool:
        return word in self.key_to_index

    def __repr__(self) -> str:
        return f"KeyedVectors({len(self)} words, {self.vector_size} dimensions)"

    def __getitem__(self, key: str | Iterable[str]) -> np.ndarray:
        """Return the vector (D,) of a word, or (N, D) for several; raises `UnknownWordError`."""
        if isinstance(key, str):
            return self.vectors[self.get_index(key)]
        return self.vectors[self.get_indices(key)]

    def get_index(self, word: str) -> int:
        """Return the rank of a word.

        Raises:
            UnknownWordError: with near spellings, if it is not in the vocabulary.
        """
        index = self.key_to_index.get(word)
        if index is None:
            raise UnknownWordError(word, self.suggest(word))
        return index

    def get_indices(self, words: Iterable[str]) -> np.ndarray:
        """Return the ranks of words, (N,) int64; raises `UnknownWordError` as `get_index`."""
        return np.array([self.get_index(word) for word in words], np.int64)

    def get_vector(self, word: str, norm: bool = False) -> np.ndarray:
        """Return the vector (D,) of a word, with `norm` at unit length; float32."""
        return self._get_units([word])[0].astype(np.float32) if norm else self[word]

    def get_unit(self, indices: np.ndarray) -> np.ndarray:
        """Return vectors by rank at unit length, (N, D) float64; zero vectors stay zero."""
        return scale_to_unit(np.asarray(self.vectors[indices], np.float64))

    @property
    def search(self) -> ExactSearch:
        """The search over all vectors; the first use reads the matrix once for its norms."""
        if self._search is None:
            self._search = ExactSearch(self.vectors)
        return self._search

    def suggest(self, word: str, n: int = 3) -> list[str]:
        """Return at most `n` words of the vocabulary that are spelt nearly as `word`."""
        if self._spelling is None:
            self._spelling = SpellingIndex(self.index_to_key)
        return self._spelling.suggest(word, n)

    def most_similar(
        self,
        positive: Items = None,
        negative: Items = None,
        topn: int = 10,
        *,
        candidates: Iterable[str] | None = None,
        exclude: Iterable[str] | None = None,
        min_score: float | None = None,
        restrict_vocab: int | None = None,
    ) -> Neighbours:
        """Return the words nearest to the sum of `positive` less `negative`, by cosine.

        Args:
            positive: a word, a vector (D,), a pair of one of these and its weight, or several.
            negative: the same, with weight -1 where none is given.
            topn: how many; fewer come back only when no more are left.
            candidates: only these words may come back (unknown ones are passed over).
            exclude: these words may not come back, nor may the words asked with.
            min_score: lowest cosine to return.
            restrict_vocab: look only among the first words, this many.

        Returns:
            (word, cosine) pairs, best first; equal cosines by rank.

        Raises:
            ParameterError: if there is nothing to look for, or an argument is out of range.
            UnknownWordError: for a word outside the vocabulary, with near spellings.
        """
        query, own = self._build_query(positive, negative)
        return self._find(query[None, :], [own], topn, candidates, exclude, min_score,
                          restrict_vocab)[0]  # fmt: skip

    def most_similar_batch(
        self,
        words: Iterable[Items],
        topn: int = 10,
        *,
        candidates: Iterable[str] | None = None,
        exclude: Iterable[str] | None = None,
        min_score: float | None = None,
        restrict_vocab: int | None = None,
    ) -> list[Neighbours]:
        """Answer many queries with one matrix product; each as `most_similar(query, topn=...)`.

        Args:
            words: for each query what `most_similar` takes as `positive`.

        Raises:
            ParameterError, UnknownWordError: as `most_similar`.
        """
        asked = [words] if isinstance(words, str) else words
        built = [self._build_query(query, None) for query in asked]
        queries = np.array([query for query, _ in built]).reshape(len(built), self.vector_size)
        own = [ids for _, ids in built]
        return self._find(queries, own, topn, candidates, exclude, min_score, restrict_vocab)

    def similarity(self, w1: str, w2: str) -> float:
        """Return the cosine of two words; 0 if one of the vectors is zero."""
        rows = self._get_units([w1, w2])
        return float(rows[0] @ rows[1])

    def distance(self, w1: str, w2: str) -> float:
        """Return 1 less the cosine of two words."""
        return 1.0 - self.similarity(w1, w2)

    def n_similarity(self, ws1: Sequence[str], ws2: Sequence[str]) -> float:
        """Return the cosine of the mean vectors of two groups of words.

        Raises:
            ParameterError: if a group is empty.
            UnknownWordError: for a word outside the vocabulary.
        """
        groups = [list_items(ws1), list_items(ws2)]
        if not all(groups):
            raise ParameterError("n_similarity needs at least one word in each group")
        means = [np.asarray(self[group], np.float64).mean(axis=0) for group in groups]
        first, second = scale_to_unit(np.array(means))
        return float(first @ second)

    def doesnt_match(self, words: Sequence[str]) -> str:
        """Return the word farthest from the mean of all given; of equal ones the first.

        Raises:
            ParameterError: if no word is given.
            UnknownWordError: for a word outside the vocabulary.
        """
        words = list_items(words)
        if not words:
            raise ParameterError("doesnt_match needs at least one word")
        rows = self._get_units(words)
        return words[int(np.argmin(rows @ scale_to_unit(rows.sum(axis=0)[None, :])[0]))]

    def closer_than(self, key1: str, key2: str) -> list[str]:
        """Return the words nearer to `key1` than `key2`, a word of the vocabulary, by rank."""
        nearer = self.search.find_above(self._get_units([key1])[0], self.get_index(key2))
        words = (self.index_to_key[index] for index in nearer.tolist())
        return [word for word in words if word != key1]

    def rank(self, key1: str, key2: str) -> int:
        """Return the place of `key2` among the neighbours of `key1`, from 1."""
        return len(self.closer_than(key1, key2)) + 1

    def _get_units(self, words: list[str]) -> np.ndarray:
        return scale_to_unit(np.asarray(self[words], np.float64))

    def _build_query(self, positive: Items, negative: Items) -> tuple[np.ndarray, np.ndarray]:
        return build_query(positive, negative, self.vector_size, self.key_to_index,
                           self.__getitem__)  # fmt: skip

    def _find(
        self,
        queries: np.ndarray,
        own: list[np.ndarray],
        topn: int,
        candidates: Iterable[str] | None,
        exclude: Iterable[str] | None,
        min_score: float | None,
        restrict_vocab: int | None,
    ) -> list[Neighbours]:
        if isinstance(topn, bool) or not isinstance(topn, int | np.integer) or topn < 0:
            raise ParameterError(f"topn is {topn!r}; give a whole number from 0", value=topn)
        if restrict_vocab is not None and restrict_vocab < 1:
            raise ParameterError(
                f"restrict_vocab is {restrict_vocab}; give at least 1 word", value=restrict_vocab
            )
        if min_score is not None and np.isnan(min_score):
            raise ParameterError("min_score is not a number", value=min_score)
        if topn == 0:
            return [[] for _ in own]
        excluded = self._list_known(exclude)
        if candidates is None:
            found = self.search.search(queries, int(topn), limit=restrict_vocab, excluded=excluded,
                                       own=own, min_score=min_score)  # fmt: skip
        else:
            allowed = np.setdiff1d(self._list_known(candidates), excluded)
            allowed = allowed[: np.searchsorted(allowed, restrict_vocab or len(self))]
            found = [
                self.search.search_among(query, np.setdiff1d(allowed, mine), int(topn), min_score)
                for query, mine in zip(queries, own, strict=True)
            ]
        words = self.index_to_key
        return [
            [(words[i], s) for i, s in zip(ids.tolist(), scores.tolist(), strict=True)]
            for ids, scores in found
        ]

    def _list_known(self, words: Iterable[str] | None) -> np.ndarray:
        known = (self.key_to_index.get(word) for word in list_items(words))  # type: ignore[arg-type]
        return np.unique(np.array([index for index in known if index is not None], np.int64))


def _check_vectors(vectors: np.ndarray, n_words: int) -> np.ndarray:
    if not isinstance(vectors, np.memmap) or vectors.dtype != np.float32:
        try:
            vectors = np.ascontiguousarray(vectors, np.float32)
        except (TypeError, ValueError):
            raise ParameterError("the vectors are not an array of real numbers") from None
        if not are_finite(vectors):
            raise ParameterError("the vectors hold values that are not finite")
    if vectors.ndim != 2 or vectors.shape[1] == 0:
        raise ParameterError(
            f"the vectors have shape {vectors.shape}, where (words, dimensions) is needed",
            value=vectors.shape,
        )
    if len(vectors) != n_words or n_words == 0:
        raise ParameterError(
            f"{n_words} words with {len(vectors)} vectors; give one vector for each word",
            value=n_words,
        )
    view = vectors.view()
    view.flags.writeable = False
    return view


def are_finite(vectors: np.ndarray) -> bool:
    """Say whether all values of a matrix are finite."""
    # Part by part: the answers for all at once alone would take a quarter of the matrix's memory.
    starts = range(0, len(vectors), _ROWS_AT_ONCE)
    return all(np.isfinite(vectors[at : at + _ROWS_AT_ONCE]).all() for at in starts)


def _check_words(words: list[str], key_to_index: dict[str, int]) -> None:
    if len(key_to_index) != len(words):
        twice = next(word for index, word in enumerate(words) if key_to_index[word] != index)
        raise ParameterError(f"the word {twice!r} comes more than once", value=twice)
    wrong = next((word for word in key_to_index if not isinstance(word, str)), None)
    if wrong is not None or "" in key_to_index:
        raise ParameterError(f"{wrong or ''!r} is not a word; words are non-empty strings",
                             value=wrong)  # fmt: skip
