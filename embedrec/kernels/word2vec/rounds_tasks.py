"""Who does what in a round: tasks in a fixed order, in phases, for as many threads as there are.

A round has two phases: a task for each worker, then a task for each owner of rows. Tasks are
numbered through all rounds, and a thread takes the next number when all tasks of the phases before
have been done. So threads wait for tasks and never for each other: one that has lost its core, or
never came, holds up nobody unless it is in the middle of a task.
"""

from __future__ import annotations

import numpy as np

from embedrec.kernels.atomic import add, load, pause, replace, store, yield_core
from embedrec.kernels.compile import part

# A cache line each: the next task to be taken; tasks that are done; the number at which all ends.
_NEXT, _DONE, _END = 0, 8, 16
_NEVER = np.int64(1 << 62)
# Looks at the numbers before the core is given to others: some microseconds.
_N_LOOKS = 200


def make_board() -> np.ndarray:
    """Return the numbers that threads share, int64, before the first round."""
    board = np.zeros(24, np.int64)
    board[_END] = _NEVER
    return board


@part
def take_task(board, n_workers, n_owners):
    """Take the next task as soon as it may be done.

    Returns:
        worker: int64, or -1.
        owner: int64, or -1; both are -1 when all is done.
    """
    n_looks = 0
    period = n_workers + n_owners
    while True:
        task = load(board, _NEXT)
        place = task % period
        phase = task - place
        if place >= n_workers:
            phase += n_workers
        if load(board, _DONE) >= phase:
            if task >= load(board, _END):
                return np.int64(-1), np.int64(-1)
            if replace(board, _NEXT, task, task + 1):
                if place < n_workers:
                    return place, np.int64(-1)
                return np.int64(-1), place - n_workers
        elif n_looks < _N_LOOKS:
            n_looks += 1
            pause()
        else:
            yield_core()


@part
def finish_task(board):
    """Say that a task is done."""
    add(board, _DONE, 1)


@part
def end_after_round(board, n_workers, n_owners):
    """Say, in an owner's task, that the present round is the last one."""
    period = n_workers + n_owners
    store(board, _END, (load(board, _DONE) // period + 1) * period)
