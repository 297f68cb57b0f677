"""Rows of a batch divided among threads, for compiled loops that let go of the interpreter lock."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

_LIMITS = "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"
_WAITING, _LONGEST_WAIT = "OPENBLAS_THREAD_TIMEOUT", 21  # the logarithm of a number of cycles
_PARTS_PER_THREAD = 2
_LEAST_WORK = 4_000_000  # multiplications that are worth waking a thread for


@cache
def count_threads() -> int:
    """Return how many threads to use: all processors, or as the limits of BLAS and Numba say.

    They are the environment's NUMBA_NUM_THREADS, OMP_NUM_THREADS and OPENBLAS_NUM_THREADS, read
    once as BLAS reads them; the least counts. It is one where NumPy was imported before this
    package: OpenBLAS's threads then hold the processors for 20 ms after each product (see
    `embedrec/__init__.py`), and loops in several threads take longer than in one.
    """
    waiting = os.environ.get(_WAITING, "")
    if not waiting.isdecimal() or int(waiting) > _LONGEST_WAIT:
        return 1
    try:
        n_processors = len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        n_processors = os.cpu_count() or 1
    given = [os.environ.get(name, "") for name in _LIMITS]
    limits = [int(text) for text in given if text.isdecimal() and int(text) > 0]
    return min([n_processors, *limits])


def split_rows(n_rows: int, work_per_row: int, compute: Callable[[int, int], None]) -> None:
    """Call compute(begin, end) for parts that cover 0 to n_rows, in several threads.

    Args:
        n_rows: rows of the batch; each must be computed alike whatever the part it is in.
        work_per_row: multiplications a row takes; for little work a single part is made.
        compute: a call of a compiled loop; what it raises is raised here.
    """
    n_threads = min(count_threads(), n_rows, max(1, n_rows * work_per_row // _LEAST_WORK))
    if n_threads < 2:
        compute(0, n_rows)
        return
    # More parts than threads, taken as each is done: BLAS's own threads go on looking for work for
    # some time after a product, so that some processors are slower than others.
    n_parts = min(n_rows, n_threads * _PARTS_PER_THREAD)
    bounds = [n_rows * part // n_parts for part in range(n_parts + 1)]
    parts = iter(list(pairwise(bounds)))

    def take_parts() -> None:
        for begin, end in parts:
            compute(begin, end)

    others = [_open_pool(os.getpid()).submit(take_parts) for _ in range(n_threads - 1)]
    try:
        take_parts()
    finally:
        for other in others:
            if not other.cancel():  # one that has not begun is not waited for
                other.result()


@cache
def _open_pool(process: int) -> ThreadPoolExecutor:
    # By process: a child that was forked has none of its parent's threads.
    return ThreadPoolExecutor(max(1, count_threads() - 1), "embedrec-nn")
