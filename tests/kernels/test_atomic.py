"""Numbers that threads change at once."""

from __future__ import annotations

import threading

import numpy as np
from numba import njit

from embedrec.kernels.atomic import add, load, pause, replace, store, yield_core


@njit(nogil=True)
def count_up(numbers, n):
    for _ in range(n):
        add(numbers, 0, 1)
        before = load(numbers, 1)
        while not replace(numbers, 1, before, before + 1):
            before = load(numbers, 1)


@njit(nogil=True)
def pass_on(numbers, mine, n):
    # Threads take turns: each waits for its own number, and sets the next one's.
    for turn in range(n):
        while load(numbers, 0) != 2 * turn + mine:
            pause()
            yield_core()
        numbers[8] += 1
        store(numbers, 0, 2 * turn + mine + 1)


def run_threads(*calls: tuple) -> None:
    threads = [threading.Thread(target=call[0], args=call[1:]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_no_addition_is_lost() -> None:
    numbers = np.zeros(2, np.int64)
    run_threads(*[(count_up, numbers, 50_000)] * 4)
    assert numbers.tolist() == [200_000, 200_000]


def test_what_was_written_before_is_seen_after() -> None:
    numbers = np.zeros(16, np.int64)
    run_threads((pass_on, numbers, 0, 200), (pass_on, numbers, 1, 200))
    assert numbers[8] == 400


def test_results_of_each() -> None:
    numbers = np.array([5, 7])

    @njit
    def use(numbers):
        return add(numbers, 1, 3), replace(numbers, 0, 4, 1), replace(numbers, 0, 5, 2)

    assert use(numbers) == (7, False, True)
    assert numbers.tolist() == [2, 10]
