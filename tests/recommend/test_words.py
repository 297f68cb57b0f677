"""Recommendations of words: the shared suite for each kind, known geometry, forms and pieces."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import assume, given

from embedrec.errors import ParameterError
from embedrec.recommend.result import Recommendation, Recommendations
from embedrec.recommend.words import WordRecommender
from embedrec.text.pipeline import TextPipeline, TextSettings
from embedrec.vectors.keyed import KeyedVectors
from tests.recommend.behaviour import (
    HISTORIES,
    QUICK,
    SIZE,
    WordRecommenderBehaviour,
    is_usable,
    make_vectors,
)


class TestBlend(WordRecommenderBehaviour):
    options: ClassVar = {}


class TestMean(WordRecommenderBehaviour):
    options: ClassVar = {"score": "mean"}


class TestMax(WordRecommenderBehaviour):
    options: ClassVar = {"score": "max"}


class TestPlainBlend(WordRecommenderBehaviour):
    options: ClassVar = {"centre": 0}


class TestPlainMean(WordRecommenderBehaviour):
    options: ClassVar = {"score": "mean", "centre": 0}


class TestPlainMax(WordRecommenderBehaviour):
    options: ClassVar = {"score": "max", "centre": 0}


def recommend_slowly(
    vectors: KeyedVectors, history: list[tuple[str, float]], score: str, centre: float
) -> dict[str, float]:
    """Score every unseen word from the definition, one pair of words after the other."""

    def unit(word: str) -> list[float]:
        row = [float(x) for x in vectors[word]]
        norm = math.sqrt(sum(x * x for x in row))
        return [x / norm for x in row] if norm else row

    def dot(a: list[float], b: list[float]) -> float:
        return sum(x * y for x, y in zip(a, b, strict=True))

    size = vectors.vector_size
    units = {word: unit(word) for word in vectors.index_to_key}
    middle = [sum(row[d] for row in units.values()) / len(units) * centre for d in range(size)]
    heaviest = max(weight for word, weight in history if word in vectors)
    asked = {}
    for word, weight in history:
        if word in vectors and weight > 0 and any(units[word]):
            row = [x - m for x, m in zip(units[word], middle, strict=True)]
            old = asked.get(word, (0.0, row))[0]
            asked[word] = (old + weight, row)
    total = [sum(weight * row[d] for weight, row in asked.values()) for d in range(size)]
    heaviest = max((weight for weight, _ in asked.values()), default=heaviest)
    scores = {}
    for word in set(vectors.index_to_key) - {word for word, _ in history}:
        if score == "mean":
            norm = math.sqrt(dot(total, total))
            scores[word] = dot(units[word], total) / norm if norm else 0.0
        elif score == "blend":
            amount = sum(weight for word, weight in history if word in vectors)
            cubes = [w / amount * max(0, dot(units[word], row)) ** 3 for w, row in asked.values()]
            scores[word] = sum(cubes) ** (1 / 3)
        else:
            products = [w / heaviest * dot(units[word], row) for w, row in asked.values()]
            scores[word] = max(products, default=0.0)
    return scores


@pytest.mark.parametrize("centre", [1, 0.8, 0])
@pytest.mark.parametrize("score", ["blend", "mean", "max"])
def test_agrees_with_the_slow_twin(score: str, centre: float) -> None:
    vectors = make_vectors()
    recommender = WordRecommender(vectors, score=score, centre=centre)

    @given(history=HISTORIES)
    @QUICK
    def check(history: list[tuple[str, float]]) -> None:
        history = [(word, round(weight, 2)) for word, weight in history if word != "w11"]
        assume(history and is_usable(history))
        assume(any(word in vectors and weight > 0 for word, weight in history))
        twin = recommend_slowly(vectors, history, score, centre)
        found = recommender.recommend(history, SIZE)
        assert {item.word: item.score for item in found} == pytest.approx(twin, abs=1e-6)

    check()


@pytest.mark.parametrize("centre", [1, 0.8, 0])
@given(history=HISTORIES)
@QUICK
def test_shares_explain_the_score(centre: float, history: list[tuple[str, float]]) -> None:
    assume(is_usable(history))
    for score, gather in (("blend", sum), ("mean", sum), ("max", max)):
        found = WordRecommender(make_vectors(), score=score, centre=centre).recommend(history)
        for item in found:
            shares = [share for _, share in item.because]
            expected: Any = gather(shares) if shares else 0.0
            assert item.score == pytest.approx(expected, abs=1e-6)


def make_town() -> KeyedVectors:
    """Cities point east, poets north, and one word lies between."""
    degrees = {
        "北京": 0, "上海": 10, "广州": 20, "门户": 45, "李白": 90, "杜甫": 80, "白居易": 71,
    }  # fmt: skip
    vectors = [[math.cos(math.radians(d)), math.sin(math.radians(d))] for d in degrees.values()]
    return KeyedVectors(list(degrees), np.array(vectors, np.float32))


def test_one_mean_lands_between_two_interests_and_the_maximum_does_not() -> None:
    mean = WordRecommender(make_town(), score="mean", centre=0)
    best = WordRecommender(make_town(), score="max", centre=0)
    assert mean.recommend(["北京", "李白"], 1).words == ["门户"]
    found = best.recommend(["北京", "李白"], 2)
    assert found.words == ["上海", "杜甫"]
    assert found[0].score == pytest.approx(math.cos(math.radians(10)))
    assert found[0].because[0] == ("北京", pytest.approx(math.cos(math.radians(10))))
    assert found[1].because[0] == ("李白", pytest.approx(math.cos(math.radians(10))))


def test_mean_by_hand() -> None:
    found = WordRecommender(make_town(), score="mean", centre=0).recommend(
        [("北京", 1.0), ("李白", 1.0)], 1
    )
    assert found[0].score == pytest.approx(1.0)
    assert found[0].because == [("北京", pytest.approx(0.5)), ("李白", pytest.approx(0.5))]


def test_half_life_turns_the_profile() -> None:
    recommender = WordRecommender(make_town(), score="mean", centre=0)
    history = [("北京", 1.0, 0.0), ("李白", 1.0, 50.0)]
    assert recommender.recommend(history, 1).words == ["门户"]
    assert recommender.recommend(history, 1, half_life=5.0).words == ["杜甫"]


def test_opposite_words_cancel_and_rank_decides() -> None:
    vectors = np.array([[1, 0], [-1, 0], [0.3, 0.9], [0.6, 0.1]], np.float32)
    recommender = WordRecommender(KeyedVectors(list("abcd"), vectors), score="mean", centre=0)
    found = recommender.recommend(["a", "b"])
    assert [(item.word, item.score) for item in found] == [("c", 0.0), ("d", 0.0)]


def test_centre_takes_off_what_is_common() -> None:
    # Every word shares a strong first direction; the rest tells them apart.
    rows = [[3, 1, 0], [3, 1, 0.2], [3, -1, 0], [3, 0, 1], [9, 0, 0.5]]
    vectors = KeyedVectors(list("abcde"), np.array(rows, np.float32))
    plain = WordRecommender(vectors, score="mean", centre=0).recommend(["a"])
    centred = WordRecommender(vectors, score="mean", centre=1).recommend(["a"])
    assert plain[0].word == centred[0].word == "b"
    assert min(item.score for item in plain) > 0.7
    assert centred[-1].score < -0.2


@pytest.mark.parametrize(
    "options",
    [
        {"score": "sum"},
        {"unknown": "guess"},
        {"min_count": -1},
        {"min_count": 1.5},
        {"centre": 2},
        {"centre": "no"},
    ],
)
def test_bad_options(options: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(options))):
        WordRecommender(make_town(), **options)


def test_batch_is_not_one_history() -> None:
    with pytest.raises(ParameterError, match="several histories"):
        WordRecommender(make_town()).recommend_batch("北京")


# --- forms and pieces -----------------------------------------------------------------------------


class SpellingPipeline(TextPipeline):
    """Cuts at blanks and hyphens and spells in small letters: quick, and plain to see through."""

    def cut_query(self, text: str) -> list[str]:
        return text.lower().replace("-", " ").split()

    def describe(self) -> dict[str, Any]:
        return {"spelling": "small"}


def make_mixed() -> KeyedVectors:
    words = ["music", "Music", "MUSIC", "song", "Song", "tune", "noise"]
    rng = np.random.default_rng(3)
    near = rng.normal(size=4) + 0.05 * rng.normal(size=(6, 4))
    return KeyedVectors(words, np.vstack([near, rng.normal(size=4)]).astype(np.float32))


@pytest.mark.parametrize("score", ["blend", "mean", "max"])
def test_other_forms_of_seen_and_excluded_words_never_come(score: str) -> None:
    recommender = WordRecommender(make_mixed(), pipeline=SpellingPipeline(), score=score)
    assert recommender.recommend(["mUSIC"], 2, exclude=["SONG"]).words == ["tune", "noise"]
    assert set(recommender.recommend(["Music"], 9).words) == {"song", "Song", "tune", "noise"}
    assert recommender.recommend(["Music"], 1, candidates=["MUSIC", "Tune"]).words == ["tune"]
    with_zero = recommender.recommend([("Song", 0.0), "tune"], 9)
    assert set(with_zero.words) == {"music", "Music", "MUSIC", "noise"}


def test_forms_of_one_word_share_one_place() -> None:
    recommender = WordRecommender(make_mixed(), pipeline=SpellingPipeline())
    twice = recommender.recommend(["tUNE", ("TUNE", 2.0), ("noise", 1.0)])
    assert twice.words == recommender.recommend([("tune", 3.0), ("noise", 1.0)]).words
    assert {word for word, _ in twice[0].because} == {"tUNE", "noise"}


def test_pieces_stand_for_a_word_and_never_come_back() -> None:
    recommender = WordRecommender(make_mixed(), pipeline=SpellingPipeline())
    found = recommender.recommend(["Tune-Noise-Nothing", "Nothing"], 9)
    assert not {"tune", "noise"} & set(found.words)
    assert found.unknown == ("Nothing",)
    assert [word for word, _ in found[0].because] == ["Tune-Noise-Nothing"]
    mean = WordRecommender(make_mixed(), pipeline=SpellingPipeline(), score="mean", centre=0)
    assert mean.recommend(["Tune-Noise"], 9).words == mean.recommend(["tune", "noise"], 9).words


def test_ignored_words_are_not_cut_but_forms_are_known() -> None:
    recommender = WordRecommender(make_mixed(), pipeline=SpellingPipeline(), unknown="ignore")
    found = recommender.recommend(["TUNE", "tune-noise"], 9)
    assert found.unknown == ("tune-noise",)
    assert "tune" not in found.words
    assert "noise" in found.words


def make_chinese(**text: Any) -> KeyedVectors:
    words = ["音乐", "歌曲", "歌手", "北京", "大学", "java"]
    vectors = np.random.default_rng(1).normal(size=(6, 5)).astype(np.float32)
    return KeyedVectors(
        words, vectors, metadata={"text": TextPipeline(TextSettings(**text)).describe()}
    )


def test_the_models_own_pipeline_is_rebuilt() -> None:
    recommender = WordRecommender(make_chinese())
    found = recommender.recommend(["音樂", "JAVA", "北京歌曲", "火星"], 9)
    assert found.unknown == ("火星",)
    assert set(found.words) == {"大学", "歌手"}  # the pieces of 北京歌曲 were seen, too
    assert recommender.recommend(["歌手"], 9, exclude=["音樂", "Java"]).words == (
        recommender.recommend(["歌手"], 9, exclude=["音乐", "java"]).words
    )


def test_script_and_capitals_stay_apart_where_the_model_keeps_them() -> None:
    found = WordRecommender(make_chinese(script="keep", latin="keep")).recommend(
        ["音樂", "JAVA", "歌手"]
    )
    assert found.unknown == ("音樂", "JAVA")


def test_user_dictionary_comes_with_the_model(tmp_path: Any) -> None:
    path = tmp_path / "words.txt"
    path.write_text("音乐歌手 1000 n\n", encoding="utf-8")
    pipeline = TextPipeline(TextSettings(user_dict=str(path)))
    plain = make_chinese()
    vectors = KeyedVectors(
        plain.index_to_key,
        plain.vectors,
        metadata={"text": pipeline.describe()},
        user_dict_text=pipeline.user_dict_text,
    )
    # One word by the dictionary, so it has no pieces; without it, 音乐 and 歌手.
    assert WordRecommender(vectors).recommend(["音乐歌手", "北京"]).unknown == ("音乐歌手",)
    assert WordRecommender(plain).recommend(["音乐歌手", "北京"]).unknown == ()


def test_without_any_pipeline_strange_words_stay_unknown() -> None:
    assert WordRecommender(make_town()).recommend(["北京", "北京上海"]).unknown == ("北京上海",)


# --- the answer -----------------------------------------------------------------------------------


def test_answer_is_like_a_list() -> None:
    items = [Recommendation("a", 0.5, [("x", 0.5)]), Recommendation("b", 0.25)]
    found = Recommendations(items, ["gone"])
    assert len(found) == 2
    assert [item.word for item in found] == found.words == ["a", "b"]
    assert found[0] is items[0]
    assert isinstance(found[:1], Recommendations)
    assert found[:1].unknown == ("gone",)
    assert found == Recommendations(items, ["gone"])
    assert found != Recommendations(items)
    assert found != items
    assert repr(found) == "<Recommendations a 0.500, b 0.250; unknown: gone>"
    with pytest.raises(AttributeError):
        items[0].word = "c"  # type: ignore[misc]
