"""From words to the rows of an input matrix that make them up, and to their mean.

A training's input matrix has the words' own rows first and those of the buckets below; fastText's
files are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from embedrec.vectors.characters import count_characters

_WORDS_AT_ONCE = 1 << 14
_ROWS_A_BLOCK = 1 << 15  # gathered at a time: 26 MB at 200 dimensions


def join_words(words: Sequence[str] | Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Return the words' UTF-8 bytes (uint8) and where each begins (int64, (V + 1,))."""
    raw = [
        word.encode("utf-8", "surrogatepass") if isinstance(word, str) else word for word in words
    ]
    offsets = np.zeros(len(raw) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, raw), np.int64, len(raw)), out=offsets[1:])
    return np.frombuffer(b"".join(raw), np.uint8), offsets


def list_word_rows(
    words: Sequence[str] | Sequence[bytes], min_n: int, max_n: int, n_buckets: int, first_row: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return row_offsets (int64, (V + 1,)) and rows (uint32) as `list_subwords`.

    Args:
        words: V words; bytes need not be valid UTF-8.
        min_n: shortest n-gram, at least 1.
        max_n: longest n-gram.
        n_buckets: rows that n-grams are hashed to; 0 leaves only the own rows.
        first_row: row of bucket 0.
    """
    return list_subwords(*join_words(words), min_n, max_n, n_buckets, first_row)


def list_subwords(
    utf8: np.ndarray,
    offsets: np.ndarray,
    min_n: int,
    max_n: int,
    n_buckets: int,
    first_row: int,
) -> tuple[np.ndarray, np.ndarray]:
    """List the rows that make up each word: its own, then one for each n-gram of `<word>`.

    An n-gram is from `min_n` to `max_n` characters; a bracket alone is none. N-grams come by where
    they begin, then by length; one that comes twice is listed twice.

    Args:
        utf8: uint8 (B,), the words' bytes, without brackets.
        offsets: int64 (V + 1,), ascending: word v is utf8[offsets[v] : offsets[v + 1]].
        min_n: at least 1.
        max_n: below `min_n` there are no n-grams.
        n_buckets: 0 leaves only the own rows.
        first_row: row of bucket 0; first_row + n_buckets and V are at most 2**32.

    Returns:
        row_offsets, int64 (V + 1,), and rows, uint32: word v has
        rows[row_offsets[v] : row_offsets[v + 1]], of which the first is v.
    """
    from embedrec.kernels.subword import fill_rows

    row_offsets = np.zeros(len(offsets), np.int64)
    np.cumsum(count_subwords(utf8, offsets, min_n, max_n if n_buckets else 0), out=row_offsets[1:])
    rows = np.empty(row_offsets[-1], np.uint32)
    fill_rows(utf8, offsets, min_n, max_n, n_buckets, first_row, row_offsets, rows)
    return row_offsets, rows


def count_subwords(utf8: np.ndarray, offsets: np.ndarray, min_n: int, max_n: int) -> np.ndarray:
    """Return how many rows make up each word, int64 (V,); arguments as for `list_subwords`."""
    n_rows = np.ones(len(offsets) - 1, np.int64)
    for first in range(0, len(n_rows), _WORDS_AT_ONCE):
        part = n_rows[first : first + _WORDS_AT_ONCE]
        n_characters = 2 + count_characters(utf8, offsets[first : first + len(part) + 1])
        for n in range(min_n, min(max_n, int(n_characters.max())) + 1):
            # Without the two brackets alone.
            part += np.maximum(0, n_characters - n + 1 - 2 * (n == 1))
    return n_rows


def average_rows(row_offsets: np.ndarray, rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return the mean of each word's rows of a matrix, which may be mapped at any byte of a file.

    Args:
        row_offsets: int64 (V + 1,).
        rows: uint32 (sum,); word v has rows[row_offsets[v] : row_offsets[v + 1]].
        matrix: (R, D) float32; only the rows asked for are read.

    Returns:
        (V, D) float32; zeros for a word without rows.
    """
    from embedrec.kernels.subword import compose_rows

    n_words = len(row_offsets) - 1
    n_rows = np.diff(row_offsets)
    out = np.empty((n_words, matrix.shape[1]), np.float32)
    bounds = np.arange(row_offsets[0], row_offsets[-1] + 1, _ROWS_A_BLOCK)
    large = np.flatnonzero(n_rows > _ROWS_A_BLOCK)  # words that are a block each, or several
    cuts = np.unique(np.concatenate([np.searchsorted(row_offsets, bounds), large, large + 1]))
    for start, end in zip(cuts.tolist(), chain(cuts[1:].tolist(), [n_words]), strict=True):
        own = row_offsets[start : end + 1]
        if end - start == 1 and n_rows[start] > _ROWS_A_BLOCK:
            out[start] = _average_many(rows[own[0] : own[1]], matrix)
            continue
        gathered = np.ascontiguousarray(matrix[rows[own[0] : own[-1]]], np.float32)
        places = np.arange(len(gathered), dtype=np.uint32)
        compose_rows(own - own[0], places, gathered, out[start:end])
    return out


def _average_many(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return the mean (D,) of more rows than are to be gathered at once."""
    total = np.zeros(matrix.shape[1])
    for begin in range(0, len(rows), _ROWS_A_BLOCK):
        part = matrix[rows[begin : begin + _ROWS_A_BLOCK]]
        total += part.sum(axis=0, dtype=np.float64)
    return total / len(rows)
