"""Training of neural language models: seeded, resumable, and nothing bad passes for a model."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import CorruptedError, DivergenceError, InputError, ParameterError, ResumeError
from embedrec.models.language.text import LanguageText
from embedrec.models.rnnlm import RNNLM
from embedrec.nn import iterate_parameters
from embedrec.vectors.keyed import KeyedVectors
from tests.models.language.small import HELD_OUT, MAKERS, TEXT, TRAIN, VOCABULARY


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest):
    return MAKERS[request.param]


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


def test_rates_suit_the_optimizer_and_the_kind() -> None:
    settled = [
        (
            model.learning_rate, model.max_norm, model.hidden_rate, model.n_layers, model.n_steps,
            model.epochs, model.schedule,
        )
        for model in (RNNLM("lstm"), RNNLM("rnn"), RNNLM("gru", optimizer="adam", max_norm=1.0))
    ]  # fmt: skip
    assert settled == [
        (20.0, 0.25, 1, 2, 35, 30, "plateau"),
        (20.0, 0.25, 0.03, 1, 10, 12, "linear"),
        (0.001, 1.0, 1, 2, 35, 30, "plateau"),
    ]


@pytest.mark.parametrize("kind", ["rnn", "nnlm"])
def test_hidden_layers_learn_at_their_share_of_the_rate(kind: str) -> None:
    """One step without clipping: theirs is a quarter as long, that of all else the same."""
    whole_text = {"batch_size": len(TEXT.ids)} if kind == "nnlm" else {"n_steps": len(TEXT.ids)}
    before, whole, quarter = (
        {
            name: parameter.value.copy()
            for name, parameter in iterate_parameters(model.fit(TEXT).layers_)
        }
        for model in (
            MAKERS[kind](
                epochs=1, max_norm=1e9, learning_rate=rate, hidden_rate=share, **whole_text
            )
            for rate, share in ((1e-12, 1), (0.5, 1), (0.5, 0.25))
        )
    )
    for name, start in before.items():
        share = 0.25 if name.startswith(("stack.", "hidden.")) else 1.0
        moved = whole[name] - start
        assert np.abs(moved).max() > 0
        np.testing.assert_allclose(quarter[name] - start, share * moved, atol=1e-6)


@pytest.mark.parametrize("rate", [0, -1.0, np.nan, True, "1"])
def test_a_share_that_cannot_be(rate: object) -> None:
    with pytest.raises(ParameterError, match="hidden_rate must be above 0"):
        MAKERS["lstm"](hidden_rate=rate).fit(TEXT)


def test_a_schedule_lowers_the_rate_whatever_the_validation_says() -> None:
    model = MAKERS["lstm"](epochs=6, patience=1, schedule="linear", learning_rate=1e-9)
    model.fit(TEXT, HELD_OUT)
    rates = [figures.learning_rate for figures in model.figures_]
    np.testing.assert_allclose(rates, 1e-9 * (1 - np.arange(6) / 6))
    model = MAKERS["lstm"](epochs=6, patience=1, learning_rate=1e-9).fit(TEXT, HELD_OUT)
    assert len(model.figures_) == 2  # the first epoch is progress from nothing
