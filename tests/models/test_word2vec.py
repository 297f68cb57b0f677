"""The estimator: it learns what is planted, repeats itself, resumes, and refuses what can't be."""

from __future__ import annotations

import itertools
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedrec.corpus.shards import Corpus
from embedrec.errors import (
    CorruptedError,
    DivergenceError,
    InputError,
    ParameterError,
    ResumeError,
)
from embedrec.models.word2vec import Callback, EpochReport, StepReport, Word2Vec
from embedrec.models.word2vec import block as block_module
from embedrec.models.word2vec.block import iterate_blocks
from embedrec.models.word2vec.parameters import Parameters, compute_keep
from embedrec.vectors.keyed import KeyedVectors
from tests.models.planted import (
    N_TOPICS,
    WORDS_A_TOPIC,
    build_planted,
    join_outputs,
    name_word,
)

COMBINATIONS = list(itertools.product(("skipgram", "cbow"), ("ns", "hs", "both")))
SMALL: dict[str, Any] = {"vector_size": 16, "sample": 0.0, "epochs": 3, "alpha": 0.05, "seed": 3}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return build_planted(tmp_path_factory.mktemp("planted") / "corpus")


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_module, "BLOCK_WORDS", 2000)


class Recorder(Callback):
    def __init__(self, stop_after: int | None = None) -> None:
        self.events: list[str] = []
        self.steps: list[StepReport] = []
        self.epochs: list[EpochReport] = []
        self.stop_after = stop_after

    def begin_epoch(self, epoch: int) -> None:
        self.events.append(f"begin {epoch}")

    def end_step(self, report: StepReport) -> None:
        self.steps.append(report)
        self.events.append("step")
        if self.stop_after is not None and len(self.steps) >= self.stop_after:
            raise KeyboardInterrupt

    def end_epoch(self, report: EpochReport) -> None:
        self.epochs.append(report)
        self.events.append(f"end {report.epoch}")


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
@pytest.mark.parametrize("n_threads", [1, 2])
def test_learns_planted_topics(
    corpus: Corpus, architecture: str, loss: str, n_threads: int
) -> None:
    model = Word2Vec(
        architecture=architecture, loss=loss, n_threads=n_threads, **{**SMALL, "epochs": 8}
    ).fit(corpus)
    n_right = 0
    for topic in range(N_TOPICS):
        own = {name_word(topic, number) for number in range(WORDS_A_TOPIC)}
        for word in own:
            n_right += sum(o in own for o, _ in model.vectors_.most_similar(word, topn=7))
    assert n_right >= 0.95 * N_TOPICS * WORDS_A_TOPIC * 7
    if (architecture, loss) == ("skipgram", "hs"):
        # Inputs of a window take turns here: each is measured with nodes that have just learned the
        # same word, the more so the higher the rate. So the reported loss need not fall.
        assert model.losses_[-1] < 0.75 * np.log(N_TOPICS * WORDS_A_TOPIC)
    else:
        assert model.losses_[-1] < model.losses_[0]


def test_cbow_with_exact_gradient_and_with_sum_learn(corpus: Corpus) -> None:
    for options in ({"cbow_full_error": False}, {"cbow_mean": False}):
        model = Word2Vec(architecture="cbow", **{**SMALL, "epochs": 8, **options}).fit(corpus)
        near = {word for word, _ in model.vectors_.most_similar("t1w0", topn=7)}
        assert near == {name_word(1, number) for number in range(1, WORDS_A_TOPIC)}


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_first_loss_is_that_of_zero_scores(corpus: Corpus, architecture: str) -> None:
    # Output vectors start at 0, so every logistic unit gives 1/2: the loss of a pair is ln 2 times
    # its number of units. Draws that hit the centre word are left out.
    still = {**SMALL, "epochs": 1, "alpha": 1e-30, "architecture": architecture}
    counts = np.asarray(corpus.vocabulary.counts, float)
    shares = counts / counts.sum()
    noise = counts**0.75 / (counts**0.75).sum()
    n_units = 1 + 7 * (1 - (shares * noise).sum())
    loss = Word2Vec(loss="ns", n_negative=7, **still).fit(corpus).losses_[0]
    assert loss == pytest.approx(n_units * math.log(2), rel=5e-3)
    loss_both = Word2Vec(loss="both", n_negative=7, **still).fit(corpus).losses_[0]
    loss_hs = Word2Vec(loss="hs", **still).fit(corpus).losses_[0]
    assert loss_both == pytest.approx(loss + loss_hs, rel=5e-3)


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
def test_one_thread_repeats_to_the_bit(corpus: Corpus, architecture: str, loss: str) -> None:
    options = {**SMALL, "epochs": 1, "architecture": architecture, "loss": loss}
    first, second = (Word2Vec(**options).fit(corpus) for _ in range(2))
    other = Word2Vec(**{**options, "seed": 4}).fit(corpus)
    assert first.vectors_.vectors.tobytes() == second.vectors_.vectors.tobytes()
    assert first.losses_ == second.losses_
    assert not np.array_equal(first.vectors_.vectors, other.vectors_.vectors)


def test_hash_seed_does_not_matter(tmp_path: Path) -> None:
    script = (
        "import sys, hashlib; from pathlib import Path\n"
        "from tests.models.planted import build_planted\n"
        "from embedrec.models.word2vec import Word2Vec\n"
        "corpus = build_planted(Path(sys.argv[1]), 500)\n"
        "vectors = Word2Vec(vector_size=8, epochs=2).fit(corpus).vectors_.vectors\n"
        "print(hashlib.sha256(vectors.tobytes()).hexdigest())\n"
    )
    digests = set()
    for seed in ("0", "1", "4242"):
        result = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / seed)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(result.stdout.strip())
    assert len(digests) == 1


@pytest.mark.usefixtures("small_blocks")
def test_blocks_cover_the_corpus_once(corpus: Corpus) -> None:
    parameters = Parameters(epochs=2, alpha=0.1, min_alpha=0.02)
    blocks = list(iterate_blocks(corpus, parameters, epoch=1))
    ids, offsets = corpus.shard(0)
    bounds = [int(block.offsets[0]) for block in blocks] + [int(blocks[-1].offsets[-1])]
    assert bounds[0] == 0
    assert bounds[-1] == len(ids)
    assert all(a.offsets[-1] == b.offsets[0] for a, b in itertools.pairwise(blocks))
    assert np.array_equal(
        np.unique(np.concatenate([block.offsets for block in blocks])), np.unique(offsets)
    )
    assert [block.number for block in blocks] == list(range(len(blocks)))
    assert len({block.counter for block in blocks}) == len(blocks) > 10
    assert blocks[0].rate == pytest.approx(0.06)  # half of all words are done
    steps = np.diff([block.rate for block in blocks])
    sizes = np.array([block.n_words for block in blocks[:-1]])
    np.testing.assert_allclose(steps, -0.08 * sizes / (2 * corpus.n_tokens), rtol=1e-6)
    tail = list(iterate_blocks(corpus, parameters, epoch=1, first=5))
    assert [(b.number, b.counter, b.rate) for b in tail] == [
        (b.number, b.counter, b.rate) for b in blocks[5:]
    ]


@pytest.mark.usefixtures("small_blocks")
def test_callbacks_are_told_everything(corpus: Corpus) -> None:
    recorder = Recorder()
    model = Word2Vec(**SMALL).fit(corpus, callbacks=[recorder])
    n_blocks = len(list(iterate_blocks(corpus, model.parameters, 0)))
    one_epoch = ["step"] * n_blocks
    assert recorder.events == [
        event for e in range(3) for event in [f"begin {e}", *one_epoch, f"end {e}"]
    ]
    assert recorder.steps[-1].n_words == recorder.steps[-1].n_words_total == corpus.n_tokens * 3
    assert [report.loss for report in recorder.epochs] == model.losses_
    # In one thread all pairs of a block are reported with it, so the epoch's mean is theirs.
    assert min(s.loss for s in recorder.steps[:n_blocks]) < model.losses_[0]
    assert max(s.loss for s in recorder.steps[:n_blocks]) > model.losses_[0]


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("stop_after", [1, 7, 19, 40])
def test_interrupted_and_resumed_equals_uninterrupted(
    corpus: Corpus, tmp_path: Path, stop_after: int
) -> None:
    whole = Word2Vec(loss="both", **SMALL).fit(corpus)
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(loss="both", **SMALL).fit(
            corpus, checkpoint=tmp_path / "c", callbacks=[Recorder(stop_after)]
        )
    recorder = Recorder()
    resumed = Word2Vec(loss="both", **SMALL).fit(
        corpus, checkpoint=tmp_path / "c", resume=True, callbacks=[recorder]
    )
    n_blocks = len(list(iterate_blocks(corpus, whole.parameters, 0)))
    assert len(recorder.steps) <= 3 * n_blocks - stop_after
    assert resumed.vectors_.vectors.tobytes() == whole.vectors_.vectors.tobytes()
    assert resumed.losses_ == pytest.approx(whole.losses_, rel=1e-12)


def test_killed_and_resumed_equals_uninterrupted(corpus: Corpus, tmp_path: Path) -> None:
    options = {**SMALL, "epochs": 400}
    script = (
        "import sys\n"
        "from embedrec.corpus.shards import Corpus\n"
        "from embedrec.models.word2vec import Word2Vec\n"
        f"Word2Vec(**{options!r}).fit(Corpus.open({str(corpus.folder)!r}),\n"
        f"    checkpoint={str(tmp_path / 'c')!r}, checkpoint_seconds=0.05, resume=True)\n"
        "print('done')\n"
    )
    n_kills = 0
    for _ in range(30):
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        until = time.monotonic() + 60
        while not (tmp_path / "c").is_dir() and process.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.01)
        try:
            process.wait(timeout=1.5 + 0.37 * n_kills)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            n_kills += 1
            continue
        assert process.stdout is not None
        assert process.stdout.read().strip() == b"done"
        break
    assert n_kills >= 1
    resumed = Word2Vec(**options).fit(corpus, checkpoint=tmp_path / "c", resume=True)
    whole = Word2Vec(**options).fit(corpus)
    assert resumed.vectors_.vectors.tobytes() == whole.vectors_.vectors.tobytes()


@pytest.mark.usefixtures("small_blocks")
def test_resume_refuses_other_settings_and_other_text(corpus: Corpus, tmp_path: Path) -> None:
    checkpoint = tmp_path / "c"
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(**SMALL).fit(corpus, checkpoint=checkpoint, callbacks=[Recorder(2)])
    with pytest.raises(ResumeError, match="parameter window was 5 and is now 4"):
        Word2Vec(window=4, **SMALL).fit(corpus, checkpoint=checkpoint, resume=True)
    other = build_planted(tmp_path / "other", 800, seed=9)
    with pytest.raises(ResumeError, match=r"input .* was sha256"):
        Word2Vec(**SMALL).fit(other, checkpoint=checkpoint, resume=True)
    weights = checkpoint / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    with pytest.raises(CorruptedError, match="weights"):
        Word2Vec(**SMALL).fit(corpus, checkpoint=checkpoint, resume=True)
    # The number of threads may change.
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(**SMALL).fit(corpus, checkpoint=checkpoint, callbacks=[Recorder(2)])
    Word2Vec(n_threads=2, **SMALL).fit(corpus, checkpoint=checkpoint, resume=True)


def test_divergence_is_one_clear_error(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(DivergenceError, match="lower alpha"):
        Word2Vec(**{**SMALL, "alpha": 100.0, "epochs": 6}).fit(corpus, checkpoint=tmp_path / "c")


def test_saved_model_is_a_vectors_folder_and_more(corpus: Corpus, tmp_path: Path) -> None:
    model = Word2Vec(loss="both", **SMALL).fit(corpus)
    model.save(tmp_path / "m")
    loaded = Word2Vec.load(tmp_path / "m", verify=True)
    assert loaded.parameters == model.parameters
    assert loaded.losses_ == model.losses_
    np.testing.assert_array_equal(loaded.vectors_.vectors, model.vectors_.vectors)
    assert join_outputs(loaded) == join_outputs(model)
    assert [*(loaded._outputs or ())] == ["negative", "hierarchical"]
    vectors = KeyedVectors.load(tmp_path / "m")
    assert vectors.metadata["text"] == {"segmenter": "whitespace"}
    assert vectors.index_to_key == corpus.vocabulary.words
    assert vectors.most_similar("t0w0", topn=3) == model.vectors_.most_similar("t0w0", topn=3)
    vectors.save(tmp_path / "v")
    with pytest.raises(InputError, match="vectors only"):
        Word2Vec.load(tmp_path / "v")
    with pytest.raises(ParameterError, match="call fit first"):
        Word2Vec().save(tmp_path / "n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "none"}, "loss must be one of ns, hs, both, not 'none'"),
        ({"architecture": "glove"}, "architecture must be one of"),
        ({"vector_size": 0}, "vector_size must be from 1"),
        ({"vector_size": 10.5}, "vector_size must be a whole number"),
        ({"window": 0}, "window must be from 1"),
        ({"window": True}, "window must be a whole number"),
        ({"n_negative": -1}, "n_negative must be from 0"),
        ({"n_negative": 0}, "n_negative is 0, and loss 'ns' needs negatives"),
        ({"epochs": 0}, "epochs must be from 1"),
        ({"alpha": 0.0}, "alpha must be above 0"),
        ({"alpha": math.nan}, "alpha must be a finite number"),
        ({"alpha": 0.01, "min_alpha": 0.02}, "min_alpha must be from 0 to 0.01"),
        ({"sample": -1e-4}, "sample must be from 0"),
        ({"sample": "1e-4"}, "sample must be a finite number"),
        ({"negative_exponent": math.inf}, "negative_exponent must be a finite number"),
        ({"shrink_window": "yes"}, "shrink_window must be True or False"),
        ({"seed": -1}, "seed must be from 0"),
        ({"subwords": 1}, "subwords must be True or False"),
        ({"deterministic": "no"}, "deterministic must be True or False"),
        ({"subwords": True, "min_n": 3}, "min_n is given alone"),
        ({"subwords": True, "max_n": 3}, "max_n is given alone"),
        ({"min_n": 1, "max_n": 3}, "are for subwords"),
        ({"subwords": True, "min_n": 0, "max_n": 3}, "min_n must be from 1 to 3, not 0"),
        ({"subwords": True, "min_n": 4, "max_n": 3}, "min_n must be from 1 to 3, not 4"),
        ({"subwords": True, "min_n": 4, "max_n": 21}, "max_n must be from 1 to 20, not 21"),
        ({"n_buckets": 0}, "n_buckets must be from 1"),
        ({"n_threads": 0}, "n_threads must be a whole number from 1"),
        ({"size": 100}, "no parameter 'size'"),
    ],
)
def test_impossible_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Word2Vec(**options)  # type: ignore[arg-type]


def test_rates_follow_the_architecture() -> None:
    assert Parameters().alpha == 0.025
    assert Parameters(architecture="cbow").alpha == 0.05
    assert Parameters(architecture="cbow").min_alpha == pytest.approx(5e-6)
    assert Parameters(architecture="cbow", alpha=0.01).alpha == 0.01


def test_zero_negatives_are_fine_with_paths_only() -> None:
    assert Word2Vec(loss="hs", n_negative=0).parameters.uses_paths


def test_vocabulary_of_one_word(tmp_path: Path) -> None:
    from embedrec.corpus.encoder import build_corpus

    corpus = build_corpus(
        [[["only", "only"]]], list, tmp_path / "c", description={}, inputs={}, min_count=1
    )
    with pytest.raises(ParameterError, match="at least 2"):
        Word2Vec().fit(corpus)


def test_subsampling_keeps_as_documented() -> None:
    counts = np.array([900, 90, 10])
    keep = compute_keep(counts, 0.01)
    for share, probability in zip([0.9, 0.09, 0.01], keep, strict=True):
        assert probability == pytest.approx(
            min(1.0, math.sqrt(0.01 / share) + 0.01 / share), rel=1e-6
        )
    assert compute_keep(counts, 0).tolist() == [1, 1, 1]
