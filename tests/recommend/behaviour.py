"""What every recommender must do: one suite, inherited once for each kind.

A subclass says how its recommender is made; everything here holds for all of them. What is more
for words stands in `WordRecommenderBehaviour`, for ratings in `rating_behaviour`.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from embedrec.errors import EmbedrecError, ParameterError, UnknownWordError
from embedrec.recommend.result import Recommendations
from embedrec.recommend.words import WordRecommender
from embedrec.vectors.keyed import KeyedVectors

SIZE = 40
WORDS = [f"w{i}" for i in range(SIZE)]
HISTORIES = st.lists(
    st.tuples(st.sampled_from([*WORDS, "absent"]), st.floats(0, 100)), min_size=1, max_size=8
)
EXCLUSIONS = st.lists(st.sampled_from([*WORDS, "nowhere"]), max_size=SIZE)
QUICK = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


def make_vectors(seed: int = 0, size: int = SIZE) -> KeyedVectors:
    """Return random vectors with a common direction, some equal to one another, one of zeros."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(size, 6)) + 0.8
    vectors[5] = vectors[9] = vectors[17]
    vectors[11] = 0.0
    counts = np.arange(size, 0, -1)
    return KeyedVectors([f"w{i}" for i in range(size)], vectors.astype(np.float32), counts=counts)


def is_usable(history: list[tuple[str, float]]) -> bool:
    """Say whether a history holds a known word and a weight above 0."""
    return any(word in WORDS for word, _ in history) and any(weight for _, weight in history)


class RecommenderBehaviour:
    """The suite for all; items are WORDS, and "absent" and "nowhere" are none of them."""

    histories: ClassVar[Any]  # strategy of lists of (item, weight or rating), all asked for alike
    unordered: ClassVar[Any]  # the same, where the order can't play a part
    wrong_histories: ClassVar[list[Any]]
    explaining: ClassVar[dict[str, Any]] = {}  # what `recommend` needs to give reasons
    n_explained: ClassVar[int] = 10
    a_history: ClassVar[list[tuple[str, float]]]

    def make(self, **more: Any) -> Any:
        """Build the recommender under test."""
        raise NotImplementedError

    def is_usable(self, history: list[tuple[str, float]]) -> bool:
        """Say whether a history asks for anything."""
        return True

    def list_reasons(self, history: list[tuple[str, float]]) -> set[str]:
        """Return which items of a history must be named as reasons."""
        raise NotImplementedError

    @pytest.fixture
    def recommender(self) -> Any:
        """Return the recommender under test."""
        return self.make()

    def draw(self, data: st.DataObject, strategy: Any) -> list[tuple[str, float]]:
        """Return a history that asks for something."""
        history: list[tuple[str, float]] = data.draw(strategy)
        assume(self.is_usable(history))
        return history

    @given(data=st.data(), exclude=EXCLUSIONS, n=st.integers(0, SIZE + 5))
    @QUICK
    def test_never_seen_always_n_best_first(
        self, recommender: Any, data: st.DataObject, exclude: list[str], n: int
    ) -> None:
        history = self.draw(data, self.histories)
        found = recommender.recommend(history, n, exclude)
        barred = {word for word, _ in history} | set(exclude)
        assert not barred & set(found.items)
        assert len(set(found.items)) == len(found) == min(n, len(set(WORDS) - barred))
        scores = [item.score for item in found]
        assert scores == sorted(scores, reverse=True)
        assert np.isfinite(scores).all()
        assert set(found.unknown) == {word for word, _ in history} & {"absent"}

    @given(data=st.data())
    @QUICK
    def test_order_of_the_history_plays_no_part(
        self, recommender: Any, data: st.DataObject
    ) -> None:
        history = self.draw(data, self.unordered)
        shuffled = data.draw(st.permutations(history))
        assert self.strip(recommender.recommend(shuffled)) == self.strip(
            recommender.recommend(history)
        )

    @given(data=st.data(), exclude=EXCLUSIONS)
    @QUICK
    def test_batch_gives_what_single_calls_give(
        self, recommender: Any, data: st.DataObject, exclude: list[str]
    ) -> None:
        histories = data.draw(st.lists(self.histories, max_size=4))
        assume(all(self.is_usable(history) for history in histories))
        batch = recommender.recommend_batch(histories, 5, exclude)
        assert batch == [recommender.recommend(history, 5, exclude) for history in histories]

    @given(data=st.data(), candidates=EXCLUSIONS, n=st.integers(1, 10))
    @QUICK
    def test_candidates_are_a_filter_on_the_whole_list(
        self, recommender: Any, data: st.DataObject, candidates: list[str], n: int
    ) -> None:
        history = self.draw(data, self.histories)
        whole = recommender.recommend(history, SIZE)
        chosen = [item for item in whole if item.item in candidates][:n]
        assert list(recommender.recommend(history, n, candidates=candidates)) == chosen
        excluded = [item for item in whole if item.item not in candidates][:n]
        assert list(recommender.recommend(history, n, candidates)) == excluded

    @given(data=st.data(), share=st.floats(0, 1))
    @QUICK
    def test_min_score_is_a_filter_on_the_whole_list(
        self, recommender: Any, data: st.DataObject, share: float
    ) -> None:
        history = self.draw(data, self.histories)
        whole = recommender.recommend(history, SIZE)
        scores = [item.score for item in whole] or [0.0]
        for least in (min(scores) + share * (max(scores) - min(scores)), -1.0, max(scores)):
            expected = [item for item in whole if item.score >= least]
            assert list(recommender.recommend(history, SIZE, min_score=least)) == expected

    @given(data=st.data())
    @QUICK
    def test_because_names_the_known_words_best_first(
        self, recommender: Any, data: st.DataObject
    ) -> None:
        history = self.draw(data, self.histories)
        for item in recommender.recommend(history, self.n_explained, **self.explaining):
            assert {word for word, _ in item.because} == self.list_reasons(history)
            shares = [share for _, share in item.because]
            assert shares == sorted(shares, reverse=True)

    def test_no_candidates_no_answer(self, recommender: Any) -> None:
        assert len(recommender.recommend(self.a_history, candidates=[])) == 0
        assert len(recommender.recommend(self.a_history, candidates=["nowhere"])) == 0

    def test_same_answers_from_a_second_recommender(self, recommender: Any) -> None:
        found = recommender.recommend(self.a_history, SIZE)
        assert len(found) == SIZE - len(self.a_history)
        assert self.make().recommend(self.a_history, SIZE) == found

    @pytest.mark.parametrize(
        "arguments",
        [
            {"n": -1},
            {"n": 1.5},
            {"n": True},
            {"min_score": float("nan")},
            {"exclude": [None]},
            {"candidates": [None]},
        ],
    )
    def test_bad_arguments_are_one_line(self, recommender: Any, arguments: dict[str, Any]) -> None:
        with pytest.raises(ParameterError) as caught:
            recommender.recommend(self.a_history, **arguments)
        assert "\n" not in str(caught.value)

    def test_bad_histories_are_one_line(self, recommender: Any) -> None:
        for history in self.wrong_histories:
            with pytest.raises(EmbedrecError) as caught:
                recommender.recommend(history)
            assert "\n" not in str(caught.value)
            assert caught.value.exit_code == 2

    def test_batch_of_none_and_batch_that_is_one(self, recommender: Any) -> None:
        assert recommender.recommend_batch([]) == []
        with pytest.raises(ParameterError, match="takes several"):
            recommender.recommend_batch("w1")

    @staticmethod
    def strip(found: Recommendations) -> list[tuple[Any, ...]]:
        """Return what may not depend on the order of the history."""
        return [(item.item, item.score, sorted(item.because)) for item in found]


class WordRecommenderBehaviour(RecommenderBehaviour):
    """What is more for words; `make` builds the recommender under test."""

    options: ClassVar[dict[str, Any]] = {}
    histories: ClassVar[Any] = HISTORIES
    unordered: ClassVar[Any] = HISTORIES
    a_history: ClassVar = [("w1", 0.3), ("w2", 2.0), ("w30", 1.0)]
    wrong_histories: ClassVar = [
        [], [("w1", -1.0)], [("w1", float("nan"))], [("w1", 0.0)], [""], [None], [("w1", "x")],
    ]  # fmt: skip

    def make(self, **more: Any) -> WordRecommender:
        """Build the recommender under test."""
        return WordRecommender(make_vectors(), **{**self.options, **more})

    def is_usable(self, history: list[tuple[str, float]]) -> bool:
        """Say whether a history holds a known word and a weight above 0."""
        return is_usable(history)

    def list_reasons(self, history: list[tuple[str, float]]) -> set[str]:
        """Return the known words with a weight above 0."""
        return {word for word, weight in history if word in WORDS and weight > 0}

    @given(history=HISTORIES, power=st.integers(-20, 20))
    @QUICK
    def test_common_factor_of_weights_plays_no_part(
        self, recommender: WordRecommender, history: list[tuple[str, float]], power: int
    ) -> None:
        history = [(word, round(weight, 3)) for word, weight in history]
        assume(is_usable(history))
        # A power of two, so that the weights are scaled without rounding.
        scaled = [(word, weight * 2.0**power) for word, weight in history]
        assert recommender.recommend(scaled) == recommender.recommend(history)

    @given(history=HISTORIES, half_life=st.floats(0.01, 100), time=st.floats(-1e6, 1e6))
    @QUICK
    def test_half_life_with_equal_times_changes_nothing(
        self,
        recommender: WordRecommender,
        history: list[tuple[str, float]],
        half_life: float,
        time: float,
    ) -> None:
        assume(is_usable(history))
        timed = [(word, weight, time) for word, weight in history]
        decayed = recommender.recommend(timed, half_life=half_life)
        assert decayed == recommender.recommend(history)

    def test_equal_scores_come_by_rank(self, recommender: WordRecommender) -> None:
        found = recommender.recommend(["w9"], 3)
        assert found.words[:2] == ["w5", "w17"]
        assert found[0].score == found[1].score > found[2].score
        third = recommender.recommend([("w9", 0.0), ("w17", 1.0)], 3)
        assert third.words[0] == "w5"

    def test_word_without_direction_is_seen_and_asks_for_nothing(
        self, recommender: WordRecommender
    ) -> None:
        alone = recommender.recommend(["w11"], 3)
        assert [(item.word, item.score) for item in alone] == [("w0", 0), ("w1", 0), ("w2", 0)]
        both = recommender.recommend(["w11", "w4"], SIZE)
        assert "w11" not in both.words

    def test_repeated_words_add_up(self, recommender: WordRecommender) -> None:
        once = recommender.recommend([("w1", 3.0), ("w2", 1.0)])
        assert recommender.recommend(["w1", "w2", "w1", ("w1", 1.0)]) == once

    def test_zero_weight_is_seen_and_asks_for_nothing(self, recommender: WordRecommender) -> None:
        found = recommender.recommend([("w1", 0.0), "w2"], SIZE)
        assert "w1" not in found.words
        without = recommender.recommend(["w2"], SIZE, exclude=["w1"])
        assert found == without

    def test_heavier_word_draws_nearer(self, recommender: WordRecommender) -> None:
        def find_share(weight: float) -> float:
            found = recommender.recommend([("w1", weight), "w2"], 10)
            tops = [item.because[0][0] for item in found]
            return tops.count("w1") / len(tops)

        assert find_share(100.0) > find_share(0.01)

    def test_min_count_leaves_rare_words_out(self) -> None:
        found = self.make(min_count=31).recommend(["w20"], SIZE)
        assert sorted(found.words) == sorted(WORDS[:10])
        with pytest.raises(ParameterError, match="without counts"):
            WordRecommender(KeyedVectors(["a"], np.ones((1, 2))), min_count=1)

    def test_min_count_and_candidates_hold_together(self) -> None:
        recommender = self.make(min_count=31)
        assert set(recommender.recommend(["w20"], candidates=["w1", "w30"]).words) == {"w1"}
        assert len(recommender.recommend(["w20"], candidates=[])) == 0

    def test_unknown_words(self) -> None:
        found = self.make(unknown="ignore").recommend(["w1", "absent", "gone"])
        assert found.unknown == ("absent", "gone")
        with pytest.raises(UnknownWordError, match="'absent'"):
            self.make(unknown="error").recommend(["w1", "absent"])

    def test_no_known_word_names_them_with_near_spellings(
        self, recommender: WordRecommender
    ) -> None:
        with pytest.raises(UnknownWordError, match=r"^the word '1w' is not in .*did you mean"):
            recommender.recommend(["1w"])
        with pytest.raises(UnknownWordError, match=r"^no word of .*'1w' \(near: w.*'absent'"):
            recommender.recommend(["1w", "absent"])
        many = [f"missing{i}" for i in range(30)]
        with pytest.raises(UnknownWordError, match=r"and 25 more$"):
            recommender.recommend(many)

    def test_batch_answers_the_others_when_one_is_unknown(
        self, recommender: WordRecommender
    ) -> None:
        lost, known = recommender.recommend_batch([["absent"], ["w1"]])
        assert (lost.words, lost.unknown) == ([], ("absent",))
        assert known == recommender.recommend(["w1"])
        assert recommender.recommend_batch([]) == []

    @pytest.mark.parametrize("arguments", [{"half_life": 3.0}, {"exclude": [3]}])
    def test_bad_input_is_one_line(
        self, recommender: WordRecommender, arguments: dict[str, Any]
    ) -> None:
        with pytest.raises(ParameterError) as caught:
            recommender.recommend(["w1"], **arguments)
        assert "\n" not in str(caught.value)
