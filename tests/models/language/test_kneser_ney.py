"""Kneser-Ney n-grams: against dictionaries, as a distribution, on disk."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.errors import CorruptedError, InputError, ParameterError
from embedrec.models.language.kneser_ney import KneserNey
from embedrec.models.language.smoothing import compute_discounts
from embedrec.models.language.text import LanguageText, collect_vocabulary, encode_sentences
from tests.reference.kneser_ney import SlowKneserNey

SENTENCES = st.lists(st.lists(st.sampled_from("abcde"), min_size=1, max_size=6), min_size=1)


def encode(sentences: list[list[str]]) -> LanguageText:
    return encode_sentences(sentences, collect_vocabulary(sentences))


@settings(max_examples=60, deadline=None)
@given(train=SENTENCES, test=SENTENCES, order=st.integers(1, 5))
def test_probabilities_are_those_of_the_formula(
    train: list[list[str]], test: list[list[str]], order: int
) -> None:
    words = [*"abcde", "<eos>"]
    text = encode_sentences(train, collect_vocabulary([words[:-1]]))
    model = KneserNey(order).fit(text)
    slow = SlowKneserNey(train, words, order)
    scores = iter(np.exp(model.score_ids(encode_sentences(test, text.vocabulary).ids)))
    for sentence in test:
        for at, word in enumerate([*sentence, "<eos>"]):
            assert next(scores) == pytest.approx(slow.predict(sentence[:at], word), rel=1e-5)


@settings(max_examples=30, deadline=None)
@given(train=SENTENCES, context=st.lists(st.sampled_from("abcde"), max_size=6),
       order=st.integers(1, 5))  # fmt: skip
def test_next_words_are_a_distribution_and_agree_with_scores(
    train: list[list[str]], context: list[str], order: int
) -> None:
    text = encode_sentences(train, collect_vocabulary([list("abcde")]))
    model = KneserNey(order).fit(text)
    p = model.predict(model.read(context))
    assert p.sum() == pytest.approx(1, abs=1e-5)
    assert (p > 0).all()
    for word in "abcde":
        score = model.log_prob([*context, word]).words[-2]
        assert score == (word, pytest.approx(np.log(p[text.vocabulary.index[word]]), abs=1e-5))


def test_a_word_of_many_histories_is_likelier_in_a_new_one() -> None:
    # "francisco" occurs more often, but after one word only (Kneser and Ney's example).
    train = [["san", "francisco"]] * 6 + [[w, "glasses"] for w in ("my", "your", "his", "her")]
    model = KneserNey(2).fit(encode([*train, ["reading", "books"]]))
    likely = dict(model.next_words(["reading"], topn=20))
    assert likely["glasses"] > likely["francisco"]


def test_discounts_of_chen_and_goodman() -> None:
    counts = np.repeat([1, 2, 3, 4], [100, 40, 20, 10])
    y = 100 / 180
    expected = [0, 1 - 2 * y * 0.4, 2 - 3 * y * 0.5, 3 - 4 * y * 0.5]
    assert compute_discounts(counts) == pytest.approx(expected)
    assert compute_discounts(np.array([7, 7])) == pytest.approx([0, 0.5, 1, 1.5])


def test_saved_and_loaded_gives_the_same(tmp_path) -> None:
    text = encode([list("abcab"), list("bca"), list("aab")])
    model = KneserNey(3).fit(text)
    model.save(tmp_path / "kn")
    loaded = KneserNey.load(tmp_path / "kn")
    assert (loaded.score_ids(text.ids) == model.score_ids(text.ids)).all()
    assert loaded.generate(n=20, seed=4) == model.generate(n=20, seed=4)
    assert loaded.vocabulary_ == model.vocabulary_


def test_damaged_and_strange_folders_are_refused(tmp_path) -> None:
    model = KneserNey(2).fit(encode([list("abc")]))
    model.save(tmp_path / "kn")
    with pytest.raises(InputError):
        KneserNey.load(tmp_path / "nothing")
    weights = tmp_path / "kn" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-5])
    with pytest.raises(CorruptedError):
        KneserNey.load(tmp_path / "kn")
    other = tmp_path / "mine"
    other.mkdir()
    (other / "notes.txt").write_text("mine")
    with pytest.raises(ParameterError, match="something other"):
        model.save(other)
    model.save(tmp_path / "kn2")
    manifest = json.loads((tmp_path / "kn2" / "manifest.json").read_text())
    manifest["parameters"]["family"] = "lstm"
    (tmp_path / "kn2" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="lstm"):
        KneserNey.load(tmp_path / "kn2")


@pytest.mark.parametrize("order", [0, -1, 2.5, "3", True])
def test_order_is_checked(order: object) -> None:
    with pytest.raises(ParameterError, match="order"):
        KneserNey(order).fit(encode([list("ab")]))  # type: ignore[arg-type]


def test_asked_before_it_has_learnt() -> None:
    with pytest.raises(ParameterError, match="fit first"):
        KneserNey().perplexity([["a"]])
