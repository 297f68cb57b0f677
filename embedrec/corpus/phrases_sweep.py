"""Going through a corpus's ids: phrases of the rounds before joined on the way, pairs counted.

Nothing is kept on disk between rounds: joining again is faster than reading what was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from embedrec.corpus.shards import Corpus
from embedrec.errors import CorruptedError
from embedrec.kernels import phrases as kernel
from embedrec.progress import Progress

CHUNK_TOKENS = 1 << 18

MAX_HASHES = 1 << 28
"""Most bytes that count hashes."""

MAX_PLACES = 1 << 24
"""Most places of 16 bytes for pairs (half as much again while it grows). If more pairs than two
thirds of that come into question, they are counted in 2 to 64 parts, one after another."""

_FULLEST = 2 / 3
_MAX_PART_BITS = 6


class _FullError(Exception):
    """The table is full, and the pairs must be counted in more parts."""


@dataclass(frozen=True)
class Joining:
    """One round's phrases, in the form that the kernel takes.

    Attributes:
        codes: uint8 (V,), codes of connector words; V counts the words before the round.
        n_codes: see `kernels.phrases`.
        roles: uint8 (V,).
        keys: uint64 (T,).
        values: uint32 (T,), the id of each phrase.
    """

    codes: np.ndarray
    n_codes: int
    roles: np.ndarray
    keys: np.ndarray
    values: np.ndarray

    @classmethod
    def make(cls, codes: np.ndarray, n_codes: int, pairs: np.ndarray, ids: np.ndarray) -> Joining:
        """Make it from the pairs, uint64 (K,), and the id of each phrase, (K,)."""
        n_words = len(codes)
        roles = np.zeros(n_words, np.uint8)
        roles[split_pairs(pairs, n_words, n_codes)[0]] |= kernel.STARTS
        roles[split_pairs(pairs, n_words, n_codes)[2]] |= kernel.ENDS
        n_places = 1 << max(4, (2 * len(pairs)).bit_length())
        keys = np.full(n_places, kernel.EMPTY)
        values = np.zeros(n_places, np.uint32)
        kernel.fill_table(pairs, ids.astype(np.uint32), keys, values)
        return cls(codes, n_codes, roles, keys, values)

    def apply(self, ids: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ids, uint32 (M,), and offsets, int64 (S + 1,), with the phrases joined."""
        joined = np.empty(len(ids), np.uint32)
        ends = np.zeros(len(offsets), np.int64)
        n = kernel.join_pairs(
            ids, offsets, self.roles, self.codes, self.n_codes, self.keys, self.values, joined,
            ends[1:],
        )  # fmt: skip
        return joined[:n], np.cumsum(ends, out=ends)


def split_pairs(
    pairs: np.ndarray, n_words: int, n_codes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return first word, middle and last word of pairs, each int64 (K,)."""
    start, last = np.divmod(pairs, np.uint64(n_words))
    first, middle = np.divmod(start, np.uint64(n_codes))
    return first.astype(np.int64), middle.astype(np.int64), last.astype(np.int64)


def read_sentences(
    corpus: Corpus, joinings: Sequence[Joining] = (), size: int = CHUNK_TOKENS
) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """Yield pieces of the corpus with phrases joined.

    Yields:
        ids, uint32 (N,), offsets, int64 (S + 1,), and how many tokens of the corpus are done.

    Raises:
        CorruptedError: if a shard holds ids or offsets that can't be.
    """
    n_done = 0
    for number in range(corpus.n_shards):
        all_ids, ends = corpus.shard(number)
        first = 0
        while first < len(ends) - 1:
            stop = int(np.searchsorted(ends, ends[first] + size, side="right")) - 1
            stop = max(stop, first + 1)
            ids = np.asarray(all_ids[ends[first] : ends[stop]])
            offsets = np.asarray(ends[first : stop + 1]) - ends[first]
            # A kernel looks up what it is told to: an id that is no word would end the process.
            if np.any(offsets[1:] <= offsets[:-1]) or len(ids) != offsets[-1] or (
                len(ids) and ids.max() >= len(corpus.vocabulary)
            ):  # fmt: skip
                raise CorruptedError(
                    f"shard {number} of {corpus.folder} is damaged: it holds numbers that are no "
                    "words; build the corpus again",
                    value=number,
                )
            n_done += len(ids)
            first = stop
            for joining in joinings:
                ids, offsets = joining.apply(ids, offsets)
            yield ids, offsets, n_done


def count_words(
    corpus: Corpus, joinings: Sequence[Joining], n_words: int, progress: Progress, name: str
) -> np.ndarray:
    """Return how often each word occurs once phrases are joined, int64 (n_words,)."""
    counts = np.zeros(n_words, np.int64)
    with progress.stage(name, total=corpus.n_tokens, unit="tokens") as stage:
        for ids, _, n_done in read_sentences(corpus, joinings):
            kernel.count_ids(ids, counts)
            stage.update(n_done)
    return counts


class PairCounter:
    """Counts the pairs of a corpus that may be phrases, exactly and in bounded memory.

    Args:
        corpus: what is read.
        joinings: phrases joined before.
        codes: uint8 (V,), codes of connector words.
        n_codes: see `kernels.phrases`.
        counts: (V,), how often each word occurs.
        limits: float32 (V,), from `compute_limits`.
        min_count: pairs that occur less often are left out.
        max_places: see `MAX_PLACES`; a power of two.
    """

    def __init__(
        self, corpus: Corpus, joinings: Sequence[Joining], codes: np.ndarray, n_codes: int,
        counts: np.ndarray, limits: np.ndarray, min_count: int, max_places: int = MAX_PLACES,
    ) -> None:  # fmt: skip
        self._corpus, self._joinings, self._codes, self._n_codes = corpus, joinings, codes, n_codes
        self._counts, self._limits = counts.astype(np.float32), limits
        self._min_count, self._max_places = min_count, max_places
        self._needed = np.uint8(min(min_count, 255))
        self.n_parts = 1

    def count(self, progress: Progress, name: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield pairs, uint64 (K,), with their counts, int64 (K,), in one part or several."""
        waiting = [(0, 0)]
        while waiting:
            part, part_bits = waiting.pop()
            try:
                found = self._count_part(part, part_bits, progress, name)
            except _FullError:
                waiting += [(part + (1 << part_bits), part_bits + 1), (part, part_bits + 1)]
                self.n_parts += 1
                continue
            yield found

    def _count_part(
        self, part: int, part_bits: int, progress: Progress, name: str
    ) -> tuple[np.ndarray, np.ndarray]:
        which = np.uint64(part), np.uint64(part_bits)
        hashes = np.full(1, 255, np.uint8)
        if self._min_count > 1:
            hashes = np.zeros(_round_up(self._corpus.n_tokens >> part_bits, MAX_HASHES), np.uint8)
            for pairs, n in self._list_pairs(progress, f"{name}, sift"):
                kernel.count_hashes(pairs, n, *which, hashes)
        keys, counts = self._make_table(_round_up(1 << 20, self._max_places))
        n_kept = 0
        for pairs, n in self._list_pairs(progress, f"{name}, count"):
            while n_kept + n > _FULLEST * len(keys):
                keys, counts = self._grow_table(keys, counts, part_bits)
            n_kept += kernel.count_pairs(pairs, n, *which, hashes, self._needed, keys, counts)
        frequent = np.flatnonzero(counts >= self._min_count)
        return keys[frequent], counts[frequent]

    def _list_pairs(self, progress: Progress, name: str) -> Iterator[tuple[np.ndarray, int]]:
        pairs = np.empty(CHUNK_TOKENS, np.uint64)
        with progress.stage(name, total=self._corpus.n_tokens, unit="tokens") as stage:
            for ids, offsets, n_done in read_sentences(self._corpus, self._joinings):
                if len(pairs) < len(ids):
                    pairs = np.empty(len(ids), np.uint64)
                yield (
                    pairs,
                    kernel.list_pairs(
                        ids, offsets, self._counts, self._limits, self._codes, self._n_codes, pairs
                    ),
                )
                stage.update(n_done)

    def _make_table(self, n_places: int) -> tuple[np.ndarray, np.ndarray]:
        return np.full(n_places, kernel.EMPTY), np.zeros(n_places, np.int64)

    def _grow_table(
        self, keys: np.ndarray, counts: np.ndarray, part_bits: int
    ) -> tuple[np.ndarray, np.ndarray]:
        if 2 * len(keys) > self._max_places and part_bits < _MAX_PART_BITS:
            raise _FullError
        wider = self._make_table(2 * len(keys))
        kernel.fill_table(keys, counts, *wider)
        return wider


def _round_up(n: int, highest: int) -> int:
    return min(highest, 1 << max(10, (n - 1).bit_length()))
