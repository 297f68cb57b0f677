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
from embedrec.kernels.word2vec.target import draw_negatives, pick_targets, pick_window, subsample

N_WINDOWS = 256
# Windows that share negatives are so far from each other that their contexts have nothing in
# common, and so near that the rows of the negatives are still in the second-level cache.
APART = 32


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
        negatives: int64 (APART, K), words drawn for the last windows.
        place: int64 (6,): next sentence; begin, next centre and end of the present one in `words`;
            windows drawn so far; length of the present sentence up to the end of a right half that
            is still to come, or 0.
    """

    words: np.ndarray
    centre: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    n_targets: np.ndarray
    first_node: np.ndarray
    rows: np.ndarray
    labels: np.ndarray
    negatives: np.ndarray
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
        np.zeros((APART, plan.n_negative), np.int64),
        np.zeros(6, np.int64),
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
    sentence, begin, at, end, n_before, right_end = windows.place
    # What is left of a sentence that has begun goes to the front.
    for kept in range(begin, end):
        words[kept - begin] = words[kept]
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
        if right_end > 0:
            first, last = at - begin, right_end
            right_end = 0
        else:
            first, last, counter = pick_window(at - begin, end - begin, plan, counter)
            if plan.halved:
                right_end = last
                last = at - begin + 1
        if last - first > 1:
            windows.centre[n] = at
            windows.begin[n] = begin + first
            windows.end[n] = begin + last
            negatives = windows.negatives[(n_before + n) % APART]
            if (n_before + n) // APART % plan.n_sharing == 0:
                counter = draw_negatives(plan, negatives, counter)
            windows.n_targets[n], windows.first_node[n] = pick_targets(
                words[at], plan, negatives, windows.rows[n], windows.labels[n]
            )
            n += 1
        if right_end == 0:
            at += 1
    if at == end:
        begin = end  # nothing of a sentence that is done is kept: the next one may need the room
    place = windows.place
    place[0], place[1], place[2], place[3] = sentence, begin, at, end
    place[4], place[5] = n_before + n, right_end
    return n, counter
