"""Which rows a round's windows touch, which of them several workers have, and their copies."""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.compile import part
from embedrec.kernels.simd.combine import combine_copies
from embedrec.kernels.simd.rows import locate
from embedrec.kernels.word2vec.rounds_crew import UNSEEN
from embedrec.kernels.word2vec.windows import Windows, draw_windows

_SPREAD, _HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)


@njit(inline="always", nogil=True)
def hash_key(key, mask):
    """Return a place in a table of mask + 1 places."""
    return np.int64((np.uint64(key) * _SPREAD) >> _HALF) & mask


@njit(inline="always", nogil=True)
def view_windows(crew, w):
    """Return the windows of a worker."""
    all_windows = crew.windows
    return Windows(
        all_windows.words[w],
        all_windows.centre[w],
        all_windows.begin[w],
        all_windows.end[w],
        all_windows.n_targets[w],
        all_windows.first_node[w],
        all_windows.rows[w],
        all_windows.labels[w],
        all_windows.negatives[w],
        all_windows.place[w],
    )


@njit(inline="always", nogil=True)
def view_local_windows(crew, w):
    """Return the round's windows of a worker, as `place_rows` has left them."""
    first, last = crew.first[w], crew.first[w] + crew.n_taken[w]
    return Windows(
        crew.local_words[w],
        crew.windows.centre[w, first:last],
        crew.windows.begin[w, first:last],
        crew.windows.end[w, first:last],
        crew.windows.n_targets[w, first:last],
        crew.windows.first_node[w, first:last],
        crew.local_rows[w],
        crew.windows.labels[w, first:last],
        crew.windows.negatives[w],
        crew.windows.place[w],
    )


@njit(inline="always", nogil=True)
def draw_more(crew, w, plan):
    """Draw a worker's next windows, when those that stand there have been trained."""
    offsets = crew.offsets[crew.bounds[w] : crew.bounds[w + 1]]
    crew.n_drawn[w], crew.counters[w] = draw_windows(
        crew.ids, offsets, plan, view_windows(crew, w), crew.counters[w]
    )
    crew.first[w] = crew.n_taken[w] = 0


@part
def take_windows(crew, w, n_words):
    """Take a worker's next windows for a round, and list the rows that they touch.

    Args:
        crew: a Crew, changed in place.
        w: the worker.
        n_words: rows of the input matrix.
    """
    windows = crew.windows
    first = crew.first[w] + crew.n_taken[w]
    n = min(crew.n_windows, crew.n_drawn[w] - first)
    crew.first[w] = first
    crew.n_taken[w] = n
    words, local_words = windows.words[w], crew.local_words[w]
    rows, local_rows = windows.rows[w], crew.local_rows[w]
    places, table = crew.places[w], crew.table[w]
    keys = crew.keys[w * places.shape[0] : (w + 1) * places.shape[0]]
    for at in range(table.shape[0]):
        table[at] = -1
    for i in range(crew.n_places[w]):
        local_words[places[i]] = UNSEEN
    n_keys = n_places = 0
    for i in range(n):
        centre = windows.centre[w, first + i]
        for place in range(windows.begin[w, first + i], windows.end[w, first + i]):
            if place != centre and local_words[place] == UNSEEN:
                local_words[place], n_keys = enter_key(table, keys, n_keys, words[place])
                places[n_places] = place
                n_places += 1
        for k in range(windows.n_targets[w, first + i]):
            key = n_words + rows[first + i, k]
            local_rows[i, k], n_keys = enter_key(table, keys, n_keys, key)
    crew.n_places[w] = n_places
    crew.n_keys[w] = n_keys
    copied = crew.copied
    for entry in range(w * places.shape[0], w * places.shape[0] + n_keys):
        copied[entry] = 0


@njit(inline="always", nogil=True)
def enter_key(table, keys, n_keys, key):
    """Return the entry of a key, which is made if there is none, and the number of entries."""
    mask = table.shape[0] - 1
    at = hash_key(key, mask)
    while True:
        entry = np.int64(table[at])
        if entry < 0:
            table[at] = n_keys
            keys[n_keys] = key
            return n_keys, n_keys + 1
        if keys[entry] == key:
            return entry, n_keys
        at = (at + 1) & mask


@part
def place_rows(crew, w, inputs, outputs):
    """Let a worker's windows name the rows that they train, and list those to be copied before.

    A row that is the worker's alone is trained where it stands, of others a copy.

    Returns:
        n_copies: int64, rows to be copied from the addresses `sources` to the addresses `copies`.
    """
    n_words = inputs.shape[0]
    sources, copies, numbers = crew.sources[w], crew.copies[w], crew.numbers[w]
    base = w * numbers.shape[0]
    keys, copied = crew.keys[base:], crew.copied[base:]
    n_copies = 0
    for entry in range(crew.n_keys[w]):
        key = keys[entry]
        row = key if key < n_words else key - n_words
        if copied[entry]:
            if key < n_words:
                sources[n_copies] = locate(inputs, row)
                row = crew.first_input_copy + base + entry
                copies[n_copies] = locate(inputs, row)
            else:
                sources[n_copies] = locate(outputs, row)
                row = crew.first_output_copy + base + entry
                copies[n_copies] = locate(outputs, row)
            n_copies += 1
        numbers[entry] = row
    local_words, local_rows, places = crew.local_words[w], crew.local_rows[w], crew.places[w]
    for i in range(crew.n_places[w]):
        local_words[places[i]] = numbers[local_words[places[i]]]
    first = crew.first[w]
    for i in range(crew.n_taken[w]):
        for k in range(crew.windows.n_targets[w, first + i]):
            local_rows[i, k] = numbers[local_rows[i, k]]
    return n_copies


@part
def claim_rows(crew, owners, a):
    """Find, among an owner's keys, those that several workers have in the coming round."""
    mask_owner = owners.n_heads.shape[0] - 1
    table, used, heads = owners.table[a], owners.used[a], owners.heads[a]
    keys, copied, following, last = crew.keys, crew.copied, owners.following, owners.last
    mask = table.shape[0] - 1
    n_entries = crew.numbers.shape[1]
    for i in range(owners.n_used[a]):
        table[used[i]] = -1
    n_used = n_heads = 0
    for w in range(crew.rates.shape[0]):
        for entry in range(w * n_entries, w * n_entries + crew.n_keys[w]):
            key = keys[entry]
            if key & mask_owner != a:
                continue
            at = hash_key(key, mask)
            while table[at] >= 0 and keys[table[at]] != key:
                at = (at + 1) & mask
            head = np.int64(table[at])
            following[entry] = -1
            if head < 0:
                table[at] = entry
                used[n_used] = at
                n_used += 1
                last[entry] = entry
                continue
            if following[head] < 0:
                copied[head] = 1
                heads[n_heads] = head
                n_heads += 1
            copied[entry] = 1
            following[last[head]] = entry
            last[head] = entry
    owners.n_used[a] = n_used
    owners.n_heads[a] = n_heads
    # Workers list the rows of the next round before these are combined: what is needed is kept.
    head_keys, ends, members = owners.head_keys[a], owners.ends[a], owners.members[a]
    end = 0
    for i in range(n_heads):
        member = np.int64(heads[i])
        head_keys[i] = keys[member]
        while member >= 0:
            members[end] = member
            end += 1
            member = np.int64(following[member])
        ends[i] = end


@part
def combine_rows(crew, owners, a, inputs, outputs):
    """Add the changes of all copies of an owner's rows to the rows, in the order of workers.

    The changes of more copies than `crew.n_summed` are scaled down, so that they count as so many.
    """
    n_words, size = inputs.shape
    head_keys, ends, members = owners.head_keys[a], owners.ends[a], owners.members[a]
    copies = owners.copies[a]
    row_bytes = locate(inputs, 1) - locate(inputs, 0)
    begin = np.int64(0)
    for i in range(owners.n_heads[a]):
        key, end = head_keys[i], np.int64(ends[i])
        if key < n_words:
            row = locate(inputs, key)
            first_copy = locate(inputs, crew.first_input_copy)
        else:
            row = locate(outputs, key - n_words)
            first_copy = locate(outputs, crew.first_output_copy)
        for k in range(end - begin):
            copies[k] = first_copy + members[begin + k] * row_bytes
        scale = np.float32(min(1.0, crew.n_summed / (end - begin)))
        combine_copies(row, copies, end - begin, scale, size)
        begin = end
