"""NNLM and recurrent language models: exact, seeded, resumable, and better than counting words."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import CorruptedError, DivergenceError, InputError, ParameterError, ResumeError
from embedrec.models.language.kneser_ney import KneserNey
from embedrec.models.language.text import LanguageText, collect_vocabulary, encode_sentences
from embedrec.models.nnlm import NNLM
from embedrec.models.rnnlm import RNNLM
from embedrec.nn import cast_parameters, clear_gradients, iterate_parameters
from embedrec.vectors.keyed import KeyedVectors

N_KINDS = 6
SMALL = {"vector_size": 8, "hidden_size": 8, "epochs": 3, "dropout": 0.0, "seed": 3}


def make_sentences(n: int, seed: int) -> list[list[str]]:
    """Sentences in which the last word repeats the first's kind: beyond what three words tell."""
    generator = np.random.default_rng(seed)
    sentences = []
    for _ in range(n):
        kind = int(generator.integers(N_KINDS))
        middle = [f"m{int(generator.integers(3))}" for _ in range(3)]
        sentences.append([f"a{kind}", *middle, f"b{kind}"])
    return sentences


TRAIN = make_sentences(400, 0)
VOCABULARY = collect_vocabulary(TRAIN)
TEXT = encode_sentences(TRAIN, VOCABULARY)
HELD_OUT = encode_sentences(make_sentences(60, 1), VOCABULARY)

MAKERS = {
    "nnlm": lambda **more: NNLM(4, **{**SMALL, "batch_size": 64, **more}),
    "nnlm-direct": lambda **more: NNLM(4, direct=True, **{**SMALL, "batch_size": 64, **more}),
    **{
        kind: lambda kind=kind, **more: RNNLM(
            kind, **{"n_layers": 2, "batch_size": 8, "n_steps": 7, **SMALL, **more}
        )
        for kind in ("rnn", "gru", "lstm")
    },
}


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
    more = {} if kind == "nnlm" else {"tied": False, "optimizer": "adam"}
    model = MAKERS[kind](
        output=output, n_samples=10, learning_rate=0.02, max_norm=5.0, epochs=6, **more
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


class StopError(Exception):
    pass


@pytest.mark.parametrize("steps", [1, 9, 40])
def test_interrupted_and_resumed_gives_the_same_bits(make, tmp_path, monkeypatch, steps) -> None:
    import embedrec.models.language.training as training

    monkeypatch.setattr(training, "_SECONDS_BETWEEN_SAVES", 0.0)
    whole = make(dropout=0.2).fit(TEXT, HELD_OUT)
    model = make(dropout=0.2)
    add, n = model.add_gradients, 0

    def interrupt(*arguments):
        nonlocal n
        n += 1
        if n > steps:
            raise StopError
        return add(*arguments)

    model.add_gradients = interrupt
    with pytest.raises(StopError):
        model.fit(TEXT, HELD_OUT, checkpoint=tmp_path / "c")
    resumed = make(dropout=0.2).fit(TEXT, HELD_OUT, checkpoint=tmp_path / "c", resume=True)
    for (name, a), (_, b) in zip(
        iterate_parameters(whole.layers_), iterate_parameters(resumed.layers_), strict=True
    ):
        assert (a.value == b.value).all(), name
    curves = [[f[:3] for f in m.figures_] for m in (whole, resumed)]
    assert curves[0] == curves[1]


def test_resuming_another_training_is_refused(tmp_path) -> None:
    MAKERS["rnn"](epochs=1).fit(TEXT, checkpoint=tmp_path / "c")
    with pytest.raises(ResumeError, match="hidden_size"):
        MAKERS["rnn"](epochs=1, hidden_size=9, tied=False).fit(
            TEXT, checkpoint=tmp_path / "c", resume=True
        )
    other = LanguageText(TEXT.ids[:-6], VOCABULARY)
    with pytest.raises(ResumeError, match="text"):
        MAKERS["rnn"](epochs=1).fit(other, checkpoint=tmp_path / "c", resume=True)


def test_saved_and_loaded_gives_the_same(make, tmp_path) -> None:
    model = make(epochs=1).fit(TEXT, HELD_OUT)
    model.save(tmp_path / "m")
    loaded = type(model).load(tmp_path / "m")
    assert (loaded.score_ids(HELD_OUT.ids) == model.score_ids(HELD_OUT.ids)).all()
    assert loaded.generate(n=9, seed=1) == model.generate(n=9, seed=1)
    assert loaded.get_params() == model.get_params()
    assert loaded.figures_ == model.figures_
    weights = tmp_path / "m" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    with pytest.raises(CorruptedError):
        type(model).load(tmp_path / "m")


def test_start_vectors_are_taken_and_may_be_frozen() -> None:
    words = [word for word in VOCABULARY.words if word != "a0"]
    vectors = KeyedVectors(words, np.random.default_rng(0).normal(size=(len(words), 8)))
    model = MAKERS["lstm"](freeze=True, tied=False).fit(TEXT, vectors=vectors)
    weight = model.layers_.embedding.weight.value
    a, b = (VOCABULARY.index[word] for word in ("a1", "b2"))
    scale = weight[a] / vectors["a1"]
    assert scale == pytest.approx(scale[0], rel=1e-4)
    assert weight[b] / vectors["b2"] == pytest.approx(scale, rel=1e-4)
    free = MAKERS["lstm"](tied=False).fit(TEXT, vectors=vectors)
    assert (free.layers_.embedding.weight.value[a] != weight[a]).any()


def test_vectors_that_do_not_fit_are_refused() -> None:
    wide = KeyedVectors(["a1"], np.ones((1, 9)))
    with pytest.raises(InputError, match="9 dimensions"):
        MAKERS["nnlm"]().fit(TEXT, vectors=wide)
    strange = KeyedVectors(["x"], np.ones((1, 8)))
    with pytest.raises(InputError, match="none of the text's"):
        MAKERS["nnlm"]().fit(TEXT, vectors=strange)


def test_resuming_needs_the_vectors_it_began_with(tmp_path) -> None:
    draw = np.random.default_rng(0)
    words = VOCABULARY.words[2:]
    values = draw.normal(size=(len(words), 8)).astype(np.float32)
    vectors = KeyedVectors(words, values)
    whole = MAKERS["gru"](tied=False).fit(TEXT, vectors=vectors)

    class StopError(Exception):
        pass

    def stop(figures) -> None:
        if len(figures) == 2:
            raise StopError

    folder = tmp_path / "c"
    with pytest.raises(StopError):
        MAKERS["gru"](tied=False).fit(TEXT, vectors=vectors, checkpoint=folder, on_epoch=stop)
    moved = values.copy()
    moved[3, 2] += 1
    for other in (KeyedVectors(words, moved), KeyedVectors(words[::-1], values), None):
        with pytest.raises(ResumeError, match="vectors was"):
            MAKERS["gru"](tied=False).fit(TEXT, vectors=other, checkpoint=folder, resume=True)
    again = MAKERS["gru"](tied=False)
    again.fit(TEXT, vectors=KeyedVectors(words, values), checkpoint=folder, resume=True)
    for (name, a), (_, b) in zip(
        iterate_parameters(whole.layers_), iterate_parameters(again.layers_), strict=True
    ):
        assert np.array_equal(a.value, b.value), name


def test_learned_vectors_are_keyed() -> None:
    model = MAKERS["nnlm"](epochs=1).fit(TEXT)
    assert model.vectors_["a1"].shape == (8,)
    assert len(model.vectors_.most_similar("a1", topn=3)) == 3


def test_divergence_names_the_parameter_and_the_checkpoint(tmp_path) -> None:
    model = MAKERS["rnn"](learning_rate=1e30, max_norm=1e30)
    with pytest.raises(DivergenceError, match=r"epoch 1, step.*learning_rate") as caught:
        model.fit(TEXT, HELD_OUT, checkpoint=tmp_path / "c")
    assert "last good state" not in str(caught.value)  # none was saved
    assert not (tmp_path / "c").exists()
    with pytest.raises(ParameterError, match="fit first"):
        model.next_words([])

    model = MAKERS["rnn"]()
    add = model.add_gradients

    def spoil(ids, epoch, batch, *more):
        loss, n, state = add(ids, epoch, batch, *more)
        return (np.nan if epoch == 1 else loss), n, state

    model.add_gradients = spoil
    with pytest.raises(DivergenceError, match=rf"epoch 2, step 1.*state is in {tmp_path / 'c'}"):
        model.fit(TEXT, HELD_OUT, checkpoint=tmp_path / "c")
    again = MAKERS["rnn"]().fit(TEXT, HELD_OUT, checkpoint=tmp_path / "c", resume=True)
    assert len(again.figures_) == 3


def test_a_checkpoint_never_takes_up_what_diverged(tmp_path, monkeypatch) -> None:
    import embedrec.models.language.training as training

    monkeypatch.setattr(training, "_SECONDS_BETWEEN_SAVES", 0.0)
    model = MAKERS["gru"]()
    add, n = model.add_gradients, 0

    def spoil(*arguments):
        nonlocal n
        n += 1
        loss = add(*arguments)
        if n == 5:  # after the loss and the norm were looked at
            embedding = model.layers_.embedding.weight
            embedding.value[1, 1] = np.inf
        return loss

    model.add_gradients = spoil
    with pytest.raises(DivergenceError, match=r"epoch 1, step 5.*not finite.*last good state"):
        model.fit(TEXT, HELD_OUT, checkpoint=tmp_path / "c")
    again = MAKERS["gru"]().fit(TEXT, HELD_OUT, checkpoint=tmp_path / "c", resume=True)
    whole = MAKERS["gru"]().fit(TEXT, HELD_OUT)
    assert [f[:3] for f in again.figures_] == [f[:3] for f in whole.figures_]


def test_without_validation_the_last_step_is_looked_at_too() -> None:
    model = MAKERS["nnlm"](epochs=1)
    n = model.count_batches(TEXT.ids)
    add = model.add_gradients

    def spoil(ids, epoch, batch, *more):
        found = add(ids, epoch, batch, *more)
        if batch == n - 1:
            model.layers_.embedding.weight.value[0, 0] = np.nan
        return found

    model.add_gradients = spoil
    with pytest.raises(DivergenceError, match="not finite"):
        model.fit(TEXT)


def test_a_fit_that_fails_leaves_the_model_that_was(make) -> None:
    model = make(epochs=1).fit(TEXT)
    before = model.next_words(["a1"], 3)
    with pytest.raises(InputError):
        model.fit(LanguageText(TEXT.ids[:0], VOCABULARY))
    model.learning_rate = model.max_norm = 1e30
    with pytest.raises(DivergenceError):
        model.fit(TEXT)
    assert model.next_words(["a1"], 3) == before
    fresh = make()
    with pytest.raises(ParameterError, match="LanguageText"):
        fresh.fit(TRAIN)
    with pytest.raises(ParameterError, match="fit first"):
        fresh.next_words([])


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


def test_rates_suit_the_optimizer() -> None:
    settled = [
        (model.optimizer, model.learning_rate, model.max_norm)
        for model in (RNNLM("lstm"), RNNLM("rnn"), RNNLM("gru", optimizer="adam", max_norm=1.0))
    ]
    assert settled == [("sgd", 20.0, 0.25), ("adam", 0.001, 5.0), ("adam", 0.001, 1.0)]


def test_a_schedule_lowers_the_rate_whatever_the_validation_says() -> None:
    model = MAKERS["lstm"](epochs=6, patience=1, schedule="linear", learning_rate=1e-9)
    model.fit(TEXT, HELD_OUT)
    rates = [figures.learning_rate for figures in model.figures_]
    np.testing.assert_allclose(rates, 1e-9 * (1 - np.arange(6) / 6))
    model = MAKERS["lstm"](epochs=6, patience=1, learning_rate=1e-9).fit(TEXT, HELD_OUT)
    assert len(model.figures_) == 2  # the first epoch is progress from nothing


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
        RNNLM("rnn", vector_size=8, hidden_size=9).fit(TEXT)
    with pytest.raises(ParameterError, match="tied"):
        RNNLM("rnn", output="sampled").fit(TEXT)
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
