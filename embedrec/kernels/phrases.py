"""Adjacent pairs of ids: listed, counted, and exchanged for phrases.

A pair is a word, the connector words after it, and the next other word. One number stands for it:
`(first * n_codes + middle) * n_words + last`, where `middle` reads the connectors' codes as digits
to the base of how many there are, plus one; 0 is none. So `n_codes` is that base to the power of
the most connectors in a row.

Counting is exact and in two sweeps, as in Park, Chen & Yu, "An effective hash-based algorithm for
mining association rules" (SIGMOD 1995): the first counts hashes in an array of bytes, the second
counts only those pairs whose byte came up to what is asked for.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.compile import kernel
from embedrec.kernels.random import mix

EMPTY = np.uint64(2**64 - 1)
"""What marks a free place in a table of pairs; so no pair may have this number."""

STARTS, ENDS = np.uint8(1), np.uint8(2)
NONE = np.int64(-1)

_FULL = np.uint8(255)
_ZERO, _ONE, _S20, _S58 = np.uint64(0), np.uint64(1), np.uint64(20), np.uint64(58)


@kernel
def list_pairs(ids, offsets, counts, limits, codes, n_codes, pairs):
    """Write the numbers of the pairs that may be phrases, in order.

    Args:
        ids: uint32 (N,).
        offsets: int64 (S + 1,), from 0 to N.
        counts: float32 (V,), how often each word occurs.
        limits: float32 (V,), how often the other word of a pair may occur.
        codes: uint8 (V,), 0 or the code of a connector word, from 1 to C.
        n_codes: (C + 1) ** most connectors in a row.
        pairs: uint64 (N,), changed in place.

    Returns:
        How many were written.
    """
    n_words = np.uint64(counts.shape[0])
    base = np.int64(1)
    for code in codes:
        base = max(base, np.int64(code) + 1)
    n = 0
    for s in range(offsets.shape[0] - 1):
        first = NONE
        middle = np.int64(0)
        for i in range(offsets[s], offsets[s + 1]):
            word = np.int64(ids[i])
            code = np.int64(codes[word])
            if code > 0:
                middle = middle * base + code
                if middle >= n_codes:  # too many in a row: nothing reaches across
                    first = NONE
                    middle = np.int64(0)
                continue
            if first >= 0 and counts[first] <= limits[word] and counts[word] <= limits[first]:
                start = np.uint64(first) * np.uint64(n_codes) + np.uint64(middle)
                pairs[n] = start * n_words + np.uint64(word)
                n += 1
            first = word
            middle = np.int64(0)
    return n


@njit(inline="always", nogil=True)
def _is_of_part(bits, part, n_part_bits):
    # The six upper bits say to which part of up to 64 a pair belongs.
    return (bits >> _S58) & ((_ONE << n_part_bits) - _ONE) == part


@kernel
def count_hashes(pairs, n, part, n_part_bits, hashes):
    """Count the first `n` pairs by hash.

    Args:
        pairs: uint64 (N,).
        n: how many of them.
        part: uint64, which of 2 ** n_part_bits parts of all pairs to look at.
        n_part_bits: uint64, up to 6.
        hashes: uint8 (2**k,), changed in place; stays at 255.
    """
    mask = np.uint64(hashes.shape[0] - 1)
    for i in range(n):
        bits = mix(pairs[i])
        if _is_of_part(bits, part, n_part_bits):
            place = bits & mask
            if hashes[place] < _FULL:
                hashes[place] += np.uint8(1)


@kernel
def count_pairs(pairs, n, part, n_part_bits, hashes, needed, keys, counts):
    """Count the first `n` pairs themselves, where their hash was met `needed` times.

    Args:
        pairs: uint64 (N,).
        n: how many of them.
        part: as for `count_hashes`, and the next.
        n_part_bits: as for `count_hashes`.
        hashes: uint8 (2**k,), from `count_hashes`.
        needed: uint8.
        keys: uint64 (T,), T a power of two, a pair or `EMPTY`; with room for n more; changed in
            place.
        counts: int64 (T,), changed in place.

    Returns:
        How many pairs are new.
    """
    hash_mask = np.uint64(hashes.shape[0] - 1)
    mask = np.uint64(keys.shape[0] - 1)
    n_new = 0
    for i in range(n):
        pair = pairs[i]
        bits = mix(pair)
        if not _is_of_part(bits, part, n_part_bits) or hashes[bits & hash_mask] < needed:
            continue
        place = (bits >> _S20) & mask
        while keys[place] != pair:
            if keys[place] == EMPTY:
                keys[place] = pair
                n_new += 1
                break
            place = (place + _ONE) & mask
        counts[place] += 1
    return n_new


@kernel
def fill_table(pairs, values, keys, kept):
    """Put distinct pairs and their values into an empty table.

    Args:
        pairs: uint64 (K,); `EMPTY` is left out.
        values: (K,).
        keys: uint64 (T,), T a power of two above the number of pairs, all `EMPTY`; changed in
            place.
        kept: (T,), changed in place.
    """
    mask = np.uint64(keys.shape[0] - 1)
    for i in range(pairs.shape[0]):
        if pairs[i] == EMPTY:
            continue
        place = (mix(pairs[i]) >> _S20) & mask
        while keys[place] != EMPTY:
            place = (place + _ONE) & mask
        keys[place] = pairs[i]
        kept[place] = values[i]


@kernel
def join_pairs(ids, offsets, roles, codes, n_codes, keys, values, joined, lengths):
    """Exchange pairs for phrases, from left to right; a word is part of one phrase at most.

    Args:
        ids: uint32 (N,).
        offsets: int64 (S + 1,), from 0 to N; no sentence is empty.
        roles: uint8 (V,), `STARTS` and `ENDS` where a word may start or end a phrase.
        codes: uint8 (V,), as for `list_pairs`.
        n_codes: as for `list_pairs`.
        keys: uint64 (T,), from `fill_table`.
        values: uint32 (T,), the phrase of each pair.
        joined: uint32 (N,), changed in place: the new ids.
        lengths: int64 (S,), changed in place: the new length of each sentence.

    Returns:
        How many new ids there are.
    """
    n_words = np.uint64(roles.shape[0])
    mask = np.uint64(keys.shape[0] - 1)
    base = np.int64(1)
    for code in codes:
        base = max(base, np.int64(code) + 1)
    n = 0
    for s in range(offsets.shape[0] - 1):
        begin = n
        first = NONE
        place_of_first = 0
        middle = np.int64(0)
        for i in range(offsets[s], offsets[s + 1]):
            word = np.int64(ids[i])
            joined[n] = ids[i]
            n += 1
            code = np.int64(codes[word])
            if code > 0:
                middle = middle * base + code
                if middle >= n_codes:
                    first = NONE
                    middle = np.int64(0)
                continue
            if first >= 0 and roles[first] & STARTS and roles[word] & ENDS:
                start = np.uint64(first) * np.uint64(n_codes) + np.uint64(middle)
                pair = start * n_words + np.uint64(word)
                place = (mix(pair) >> _S20) & mask
                while keys[place] != pair and keys[place] != EMPTY:
                    place = (place + _ONE) & mask
                if keys[place] == pair:
                    n = place_of_first + 1
                    joined[place_of_first] = values[place]
                    first = NONE
                    middle = np.int64(0)
                    continue
            first = word
            place_of_first = n - 1
            middle = np.int64(0)
        lengths[s] = n - begin
    return n


@kernel
def count_ids(ids, counts):
    """Add how often each id occurs in ids, uint32 (N,), to counts, int64 (V,), in place."""
    for i in range(ids.shape[0]):
        counts[ids[i]] += 1
