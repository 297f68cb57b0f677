"""The words of a corpus, ordered by how often they occur: index 0 is the commonest.

The order is part of the format: count descending, then word ascending by code point. So the same
counts give the same ids on every machine, whatever order the words were met in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from embedrec.corpus.packed import PackedWords
from embedrec.corpus.vocabulary_fault import find_fault, read_bytes
from embedrec.corpus.vocabulary_parse import parse_lines
from embedrec.errors import ParameterError
from embedrec.files import PathLike, write_atomic

MAX_WORDS = 2**32 - 1
"""Most words a vocabulary may hold: ids are uint32, and the last value marks a dropped word."""

_LINES_A_WRITE = 100_000


class Vocabulary:
    """Words and their counts, by id.

    Attributes:
        words: the words; a word's place is its id. Read from a file, they are made into a list when
            that is first asked for; `packed` needs a tenth of the memory.
        counts: how often each occurs, uint64 (V,), descending.
    """

    def __init__(self, words: Sequence[str], counts: Iterable[int] | np.ndarray) -> None:
        self.words = list(words)
        self.counts = np.asarray(counts, dtype=np.uint64)
        if self.counts.shape != (len(self.words),):
            raise ParameterError(
                f"a vocabulary needs one count a word: {len(self.words)} words, "
                f"counts of shape {self.counts.shape}",
                value=self.counts.shape,
            )

    @classmethod
    def from_packed(cls, packed: PackedWords, counts: np.ndarray) -> Vocabulary:
        """Make a vocabulary of distinct packed words and their counts, uint64 (V,), descending."""
        vocabulary = cls.__new__(cls)
        vocabulary.packed = packed
        vocabulary.counts = counts
        return vocabulary

    @classmethod
    def from_counts(
        cls,
        words: Sequence[str],
        counts: Sequence[int] | np.ndarray,
        *,
        min_count: int = 5,
        max_size: int | None = None,
    ) -> Vocabulary:
        """Choose and order the words worth keeping.

        Args:
            words: distinct words, in any order.
            counts: whole numbers (V,), how often each occurs.
            min_count: words that occur less often are left out.
            max_size: at most so many words are kept, the commonest; None keeps all.

        Raises:
            ParameterError: if a parameter is out of range, a word comes twice, or no word is left.
        """
        counts = np.asarray(counts, dtype=np.uint64)
        if counts.shape != (len(words),):
            raise ParameterError(
                f"from_counts needs one count a word: {len(words)} words, "
                f"counts of shape {counts.shape}",
                value=counts.shape,
            )
        order = order_words(words, counts, min_count=min_count, max_size=max_size)
        vocabulary = cls([words[i] for i in order.tolist()], counts[order])
        if len(vocabulary.key_to_index) != len(vocabulary.words):
            word = find_repeated(vocabulary.words)
            raise ParameterError(f"the word {word!r} is given twice", value=word)
        return vocabulary

    @cached_property
    def words(self) -> list[str]:
        """The words; a word's place is its id."""
        return list(self.packed)

    @cached_property
    def packed(self) -> PackedWords:
        """The words as bytes."""
        return PackedWords.pack(self.words)

    @cached_property
    def key_to_index(self) -> dict[str, int]:
        """Word to id."""
        return {word: index for index, word in enumerate(self.words)}

    @cached_property
    def n_tokens(self) -> int:
        """How many tokens the words make up together."""
        return int(self.counts.sum())

    def __len__(self) -> int:
        return len(self.counts)

    def __contains__(self, word: object) -> bool:
        return word in self.key_to_index

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} words, {self.n_tokens} tokens)"

    def encode(self, words: Iterable[str]) -> np.ndarray:
        """Return the ids of the known ones among `words`, uint32 (N,), in order."""
        index = self.key_to_index
        return np.array([index[word] for word in words if word in index], dtype=np.uint32)

    def save(self, path: PathLike) -> None:
        """Write UTF-8 lines `word count`, atomically.

        Raises:
            StorageError: if the place can't be written.
            ParameterError: if a word is empty or holds white space.
        """
        words = self.words if "words" in vars(self) else self.packed
        for word in words:
            if word.split() != [word]:
                raise ParameterError(f"the word {word!r} is empty or holds a blank", value=word)
        counts = self.counts.tolist()
        with write_atomic(path, "w") as file:
            for start in range(0, len(counts), _LINES_A_WRITE):
                part = slice(start, start + _LINES_A_WRITE)
                pairs = zip(words[part], counts[part], strict=True)
                file.write("".join([f"{word} {count}\n" for word, count in pairs]))

    @classmethod
    def load(cls, path: PathLike) -> Vocabulary:
        """Read what `save` wrote.

        Raises:
            InputError: if the file can't be read.
            CorruptedError: naming the first line that is no `word count`, has a larger count than
                the line before, or repeats a word.
        """
        path = Path(path)
        content = read_bytes(path)
        parsed = parse_lines(content)
        if parsed is None:
            raise find_fault(path, content)
        return cls.from_packed(*parsed)


def order_words(
    words: Sequence[str], counts: np.ndarray, *, min_count: int = 5, max_size: int | None = None
) -> np.ndarray:
    """Return the places (int64, (K,)) of the words to keep, in the vocabulary's order.

    Args:
        words: distinct words.
        counts: uint64 (V,).
        min_count: as for `Vocabulary.from_counts`.
        max_size: as for `Vocabulary.from_counts`.

    Raises:
        ParameterError: if a parameter is out of range, or no word is left.
    """
    check_limits(min_count, max_size)
    kept = np.flatnonzero(counts >= np.uint64(min_count))
    if not len(kept):
        largest = int(counts.max()) if len(counts) else 0
        raise ParameterError(
            f"min_count {min_count} leaves no word: the commonest word occurs {largest} times; "
            "give a smaller min_count",
            value=min_count,
        )
    if max_size is not None and len(kept) > max_size:
        # Words rarer than the last that fits need no sorting; those as rare as it do.
        rarest = np.partition(counts[kept], len(kept) - max_size)[len(kept) - max_size]
        kept = kept[counts[kept] >= rarest]
    kept = np.array(sorted(kept.tolist(), key=words.__getitem__), dtype=np.int64)
    # Counts fit int64 long before a corpus fits a disk.
    kept = kept[np.argsort(-counts[kept].astype(np.int64), kind="stable")][:max_size]
    if len(kept) > MAX_WORDS:
        raise ParameterError(
            f"{len(kept)} words are more than the {MAX_WORDS} a vocabulary may hold; "
            "give max_vocab or a larger min_count",
            value=len(kept),
        )
    return kept


def check_limits(min_count: int, max_size: int | None) -> None:
    """Check the two parameters that choose a vocabulary.

    Raises:
        ParameterError: if one is not a whole number from 1.
    """
    for name, value in (("min_count", min_count), ("max_vocab", max_size)):
        if name == "max_vocab" and value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ParameterError(
                f"{name} must be a whole number from 1, not {value!r}", value=value
            )


def find_repeated(words: Iterable[str]) -> str | None:
    """Return the first word that came before, or None."""
    seen: set[str] = set()
    for word in words:
        if word in seen:
            return word
        seen.add(word)
    return None
