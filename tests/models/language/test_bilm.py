"""Words in their sentences: nothing sees itself, both sides count, batches change nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.errors import CorruptedError, InputError, ParameterError, ResumeError
from embedrec.models.bilm import BidirectionalLM
from embedrec.models.language.load import load_language_model
from embedrec.models.language.mixture import Mixture
from embedrec.models.language.sentences import (
    find_sentences,
    gather_sentences,
    iterate_batches,
    order_by_length,
)
from embedrec.models.language.text import LanguageText, collect_vocabulary, encode_sentences
from embedrec.models.rnnlm import RNNLM
from embedrec.nn import cast_parameters, clear_gradients, iterate_parameters
from embedrec.vectors.keyed import KeyedVectors
from tests.models.language.small import make_sentences

N_KINDS = 4
SMALL = {"vector_size": 6, "hidden_size": 5, "dropout": 0.0, "batch_size": 7, "epochs": 2}


# Nothing before the first word says which it is, the last one does.
DRAWN = {"n_kinds": N_KINDS, "n_middle": (1, 4)}
TRAIN = make_sentences(300, 0, **DRAWN)
VOCABULARY = collect_vocabulary(TRAIN)
TEXT = encode_sentences(TRAIN, VOCABULARY)
HELD_OUT = encode_sentences(make_sentences(40, 1, **DRAWN), VOCABULARY)


@pytest.fixture(scope="module", params=["rnn", "gru", "lstm"])
def model(request: pytest.FixtureRequest) -> BidirectionalLM:
    return BidirectionalLM(request.param, n_layers=2, **SMALL).fit(TEXT, HELD_OUT)


@pytest.fixture(scope="module")
def taught() -> BidirectionalLM:
    return BidirectionalLM(
        "gru", vector_size=12, hidden_size=12, dropout=0.0, batch_size=10, epochs=12,
        learning_rate=0.02, seed=1,
    ).fit(TEXT, HELD_OUT)  # fmt: skip


def test_a_word_does_not_see_itself(model: BidirectionalLM) -> None:
    sentence = ["a1", "m0", "m2", "b1"]
    for place in range(len(sentence)):
        p = model.predict(sentence, place)
        for other in (*VOCABULARY.words[1:6], "_", "never seen"):
            changed = [*sentence[:place], other, *sentence[place + 1 :]]
            assert np.array_equal(model.predict(changed, place), p)
        for word in ("a0", "m1"):
            changed = [*sentence[:place], word, *sentence[place + 1 :]]
            scored = model.pseudo_log_prob(changed).words[place]
            assert scored[1] == pytest.approx(np.log(p[VOCABULARY.index[word]]), abs=1e-5)


def test_a_word_sees_all_the_others(model: BidirectionalLM) -> None:
    sentence = ["a1", "m0", "m2", "b1"]
    for place in range(len(sentence)):
        p = model.predict(sentence, place)
        for at in set(range(len(sentence))) - {place}:
            changed = [*sentence[:at], "a3", *sentence[at + 1 :]]
            assert not np.array_equal(model.predict(changed, place), p), (place, at)
        assert not np.array_equal(model.predict([*sentence, "m1"], place), p)


def test_probabilities_at_a_place_add_up_to_one(model: BidirectionalLM) -> None:
    p = model.predict(["a1", "_", "b1"], 1)
    assert p.sum() == pytest.approx(1, abs=1e-5)
    assert (p > 0).all()


def test_scores_are_what_the_formulas_give(model: BidirectionalLM) -> None:
    """Each direction alone through its layers, one sentence and one place at a time."""
    layers, ids = model.layers_, VOCABULARY.encode(["a2", "m1", "b2", "m0"])
    vectors = layers.embedding.weight.value

    def read(stack, words) -> np.ndarray:
        return stack.run(vectors[[VOCABULARY.end, *words]][None])[0][0, -1]

    expected = []
    for place, word in enumerate(ids):
        f = read(layers.forwards, ids[:place])
        b = read(layers.backwards, ids[place + 1 :][::-1])
        h = np.tanh(np.concatenate([f, b]) @ layers.merge.weight.value + layers.merge.bias.value)
        z = vectors @ h + layers.output.bias.value
        expected.append(z[word] - np.log(np.exp(z).sum()))
    scored = model.pseudo_log_prob(VOCABULARY.decode(ids))
    assert [p for _, p in scored.words] == pytest.approx(expected, abs=1e-5)
    assert scored.log_prob == pytest.approx(sum(expected), abs=1e-4)


def test_scores_do_not_depend_on_what_is_scored_beside(model: BidirectionalLM) -> None:
    sentences = [*make_sentences(30, 5, **DRAWN), ["a1"], ["m0"] * 60]
    together = model.score_sentences(sentences)
    for sentence, scored in zip(sentences, together, strict=True):
        alone = model.pseudo_log_prob(sentence)
        assert [w for w, _ in scored.words] == sentence
        assert [p for _, p in scored.words] == pytest.approx([p for _, p in alone.words], abs=1e-5)
    text = encode_sentences(sentences, VOCABULARY)
    mean = sum(s.log_prob for s in together) / sum(map(len, sentences))
    assert model.pseudo_perplexity(text) == pytest.approx(np.exp(-mean), rel=1e-5)
    assert model.score_sentences([]) == []


@pytest.mark.parametrize("tied", [True, False])
def test_gradients_of_the_whole_model(tied: bool) -> None:
    model = BidirectionalLM("gru", n_layers=2, tied=tied, **SMALL).fit(TEXT)
    cast_parameters(model.layers_, np.float64)

    def compute() -> float:
        clear_gradients(model.layers_)
        return model.add_gradients(TEXT.ids, 0, 3, None, np.random.default_rng(0))[0]

    compute()
    gradients = {n: p.get_dense_gradient().copy() for n, p in iterate_parameters(model.layers_)}
    generator = np.random.default_rng(1)
    for name, parameter in iterate_parameters(model.layers_):
        for place in generator.choice(parameter.value.size, min(8, parameter.value.size)):
            where = np.unravel_index(place, parameter.value.shape)
            kept = parameter.value[where]
            values = []
            for step in (1e-5, -1e-5):
                parameter.value[where] = kept + step
                values.append(compute())
            parameter.value[where] = kept
            numeric = (values[0] - values[1]) / 2e-5
            assert gradients[name][where] == pytest.approx(numeric, rel=1e-4, abs=1e-8), name


def test_what_follows_tells_a_word(taught: BidirectionalLM) -> None:
    for kind in range(N_KINDS):
        sentence = ["_", "m0", "m2", f"b{kind}"]
        assert taught.candidates(sentence, 0, topn=1)[0][0] == f"a{kind}"
        assert taught.candidates(["a0", "m0", "m1", "_"], 3, topn=1)[0][0] == "b0"
    # A model from left to right can't do better at the first word than its share, log 1/4.
    forward = RNNLM(
        "gru", vector_size=12, hidden_size=12, n_layers=1, dropout=0.0, batch_size=10, n_steps=12,
        epochs=12, optimizer="adam", learning_rate=0.02, max_norm=5.0, seed=1,
    ).fit(TEXT, HELD_OUT)  # fmt: skip
    held_out = make_sentences(40, 1, **DRAWN)
    ours = np.mean([s.words[0][1] for s in taught.score_sentences(held_out)])
    theirs = np.mean([forward.log_prob(s).words[0][1] for s in held_out])
    assert ours > np.log(0.8)
    assert theirs < np.log(1 / N_KINDS) + 0.15


def test_sentences_that_agree_rank_above_others(taught: BidirectionalLM) -> None:
    right = taught.pseudo_log_prob(["a1", "m0", "b1"]).log_prob
    wrong = taught.pseudo_log_prob(["a1", "m0", "b2"]).log_prob
    assert right > wrong + 2


def test_candidates_narrow_by_prefix(taught: BidirectionalLM) -> None:
    found = taught.candidates(["_", "m0", "b1"], 0, topn=3, prefix="m")
    assert {word for word, _ in found} == {"m0", "m1", "m2"}
    everything = taught.candidates(["_", "m0", "b1"], 0, topn=99, marks=True)
    assert sum(p for _, p in everything) == pytest.approx(1, abs=1e-5)
    assert "<eos>" in dict(everything)
    assert "<eos>" not in dict(taught.candidates(["_", "m0", "b1"], 0, topn=99))


@pytest.mark.parametrize("output", ["hierarchical", "sampled", "nce"])
def test_every_output_learns_and_is_normalised(output: str) -> None:
    model = BidirectionalLM(
        "gru", tied=False, output=output, n_samples=10, learning_rate=0.02,
        **{**SMALL, "epochs": 8},
    )  # fmt: skip
    before = BidirectionalLM("gru", **{**SMALL, "epochs": 1}, learning_rate=1e-9).fit(TEXT)
    model.fit(TEXT, HELD_OUT)
    assert model.predict(["a1", "m0", "b1"], 2).sum() == pytest.approx(1, abs=1e-5)
    assert model.pseudo_perplexity(HELD_OUT) < 0.6 * before.pseudo_perplexity(HELD_OUT)


def test_a_seed_gives_the_same_bits_and_resuming_too(tmp_path) -> None:
    def make(**more) -> BidirectionalLM:
        return BidirectionalLM("lstm", **{**SMALL, "epochs": 3, "dropout": 0.3, **more})

    whole = make().fit(TEXT, HELD_OUT)

    class StopError(Exception):
        pass

    class Course:
        """Stops in the middle of the second epoch, after a checkpoint there."""

        n = 0

        def __call__(self, *given) -> tuple:
            self.n += 1
            if self.n == 60:
                raise StopError
            return BidirectionalLM.add_gradients(halted, *given)

    import embedrec.models.language.training as training

    halted = make()
    halted.add_gradients = Course()  # type: ignore[method-assign]
    kept, training._SECONDS_BETWEEN_SAVES = training._SECONDS_BETWEEN_SAVES, 0.0
    try:
        with pytest.raises(StopError):
            halted.fit(TEXT, HELD_OUT, checkpoint=tmp_path / "c")
    finally:
        training._SECONDS_BETWEEN_SAVES = kept
    with pytest.raises(ResumeError, match="hidden_size"):
        make(hidden_size=4).fit(TEXT, HELD_OUT, checkpoint=tmp_path / "c", resume=True)
    resumed = make().fit(TEXT, HELD_OUT, checkpoint=tmp_path / "c", resume=True)
    assert [f.valid_perplexity for f in resumed.figures_] == [
        f.valid_perplexity for f in whole.figures_
    ]
    for (name, a), (_, b) in zip(
        iterate_parameters(whole.layers_), iterate_parameters(resumed.layers_), strict=True
    ):
        assert np.array_equal(a.value, b.value), name


def test_saved_and_loaded(model: BidirectionalLM, tmp_path) -> None:
    model.save(tmp_path / "m")
    again = load_language_model(tmp_path / "m")
    assert isinstance(again, BidirectionalLM)
    assert again.get_params() == model.get_params()
    sentence = ["a1", "m0", "b1"]
    assert again.pseudo_log_prob(sentence) == model.pseudo_log_prob(sentence)
    weights = tmp_path / "m" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    with pytest.raises(CorruptedError):
        load_language_model(tmp_path / "m")


def test_vectors_to_start_from() -> None:
    words = VOCABULARY.words[1:]
    vectors = KeyedVectors(words, np.random.default_rng(0).normal(size=(len(words), 6)))
    frozen = BidirectionalLM(tied=False, freeze=True, **SMALL).fit(TEXT, vectors=vectors)
    weight = frozen.layers_.embedding.weight.value
    scale = weight[VOCABULARY.index["a1"]] / vectors["a1"]
    assert weight[VOCABULARY.index["b0"]] / vectors["b0"] == pytest.approx(scale, rel=1e-4)


@given(
    st.lists(st.integers(0, 6), max_size=40),
    st.integers(1, 5),
    st.integers(1, 30),
)
def test_sentences_are_found_whole_and_batched_once(words: list[int], longest: int, size: int):
    ids = np.array(words, np.int32)  # 0 closes a sentence
    starts, lengths = find_sentences(ids, 0, longest)
    assert (lengths >= 1).all()
    assert (lengths <= longest).all()
    found = [ids[s : s + n].tolist() for s, n in zip(starts, lengths, strict=True)]
    assert [w for piece in found for w in piece] == [w for w in words if w]
    assert all(0 not in piece for piece in found)
    order = order_by_length(lengths, np.random.default_rng(0))
    assert sorted(order.tolist()) == list(range(len(starts)))
    assert (np.diff(lengths[order]) >= 0).all()
    batches = list(iterate_batches(lengths, size))
    assert sorted(np.concatenate([[], *batches]).tolist()) == list(range(len(starts)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * lengths[batch].max() <= size
        rows = gather_sentences(ids, starts[batch], lengths[batch], 9)
        for row, at in zip(rows, batch, strict=True):
            assert row[: lengths[at]].tolist() == found[at]
            assert (row[lengths[at] :] == 9).all()


def test_an_epoch_sees_every_word_once() -> None:
    model = BidirectionalLM("rnn", **{**SMALL, "max_words": 3})
    model.vocabulary_ = VOCABULARY
    seen: list[np.ndarray] = []

    class Spy:
        output = None

        def run(self, words, lengths, train):
            seen.extend(row[:n] for row, n in zip(words, lengths, strict=True))
            raise StopIteration

    model.layers_ = Spy()
    state = None
    for batch in range(model.count_batches(TEXT.ids)):
        with pytest.raises(StopIteration):
            model.add_gradients(TEXT.ids, 0, batch, state, np.random.default_rng(0))
    got = np.bincount(np.concatenate(seen), minlength=len(VOCABULARY))
    expected = np.bincount(TEXT.ids, minlength=len(VOCABULARY))
    expected[VOCABULARY.end] = 0
    assert got.tolist() == expected.tolist()
    assert max(map(len, seen)) == 3
    orders = [model._plan_epoch(TEXT.ids, epoch)[2].tolist() for epoch in (0, 1)]
    assert orders[0] != orders[1]


def test_what_can_not_be(model: BidirectionalLM) -> None:
    with pytest.raises(ParameterError, match="fit first"):
        BidirectionalLM().pseudo_log_prob(["a1"])
    with pytest.raises(ParameterError, match="fit first"):
        BidirectionalLM().predict(["a1"], 0)
    with pytest.raises(InputError, match="without a word"):
        model.pseudo_log_prob([])
    with pytest.raises(ParameterError, match="list of words"):
        model.pseudo_log_prob("a1 b1")
    for place in (-1, 2, 1.0, True):
        with pytest.raises(ParameterError, match="place must be"):
            model.predict(["a1", "b1"], place)
    with pytest.raises(ParameterError, match="topn"):
        model.candidates(["a1", "b1"], 0, topn=0)
    with pytest.raises(InputError, match="nowhere"):
        model.pseudo_log_prob(["a1", "nowhere"])
    with pytest.raises(ParameterError, match="can't be mixed"):
        Mixture([model])
    other = encode_sentences([["x", "y"]], collect_vocabulary([["x", "y"]]))
    with pytest.raises(InputError, match="encoded with"):
        model.pseudo_perplexity(other)
    with pytest.raises(InputError, match="validation text"):
        BidirectionalLM(**SMALL).fit(TEXT, other)
    empty = LanguageText(np.array([VOCABULARY.end] * 3, np.int32), VOCABULARY)
    with pytest.raises(InputError, match="nothing to learn"):
        BidirectionalLM(**SMALL).fit(empty)
    with pytest.raises(InputError, match="nothing to score"):
        model.pseudo_perplexity(empty)
    for wrong in ({"kind": "transformer"}, {"max_words": 0}, {"batch_size": 2.5}, {"decay": 1.0},
                  {"tied": True, "output": "nce"}):  # fmt: skip
        with pytest.raises(ParameterError, match=r"must be|can be tied"):
            BidirectionalLM(**{**SMALL, **wrong}).fit(TEXT)
