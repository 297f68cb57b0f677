"""How a training goes on: numbers of NumPy, interruptions, deadlines, nothing to learn, its end."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedrec.corpus.encoder import build_corpus
from embedrec.corpus.shards import Corpus
from embedrec.errors import DivergenceError, InputError
from embedrec.manifest import Manifest
from embedrec.models.word2vec import (
    Callback,
    EpochReport,
    Parameters,
    StepReport,
    Word2Vec,
    fitting,
)
from embedrec.models.word2vec import block as block_module
from embedrec.models.word2vec.block import iterate_blocks
from embedrec.models.word2vec.loop import BlockRunner
from embedrec.models.word2vec.state import State
from tests.models.planted import build_planted

SMALL: dict[str, Any] = {"vector_size": 4, "sample": 0.0, "epochs": 2, "seed": 3}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return build_planted(tmp_path_factory.mktemp("planted") / "corpus", 600)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_module, "BLOCK_WORDS", 500)


class Interrupter(Callback):
    """Interrupts after some blocks, or at the end of an epoch."""

    def __init__(self, after: int = 0, epoch: int | None = None) -> None:
        self.n_steps = 0
        self.after, self.epoch = after, epoch

    def end_step(self, report: StepReport) -> None:
        self.n_steps += 1
        if self.n_steps == self.after:
            raise KeyboardInterrupt

    def end_epoch(self, report: EpochReport) -> None:
        if report.epoch == self.epoch:
            raise KeyboardInterrupt


def test_numbers_of_numpy_are_as_good_as_others(corpus: Corpus, tmp_path: Path) -> None:
    given = {
        "vector_size": np.int64(4), "window": np.uint8(3), "epochs": np.int32(1),
        "n_negative": np.int64(2), "sample": np.float64(0.001), "alpha": np.float32(0.5),
        "min_alpha": np.float64(0.01), "shrink_window": np.bool_(False), "seed": np.uint64(7),
        "subwords": np.bool_(True), "min_n": np.int64(1), "max_n": np.int64(2),
        "n_buckets": np.int64(50), "architecture": np.str_("cbow"),
    }  # fmt: skip
    plain = {name: value.item() for name, value in given.items()}
    parameters = Parameters(**given)
    assert parameters == Parameters(**plain)
    for name in given:
        assert type(getattr(parameters, name)) is type(plain[name])
    json.dumps(parameters.to_json(), allow_nan=False)
    model = Word2Vec(n_threads=np.int64(1), **given).fit(corpus, checkpoint=tmp_path / "c")
    model.save(tmp_path / "m")
    other = Word2Vec(**plain).fit(corpus)
    assert np.array_equal(model.vectors_.vectors, other.vectors_.vectors)
    resumed = Word2Vec(**plain).fit(corpus, checkpoint=tmp_path / "c", resume=True)
    assert np.array_equal(model.vectors_.vectors, resumed.vectors_.vectors)


def test_a_second_interruption_waits_for_the_threads(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Word2Vec(**SMALL).fit(corpus)
    train, join, save = BlockRunner._train_blocks, threading.Thread.join, fitting.save_checkpoint
    n_joins, n_alive_at_save = 0, []

    def train_slowly(runner: BlockRunner, blocks: list[Any]) -> list[tuple[float, int]]:
        time.sleep(0.05)
        return train(runner, blocks)

    def interrupt_at_first(thread: threading.Thread, timeout: float | None = None) -> None:
        nonlocal n_joins
        n_joins += thread.daemon  # those of the training
        if thread.daemon and n_joins <= 2:
            raise KeyboardInterrupt
        join(thread, timeout)

    def save_and_count(*arguments: Any) -> None:
        n_alive_at_save.append(threading.active_count() - n_before)
        save(*arguments)

    n_before = threading.active_count()
    monkeypatch.setattr(BlockRunner, "_train_blocks", train_slowly)
    monkeypatch.setattr(threading.Thread, "join", interrupt_at_first)
    monkeypatch.setattr(fitting, "save_checkpoint", save_and_count)
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(**SMALL).fit(corpus, checkpoint=tmp_path / "c", callbacks=[Interrupter(3)])
    monkeypatch.undo()
    monkeypatch.setattr(block_module, "BLOCK_WORDS", 500)
    assert n_joins == 3
    assert n_alive_at_save == [0]
    resumed = Word2Vec(**SMALL).fit(corpus, checkpoint=tmp_path / "c", resume=True)
    assert np.array_equal(resumed.vectors_.vectors, whole.vectors_.vectors)


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("deterministic", [False, True])
def test_training_gets_on_however_often_it_saves(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, n_threads: int, deterministic: bool
) -> None:
    options = {**SMALL, "deterministic": deterministic}
    model = Word2Vec(n_threads=n_threads, **options)
    n_blocks = 2 * len(list(iterate_blocks(corpus, model.parameters, 0)))
    places: list[tuple[int, int]] = []

    def note(folder: Path, state: State, identity: Manifest) -> None:
        places.append((state.epoch, state.block))
        assert len(places) <= 2 * n_blocks, "it saves and trains nothing"

    monkeypatch.setattr(fitting, "save_checkpoint", note)
    model.fit(corpus, checkpoint="c", checkpoint_seconds=1e-9)
    assert places == sorted(places)
    assert places[-1] == (2, 0)
    if n_threads == 1 and not deterministic:
        assert len(set(places)) == n_blocks + 2
    if n_threads == 1 or deterministic:
        whole = Word2Vec(**options).fit(corpus)
        assert np.array_equal(model.vectors_.vectors, whole.vectors_.vectors)


def test_divergence_is_told_of_its_own_epoch(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = State.count_block

    def spoil(state: State, loss: float, n_pairs: int) -> None:
        count(state, loss, n_pairs)
        if state.epoch == 1:
            state.outputs[0, 0] = np.inf

    monkeypatch.setattr(State, "count_block", spoil)
    with pytest.raises(DivergenceError, match="diverged in epoch 2: the "):
        Word2Vec(**{**SMALL, "epochs": 4}).fit(corpus)


def build(folder: Path, sentences: Iterable[list[str]]) -> Corpus:
    return build_corpus([sentences], list, folder, description={}, inputs={"few": "1"}, min_count=1)


@pytest.mark.parametrize("deterministic", [False, True])
def test_nothing_to_learn_is_one_clear_error(
    corpus: Corpus, tmp_path: Path, deterministic: bool
) -> None:
    alone = build(tmp_path / "alone", [["a"], ["b"]] * 500)
    options = {**SMALL, "deterministic": deterministic}
    with pytest.raises(InputError, match=r"epoch 1 no .* give longer sentences$") as caught:
        Word2Vec(**options).fit(alone, checkpoint=tmp_path / "c")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "c").exists()
    with pytest.raises(InputError, match=r"or a larger sample \(now 1e-12\)"):
        Word2Vec(**{**options, "sample": 1e-12}).fit(corpus)


def test_the_end_is_saved_too(corpus: Corpus, tmp_path: Path) -> None:
    model = Word2Vec(**SMALL).fit(corpus, checkpoint=tmp_path / "c")
    rest = Interrupter(1)
    again = Word2Vec(**SMALL).fit(corpus, checkpoint=tmp_path / "c", resume=True, callbacks=[rest])
    assert rest.n_steps == 0
    assert np.array_equal(again.vectors_.vectors, model.vectors_.vectors)
    assert again.losses_ == model.losses_
    # Interrupted by a callback of the last epoch, which is over then.
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(**SMALL).fit(corpus, checkpoint=tmp_path / "d", callbacks=[Interrupter(epoch=1)])
    rest = Interrupter(1)
    again = Word2Vec(**SMALL).fit(corpus, checkpoint=tmp_path / "d", resume=True, callbacks=[rest])
    assert np.array_equal(again.vectors_.vectors, model.vectors_.vectors)
