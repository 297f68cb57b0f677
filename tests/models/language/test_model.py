"""What all language models share: text in ids, scores, suggestions, generation, mixtures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.errors import InputError, ParameterError
from embedrec.models.language.cache import UnigramCache
from embedrec.models.language.choice import choose_word
from embedrec.models.language.kneser_ney import KneserNey
from embedrec.models.language.mixture import Mixture, fit_weights
from embedrec.models.language.text import (
    LanguageText,
    collect_vocabulary,
    encode_sentences,
    read_sentences,
)
from embedrec.models.language.vocabulary import LanguageVocabulary

TRAIN = [
    s.split() for s in ("我 爱 北京", "我 爱 上海", "你 爱 北京 吗", "他 去 北京 站", "我 去 上海")
]


@pytest.fixture
def model() -> KneserNey:
    return KneserNey(3).fit(encode_sentences(TRAIN, collect_vocabulary(TRAIN)))


def test_vocabulary_is_ordered_and_cut() -> None:
    vocabulary = collect_vocabulary(TRAIN, max_size=5)
    assert vocabulary.words == ["<eos>", "<unk>", "北京", "我", "爱"]
    assert collect_vocabulary(TRAIN).unknown is None
    assert len(collect_vocabulary(TRAIN, min_count=2)) == 7
    assert LanguageVocabulary.from_json(vocabulary.to_json()) == vocabulary


@pytest.mark.parametrize("words", [["a"], ["<eos>", "a", "a"]])
def test_vocabulary_refuses(words: list[str]) -> None:
    with pytest.raises(ParameterError):
        LanguageVocabulary(words)


def test_unknown_words_are_mapped_counted_or_rejected() -> None:
    vocabulary = collect_vocabulary(TRAIN, max_size=5)
    text = encode_sentences([["我", "爱", "南京"], ["北京"]], vocabulary)
    assert vocabulary.decode(text.ids) == ["我", "爱", "<unk>", "<eos>", "北京", "<eos>"]
    assert text.unknown_rate == pytest.approx(1 / 4)
    with pytest.raises(InputError, match="南京"):
        encode_sentences([["我", "南京"]], vocabulary, unknown="reject")
    with pytest.raises(InputError, match="南京"):
        encode_sentences([["我", "南京"]], collect_vocabulary(TRAIN))
    with pytest.raises(InputError, match="none of the text's 2 words"):
        encode_sentences([["x", "y"]], vocabulary)
    with pytest.raises(InputError, match="empty"):
        encode_sentences([], vocabulary)
    assert collect_vocabulary(TRAIN, has_unknown=True).unknown == 1


def test_sentences_are_lists_of_words(model: KneserNey) -> None:
    for wrong in (["我 爱 北京"], [["我", 1]]):
        with pytest.raises(ParameterError, match="words"):
            collect_vocabulary(wrong)
        with pytest.raises(ParameterError, match="words"):
            model.evaluate(wrong)
    with pytest.raises(InputError, match="'<eos>' itself"):
        model.evaluate([["我", "<eos>", "爱"]])
    with pytest.raises(ParameterError, match="LanguageText"):
        KneserNey().fit(TRAIN)
    with pytest.raises(InputError, match="empty"):
        KneserNey().fit(LanguageText(np.zeros(0, np.int32), model.vocabulary_))
    with pytest.raises(ParameterError, match="fit first"):
        KneserNey().save("nowhere")


def test_mixtures_are_fitted_on_text_of_their_words(model: KneserNey) -> None:
    mixture = Mixture([model, UnigramCache(model.vocabulary_)])
    with pytest.raises(InputError, match="encoded with 2 words"):
        mixture.fit(encode_sentences([["a"]], collect_vocabulary([["a"]])))
    with pytest.raises(InputError, match="empty"):
        mixture.fit(LanguageText(np.zeros(0, np.int32), model.vocabulary_))
    with pytest.raises(ParameterError, match="LanguageText"):
        mixture.fit(TRAIN)
    assert mixture.weights_.tolist() == [0.5, 0.5]


def test_files_by_word_and_character(tmp_path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("我 爱北京\n\n a b\n", encoding="utf-8")
    assert list(read_sentences(path)) == [["我", "爱北京"], ["a", "b"]]
    assert list(read_sentences(path, "character")) == [list("我爱北京"), ["a", "b"]]
    path.write_text("我 爱\n", encoding="utf-8-sig")
    assert list(read_sentences(path)) == [["我", "爱"]]
    path.write_bytes(b"a b\nc\n\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        list(read_sentences(path))
    with pytest.raises(InputError, match="can't read"):
        list(read_sentences(tmp_path / "no.txt"))
    with pytest.raises(ParameterError, match="unit"):
        list(read_sentences(path, "byte"))


def test_evaluation_counts_ends(model: KneserNey) -> None:
    result = model.evaluate([["我", "爱", "上海"]])
    assert result.n_tokens == 4
    scored = model.log_prob(["我", "爱", "上海"])
    assert result.log_prob == pytest.approx(scored.log_prob)
    assert result.perplexity == pytest.approx(np.exp(-scored.log_prob / 4))
    assert [word for word, _ in scored.words] == ["我", "爱", "上海", "<eos>"]


def test_text_of_other_words_is_refused(model: KneserNey) -> None:
    other = encode_sentences([["a"]], collect_vocabulary([["a"]]))
    with pytest.raises(InputError, match="encoded with 2 words"):
        model.evaluate(other)
    with pytest.raises(InputError, match="empty"):
        model.evaluate(LanguageText(np.zeros(0, np.int32), model.vocabulary_))


def test_next_words(model: KneserNey) -> None:
    likely = model.next_words(["我", "爱"], topn=3)
    assert {word for word, _ in likely[:2]} == {"北京", "上海"}
    assert [word for word, _ in model.next_words(["我", "爱"], prefix="上")] == ["上海"]
    assert "<eos>" in dict(model.next_words(["我", "去", "上海"], marks=True))
    assert "<eos>" not in dict(model.next_words(["我", "去", "上海"], topn=100))
    assert model.next_words(["我"], prefix="zzz") == []
    with pytest.raises(ParameterError, match="topn"):
        model.next_words([], topn=0)
    with pytest.raises(ParameterError, match="list of words"):
        model.next_words("我爱")


def test_generation_is_seeded_and_follows_settings(model: KneserNey) -> None:
    assert model.generate(n=30, seed=1) == model.generate(n=30, seed=1)
    assert model.generate(n=30, seed=1) != model.generate(n=30, seed=2)
    greedy = model.generate(["我"], n=3, temperature=0)
    assert greedy[0] == model.next_words(["我"], topn=1, marks=True)[0][0]
    assert model.generate(["我"], n=3, top_k=1, seed=9) == greedy
    assert model.generate(n=0) == []


@pytest.mark.parametrize(
    "wrong",
    [{"temperature": -1}, {"temperature": float("nan")}, {"top_k": 0}, {"top_k": 5.0}, {"top_p": 0},
     {"top_p": 2}, {"n": -1}],
)  # fmt: skip
def test_generation_refuses(model: KneserNey, wrong: dict) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        model.generate(**{"n": 1, **wrong})


def test_choice_draws_in_proportion() -> None:
    p, generator = np.array([0.1, 0.6, 0.3]), np.random.default_rng(0)
    drawn = np.bincount([choose_word(p, generator) for _ in range(4000)], minlength=3) / 4000
    assert drawn == pytest.approx(p, abs=0.03)
    halved = np.array([choose_word(p, generator, temperature=0.5) for _ in range(4000)])
    expected = p**2 / (p**2).sum()
    assert np.bincount(halved, minlength=3) / 4000 == pytest.approx(expected, abs=0.03)
    assert {choose_word(p, generator, top_p=0.6) for _ in range(200)} == {1}
    assert {choose_word(p, generator, top_p=0.61) for _ in range(200)} == {1, 2}
    assert {choose_word(p, generator, top_k=2) for _ in range(200)} == {1, 2}


def slow_cache(ids: np.ndarray, n_words: int, size: int, smoothing: float) -> list[float]:
    scores = []
    for at, word in enumerate(ids):
        held = list(ids[max(0, at - size) : at])
        p = (held.count(word) + smoothing / n_words) / (len(held) + smoothing)
        scores.append(np.log(p))
    return scores


@settings(max_examples=40, deadline=None)
@given(ids=st.lists(st.integers(0, 5), min_size=1, max_size=40), size=st.integers(1, 12))
def test_cache_counts_the_last_words(ids: list[int], size: int) -> None:
    cache = UnigramCache(LanguageVocabulary(["<eos>", *"abcde"]), size, 0.5)
    array = np.array(ids, np.int32)
    scores = cache.score_ids(array)
    assert scores == pytest.approx(slow_cache(array, 6, size, 0.5))
    state = cache.begin()
    for word, score in zip(ids, scores, strict=True):
        p = cache.predict(state)
        assert p.sum() == pytest.approx(1)
        assert np.log(p[word]) == pytest.approx(score)
        state = cache.advance(state, word)


def test_mixture_is_at_least_as_good_as_its_parts(model: KneserNey) -> None:
    short = KneserNey(1).fit(encode_sentences(TRAIN, model.vocabulary_))
    held_out = encode_sentences(
        [["我", "爱", "北京", "站"], ["他", "去", "上海"]], model.vocabulary_
    )
    mixture = Mixture([model, short, UnigramCache(model.vocabulary_)]).fit(held_out)
    best = min(m.perplexity(held_out) for m in mixture.models)
    assert mixture.perplexity(held_out) <= best * (1 + 1e-4)
    assert mixture.weights_.sum() == pytest.approx(1)
    p = mixture.predict(mixture.read(["我", "爱"]))
    assert p.sum() == pytest.approx(1, abs=1e-5)
    score = mixture.log_prob(["我", "爱", "北京"]).words[2][1]
    assert np.exp(score) == pytest.approx(p[model.vocabulary_.index["北京"]], rel=1e-4)


def test_weights_of_a_known_mixture_are_found() -> None:
    generator = np.random.default_rng(0)
    first, second = np.array([0.7, 0.2, 0.1]), np.array([0.1, 0.2, 0.7])
    words = generator.choice(3, 20_000, p=0.3 * first + 0.7 * second)
    weights = fit_weights(np.log(np.stack([first[words], second[words]])))
    assert weights == pytest.approx([0.3, 0.7], abs=0.03)


def test_mixture_refuses(model: KneserNey) -> None:
    with pytest.raises(ParameterError, match="at least one"):
        Mixture([])
    other = KneserNey(1).fit(encode_sentences([["a"]], collect_vocabulary([["a"]])))
    with pytest.raises(InputError, match="can't be mixed"):
        Mixture([model, other])
