"""Training with subwords: what it learns of words it has seen and of others, and that it lasts."""

from __future__ import annotations

import itertools
import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from embedrec.corpus.encoder import build_corpus
from embedrec.corpus.shards import Corpus
from embedrec.errors import ParameterError
from embedrec.models.word2vec import Callback, Parameters, StepReport, Word2Vec
from embedrec.models.word2vec import block as block_module
from embedrec.models.word2vec.memory import estimate_memory
from embedrec.models.word2vec.state import start_state
from embedrec.models.word2vec.subword import compose_words, restore_own_rows
from embedrec.vectors.folder import load_folder
from embedrec.vectors.keyed import KeyedVectors
from embedrec.vectors.subword import SubwordVectors
from tests.reference import subword as twin

COMBINATIONS = list(itertools.product(("skipgram", "cbow"), ("ns", "hs", "both")))
STEMS = ("brel", "dosk", "fimp", "gaut")
ENDINGS = ("a", "ek", "il", "om", "ut", "yn")
UNSEEN = ("ist", "en", "os")
SMALL = {
    "subwords": True,
    "min_n": 3,
    "max_n": 4,
    "n_buckets": 2000,
    "vector_size": 16,
    "sample": 0.0,
    "epochs": 3,
    "alpha": 0.05,
    "seed": 3,
}


def make_sentences(
    n_sentences: int, seed: int, stems: tuple[str, ...] = STEMS, endings: tuple[str, ...] = ENDINGS
) -> list[list[str]]:
    """Sentences of words of one stem, with two common words in between."""
    generator = np.random.default_rng(seed)
    sentences = []
    for _ in range(n_sentences):
        stem = stems[generator.integers(len(stems))]
        words = [stem + endings[n] for n in generator.integers(len(endings), size=12)]
        words[3] = words[8] = "xx"
        sentences.append(words)
    return sentences


def build(folder: Path, sentences: list[list[str]]) -> Corpus:
    name = f"{len(sentences)}-{sentences[0]}"
    description = {"segmenter": "whitespace"}
    return build_corpus(
        [sentences], list, folder, description=description, inputs={"planted": name}, min_count=1
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return build(tmp_path_factory.mktemp("planted") / "corpus", make_sentences(2500, 0))


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_module, "BLOCK_WORDS", 2000)


class Stopper(Callback):
    def __init__(self, stop_after: int) -> None:
        self.left = stop_after

    def end_step(self, report: StepReport) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def get_bytes(model: Word2Vec) -> tuple[bytes, bytes]:
    vectors = model.vectors_
    assert isinstance(vectors, SubwordVectors)
    return vectors.vectors.tobytes(), vectors.buckets.tobytes()


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
@pytest.mark.parametrize("n_threads", [1, 2])
def test_unseen_words_land_near_their_relatives(
    corpus: Corpus, architecture: str, loss: str, n_threads: int
) -> None:
    model = Word2Vec(
        architecture=architecture, loss=loss, n_threads=n_threads, **{**SMALL, "epochs": 8}
    ).fit(corpus)
    assert model.losses_[-1] < model.losses_[0]
    n_seen = n_unseen = 0
    for stem in STEMS:
        own = {stem + ending for ending in ENDINGS}
        for word in own:
            near = model.vectors_.most_similar(word, topn=len(own) - 1)
            n_seen += sum(other in own for other, _ in near)
        for ending in UNSEEN:
            assert stem + ending not in model.vectors_
            near = model.vectors_.most_similar(stem + ending, topn=len(own))
            n_unseen += sum(other in own for other, _ in near)
    assert n_seen >= 0.95 * len(STEMS) * len(ENDINGS) * (len(ENDINGS) - 1)
    assert n_unseen >= 0.95 * len(STEMS) * len(UNSEEN) * len(ENDINGS)


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_first_loss_is_that_of_zero_scores(corpus: Corpus, architecture: str) -> None:
    still = {**SMALL, "epochs": 1, "alpha": 1e-30, "architecture": architecture}
    counts = np.asarray(corpus.vocabulary.counts, float)
    noise = counts**0.75 / (counts**0.75).sum()
    n_units = 1 + 7 * (1 - (counts / counts.sum() * noise).sum())
    loss = Word2Vec(loss="ns", n_negative=7, **still).fit(corpus).losses_[0]
    assert loss == pytest.approx(n_units * math.log(2), rel=5e-3)


def test_vectors_are_the_means_of_rows(corpus: Corpus) -> None:
    options = {**SMALL, "epochs": 1, "alpha": 1e-30}
    model = Word2Vec(**options).fit(corpus)
    vectors = model.vectors_
    assert isinstance(vectors, SubwordVectors)
    words = corpus.vocabulary.words
    start = start_state(model.parameters, len(words)).inputs
    assert start.shape == (len(words) + 2000, 16)
    assert np.abs(start).max() <= 1 / 16
    np.testing.assert_array_equal(vectors.buckets, start[len(words) :])
    rows = twin.list_subwords([w.encode() for w in words], 3, 4, 2000, len(words))
    np.testing.assert_allclose(vectors.vectors, twin.compose(rows, start), atol=1e-7)
    # A word of the vocabulary has its own row besides, an unseen one its n-grams only.
    [unseen] = twin.list_subwords([b"brelist"], 3, 4, 2000, len(words))
    np.testing.assert_allclose(vectors["brelist"], start[unseen[1:]].mean(axis=0), atol=1e-7)


def test_own_rows_are_found_again(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = Parameters(**SMALL)
    words = corpus.vocabulary.packed
    generator = np.random.default_rng(0)
    inputs = generator.normal(0, 0.5, (len(words) + 2000, 16)).astype(np.float32)
    before = inputs.copy()
    vectors, subwords = compose_words(parameters, words, inputs)
    assert np.shares_memory(vectors, inputs)
    assert subwords is not None
    composed = inputs.copy()
    assert not np.allclose(vectors, before[: len(words)], atol=0.01)
    monkeypatch.setattr("embedrec.models.word2vec.subword._WORDS_AT_ONCE", 10)
    places = np.arange(1, len(words), 2)
    restore_own_rows(parameters, words, places, inputs)
    np.testing.assert_allclose(inputs[places], before[places], atol=1e-5)
    np.testing.assert_array_equal(inputs[: len(words) : 2], composed[: len(words) : 2])
    np.testing.assert_array_equal(inputs[len(words) :], before[len(words) :])


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
def test_one_thread_repeats_to_the_bit(corpus: Corpus, architecture: str, loss: str) -> None:
    options = {**SMALL, "epochs": 1, "architecture": architecture, "loss": loss}
    first, second = (Word2Vec(**options).fit(corpus) for _ in range(2))
    other = Word2Vec(**{**options, "seed": 4}).fit(corpus)
    assert get_bytes(first) == get_bytes(second)
    assert first.losses_ == second.losses_
    assert get_bytes(first)[0] != get_bytes(other)[0]


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("stop_after", [1, 19, 40])
def test_interrupted_and_resumed_equals_uninterrupted(
    corpus: Corpus, tmp_path: Path, stop_after: int
) -> None:
    whole = Word2Vec(loss="both", **SMALL).fit(corpus)
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(loss="both", **SMALL).fit(
            corpus, checkpoint=tmp_path / "c", callbacks=[Stopper(stop_after)]
        )
    resumed = Word2Vec(loss="both", **SMALL).fit(corpus, checkpoint=tmp_path / "c", resume=True)
    assert get_bytes(resumed) == get_bytes(whole)


def test_killed_and_resumed_equals_uninterrupted(corpus: Corpus, tmp_path: Path) -> None:
    options = {**SMALL, "epochs": 200}
    script = (
        "from embedrec.corpus.shards import Corpus\n"
        "from embedrec.models.word2vec import Word2Vec\n"
        f"Word2Vec(**{options!r}).fit(Corpus.open({str(corpus.folder)!r}),\n"
        f"    checkpoint={str(tmp_path / 'c')!r}, checkpoint_seconds=0.05, resume=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script])
    until = time.monotonic() + 120
    while not (tmp_path / "c").is_dir() and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    resumed = Word2Vec(**options).fit(corpus, checkpoint=tmp_path / "c", resume=True)
    assert get_bytes(resumed) == get_bytes(Word2Vec(**options).fit(corpus))


def test_saved_model_is_opened_again(corpus: Corpus, tmp_path: Path) -> None:
    model = Word2Vec(loss="both", **SMALL).fit(corpus)
    model.save(tmp_path / "m")
    loaded = Word2Vec.load(tmp_path / "m", verify=True)
    assert loaded.parameters == model.parameters
    assert get_bytes(loaded) == get_bytes(model)
    vectors = KeyedVectors.load(tmp_path / "m")
    assert isinstance(vectors, SubwordVectors)
    near = vectors.most_similar("brelist", topn=3)
    assert near == model.vectors_.most_similar("brelist", topn=3)
    assert load_folder(tmp_path / "m").subwords is not None


def test_grown_model_knows_old_and_new_words(corpus: Corpus, tmp_path: Path) -> None:
    model = Word2Vec(**{**SMALL, "epochs": 8}).fit(corpus)
    model.save(tmp_path / "m")
    text = make_sentences(1200, 1, (*STEMS, "hort"), (*ENDINGS, "ist"))
    grown = Word2Vec.load(tmp_path / "m").grow(build(tmp_path / "new", text), min_count=1)
    vectors = grown.vectors_
    assert isinstance(vectors, SubwordVectors)
    assert (vectors.min_n, vectors.max_n, len(vectors.buckets)) == (3, 4, 2000)
    assert "brelist" in vectors
    for word in ("brelist", "breles", "gautek"):
        near = [other for other, _ in vectors.most_similar(word, topn=5)]
        assert all(other.startswith(word[:4]) for other in near), (word, near)


def test_lengths_are_chosen_from_the_vocabulary(corpus: Corpus, tmp_path: Path) -> None:
    options = {**SMALL, "min_n": None, "max_n": None, "epochs": 1}
    model = Word2Vec(**options).fit(corpus)
    assert (model.parameters.min_n, model.parameters.max_n) == (3, 6)
    chinese = build(tmp_path / "zh", [["数学", "史", "哲学家"] * 5] * 50)
    model = Word2Vec(**options).fit(chinese)
    assert isinstance(model.vectors_, SubwordVectors)
    assert (model.vectors_.min_n, model.vectors_.max_n) == (1, 3)
    assert model.vectors_["数"].shape == (16,)
    given = Word2Vec(**{**options, "min_n": 2, "max_n": 2}).fit(chinese)
    assert given.parameters.min_n == 2


def test_memory_counts_the_rows_of_ngrams() -> None:
    parameters = Parameters(subwords=True, n_buckets=1_000_000)
    estimate = estimate_memory(parameters, 50_000)
    assert estimate.n_input_rows == 1_050_000
    assert estimate.total > 1_100_000 * 200 * 4


def test_too_many_buckets_are_refused_before_training(corpus: Corpus) -> None:
    with pytest.raises(ParameterError, match="a smaller n_buckets"):
        Word2Vec(**{**SMALL, "n_buckets": 1_000_000_000, "vector_size": 100_000}).fit(corpus)
