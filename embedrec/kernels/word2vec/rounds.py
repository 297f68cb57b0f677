"""Rounds: training by many threads whose result does not depend on their number.

A fixed number of workers, each with its own part of the text and its own random stream, trains in
rounds of a few windows each. A row that only one worker touches in a round is trained where it
stands. Of a row that several touch, each trains a copy of its own, and the changes of all copies
are added to the row at the end of the round, in the order of workers. So nothing depends on which
thread does the work of which worker, or when.
"""

from __future__ import annotations

from numba import njit

from embedrec.kernels.compile import kernel
from embedrec.kernels.simd.rows import copy_rows
from embedrec.kernels.word2vec.cbow import train_cbow_windows
from embedrec.kernels.word2vec.rounds_rows import (
    claim_rows,
    combine_rows,
    draw_more,
    place_rows,
    take_windows,
    view_local_windows,
)
from embedrec.kernels.word2vec.rounds_tasks import end_after_round, finish_task, take_task
from embedrec.kernels.word2vec.skipgram import train_skipgram_windows


@kernel
def train_skipgram_rounds(crew, owners, board, inputs, outputs, plan, room):
    """Take part in training the texts of a crew, until they have been trained.

    Called by any number of threads at once.

    Args:
        crew: a Crew for these matrices, changed in place.
        owners: its Owners, changed in place.
        board: a board as `make_board` makes it.
        inputs: float32 (V, D), input vectors, changed in place.
        outputs: float32 (R, D), output vectors, changed in place.
        plan: a Plan.
        room: a Room, this thread's own.
    """
    n_workers, n_owners = crew.rates.shape[0], owners.n_heads.shape[0]
    while True:
        w, a = take_task(board, n_workers, n_owners)
        if w >= 0:
            if crew.n_taken[w] > 0:
                n_copies = place_rows(crew, w, inputs, outputs)
                copy_rows(crew.sources[w], n_copies, inputs.shape[1], crew.copies[w])
                loss, n_pairs = train_skipgram_windows(
                    view_local_windows(crew, w),
                    crew.n_taken[w], inputs, outputs, crew.rates[w], room,
                )  # fmt: skip
                crew.loss[w] += loss
                crew.n_pairs[w] += n_pairs
            if crew.first[w] + crew.n_taken[w] == crew.n_drawn[w]:
                draw_more(crew, w, plan)
            take_windows(crew, w, inputs.shape[0])
        elif a >= 0:
            see_to_rows(crew, owners, board, a, inputs, outputs)
        else:
            return
        finish_task(board)


@kernel
def train_cbow_rounds(crew, owners, board, inputs, outputs, plan, room):
    """Take part in training the texts of a crew; arguments as for `train_skipgram_rounds`."""
    n_workers, n_owners = crew.rates.shape[0], owners.n_heads.shape[0]
    while True:
        w, a = take_task(board, n_workers, n_owners)
        if w >= 0:
            if crew.n_taken[w] > 0:
                n_copies = place_rows(crew, w, inputs, outputs)
                copy_rows(crew.sources[w], n_copies, inputs.shape[1], crew.copies[w])
                crew.loss[w] += train_cbow_windows(
                    view_local_windows(crew, w),
                    crew.n_taken[w], inputs, outputs, plan, crew.rates[w], room,
                )  # fmt: skip
                crew.n_pairs[w] += crew.n_taken[w]
            if crew.first[w] + crew.n_taken[w] == crew.n_drawn[w]:
                draw_more(crew, w, plan)
            take_windows(crew, w, inputs.shape[0])
        elif a >= 0:
            see_to_rows(crew, owners, board, a, inputs, outputs)
        else:
            return
        finish_task(board)


@njit(inline="always", nogil=True)
def see_to_rows(crew, owners, board, a, inputs, outputs):
    """Do an owner's part between two rounds."""
    combine_rows(crew, owners, a, inputs, outputs)
    claim_rows(crew, owners, a)
    if a == 0:
        n_windows = 0
        for w in range(crew.n_taken.shape[0]):
            n_windows += crew.n_taken[w]
        if n_windows == 0:
            end_after_round(board, crew.rates.shape[0], owners.n_heads.shape[0])
