"""Batches through processes: results in order, a bounded number under way.

Workers are started afresh ("spawn"), never forked: threads and compiled code in this process are
no hazard. One worker means this very process.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection, resource_tracker
from typing import Any, TypeVar

from embedrec.corpus.gather import Batch
from embedrec.corpus.tokens import TokenBatch, number_batch
from embedrec.errors import EmbedrecError, ParameterError

T = TypeVar("T")
Tokenize = Callable[[T], Iterable[list[str]]]

# Batches under way for each worker: one at work, one waiting, one ready to be fetched.
_BATCHES_A_WORKER = 3

_tokenize: Callable[[Any], Iterable[list[str]]] | None = None


def number_batches(
    batches: Iterable[Batch[T]], tokenize: Tokenize[T], *, n_workers: int, sentence_limit: int
) -> Generator[tuple[TokenBatch, float | None], None, None]:
    """Yield what `number_batch` makes of each batch, in order, and the batch's position.

    Args:
        batches: taken only as fast as results are fetched.
        tokenize: turns a document into sentences of words; pickled once a worker.
        n_workers: processes at work; 1 does the work here.
        sentence_limit: longest sentence, in words.

    Raises:
        ParameterError: if `tokenize` can't be sent to processes, or gives a faulty word.
        EmbedrecError: if a worker dies.
    """
    if n_workers == 1:
        for batch in batches:
            yield number_batch(batch.documents, tokenize, sentence_limit), batch.position
        return
    pickled = _check_picklable(tokenize)
    pool = ProcessPoolExecutor(
        n_workers,
        multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(tokenize,),
    )
    pending: deque[tuple[Future[TokenBatch], float | None]] = deque()
    try:
        for batch in batches:
            with _interrupts_held(), _script_kept_out(pickled, batch.documents):
                future = pool.submit(_work, batch.documents, sentence_limit)
            pending.append((future, batch.position))
            if len(pending) >= _BATCHES_A_WORKER * n_workers:
                yield _fetch(pending)
        while pending:
            yield _fetch(pending)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _fetch(
    pending: deque[tuple[Future[TokenBatch], float | None]],
) -> tuple[TokenBatch, float | None]:
    future, position = pending.popleft()
    try:
        return future.result(), position
    except BrokenProcessPool as error:
        raise EmbedrecError(
            "a worker process died: out of memory, killed, or what makes words is defined in a "
            "script without `if __name__ == '__main__':`; resume with fewer workers"
        ) from error


def _check_picklable(tokenize: Any) -> bytes:
    try:
        return pickle.dumps(tokenize)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise ParameterError(
            f"tokenize can't be sent to worker processes ({error}); give one that can be pickled, "
            "or n_workers=1",
            value=tokenize,
        ) from error


@contextmanager
def _script_kept_out(tokenize: bytes, documents: list[Any]) -> Iterator[None]:
    """Start processes that don't run the caller's script a second time.

    A spawned process imports the script it comes from, and a script that builds a corpus at its top
    level would then try to build it there as well. Only what is defined in the script needs that.
    """
    script = sys.modules["__main__"]
    file, spec = getattr(script, "__file__", None), getattr(script, "__spec__", None)
    needed = b"__main__" in tokenize or b"__main__" in pickle.dumps(documents)
    if needed or file is None:
        yield
        return
    del script.__file__
    script.__spec__ = None
    try:
        yield
    finally:
        script.__file__, script.__spec__ = file, spec


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back while a process may be started, so that it starts with Ctrl-C blocked.

    The terminal sends Ctrl-C to every process; the workers' part is to finish quietly. Blocking it
    here is not enough for this process itself: the signal may reach another thread (NumPy's, say),
    and Python would still raise here, between a worker's start and what it is to be told.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # starting it inside would lift the block
    arrived: list[Any] = []
    previous = None
    if threading.current_thread() is threading.main_thread():
        previous = signal.signal(signal.SIGINT, lambda *signal_: arrived.append(signal_))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if previous is not None:
            signal.signal(signal.SIGINT, previous)
            if arrived and callable(previous):
                previous(*arrived[-1])


def _start_worker(tokenize: Callable[[Any], Iterable[list[str]]]) -> None:
    global _tokenize
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _tokenize = tokenize


def _leave_with_parent() -> None:
    # A worker waits for work for ever, even when the builder was killed; it must not stay behind.
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _work(documents: list[Any], sentence_limit: int) -> TokenBatch:
    assert _tokenize is not None
    return number_batch(documents, _tokenize, sentence_limit)
