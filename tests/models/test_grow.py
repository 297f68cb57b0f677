"""Growing a model: new words learn, old ones keep what they know, and what can't be is told."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.corpus.encoder import build_corpus
from embedrec.corpus.renumber import DROPPED
from embedrec.corpus.shards import Corpus
from embedrec.corpus.vocabulary import Vocabulary
from embedrec.errors import CorruptedError, InputError, ParameterError, ResumeError
from embedrec.models.word2vec import Word2Vec
from embedrec.models.word2vec import block as block_module
from embedrec.models.word2vec.grow import (
    GROWN_RATE,
    Learnt,
    RenumberedText,
    grow_vocabulary,
    put_old_words,
)
from embedrec.models.word2vec.state import State, start_state
from embedrec.models.word2vec.subword import compose_words
from embedrec.progress import SilentProgress, SilentStage
from embedrec.vectors.stored import Subwords
from tests.models.planted import (
    N_TOPICS,
    WORDS_A_TOPIC,
    build_planted,
    join_outputs,
    name_word,
)
from tests.models.test_word2vec import COMBINATIONS, SMALL, Recorder

NEW_TOPIC = 9
N_JOINING = 3


def name_joining(topic: int, number: int) -> str:
    return f"t{topic}new{number}"


def make_new_text(n_sentences: int = 1500, seed: int = 1) -> list[list[str]]:
    """Topic 0 with new words among its own, a new topic, and a word that occurs once."""
    generator = np.random.default_rng(seed)
    joining = [name_joining(0, number) for number in range(N_JOINING)]
    first = [name_word(0, number) for number in range(WORDS_A_TOPIC)] + joining
    second = [name_word(NEW_TOPIC, number) for number in range(WORDS_A_TOPIC)]
    sentences = []
    for _ in range(n_sentences):
        pool = first if generator.integers(2) else second
        words = [pool[int(i)] for i in generator.integers(len(pool), size=12)]
        words[3] = "common"
        sentences.append(words)
    return [*sentences, ["once", name_word(2, 0)]]


def build_new(folder: Path, sentences: list[list[str]] | None = None, **options: Any) -> Corpus:
    return build_corpus(
        [make_new_text() if sentences is None else sentences],
        list,
        folder,
        **{
            "description": {"segmenter": "whitespace"},
            "inputs": {"new": "1"},
            "min_count": 1,
            **options,
        },
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return build_planted(tmp_path_factory.mktemp("planted") / "corpus")


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return build_new(tmp_path_factory.mktemp("new") / "corpus")


@pytest.fixture(scope="module")
def trained(corpus: Corpus) -> Word2Vec:
    return Word2Vec(loss="both", **SMALL).fit(corpus)


def trained_words(model: Word2Vec) -> Vocabulary:
    assert model.vectors_.counts is not None
    return Vocabulary(model.vectors_.index_to_key, model.vectors_.counts)


def list_near(model: Word2Vec, word: str, n: int) -> set[str]:
    return {near for near, _ in model.vectors_.most_similar(word, topn=n)}


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
def test_new_words_find_their_topic_and_old_ones_stay(
    corpus: Corpus, new: Corpus, architecture: str, loss: str
) -> None:
    options = {**SMALL, "epochs": 8, "architecture": architecture, "loss": loss}
    old = Word2Vec(**options).fit(corpus)
    before = old.vectors_.vectors.copy()
    grown = old.grow(new, epochs=16)  # the text is small
    topics = {
        topic: {name_word(topic, number) for number in range(WORDS_A_TOPIC)}
        for topic in [*range(N_TOPICS), NEW_TOPIC]
    }
    topics[0] |= {name_joining(0, number) for number in range(N_JOINING)}
    for topic, own in topics.items():
        for word in own:
            near = list_near(grown, word, 7)
            assert len(near & own) >= 6, (topic, word, near)
    # What the text says nothing about is where it was, among itself.
    still = [name_word(topic, number) for topic in (1, 2, 3) for number in range(WORDS_A_TOPIC)]
    for word in still:
        assert len(list_near(grown, word, 7) & list_near(old, word, 7)) >= 6
    np.testing.assert_array_equal(old.vectors_.vectors, before)
    assert "once" not in grown.vectors_


def test_counts_are_added_and_words_sorted_anew(corpus: Corpus, new: Corpus) -> None:
    growth = grow_vocabulary(corpus.vocabulary, new.vocabulary, min_count=5)
    old, text = (dict(zip(c.vocabulary.words, c.vocabulary.counts, strict=True))
                 for c in (corpus, new))  # fmt: skip
    for word, count in zip(growth.vocabulary.words, growth.vocabulary.counts, strict=True):
        assert count == old.get(word, 0) + text.get(word, 0)
    assert growth.n_new == N_JOINING + WORDS_A_TOPIC
    assert growth.n_known == WORDS_A_TOPIC + 2  # of topic 0, one of topic 2, and the common one
    assert growth.n_tokens == new.n_tokens - 1
    assert len(growth.vocabulary) == len(corpus.vocabulary) + growth.n_new


words = st.lists(st.sampled_from("abcdefghijklmnop"), unique=True, min_size=1)


@given(old=words, text=words, data=st.data())
def test_joining_vocabularies(old: list[str], text: list[str], data: st.DataObject) -> None:
    def draw(names: list[str]) -> Vocabulary:
        counts = data.draw(st.lists(st.integers(1, 9), min_size=len(names), max_size=len(names)))
        return Vocabulary.from_counts(names, counts, min_count=1)

    a, b = draw(old), draw(text)
    min_count = data.draw(st.integers(1, 9))
    max_vocab = data.draw(st.none() | st.integers(len(old), 20))
    sums = dict(zip(a.words, a.counts.tolist(), strict=True))
    candidates = [
        (word, count)
        for word, count in zip(b.words, b.counts.tolist(), strict=True)
        if word not in sums and count >= min_count
    ]
    taken = candidates[: None if max_vocab is None else max_vocab - len(old)]
    for word, count in zip(b.words, b.counts.tolist(), strict=True):
        if word in sums or (word, count) in taken:
            sums[word] = sums.get(word, 0) + count
    if not taken and not set(old) & set(text):
        with pytest.raises(InputError, match="no word of the text"):
            grow_vocabulary(a, b, min_count=min_count, max_vocab=max_vocab)
        return
    growth = grow_vocabulary(a, b, min_count=min_count, max_vocab=max_vocab)
    assert growth.vocabulary.words == sorted(sums, key=lambda word: (-sums[word], word))
    assert growth.vocabulary.counts.tolist() == [sums[word] for word in growth.vocabulary.words]
    assert [growth.vocabulary.words[row] for row in growth.old_rows] == a.words
    for word, row in zip(b.words, growth.table, strict=True):
        assert (row == DROPPED) == (word not in sums)
        assert row == DROPPED or growth.vocabulary.words[row] == word


def test_the_text_is_read_in_the_new_numbers(corpus: Corpus, new: Corpus) -> None:
    for min_count in (1, 5):
        growth = grow_vocabulary(corpus.vocabulary, new.vocabulary, min_count=min_count)
        text = RenumberedText(new, growth)
        ids, offsets = text.shard(0)
        read = [[growth.vocabulary.words[i] for i in ids[a:b]] for a, b in pairwise(offsets)]
        kept = [[w for w in s if min_count == 1 or w != "once"] for s in new.iter_sentences()]
        assert read == kept
        assert text.n_tokens == sum(map(len, kept))


def test_old_rows_are_moved_and_new_ones_drawn(
    trained: Word2Vec, corpus: Corpus, new: Corpus
) -> None:
    growth = grow_vocabulary(corpus.vocabulary, new.vocabulary)
    n, size = len(growth.vocabulary), trained.parameters.vector_size
    state = start_state(trained.parameters, n)
    assert trained._outputs is not None
    stored = trained.vectors_.to_stored()
    learnt = Learnt(stored, trained._outputs, corpus.vocabulary.counts)
    put_old_words(state, trained.parameters, learnt, growth)
    for row, word in enumerate(corpus.vocabulary.words):
        place = growth.vocabulary.key_to_index[word]
        np.testing.assert_array_equal(state.inputs[place], trained.vectors_[word])
        np.testing.assert_array_equal(state.outputs[place], trained._outputs["negative"][row])
    fresh = [growth.vocabulary.key_to_index[name_word(NEW_TOPIC, i)] for i in range(WORDS_A_TOPIC)]
    assert 0 < np.abs(state.inputs[fresh]).max() <= 1 / size
    assert len({vector.tobytes() for vector in state.inputs[fresh]}) == WORDS_A_TOPIC
    assert not state.outputs[fresh].any()
    assert state.outputs[n:].any()
    # A further set of rows, as n-grams have, goes along, and makes old words' own rows other.
    parameters = trained.parameters.change(subwords=True, min_n=3, max_n=3, n_buckets=5)
    wide = State(np.zeros((n + 5, size), np.float32), state.outputs)
    wide.inputs[fresh] = state.inputs[fresh]
    rows = np.arange(5 * size, dtype=np.float32).reshape(5, size)
    stored.subwords = Subwords(rows, 3, 3)
    put_old_words(wide, parameters, learnt, growth)
    np.testing.assert_array_equal(wide.inputs[n:], rows)
    np.testing.assert_array_equal(wide.inputs[fresh], state.inputs[fresh])
    composed, _ = compose_words(parameters, growth.vocabulary.packed, wide.inputs.copy())
    np.testing.assert_allclose(composed[growth.old_rows], stored.vectors, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("loss", ["ns", "hs"])
def test_old_words_keep_nothing_of_the_introduction(corpus: Corpus, new: Corpus, loss: str) -> None:
    """With a rate of next to nothing after it, the old rows are to the bit what they were."""
    model = Word2Vec(**{**SMALL, "epochs": 6}, loss=loss).fit(corpus)
    grown = model.grow(new, alpha=1e-30, epochs=1)
    for word in corpus.vocabulary.words:
        np.testing.assert_array_equal(grown.vectors_[word], model.vectors_[word])
    joining = name_joining(0, 0)
    assert np.abs(grown.vectors_[joining]).max() > 5 / grown.parameters.vector_size
    assert sum(near.startswith("t0") for near in list_near(grown, joining, 7)) >= 6


class StoppingStage(SilentStage):
    def __init__(self, progress: Stopping) -> None:
        self._progress = progress

    def update(self, *args: Any, **kwargs: Any) -> None:
        self._progress.n_left -= 1
        if self._progress.n_left == 0:
            raise KeyboardInterrupt


class Stopping(SilentProgress):
    """Stops a training after some blocks, in whichever of its parts that is."""

    def __init__(self, n_blocks: int) -> None:
        super().__init__()
        self.n_left = n_blocks

    def stage(self, *args: Any, **kwargs: Any) -> StoppingStage:
        return StoppingStage(self)


@pytest.mark.parametrize("n_blocks", [1, 4, 9, 10, 11, 25])
def test_one_thread_repeats_to_the_bit_and_resumes(
    trained: Word2Vec, new: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_blocks: int
) -> None:
    monkeypatch.setattr(block_module, "BLOCK_WORDS", 2000)
    text = RenumberedText(new, grow_vocabulary(trained_words(trained), new.vocabulary))
    a_pass = len(list(block_module.iterate_blocks(text, trained.parameters, 0)))
    whole = trained.grow(new)
    with pytest.raises(KeyboardInterrupt):
        trained.grow(new, checkpoint=tmp_path / "c", progress=Stopping(n_blocks))
    left = "c-new-words" if n_blocks <= a_pass else "c"
    assert [path.name for path in tmp_path.iterdir()] == [left]
    counted = Stopping(10**9)
    resumed = trained.grow(new, checkpoint=tmp_path / "c", resume=True, progress=counted)
    # The thread may have finished some blocks more than were told.
    n_left = (1 + SMALL["epochs"]) * a_pass - n_blocks
    assert n_left - 8 <= 10**9 - counted.n_left <= n_left
    assert resumed.vectors_.vectors.tobytes() == whole.vectors_.vectors.tobytes()
    assert join_outputs(resumed) == join_outputs(whole)
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_resuming_refuses_another_start_and_other_limits(
    trained: Word2Vec, corpus: Corpus, new: Corpus, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        trained.grow(new, checkpoint=tmp_path / "c", callbacks=[Recorder(1)])  # past the first pass
    other = Word2Vec(loss="both", **{**SMALL, "seed": 8}).fit(corpus)
    cases: list[tuple[Word2Vec, dict[str, Any]]] = [
        (other, {}), (trained, {"min_count": 1}), (trained, {"epochs": 2}),
    ]  # fmt: skip
    for model, options in cases:
        with pytest.raises(ResumeError, match="can't resume"):
            model.grow(new, checkpoint=tmp_path / "c", resume=True, **options)


def test_a_loaded_model_grows_as_the_one_saved(
    trained: Word2Vec, new: Corpus, tmp_path: Path
) -> None:
    trained.save(tmp_path / "old")
    before = {path.name: path.read_bytes() for path in (tmp_path / "old").iterdir()}
    grown = Word2Vec.load(tmp_path / "old").grow(new)
    assert grown.vectors_.vectors.tobytes() == trained.grow(new).vectors_.vectors.tobytes()
    grown.save(tmp_path / "grown")
    assert {path.name: path.read_bytes() for path in (tmp_path / "old").iterdir()} == before
    again = Word2Vec.load(tmp_path / "grown", verify=True)
    assert again.parameters == grown.parameters
    assert again.parameters.alpha == pytest.approx(GROWN_RATE["skipgram"] * SMALL["alpha"])
    # A third training on the same place: the rate does not shrink from one to the next.
    third = again.grow(new, epochs=1)
    assert third.parameters.alpha == again.parameters.alpha
    earlier = third.vectors_.metadata["earlier_trainings"]
    assert [part["training"]["epochs"] for part in earlier] == [SMALL["epochs"]] * 2
    assert third.vectors_.metadata["n_new_words"] == 0
    assert earlier[1]["n_new_words"] == N_JOINING + WORDS_A_TOPIC


def test_max_vocab_gives_up_no_old_word(trained: Word2Vec, corpus: Corpus, new: Corpus) -> None:
    n_old = len(corpus.vocabulary)
    grown = trained.grow(new, max_vocab=n_old + 2, epochs=1)
    assert set(corpus.vocabulary.words) < set(grown.vectors_.index_to_key)
    assert len(grown.vectors_) == n_old + 2
    with pytest.raises(ParameterError, match=f"below the {n_old} words"):
        trained.grow(new, max_vocab=n_old - 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"architecture": "cbow"}, "trained with architecture 'skipgram', and 'cbow' needs other"),
        ({"loss": "ns"}, "trained with loss 'both'"),
        ({"vector_size": 20}, "trained with vector_size 16, and 20 needs other weights"),
        ({"subwords": True}, "trained with subwords False"),
        ({"epochs": 0}, "epochs must be from 1"),
        ({"windw": 3}, "no parameter 'windw'"),
        ({"min_count": 0}, "min_count must be a whole number from 1"),
        ({"checkpoint_seconds": 0}, "checkpoint_seconds must be above 0"),
    ],
)
def test_what_can_t_be_asked(
    trained: Word2Vec, new: Corpus, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        trained.grow(new, **options)


def test_what_is_the_same_may_be_said(trained: Word2Vec, new: Corpus) -> None:
    grown = trained.grow(new, vector_size=16, loss="both", window=3, epochs=1)
    assert (grown.parameters.window, grown.parameters.sample) == (3, 0.0)


def test_text_that_does_not_fit(trained: Word2Vec, tmp_path: Path) -> None:
    other = build_new(tmp_path / "other", description={"segmenter": "jieba"})
    with pytest.raises(ParameterError, match="segmenter is 'jieba', and was 'whitespace'"):
        trained.grow(other)
    strange = build_new(tmp_path / "strange", [["x", "y"], ["y", "z"]])
    with pytest.raises(InputError, match="no word of the text is known"):
        trained.grow(strange)
    with pytest.raises(ParameterError, match="call fit first"):
        Word2Vec().grow(strange)


def test_a_damaged_model(trained: Word2Vec, new: Corpus, tmp_path: Path) -> None:
    trained.save(tmp_path / "m")
    file = tmp_path / "m" / "training.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CorruptedError, match="training"):
        Word2Vec.load(tmp_path / "m")
    file.unlink()
    with pytest.raises((InputError, CorruptedError), match=r"training|vectors only"):
        Word2Vec.load(tmp_path / "m")


@pytest.mark.parametrize("subwords", [False, True])
def test_growing_takes_no_second_set_of_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subwords: bool
) -> None:
    monkeypatch.setattr("embedrec.models.word2vec.tree._NUMBERS_AT_ONCE", 10_000)
    options = {"subwords": True, "n_buckets": 10_000, "min_n": 3, "max_n": 4} if subwords else {}
    words = [f"w{number:05d}" for number in range(10_000)]
    model = Word2Vec(loss="both", vector_size=256, epochs=1, sample=0.0, **options)
    model.fit(build_new(tmp_path / "c", [words[k : k + 50] for k in range(0, len(words), 50)]))
    model.save(tmp_path / "m")
    text = build_new(tmp_path / "n", [[*words[k : k + 50], f"new{k}"] for k in range(0, 5000, 50)])

    def measure(**more: Any) -> int:
        tracemalloc.start()
        try:
            Word2Vec.load(tmp_path / "m").grow(text, min_count=1, epochs=1, **more)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    weights = 4 * 256 * (30_000 + 10_000 * subwords)
    assert weights < measure() < 1.25 * weights
    with pytest.raises(KeyboardInterrupt):
        measure(checkpoint=tmp_path / "c2", progress=Stopping(1))
    assert (tmp_path / "c2-new-words").is_dir()
    assert weights < measure(checkpoint=tmp_path / "c2", resume=True) < 1.25 * weights
