"""Cutting an epoch into blocks: the unit of work, of randomness and of the learning rate.

A block's place alone decides its sentences, its random stream and its rate; which thread trains it,
and when, does not. So one thread gives the same bits for a seed, and a resumed run goes on as if it
had not been interrupted.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from embedrec.files import release_pages
from embedrec.models.word2vec.parameters import Parameters
from embedrec.seeding import derive_seed

BLOCK_WORDS = 20_000
_BLOCKS_A_RELEASE = 64
_SENTENCES_AT_ONCE = 1 << 17


class Sentences(Protocol):
    """What training reads: the part of `corpus.Corpus` that it needs."""

    n_tokens: int
    n_shards: int

    def shard(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return ids, uint32 (N,), and offsets, int64 (S + 1,)."""
        ...


class Block(NamedTuple):
    """Some whole sentences of one shard.

    Attributes:
        number: 0-based place in the epoch.
        ids: uint32 (N,), the shard's words.
        offsets: int64 (S + 1,), the block's sentences within `ids`.
        n_words: words in the block.
        n_words_before: words of the whole training before it.
        rate: learning rate.
        counter: start of its random stream.
    """

    number: int
    ids: np.ndarray
    offsets: np.ndarray
    n_words: int
    n_words_before: int
    rate: float
    counter: int


def iterate_blocks(
    corpus: Sentences, parameters: Parameters, epoch: int, first: int = 0
) -> Iterator[Block]:
    """Yield the blocks of an epoch from number `first` on."""
    total = corpus.n_tokens * parameters.epochs
    before = corpus.n_tokens * epoch
    number = 0
    for place in range(corpus.n_shards):
        ids, offsets = (_as_read_only(array) for array in corpus.shard(place))
        starts = np.arange(offsets[0], offsets[-1], BLOCK_WORDS)
        cuts = np.unique(np.append(np.searchsorted(offsets, starts), len(offsets) - 1))
        for begin, end in pairwise(cuts):
            n_words = int(offsets[end] - offsets[begin])
            if number >= first:
                progress = before / total
                rate = parameters.compute_rate(progress)
                counter = derive_seed(parameters.seed, "block", epoch, number)
                part = offsets[begin : end + 1]
                yield Block(number, ids, part, n_words, before, rate, counter)
                # What has been read of a mapped shard would count as memory until its end. A thread
                # that is still at an earlier block reads its words again.
                if number % _BLOCKS_A_RELEASE == 0:
                    release_pages(ids, int(offsets[begin]))
                    release_pages(offsets, int(begin))
            before += n_words
            number += 1


def find_longest_sentence(corpus: Sentences) -> int:
    """Return the number of words in the longest sentence."""
    longest = 0
    for place in range(corpus.n_shards):
        _, offsets = corpus.shard(place)
        for begin in range(0, len(offsets) - 1, _SENTENCES_AT_ONCE):
            part = offsets[begin : begin + _SENTENCES_AT_ONCE + 1]
            longest = max(longest, int(np.diff(part).max()))
            release_pages(offsets, begin)
    return longest


def _as_read_only(array: np.ndarray) -> np.ndarray:
    # Kernels are compiled for one type of array: plain and read-only, as memory-mapped ones are.
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view
