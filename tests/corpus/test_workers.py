from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest

from embedrec.corpus import workers
from embedrec.corpus.gather import Batch
from embedrec.corpus.tokens import number_batch
from embedrec.corpus.workers import number_batches
from embedrec.errors import EmbedrecError, ParameterError, UnknownWordError

from .making import cut, make_documents


def fail_on_marks(document: str) -> Iterator[list[str]]:
    if document == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if document == "unknown":
        raise UnknownWordError("水", ["冰"])
    yield [document.replace("_", " ")]


def run(documents: list[str], tokenize=cut, n_workers: int = 2) -> list:
    batches = [Batch([document], float(i)) for i, document in enumerate(documents)]
    return list(number_batches(batches, tokenize, n_workers=n_workers, sentence_limit=100))


def test_workers_give_what_one_process_gives_in_order() -> None:
    documents = make_documents(50)
    found = run(documents)
    assert [position for _, position in found] == list(range(50))
    for document, (batch, _) in zip(documents, found, strict=True):
        alone = number_batch([document], cut)
        assert batch.words == alone.words
        assert np.array_equal(batch.ids, alone.ids)
        assert np.array_equal(batch.lengths, alone.lengths)


@pytest.mark.parametrize("n_workers", [1, 2])
def test_batches_under_way_are_bounded(n_workers: int) -> None:
    taken = 0

    def batches() -> Iterator[Batch[str]]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield Batch(["a b"], None)

    results = number_batches(batches(), cut, n_workers=n_workers, sentence_limit=9)
    for fetched in range(1, 20):
        next(results)
        assert taken <= fetched + 3 * n_workers
    results.close()


@pytest.mark.parametrize("n_workers", [1, 2])
def test_faults_travel_home_whole(n_workers: int) -> None:
    with pytest.raises(ParameterError, match="'a b', which holds white space") as caught:
        run(["good", "a_b"], fail_on_marks, n_workers)
    assert caught.value.value == "a b"
    with pytest.raises(UnknownWordError, match="did you mean 冰") as unknown:
        run(["good", "unknown"], fail_on_marks, n_workers)
    assert unknown.value.value == "水"


def test_dead_worker_is_an_error_not_a_hang() -> None:
    with pytest.raises(EmbedrecError, match="a worker process died"):
        run(["good", "die", "good"], fail_on_marks)


def test_what_cannot_be_pickled_is_refused_before_the_start() -> None:
    with pytest.raises(ParameterError, match="can't be sent to worker processes"):
        run(["a"], lambda document: [[document]])
    assert run(["a"], lambda document: [[document]], 1)[0][0].words == "a"


def test_ctrl_c_that_reaches_another_thread_waits_until_processes_are_started() -> None:
    steps = []

    def start() -> None:
        with workers._interrupts_held():
            # As when the signal comes to a thread of NumPy's: Python runs its handler here.
            signal.getsignal(signal.SIGINT)(signal.SIGINT, None)  # type: ignore[operator, misc]
            steps.append("started")

    with pytest.raises(KeyboardInterrupt):
        start()
    assert steps == ["started"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
