"""Recommendations from ratings: the shared suites for each model, fitting, histories as written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from embedrec.errors import EmbedrecError, InputError, ParameterError
from embedrec.models.ratings.bias import BiasModel
from embedrec.models.ratings.blend import HybridRBM, RatingBlend
from embedrec.models.ratings.click import ClickRBM
from embedrec.models.ratings.item import ItemRBM
from embedrec.models.ratings.load import MODELS
from embedrec.models.ratings.model import RatingModel
from embedrec.models.ratings.real import RealRatingRBM
from embedrec.models.ratings.softmax import RatingRBM
from embedrec.ratings.make import ratings_from_triples
from embedrec.recommend.rating_history import parse_rating_history
from embedrec.recommend.rating_model import choose_name, make_model
from embedrec.recommend.ratings import RatingRecommender
from embedrec.recommend.selection import select_best, select_best_rows
from tests.recommend.rating_behaviour import (
    ClickRecommenderBehaviour,
    NeighbourModel,
    RatingRecommenderBehaviour,
    make_ratings,
)


class TestNeighbours(RatingRecommenderBehaviour):
    alike_tie = True

    def make_model(self) -> RatingModel:
        return NeighbourModel()


class TestNeighboursOfClicks(ClickRecommenderBehaviour):
    def make_model(self) -> RatingModel:
        return NeighbourModel()


class TestBias(RatingRecommenderBehaviour):
    alike_tie = True

    def make_model(self) -> RatingModel:
        return BiasModel()


class TestBiasOfClicks(ClickRecommenderBehaviour):
    alike_tie = True

    def make_model(self) -> RatingModel:
        return BiasModel()


class TestRatingRBM(RatingRecommenderBehaviour):
    def make_model(self) -> RatingModel:
        return RatingRBM(hidden_size=4, epochs=3)


class TestRealRatingRBM(RatingRecommenderBehaviour):
    def make_model(self) -> RatingModel:
        return RealRatingRBM(hidden_size=4, epochs=3)


class TestItemRBM(RatingRecommenderBehaviour):
    def make_model(self) -> RatingModel:
        return ItemRBM(hidden_size=4, epochs=3)


class TestHybrid(RatingRecommenderBehaviour):
    def make_model(self) -> RatingModel:
        small: Any = {"hidden_size": 3, "epochs": 2}
        return HybridRBM(models=(RealRatingRBM(**small), ItemRBM(**small)))


class TestBlend(RatingRecommenderBehaviour):
    def make_model(self) -> RatingModel:
        small: Any = {"hidden_size": 3, "epochs": 2}
        return RatingBlend(models=(BiasModel(), RatingRBM(**small), ItemRBM(**small)))


class TestClickRBM(ClickRecommenderBehaviour):
    def make_model(self) -> RatingModel:
        return ClickRBM(hidden_size=4, epochs=5)


# --- fitting --------------------------------------------------------------------------------------


def test_fit_takes_tables_matrices_and_triples() -> None:
    triples = [("u", "a", 5), ("u", "b", 3), ("v", "a", 4), ("v", "c", 1)]
    from_triples = RatingRecommender("bias").fit(triples)
    table = ratings_from_triples(triples)
    matrix = sparse.csr_array((table.values, (table.users, table.items)))
    from_matrix = RatingRecommender("bias").fit(matrix)
    assert from_triples.recommend("u").items == ["c"]
    assert from_matrix.recommend(0).items == ["2"]
    assert from_triples.recommend("u")[0].score == from_matrix.recommend("0")[0].score
    assert from_triples.predict({"a": 5}, ["c"]).dtype == np.float64


def test_what_was_held_out_is_known_of_the_users() -> None:
    ratings = make_ratings()
    recommender = RatingRecommender("bias").fit(
        ratings.select(np.arange(0, 200)), ratings.select(np.arange(200, len(ratings)))
    )
    mine = {ratings.item_ids[i] for i in ratings.items[ratings.users == 29]}
    assert not mine & set(recommender.recommend("u29", 99).items)


@pytest.mark.parametrize(
    ("ratings", "words"),
    [([], "no ratings"), ("text", "holds no ratings"), ([("u", "a", float("nan"))], "nan")],
)
def test_nothing_to_learn_from(ratings: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        RatingRecommender("bias").fit(ratings)


@pytest.mark.parametrize("triples", [
    [("u", "a", 3)],
    [("u", "a", 5), ("u", "b", 1)],
    [("u", "a", 3), ("v", "a", 3), ("v", "b", 3)],
])  # fmt: skip
def test_little_is_enough(triples: list[Any]) -> None:
    recommender = RatingRecommender("bias").fit([*triples, ("w", "z", triples[0][2])])
    for who in ("u", "w", [("a", triples[0][2])], []):
        found = recommender.recommend(who, 9)
        assert np.isfinite([item.score for item in found]).all()
        assert len(found) >= 1


def test_one_user_has_rated_all_there_is() -> None:
    recommender = RatingRecommender("bias").fit([("u", "a", 3), ("u", "b", 4)])
    assert len(recommender.recommend("u")) == 0
    assert recommender.recommend("u", exclude_seen=False).items == ["b", "a"]


def test_before_fit() -> None:
    recommender = RatingRecommender("bias")
    for call in (
        lambda: recommender.recommend("u"),
        lambda: recommender.predict("u", ["a"]),
        lambda: recommender.save("somewhere"),
    ):
        with pytest.raises(ParameterError, match="learned nothing yet"):
            call()


def test_models_by_name() -> None:
    made = make_model("bias", {"epochs": 3})
    assert isinstance(made, BiasModel)
    assert made.epochs == 3
    for model, parameters, words in [
        ("bais", {}, "no model of ratings 'bais'; choose one of"),
        (5, {}, "no model"),
        ("bias", {"epoch": 3}, "no parameter 'epoch'; it has"),
        (BiasModel(), {"epochs": 3}, "given by name"),
    ]:
        with pytest.raises(ParameterError, match=words):
            make_model(model, parameters)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="unknown is"):
        RatingRecommender("bias", unknown="guess")


def test_without_a_name_the_data_decide() -> None:
    assert choose_name(make_ratings()) == "blend"
    assert choose_name(make_ratings(clicks=True)) == "click"
    recommender = RatingRecommender(seed=3)
    assert isinstance(recommender.model, RatingBlend)
    recommender.fit(make_ratings(clicks=True))
    assert isinstance(recommender.model, ClickRBM)
    assert recommender.model.seed == 3


def test_a_model_fitted_elsewhere_serves_histories() -> None:
    model = BiasModel()
    recommender = RatingRecommender(model)
    model.fit(make_ratings())
    assert len(recommender.recommend({"w1": 5}, 3)) == 3


# --- histories as written -------------------------------------------------------------------------


def test_written_histories() -> None:
    assert parse_rating_history("50=5, 172=3.5,,a=b=1，x＝2") == [
        ("50", 5.0), ("172", 3.5), ("a=b", 1.0), ("x", 2.0),
    ]  # fmt: skip
    assert parse_rating_history("50,172、三") == ["50", "172", "三"]
    for text, words in [("50=x", "rating of '50'"), ("", "empty"), (" , ", "empty")]:
        with pytest.raises(ParameterError, match=words):
            parse_rating_history(text)


def test_numbers_are_ids() -> None:
    recommender = RatingRecommender("bias").fit([(1, 7, 5), (1, 8, 1), (2, 7, 4), (2, 9, 3)])
    assert recommender.recommend(1).items == recommender.recommend("1").items == ["9"]
    assert recommender.recommend({7: 5}, exclude=[8]).items == ["9"]
    assert recommender.predict(1, 7).shape == (1,)
    assert recommender.recommend(np.int64(2)).items == ["8"]


def test_errors_say_what_is_wrong() -> None:
    recommender = RatingRecommender("bias").fit([("u", "a", 5), ("u", "b", 1), ("v", "a", 4)])
    for history, words in [
        ({"a": 7}, "rating of 'a' in the history is 7, which is not on the model's scale 1 to 5"),
        (["a"], "'a' in the history has no rating"),
        ({"a": float("nan")}, "is nan; give a number"),
    ]:
        with pytest.raises(ParameterError, match=words):
            recommender.recommend(history)
    clicks = RatingRecommender("bias").fit([("u", "a"), ("v", "b")])
    with pytest.raises(ParameterError, match="learned from clicks"):
        clicks.recommend({"a": 4})
    with pytest.raises(ParameterError, match=r"items is 5\.5"):
        recommender.predict("u", 5.5)  # type: ignore[arg-type]


# --- the best of scores ---------------------------------------------------------------------------


@given(
    rows=st.lists(
        st.lists(st.sampled_from([0.0, 1.0, 1.5, -2.0, float("-inf")]), min_size=7, max_size=7),
        min_size=1, max_size=4,
    ),
    n=st.integers(0, 9), data=st.data(),
)  # fmt: skip
def test_selection_agrees_with_sorting(rows: list[list[float]], n: int, data: Any) -> None:
    scores = np.array(rows)
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=7, max_size=7)))
    for row in scores:
        expected = sorted(np.flatnonzero(allowed).tolist(), key=lambda i: (-row[i], i))[:n]
        assert select_best(row, n, allowed).tolist() == expected
        everything = sorted(range(7), key=lambda i: (-row[i], i))[:n]
        assert select_best(row, n).tolist() == everything
    if n:
        best = select_best_rows(scores, n)
        expected_rows = [sorted(range(7), key=lambda i: (-row[i], i))[:n] for row in scores]
        assert best[:, :n].tolist() == expected_rows


def test_every_named_model_is_under_the_suite_of_behaviour() -> None:
    suites = [RatingRecommenderBehaviour]
    for suite in suites:
        suites += suite.__subclasses__()
    tests = [suite for suite in suites if suite.__name__.startswith("Test")]
    tested = {type(test().make_model()) for test in tests}
    untested = [name for name, kind in MODELS.items() if kind not in tested]
    assert not untested


def test_unknown_errors_are_errors_of_this_package() -> None:
    recommender = RatingRecommender("bias", unknown="error").fit([("u", "a", 5), ("v", "b", 1)])
    with pytest.raises(EmbedrecError) as caught:
        recommender.recommend("w")
    assert caught.value.value == "w"
