"""Drawing windows some hundred at a time, ahead of training them.

Everything random happens here: which words survive, how far a window reaches, which negatives it
gets. So the loops that train know the rows of the next windows and can fetch them while they
compute, and training is a function of a list of windows, wherever that comes from.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from embedrec.kernels.compile import part
from embedrec.kernels.simd.machine import LANES
from embedrec.kernels.word2vec.plan import Plan
from embedrec.kernels.word2vec.target import pick_targets, pick_window, subsample

N_WINDOWS = 256


class Windows(NamedTuple):
    """Room for some windows, and where their text goes on.

    Attributes:
        words: int64, surviving words of the sentences at hand.
        centre: int32 (W,), place in `words` of each window's centre word.
        begin: int32 (W,), place of its first word.
        end: int32 (W,), place behind its last word.
        n_targets: int32 (W,).
        first_node: int32 (W,), number of the targets before those of the Huffman path.
        rows: int64 (W, T), rows of the output matrix.
        labels: float32 (W, T rounded up to whole vectors).
        place: int64 (4,): next sentence; begin, next centre and end of the present one in `words`.
    """

    words: np.ndarray
    centre: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    n_targets: np.ndarray
    first_node: np.ndarray
    rows: np.ndarray
    labels: np.ndarray
    place: np.ndarray


def make_windows(plan: Plan, n_windows: int) -> Windows:
    """Make room for windows, at the beginning of a text.

    This and all other room is made here and not by kernels: that would be compiled for seconds.
    """
    n_targets = 1 + plan.n_negative + plan.max_path
    stride = (n_targets + LANES - 1) // LANES * LANES
    return Windows(
        np.empty(plan.max_sentence + n_windows, np.int64),
        np.empty(n_windows, np.int32),
        np.empty(n_windows, np.int32),
        np.empty(n_windows, np.int32),
        np.empty(n_windows, np.int32),
        np.empty(n_windows, np.int32),
        np.empty((n_windows, n_targets), np.int64),
        np.zeros((n_windows, stride), np.float32),
        np.zeros(4, np.int64),
    )


@part
def draw_windows(ids, offsets, plan, windows, counter):
    """Draw the next windows of a text: those that have any context, until the room is full.

    Args:
        ids: uint32 (N,), words.
        offsets: int64 (S + 1,): sentence s is ids[offsets[s]:offsets[s + 1]].
        plan: a Plan.
        windows: a Windows, changed in place; its `place` says where to go on.
        counter: uint64, place in the random stream.

    Returns:
        n: int64, windows drawn; 0 at the end of the text.
        counter: uint64.
    """
    words = windows.words
    room = windows.centre.shape[0]
    sentence, begin, at, end = windows.place
    # What is left of a sentence that has begun goes to the front.
    for place in range(begin, end):
        words[place - begin] = words[place]
    at -= begin
    end -= begin
    begin = 0
    n = 0
    while n < room:
        if at == end:
            if end - begin < 2:
                at = end = begin  # a word alone has no window: its place is free
            if sentence == offsets.shape[0] - 1:
                break
            if end + offsets[sentence + 1] - offsets[sentence] > words.shape[0]:
                break
            begin = at = end
            n_kept, counter = subsample(
                ids, offsets[sentence], offsets[sentence + 1], plan.keep, words[begin:], counter
            )
            end = begin + n_kept
            sentence += 1
            continue
        first, last, counter = pick_window(at - begin, end - begin, plan, counter)
        if last - first > 1:
            windows.centre[n] = at
            windows.begin[n] = begin + first
            windows.end[n] = begin + last
            windows.n_targets[n], windows.first_node[n], counter = pick_targets(
                words[at], plan, windows.rows[n], windows.labels[n], counter
            )
            n += 1
        at += 1
    if at == end:
        begin = end  # nothing of a sentence that is done is kept: the next one may need the room
    windows.place[0], windows.place[1], windows.place[2], windows.place[3] = (
        sentence,
        begin,
        at,
        end,
    )
    return n, counter
