"""Running an epoch's blocks on threads, stopping only between blocks."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np

from embedrec.kernels.word2vec import (
    Plan,
    train_cbow,
    train_cbow_subwords,
    train_skipgram,
    train_skipgram_subwords,
)
from embedrec.models.word2vec.block import Block
from embedrec.models.word2vec.state import State

# By architecture and whether words are made of many rows.
_KERNELS = {
    ("skipgram", False): train_skipgram,
    ("skipgram", True): train_skipgram_subwords,
    ("cbow", False): train_cbow,
    ("cbow", True): train_cbow_subwords,
}
Finished = tuple[Block, float, int]


class BlockRunner:
    """Trains blocks on a fixed number of threads, always stopping between blocks.

    Threads take the next block from one shared iterator, so the blocks that have been trained are
    always the first so many of the epoch. With several threads the weights are updated without
    locks (Hogwild: Niu et al. 2011).
    """

    def __init__(self, state: State, architecture: str, plan: Plan, n_threads: int) -> None:
        self._state = state
        self._train = _KERNELS[architecture, len(plan.subword_rows) > 0]
        self._plan = plan
        self._n_loops = n_threads

    @classmethod
    def load_kernel(cls, architecture: str, plan: Plan, vector_size: int) -> None:
        """Compile the kernel, or load it compiled, by training no sentence.

        What that needs of memory it needs before there are weights, and not beside them.
        """
        ids, offsets = np.zeros(0, np.uint32), np.zeros(1, np.int64)
        for array in (ids, offsets):
            array.flags.writeable = False
        row = np.zeros((1, vector_size), np.float32)
        nothing = Block(0, ids, offsets, 0, 0, 0.0, 0)
        cls(State(row, row.copy()), architecture, plan, 1)._train_blocks([nothing])

    def run(
        self,
        blocks: Iterator[Block],
        deadline: float,
        report: Callable[[Block, float, int], None],
    ) -> bool:
        """Train blocks until there are none left (True) or `deadline` has passed (False).

        However near the deadline is, each thread trains one block.

        Args:
            blocks: the epoch's blocks from the state's next one on.
            deadline: `time.monotonic()` value.
            report: called on this thread with each block, its summed loss and its pairs.

        The state's position is advanced block by block. If `report` raises, or an interruption
        arrives, the threads finish the blocks they are at, the position is brought up to date, and
        the exception goes on: a checkpoint may be written then.
        """
        finished: queue.SimpleQueue[Finished | BaseException | None] = queue.SimpleQueue()
        lock, stop = threading.Lock(), threading.Event()
        exhausted = False

        def work() -> None:
            nonlocal exhausted
            try:
                while not stop.is_set():
                    with lock:
                        taken = self._take(blocks)
                        if not taken:
                            exhausted = True
                            return
                    results = self._train_blocks(taken)
                    # Counted here and not where they are reported: an interruption strikes the
                    # reporting thread at any point, and must not lose a block.
                    with lock:
                        for result in results:
                            self._state.count_block(*result)
                    for block, result in zip(taken, results, strict=True):
                        finished.put((block, *result))
                    # Looked at only now, so that training goes on however near the deadline is.
                    if time.monotonic() >= deadline:
                        return
            except BaseException as error:
                stop.set()
                finished.put(error)
            finally:
                finished.put(None)

        threads = [threading.Thread(target=work, daemon=True) for _ in range(self._n_loops)]
        n_running = len(threads)
        failure: BaseException | None = None
        try:
            for thread in threads:
                thread.start()
            while n_running:
                item = finished.get()
                if item is None:
                    n_running -= 1
                elif isinstance(item, BaseException):
                    failure = item
                else:
                    report(*item)
        finally:
            stop.set()
            _join(threads)
        if failure is not None:
            raise failure
        return exhausted

    def _take(self, blocks: Iterator[Block]) -> list[Block]:
        """Return the blocks that a thread trains next; none at the end. One thread at a time."""
        return list(islice(blocks, 1))

    def _train_blocks(self, blocks: list[Block]) -> list[tuple[float, int]]:
        """Train blocks; return the summed loss and the pairs of each."""
        return [
            self._train(
                block.ids,
                block.offsets,
                self._state.inputs,
                self._state.outputs,
                self._plan,
                np.float32(block.rate),
                np.uint64(block.counter),
            )
            for block in blocks
        ]


def _join(threads: list[threading.Thread]) -> None:
    """Wait until all threads have ended; an interruption on the way is raised only then.

    Weights that are written while a thread is still training them would be torn.
    """
    interruption: BaseException | None = None
    while any(thread.is_alive() for thread in threads):
        try:
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
        except BaseException as error:
            interruption = error
    if interruption is not None:
        raise interruption
