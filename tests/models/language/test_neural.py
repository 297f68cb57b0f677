"""NNLM and recurrent language models: exact, and better than counting words."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import InputError, ParameterError
from embedrec.models.language.kneser_ney import KneserNey
from embedrec.models.language.text import LanguageText, collect_vocabulary, encode_sentences
from embedrec.models.nnlm import NNLM
from embedrec.models.rnnlm import RNNLM
from embedrec.nn import cast_parameters, clear_gradients, iterate_parameters
from embedrec.vectors.keyed import KeyedVectors
from tests.models.language.small import HELD_OUT, MAKERS, N_KINDS, SMALL, TEXT, VOCABULARY


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest):
    return MAKERS[request.param]


def test_words_are_scored_by_what_the_softmax_says(make) -> None:
    model = make(epochs=1).fit(TEXT)
    ids = HELD_OUT.ids[:23]
    scores = model.score_ids(ids)
    state = model.begin()
    for word, score in zip(ids, scores, strict=True):
        p = model.predict(state)
        assert p.sum() == pytest.approx(1, abs=1e-5)
        assert np.log(p[word]) == pytest.approx(score, abs=1e-4)
        state = model.advance(state, int(word))


@pytest.mark.parametrize("output", ["softmax", "hierarchical", "sampled", "nce"])
@pytest.mark.parametrize("kind", ["nnlm", "gru"])
def test_every_output_learns_and_is_normalised(kind: str, output: str) -> None:
    model = MAKERS[kind](
        output=output, n_samples=10, optimizer="adam", learning_rate=0.02, epochs=6
    ).fit(TEXT, HELD_OUT)
    p = model.predict(model.read(["a1", "m0"]))
    assert p.sum() == pytest.approx(1, abs=1e-5)
    unigram = KneserNey(1).fit(TEXT).perplexity(HELD_OUT)
    assert model.perplexity(HELD_OUT) < 0.7 * unigram


def test_the_state_carries_what_n_grams_forget() -> None:
    model = RNNLM(
        "lstm", vector_size=16, hidden_size=16, n_layers=1, dropout=0.0, batch_size=8, n_steps=12,
        epochs=40, optimizer="adam", learning_rate=0.01, max_norm=5.0, patience=40, decay=1.5,
    )  # fmt: skip
    model.fit(TEXT, HELD_OUT)
    counts = KneserNey(4).fit(TEXT)
    assert model.perplexity(HELD_OUT) < 0.8 * counts.perplexity(HELD_OUT)
    for kind in range(N_KINDS):
        assert model.next_words([f"a{kind}", "m0", "m1", "m2"], topn=1)[0][0] == f"b{kind}"


def test_gradients_of_the_whole_model(make) -> None:
    model = make(epochs=1).fit(TEXT)
    cast_parameters(model.layers_, np.float64)
    ids = TEXT.ids[:120]

    def compute() -> float:
        clear_gradients(model.layers_)
        return model.add_gradients(ids, 0, 0, None, np.random.default_rng(0))[0]

    compute()
    gradients = {n: p.get_dense_gradient().copy() for n, p in iterate_parameters(model.layers_)}
    generator = np.random.default_rng(1)
    for name, parameter in iterate_parameters(model.layers_):
        for place in generator.choice(parameter.value.size, 6):
            where = np.unravel_index(place, parameter.value.shape)
            kept = parameter.value[where]
            values = []
            for step in (1e-5, -1e-5):
                parameter.value[where] = kept + step
                values.append(compute())
            parameter.value[where] = kept
            numeric = (values[0] - values[1]) / 2e-5
            assert gradients[name][where] == pytest.approx(numeric, rel=1e-4, abs=1e-8), name


def test_pieces_of_a_run_read_the_words_before_them() -> None:
    model = RNNLM("rnn", batch_size=3, n_steps=4, **SMALL)
    model.vocabulary_ = VOCABULARY
    seen: list[tuple[np.ndarray, np.ndarray]] = []

    class Spy:
        def run(self, ids, state, train):
            seen.append((ids.copy(), np.zeros(0)))
            return np.zeros((*ids.shape, 1)), state, lambda gradient: None

        class output:  # noqa: N801
            @staticmethod
            def forward(h, words, weights, generator):
                seen[-1] = (seen[-1][0], words.copy())
                return 0.0, lambda: h

    model.layers_ = Spy()
    ids = np.arange(1, 32, dtype=np.int32) % len(VOCABULARY)
    for batch in range(model.count_batches(ids)):
        model.add_gradients(ids, 0, batch, None, np.random.default_rng(0))
    inputs = np.concatenate([x for x, _ in seen], axis=1)
    targets = np.concatenate([y for _, y in seen], axis=1)
    assert (targets.ravel() == ids[:30]).all()
    assert (inputs.ravel()[1:] == ids[:29]).all()
    assert inputs[0, 0] == VOCABULARY.end


def test_perplexity_does_not_depend_on_the_batch_size(make, monkeypatch) -> None:
    import embedrec.models.language.output as output
    import embedrec.models.nnlm as nnlm
    import embedrec.models.rnnlm as rnnlm

    model = make(epochs=1).fit(TEXT)
    before = model.score_ids(HELD_OUT.ids)
    monkeypatch.setattr(rnnlm, "_STEPS_SCORED_AT_ONCE", 3)
    monkeypatch.setattr(nnlm, "_ROWS_AT_ONCE", 3)
    monkeypatch.setattr(output, "_NUMBERS_AT_ONCE", 5 * len(VOCABULARY))
    after = model.score_ids(HELD_OUT.ids)
    np.testing.assert_allclose(after, before, rtol=0, atol=2e-6)
    assert not np.array_equal(model.score_ids(HELD_OUT.ids[5:]), before[5:])  # it reads what stood


def test_training_carries_the_state_from_piece_to_piece() -> None:
    model = RNNLM("gru", **{**SMALL, "batch_size": 2, "n_steps": 5}).fit(TEXT)
    ids = TEXT.ids[:20]
    stream = np.random.default_rng(0)
    first, _, state = model.add_gradients(ids, 0, 0, None, stream)
    second, _, _ = model.add_gradients(ids, 0, 1, state, stream)
    forgotten, _, _ = model.add_gradients(ids, 0, 1, None, stream)
    model.n_steps = 10
    whole, _, _ = model.add_gradients(ids, 0, 0, None, stream)
    assert (first + second) / 2 == pytest.approx(whole, rel=1e-5)
    assert second != pytest.approx(forgotten, rel=1e-4)


def test_every_step_begins_with_the_state_of_the_one_before(monkeypatch) -> None:
    model = MAKERS["rnn"](epochs=2)
    add, given, returned = model.add_gradients, [], []

    def watch(ids, epoch, batch, state, generator):
        given.append(state)
        found = add(ids, epoch, batch, state, generator)
        returned.append(found[2])
        return found

    model.add_gradients = watch
    model.fit(TEXT)
    n = model.count_batches(TEXT.ids)
    assert given[0] is None
    assert given[n] is None
    assert all(given[at] is returned[at - 1] for at in range(1, 2 * n) if at != n)


def test_texts_shorter_than_a_window() -> None:
    model = NNLM(5, **{**SMALL, "epochs": 1}).fit(TEXT)
    for words in ([], ["a1"], ["a1", "m0"], ["a1", "m0", "m1", "m2"]):
        found = model.log_prob(words)
        state = model.begin()
        for (word, score), at in zip(found.words, [*words, "<eos>"], strict=True):
            known = VOCABULARY.index[at]
            assert word == at
            assert score == pytest.approx(np.log(model.predict(state)[known]), abs=1e-5)
            state = model.advance(state, known)


def test_numbers_of_numpy_are_parameters_too(tmp_path) -> None:
    model = RNNLM("gru", **{**SMALL, "epochs": np.int64(1), "learning_rate": np.float32(0.5)})
    model.fit(TEXT, checkpoint=tmp_path / "c")
    model.save(tmp_path / "m")
    again = RNNLM.load(tmp_path / "m")
    assert again.get_params() == model.get_params()
    assert type(again.epochs) is int


def test_vectors_that_are_all_zero_are_refused() -> None:
    vectors = KeyedVectors(VOCABULARY.words[1:], np.zeros((len(VOCABULARY) - 1, 8), np.float32))
    with pytest.raises(InputError, match="all the same"):
        MAKERS["nnlm"]().fit(TEXT, vectors=vectors)


def test_one_mask_for_all_steps_of_a_sequence() -> None:
    from embedrec.nn import Dropout

    x = np.ones((3, 4, 50), np.float32)
    y, back = Dropout(0.5, mask="sequence").forward(x, np.random.default_rng(0))
    assert (y == y[:, :1]).all()
    assert 0 < (y == 0).mean() < 1
    assert (back(x) == y).all()
    assert not (y[0] == y[1]).all()
    steps, _ = Dropout(0.5).forward(x, np.random.default_rng(0))
    assert not (steps == steps[:, :1]).all()
    model = RNNLM("lstm", dropout_mask="sequence", **{**SMALL, "dropout": 0.5, "epochs": 1})
    assert model.fit(TEXT).layers_.dropout.mask == "sequence"
    with pytest.raises(ParameterError, match="mask"):
        Dropout(0.5, mask="word")
    with pytest.raises(InputError, match="takes"):
        Dropout(0.5, mask="sequence").forward(x[0, 0], np.random.default_rng(0))


@pytest.mark.parametrize(
    ("wrong", "name"),
    [({"epochs": 0}, "epochs"), ({"learning_rate": 0}, "learning_rate"), ({"decay": 1}, "decay"),
     ({"schedule": "downhill"}, "schedule"),
     ({"batch_size": 0}, "batch_size"), ({"output": "magic"}, "output"),
     ({"dropout": 1.0}, "dropout|rate"), ({"hidden_size": 2.5}, "hidden_size")],
)  # fmt: skip
def test_parameters_are_checked(make, wrong, name) -> None:
    with pytest.raises(ParameterError, match=name):
        make(**wrong).fit(TEXT)


def test_parameters_of_one_family() -> None:
    with pytest.raises(ParameterError, match="kind"):
        RNNLM("transformer").fit(TEXT)
    with pytest.raises(ParameterError, match="tied"):
        RNNLM("rnn", vector_size=8, hidden_size=9, tied=True).fit(TEXT)
    with pytest.raises(ParameterError, match="tied"):
        RNNLM("rnn", output="sampled", tied=True).fit(TEXT)
    settled = [
        RNNLM(**given).tied
        for given in ({}, {"vector_size": 8}, {"output": "nce"}, {"freeze": True}, {"tied": False})
    ]
    assert settled == [True, False, False, False, False]
    with pytest.raises(ParameterError, match="order"):
        NNLM(1).fit(TEXT)


def test_texts_that_do_not_do() -> None:
    with pytest.raises(InputError, match="too few"):
        RNNLM("rnn", **SMALL).fit(LanguageText(TEXT.ids[:30], VOCABULARY))
    other = encode_sentences([["x"]], collect_vocabulary([["x"]]))
    with pytest.raises(InputError, match="validation text is encoded"):
        RNNLM("rnn", **SMALL).fit(TEXT, other)
    with pytest.raises(InputError, match="validation text is empty"):
        RNNLM("rnn", **SMALL).fit(TEXT, LanguageText(TEXT.ids[:0], VOCABULARY))
    with pytest.raises(ParameterError, match="fit first"):
        RNNLM().perplexity(TEXT)
