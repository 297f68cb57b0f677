"""Words made of many rows, put together once for all windows that they stand in.

A word's vector is the mean of its rows. When the word comes into the reach of the windows, it is
gathered into a place of the ring; windows train that place as they would train a row of its own;
and when the word has left their reach, what has changed is added to each of its rows, the whole of
it, as fastText does. The sum of a word's changes is what its windows add one by one. Only words
that share rows, and are in the ring together, see each other's changes late: when they leave it.

Fetching the rows of the next word or two ahead of their use was tried and made nothing faster: the
rows of a word don't wait for each other, and what they take of memory's bandwidth stays the same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from embedrec.kernels.compile import part
from embedrec.kernels.simd.gather import gather_rows, scatter_change
from embedrec.kernels.simd.rows import fetch_row, locate, locate_all
from embedrec.kernels.word2vec.plan import Plan

_MOVED, _FIRST, _NEXT = 0, 1, 2


class Ring(NamedTuple):
    """The words in reach, each at its place in the text modulo the size of the ring.

    Attributes:
        now: float32 (N, D), vectors in training; N is a power of two.
        start: float32 (N, D), what they were when they were gathered.
        addresses: int64 (N,), of the rows of `now`.
        words: int64 (N,).
        n_rows: float32 (N,), rows of each word.
        weights: float32 (2 window,), of the context of the window at hand.
        marks: int64 (3,), places in the text: where `windows.words` begins; the first word in the
            ring; the first not yet gathered.
    """

    now: np.ndarray
    start: np.ndarray
    addresses: np.ndarray
    words: np.ndarray
    n_rows: np.ndarray
    weights: np.ndarray
    marks: np.ndarray


def make_ring(plan: Plan, size: int) -> Ring:
    """Make an empty ring for vectors of `size` floats."""
    n_places = 1
    while n_places < 2 * plan.window + 1:
        n_places *= 2
    now = np.empty((n_places, size), np.float32)
    return Ring(
        now,
        np.empty((n_places, size), np.float32),
        locate_all(now),
        np.empty(n_places, np.int64),
        np.empty(n_places, np.float32),
        np.empty(2 * plan.window, np.float32),
        np.zeros(3, np.int64),
    )


@njit(inline="always", nogil=True)
def move_text(ring, windows):
    """Prepare for the next windows of the text to be drawn."""
    ring.marks[_MOVED] += windows.place[1]


@njit(inline="always", nogil=True)
def enter_window(ring, windows, w, inputs, plan):
    """Bring the ring to window `w`: words out of reach leave it, and words in the window are in it.

    A word leaves when the centre has gone more than the largest window past it, or a new sentence
    begins.
    """
    marks = ring.marks
    moved = marks[_MOVED]
    begin = moved + windows.begin[w]
    end = moved + windows.end[w]
    if begin >= marks[_NEXT]:
        leave_until(ring, marks[_NEXT], inputs, plan)
        marks[_FIRST] = marks[_NEXT] = begin
    else:
        leave_until(ring, moved + windows.centre[w] - plan.window, inputs, plan)
    mask = ring.words.shape[0] - 1
    for place in range(marks[_NEXT], end):
        word = windows.words[place - moved]
        at = place & mask
        first, last = plan.subword_offsets[word], plan.subword_offsets[word + 1]
        gather_rows(inputs, plan.subword_rows, first, last, ring.now, ring.start, at)
        ring.words[at] = word
        ring.n_rows[at] = last - first
    marks[_NEXT] = max(end, marks[_NEXT])


@part
def leave_until(ring, until, inputs, plan):
    """Add the changes of the words before the place `until` to their rows, in their order."""
    marks = ring.marks
    mask = ring.words.shape[0] - 1
    until = min(until, marks[_NEXT])
    for place in range(marks[_FIRST], until):
        at = place & mask
        word = ring.words[at]
        first, last = plan.subword_offsets[word], plan.subword_offsets[word + 1]
        scatter_change(ring.now, ring.start, at, inputs, plan.subword_rows, first, last)
    marks[_FIRST] = max(marks[_FIRST], until)


@njit(inline="always", nogil=True)
def leave_all(ring, inputs, plan):
    """Add the changes of all words in the ring to their rows."""
    leave_until(ring, ring.marks[_NEXT], inputs, plan)


@njit(inline="always", nogil=True)
def locate_window(ring, windows, w, outputs, room):
    """Put the addresses of a window's rows into the room, and the weights of its context.

    Returns the number of inputs and of targets.
    """
    mask = ring.words.shape[0] - 1
    moved = ring.marks[_MOVED]
    n_inputs = np.int64(0)  # see `fetch.locate_window`
    for place in range(windows.begin[w], windows.end[w]):
        if place != windows.centre[w]:
            at = (place + moved) & mask
            room.context[n_inputs] = ring.addresses[at]
            ring.weights[n_inputs] = ring.n_rows[at]
            n_inputs += 1
    n_targets = np.int64(windows.n_targets[w])
    for k in range(n_targets):
        room.targets[k] = locate(outputs, windows.rows[w, k])
    return n_inputs, n_targets


@njit(inline="always", nogil=True)
def fetch_targets(windows, w, outputs):
    """Ask for the output rows of a window."""
    for k in range(windows.n_targets[w]):
        fetch_row(locate(outputs, windows.rows[w, k]), outputs.shape[1])
