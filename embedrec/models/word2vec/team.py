"""A few threads that do the same work at the same time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import TracebackType


class Team:
    """Threads that wait for work, besides the one that gives it.

    Args:
        n_threads: threads in all, from 1.

    Attributes:
        n_threads: as given.

    As a context manager: the threads are there on entering, and end on leaving.
    """

    def __init__(self, n_threads: int) -> None:
        self.n_threads = n_threads
        self._work: queue.SimpleQueue[tuple[Callable[[int], None], int] | None]
        self._work = queue.SimpleQueue()
        self._done: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, daemon=True) for _ in range(n_threads - 1)
        ]

    def __enter__(self) -> Team:
        for at, thread in enumerate(self._threads):
            try:
                thread.start()
            except BaseException:
                self._dismiss(self._threads[:at])
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._dismiss(self._threads)

    def do(self, work: Callable[[int], None]) -> list[BaseException]:
        """Call work(0) on this thread and work(1), work(2), ... on the others, all at once.

        Returns:
            What was raised, when all have ended.
        """
        for number in range(1, self.n_threads):
            self._work.put((work, number))
        failures = [_try(work, 0), *(self._done.get() for _ in self._threads)]
        return [failure for failure in failures if failure is not None]

    def _serve(self) -> None:
        while (item := self._work.get()) is not None:
            self._done.put(_try(*item))

    def _dismiss(self, threads: list[threading.Thread]) -> None:
        for _ in threads:
            self._work.put(None)
        for thread in threads:
            thread.join()


def _try(work: Callable[[int], None], number: int) -> BaseException | None:
    try:
        work(number)
    except BaseException as error:
        return error
    return None
