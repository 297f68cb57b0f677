"""Sentences of a text in ids, and batches of sentences of about one length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from embedrec.nn.parameter import Array


def find_sentences(ids: Array, end: int, longest: int) -> tuple[Array, Array]:
    """Return starts and lengths, int64 (S,), of a text's sentences that have a word.

    Args:
        ids: int (N,), sentences closed by `end`; the last one may stand open.
        longest: longer sentences are cut into pieces of so many words.
    """
    ends = np.append(np.flatnonzero(ids == end), len(ids))
    starts = np.append(0, ends[:-1] + 1)
    lengths = ends - starts
    n_pieces = -(-lengths // longest)  # 0 for a sentence without a word
    number = np.arange(n_pieces.sum()) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
    starts = np.repeat(starts, n_pieces) + number * longest
    return starts, np.minimum(np.repeat(ends, n_pieces) - starts, longest)


def order_by_length(lengths: Array, generator: np.random.Generator) -> Array:
    """Return the places of lengths (S,) in ascending order, equal ones in random order."""
    return np.lexsort((generator.random(len(lengths)), lengths))


def gather_sentences(ids: Array, starts: Array, lengths: Array, fill: int) -> Array:
    """Return sentences (B, T) of a text, `fill` behind the ends of the shorter ones."""
    steps = np.arange(lengths.max())
    places = np.minimum(starts[:, None] + steps, len(ids) - 1)
    return np.where(steps < lengths[:, None], ids[places], ids.dtype.type(fill))


def iterate_batches(lengths: Array, n_words: int) -> Iterator[Array]:
    """Yield places of lengths (S,) by which sentences of about one length come together.

    Args:
        n_words: at most so many words a batch, what fills it up among them; a longer sentence is
            alone.
    """
    order = np.argsort(lengths, kind="stable")
    begin = 0
    while begin < len(order):
        end = begin + 1
        while end < len(order) and (end + 1 - begin) * lengths[order[end]] <= n_words:
            end += 1
        yield order[begin:end]
        begin = end


def join_sentences(sentences: Sequence[Array]) -> tuple[Array, Array, Array]:
    """Return ids of several sentences one after another, their starts and lengths."""
    lengths = np.array([len(sentence) for sentence in sentences], np.int64)
    return np.concatenate(sentences), np.cumsum(lengths) - lengths, lengths
