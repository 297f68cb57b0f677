"""Deterministic training: the same to the bit for every number of threads, and as good."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from embedrec.corpus.shards import Corpus
from embedrec.errors import ParameterError
from embedrec.models.word2vec import Callback, StepReport, Word2Vec
from embedrec.models.word2vec import block as block_module
from embedrec.models.word2vec import rounds as rounds_module
from embedrec.models.word2vec.block import iterate_blocks
from embedrec.models.word2vec.rounds import N_WORKERS, RoundRunner
from embedrec.models.word2vec.team import Team
from tests.models.planted import (
    N_TOPICS,
    WORDS_A_TOPIC,
    build_planted,
    join_outputs,
    name_word,
)

COMBINATIONS = list(itertools.product(("skipgram", "cbow"), ("ns", "hs", "both")))
SMALL: dict[str, Any] = {
    "vector_size": 16, "sample": 0.0, "epochs": 2, "alpha": 0.05, "seed": 3, "deterministic": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return build_planted(tmp_path_factory.mktemp("planted") / "corpus")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    # Several groups, and a smaller one at the end.
    monkeypatch.setattr(block_module, "BLOCK_WORDS", 800)


class Interrupter(Callback):
    def __init__(self, after: int) -> None:
        self.steps: list[StepReport] = []
        self.after = after

    def end_step(self, report: StepReport) -> None:
        self.steps.append(report)
        if len(self.steps) == self.after:
            raise KeyboardInterrupt


def train(corpus: Corpus, n_threads: int, **options: Any) -> tuple[bytes, bytes, list[float]]:
    model = Word2Vec(n_threads=n_threads, **{**SMALL, **options}).fit(corpus)
    return model.vectors_.vectors.tobytes(), join_outputs(model), model.losses_


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
def test_same_for_any_number_of_threads(corpus: Corpus, architecture: str, loss: str) -> None:
    options = {"architecture": architecture, "loss": loss}
    expected = train(corpus, 1, **options)
    for n_threads in (2, 5):
        assert train(corpus, n_threads, **options) == expected
    assert train(corpus, 2, **options, seed=4) != expected


def test_same_for_more_threads_than_workers(corpus: Corpus) -> None:
    assert train(corpus, N_WORKERS + 4, epochs=1) == train(corpus, 1, epochs=1)


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
def test_learns_planted_topics(corpus: Corpus, architecture: str, loss: str) -> None:
    # The same options and the same limit as of the normal mode.
    options = {**SMALL, "epochs": 8, "architecture": architecture, "loss": loss}
    model = Word2Vec(n_threads=2, **options).fit(corpus)
    n_right = 0
    for topic in range(N_TOPICS):
        own = {name_word(topic, number) for number in range(WORDS_A_TOPIC)}
        for word in own:
            n_right += sum(o in own for o, _ in model.vectors_.most_similar(word, topn=7))
    assert n_right >= 0.95 * N_TOPICS * WORDS_A_TOPIC * 7
    normal = Word2Vec(**{**options, "deterministic": False}).fit(corpus)
    assert model.losses_[-1] == pytest.approx(normal.losses_[-1], rel=0.03)


@pytest.mark.parametrize("mean", [True, False])
def test_large_rates_do_not_diverge(corpus: Corpus, mean: bool) -> None:
    # All workers change the few rows that there are in every round: here it would show first.
    for architecture, loss in COMBINATIONS:
        options = {"architecture": architecture, "loss": loss, "cbow_mean": mean, "alpha": 0.1}
        model = Word2Vec(n_threads=2, **{**SMALL, **options}).fit(corpus)
        normal = Word2Vec(**{**SMALL, **options, "deterministic": False}).fit(corpus)
        assert model.losses_[-1] == pytest.approx(normal.losses_[-1], rel=0.1)


@pytest.mark.parametrize(("after", "threads"), [(1, (1, 3)), (30, (5, 2)), (60, (2, 1))])
def test_interrupted_and_resumed_with_other_threads(
    corpus: Corpus, tmp_path: Path, after: int, threads: tuple[int, int]
) -> None:
    whole = train(corpus, 2, loss="both")
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(n_threads=threads[0], loss="both", **SMALL).fit(
            corpus, checkpoint=tmp_path / "c", callbacks=[Interrupter(after)]
        )
    rest = Interrupter(0)
    resumed = Word2Vec(n_threads=threads[1], loss="both", **SMALL).fit(
        corpus, checkpoint=tmp_path / "c", resume=True, callbacks=[rest]
    )
    n_blocks = len(list(iterate_blocks(corpus, resumed.parameters, 0)))
    assert len(rest.steps) <= 2 * n_blocks - after
    assert (resumed.vectors_.vectors.tobytes(), join_outputs(resumed)) == whole[:2]
    assert resumed.losses_ == whole[2]


def test_killed_and_resumed_with_other_threads(corpus: Corpus, tmp_path: Path) -> None:
    options = {**SMALL, "epochs": 80}
    script = (
        "import sys\n"
        "from embedrec.corpus.shards import Corpus\n"
        "from embedrec.models.word2vec import Word2Vec, block\n"
        "block.BLOCK_WORDS = 800\n"
        f"Word2Vec(n_threads=int(sys.argv[1]), **{options!r}).fit(\n"
        f"    Corpus.open({str(corpus.folder)!r}), checkpoint={str(tmp_path / 'c')!r},\n"
        "    checkpoint_seconds=0.05, resume=True)\n"
    )
    for n_threads in (3, 1):
        process = subprocess.Popen([sys.executable, "-c", script, str(n_threads)])
        until = time.monotonic() + 120
        while not (tmp_path / "c").is_dir() and process.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(0.5)
        process.send_signal(signal.SIGKILL)
        process.wait()
    resumed = Word2Vec(n_threads=2, **options).fit(corpus, checkpoint=tmp_path / "c", resume=True)
    assert resumed.vectors_.vectors.tobytes() == train(corpus, 1, epochs=80)[0]


@pytest.mark.parametrize("failing", [0, 2])
def test_a_thread_that_fails_holds_up_nobody(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    # The others train the group to its end; it is counted, and the training ends with the error.
    whole = train(corpus, 1)
    kernel = rounds_module._KERNELS["skipgram"]
    n_calls = itertools.count()

    def fail_once(*arguments: object) -> None:
        if next(n_calls) == 3 + failing:
            raise MemoryError("no room")
        kernel(*arguments)

    monkeypatch.setitem(rounds_module._KERNELS, "skipgram", fail_once)
    monkeypatch.setattr(RoundRunner, "load_kernel", lambda *_: None)
    with pytest.raises(MemoryError, match="no room"):
        Word2Vec(n_threads=3, **SMALL).fit(corpus, checkpoint=tmp_path / "c")
    monkeypatch.setitem(rounds_module._KERNELS, "skipgram", kernel)
    rest = Interrupter(0)
    resumed = Word2Vec(n_threads=2, **SMALL).fit(
        corpus, checkpoint=tmp_path / "c", resume=True, callbacks=[rest]
    )
    n_blocks = len(list(iterate_blocks(corpus, resumed.parameters, 0)))
    assert len(rest.steps) == 2 * n_blocks - 2 * N_WORKERS
    assert resumed.vectors_.vectors.tobytes() == whole[0]


def test_all_threads_failing_train_nothing(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setitem(rounds_module._KERNELS, "skipgram", fail)
    monkeypatch.setattr(RoundRunner, "load_kernel", lambda *_: None)
    with pytest.raises(MemoryError):
        Word2Vec(n_threads=2, **SMALL).fit(corpus, checkpoint=tmp_path / "c")
    monkeypatch.undo()
    monkeypatch.setattr(block_module, "BLOCK_WORDS", 800)
    resumed = Word2Vec(**SMALL).fit(corpus, checkpoint=tmp_path / "c", resume=True)
    assert resumed.vectors_.vectors.tobytes() == train(corpus, 1)[0]


def test_threads_end_with_the_training(corpus: Corpus) -> None:
    before = threading.active_count()
    train(corpus, 4)
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(n_threads=4, **SMALL).fit(corpus, callbacks=[Interrupter(3)])
    assert threading.active_count() == before


def test_a_thread_that_cannot_start_takes_the_others_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start, n_started = threading.Thread.start, itertools.count()

    def start_some(thread: threading.Thread) -> None:
        if next(n_started) == 2:
            raise RuntimeError("can't start new thread")
        start(thread)

    before = threading.active_count()
    monkeypatch.setattr(threading.Thread, "start", start_some)
    with pytest.raises(RuntimeError, match="can't start"), Team(5):
        pass
    assert threading.active_count() == before


def test_subwords_are_refused() -> None:
    with pytest.raises(ParameterError, match="deterministic is not available with subwords"):
        Word2Vec(deterministic=True, subwords=True)
