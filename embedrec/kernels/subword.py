"""Character n-grams of words as rows of an input matrix, hashed as fastText hashes them.

Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", section 3.2: a word is
made of its own vector and those of the n-grams of `<word>`; n-grams share a fixed number of rows
(buckets), found by the 32-bit FNV-1a hash of their UTF-8 bytes. The hash takes bytes as signed
chars, as fastText's files need it. Characters are found by their first bytes, so any bytes will
do, valid UTF-8 or not.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.compile import kernel, part

_BASIS = np.uint64(2166136261)
_PRIME = np.uint64(16777619)
_LOW = np.uint64(0xFFFFFFFF)
_SIGN = np.uint64(0xFFFFFF00)  # what a byte from 128 up has above it once it is a signed char
_OPEN, _CLOSE = np.uint64(ord("<")), np.uint64(ord(">"))


@kernel
def fill_rows(utf8, offsets, min_n, max_n, n_buckets, first_row, row_offsets, rows):
    """List the rows that make up each word; see `vectors.subword_rows.list_subwords`.

    Args:
        utf8: uint8 (B,).
        offsets: int64 (V + 1,).
        min_n: int64.
        max_n: int64.
        n_buckets: int64.
        first_row: int64.
        row_offsets: int64 (V + 1,), from the numbers of rows.
        rows: uint32 (row_offsets[V],), overwritten.
    """
    for word in range(offsets.shape[0] - 1):
        at = row_offsets[word]
        rows[at] = word
        if row_offsets[word + 1] > at + 1:
            own = utf8[offsets[word] : offsets[word + 1]]
            _hash_ngrams(own, min_n, max_n, n_buckets, first_row, rows[at + 1 :])


@part
def _hash_ngrams(word, min_n, max_n, n_buckets, first_row, rows):
    """Fill `rows` with the rows of the n-grams of one word, uint8 (L,) without brackets."""
    n_bytes = word.shape[0] + 2
    n_rows = 0
    for begin in range(n_bytes):
        if 0 < begin < n_bytes - 1 and _continues(word[begin - 1]):
            continue
        code = _BASIS
        n = 0
        end = begin
        while end < n_bytes and n < max_n:
            # One character more: a first byte and those that continue it.
            code = _mix_byte(code, word, end)
            end += 1
            while end < n_bytes - 1 and _continues(word[end - 1]):
                code = _mix_byte(code, word, end)
                end += 1
            n += 1
            if n >= min_n and not (n == 1 and (begin == 0 or end == n_bytes)):
                rows[n_rows] = first_row + np.int64(code % np.uint64(n_buckets))
                n_rows += 1


@njit(inline="always", nogil=True)
def _continues(byte):
    return (byte & 0xC0) == 0x80


@njit(inline="always", nogil=True)
def _mix_byte(code, word, place):
    """Take byte `place` of `<word>` into a hash."""
    if place == 0:
        byte = _OPEN
    elif place == word.shape[0] + 1:
        byte = _CLOSE
    else:
        byte = np.uint64(word[place - 1])
        if byte >= np.uint64(128):
            byte |= _SIGN
    return ((code ^ byte) * _PRIME) & _LOW


@kernel
def compose_rows(row_offsets, rows, matrix, out):
    """Write each word's vector, the mean of its rows, into `out`.

    Args:
        row_offsets: int64 (V + 1,), as for `fill_rows`.
        rows: uint32 (sum,), below R.
        matrix: float32 (R, D).
        out: float32 (V, D), overwritten; a word without rows gets zeros. It may be the first V rows
            of `matrix` if each word's first row is its own and no other word's.
    """
    size = matrix.shape[1]
    for word in range(row_offsets.shape[0] - 1):
        first, last = row_offsets[word], row_offsets[word + 1]
        if first == last:
            out[word, :] = 0
            continue
        own = np.int64(rows[first])
        for d in range(size):
            out[word, d] = matrix[own, d]
        for k in range(first + 1, last):
            row = np.int64(rows[k])
            for d in range(size):
                out[word, d] += matrix[row, d]
        scale = np.float32(1.0) / np.float32(last - first)
        for d in range(size):
            out[word, d] *= scale


@kernel
def restore_rows(row_offsets, rows, matrix):
    """Put back each word's own row where its vector stands: undo `compose_rows` done in place.

    Args:
        row_offsets: int64 (V + 1,), as for `fill_rows`.
        rows: uint32 (sum,), below R; each word's first is its own and no other word's.
        matrix: float32 (R, D), changed in place in its first V rows.
    """
    for word in range(row_offsets.shape[0] - 1):
        first, last = row_offsets[word], row_offsets[word + 1]
        for d in range(matrix.shape[1]):
            own = np.float64(matrix[word, d]) * (last - first)
            for k in range(first + 1, last):
                own -= matrix[rows[k], d]
            matrix[word, d] = own
