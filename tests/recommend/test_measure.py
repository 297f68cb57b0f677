"""Measures of predictions and lists: against slow twins, scikit-learn, and figures by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from embedrec.errors import InputError, ParameterError
from embedrec.models.ratings.bias import BiasModel
from embedrec.ratings.make import join_ids, ratings_from_triples
from embedrec.ratings.split import split_folds, split_random
from embedrec.ratings.table import Ratings
from embedrec.recommend.evaluate import evaluate_model, evaluate_models, list_best
from embedrec.recommend.measure import (
    measure_coverage,
    measure_diversity,
    measure_errors,
    measure_lists,
    measure_novelty,
)
from tests.recommend.rating_behaviour import NeighbourModel, make_ratings
from tests.reference import measure as twin

QUICK = settings(max_examples=25, deadline=None)


def test_errors_by_hand() -> None:
    found = measure_errors(np.array([1.0, 2.0, 3.0]), np.array([1, 4, 2], np.float32))
    assert found == {"rmse": pytest.approx(math.sqrt(5 / 3)), "mae": pytest.approx(1.0)}


def test_lists_by_hand() -> None:
    gains = np.zeros((3, 6))
    gains[0, [1, 4]] = 1  # listed at ranks 2 and 3
    gains[1, 5] = 1  # not listed
    found = measure_lists(np.array([[0, 1, 4], [0, 1, 2], [3, 4, -1]]), gains)
    dcg = 1 / math.log2(3) + 1 / 2
    assert found["precision"][0] == pytest.approx(2 / 3)
    assert found["recall"][0] == 1
    assert found["map"][0] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert found["mrr"][0] == pytest.approx(1 / 2)
    assert found["ndcg"][0] == pytest.approx(dcg / (1 + 1 / math.log2(3)))
    for values in found.values():
        assert values[1] == 0
        assert np.isnan(values[2])  # nothing is relevant: left out of the mean


@given(data=st.data(), k=st.integers(1, 8))
@QUICK
def test_lists_agree_with_the_slow_twin(data: Any, k: int) -> None:
    gains = np.array(
        data.draw(
            st.lists(
                st.lists(st.sampled_from([0.0, 0.0, 1.0, 2.5]), min_size=7, max_size=7),
                min_size=1, max_size=4,
            )
        )
    )  # fmt: skip
    lists = np.full((len(gains), k), -1)
    for row in lists:
        drawn = data.draw(st.lists(st.integers(0, 6), max_size=k, unique=True))
        row[: len(drawn)] = drawn
    found = measure_lists(lists, gains)
    for g in range(len(gains)):
        worth = {i: float(v) for i, v in enumerate(gains[g]) if v > 0}
        if not worth:
            assert all(np.isnan(values[g]) for values in found.values())
            continue
        expected = twin.measure_list([i for i in lists[g].tolist() if i >= 0], worth, k)
        assert {name: values[g] for name, values in found.items()} == pytest.approx(expected)


@pytest.mark.parametrize("graded", [False, True])
def test_ndcg_agrees_with_scikit_learn(graded: bool) -> None:
    rng = np.random.default_rng(0)
    gains = rng.integers(0, 6 if graded else 2, (20, 50)) * (rng.random((20, 50)) < 0.3)
    scores = rng.normal(size=(20, 50))  # no ties, which scikit-learn averages over
    for k in (1, 5, 10, 50):
        lists = np.argsort(-scores, axis=1)[:, :k]
        found = measure_lists(lists, gains.astype(np.float64))["ndcg"]
        assert found.mean() == pytest.approx(ndcg_score(gains, scores, k=k))


def collect_raters(train: Ratings) -> dict[int, set[int]]:
    raters: dict[int, set[int]] = {}
    for user, item in zip(train.users.tolist(), train.items.tolist(), strict=True):
        raters.setdefault(item, set()).add(user)
    return raters


def test_coverage_novelty_and_diversity_agree_with_the_slow_twins() -> None:
    train = make_ratings()
    rng = np.random.default_rng(1)
    lists = np.stack([rng.permutation(40)[:6] for _ in range(9)])
    lists[3, 4:] = -1
    plain = [[i for i in row if i >= 0] for row in lists.tolist()]
    raters = collect_raters(train)
    assert measure_coverage(lists, 40) == len({i for one in plain for i in one}) / 40
    popularity = np.bincount(train.items, minlength=40)
    assert measure_novelty(lists, popularity, 30) == pytest.approx(
        twin.measure_novelty(plain, raters, 30)
    )
    assert measure_diversity(lists, train) == pytest.approx(twin.measure_diversity(plain, raters))
    assert math.isnan(measure_diversity(lists[:, :1], train))
    assert math.isnan(measure_novelty(np.full((2, 3), -1), popularity, 30))


def evaluate_slowly(
    model: Any, train: Ratings, test: Ratings, k: int, least: float, graded: bool
) -> dict[str, float]:
    """Evaluate one user after the other with the public functions of the model."""
    rows: list[dict[str, float]] = []
    lists = []
    errors = []
    for user in range(test.n_users):
        known, asked = train.users == user, test.users == user
        items, values = train.items[known], train.values[known]
        predicted = model.predict_history(items, values)
        errors += (predicted[test.items[asked]] - test.values[asked]).tolist()
        gains = {
            int(i): float(v) if graded else 1.0
            for i, v in zip(test.items[asked], test.values[asked], strict=True)
            if v >= least
        }
        if gains:
            scores = model.rank_history(items, values) if len(items) else model.popularity_
            lists.append(twin.rank_unseen(scores.tolist(), set(items.tolist()), k))
            rows.append(twin.measure_list(lists[-1], gains, k))
    raters = collect_raters(train)
    n_users = len(set(train.users.tolist()))
    return {
        "rmse": math.sqrt(sum(e * e for e in errors) / len(errors)),
        "mae": sum(map(abs, errors)) / len(errors),
        **{f"{name}@{k}": sum(row[name] for row in rows) / len(rows) for name in rows[0]},
        f"coverage@{k}": len({i for one in lists for i in one}) / train.n_items,
        f"novelty@{k}": twin.measure_novelty(lists, raters, n_users),
        f"diversity@{k}": twin.measure_diversity(lists, raters),
    }


@pytest.mark.parametrize("kind", [BiasModel, NeighbourModel])
@pytest.mark.parametrize(("k", "least", "graded"), [(3, 0, False), (10, 4, False), (39, 3, True)])
def test_evaluation_agrees_with_the_slow_twin(
    kind: Any, k: int, least: float, graded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, test = split_random(make_ratings(), 0.4, seed=2)
    train = train.select(train.users != 7)  # someone of whom nothing is known
    model = kind().fit(train)
    monkeypatch.setattr("embedrec.recommend.evaluate._SCORES_AT_ONCE", 40 * 7)  # several batches
    found = evaluate_model(
        model, train, test, k=k, relevant_from=least or None,
        gains="rating" if graded else "binary",
    )  # fmt: skip
    assert found == pytest.approx(evaluate_slowly(model, train, test, k, least, graded))


def test_lists_hold_no_seen_item_and_all_unseen_ones() -> None:
    ratings = make_ratings()
    model = NeighbourModel().fit(ratings)
    grouped = ratings.group_by_user()
    for start, lists in list_best(model, ratings, np.arange(30), 60):
        for user, row in enumerate(lists.tolist(), start):
            seen = grouped.others[grouped.offsets[user] : grouped.offsets[user + 1]].tolist()
            listed = [i for i in row if i >= 0]
            assert sorted(listed + seen) == list(range(40))
            assert row[len(listed) :] == [-1] * (60 - len(listed))


def test_several_models_and_folds_in_one_table() -> None:
    ratings = make_ratings()
    makers = {"bias": BiasModel, "near": NeighbourModel}
    found = evaluate_models(makers, split_folds(ratings, 3), k=5)
    assert list(found) == ["bias", "near"]
    for figures in found.values():
        assert len(figures.folds) == 3
        rmse = [fold["rmse"] for fold in figures.folds]
        assert figures.mean["rmse"] == pytest.approx(np.mean(rmse))
        assert figures.std["rmse"] == pytest.approx(np.std(rmse, ddof=1))
    single = evaluate_models({"bias": BiasModel}, [split_random(ratings)], lists=False)["bias"]
    assert list(single.mean) == ["rmse", "mae"]
    assert single.std == {}


def test_clicks_have_no_errors() -> None:
    train, test = split_random(make_ratings(clicks=True), 0.3)
    found = evaluate_model(BiasModel().fit(train), train, test)
    assert "rmse" not in found
    assert found["ndcg@10"] > 0


def test_what_can_not_be_evaluated() -> None:
    train, test = split_random(make_ratings(), 0.3)
    model = BiasModel().fit(train)
    strange = ratings_from_triples([("u1", "w1", 3)])
    half = ratings_from_triples([("u1", "w1", 2.5), ("u1", "w2", 5), ("u2", "w2", 1)])
    joined = join_ids(train, half)
    for call, words in [
        (lambda: evaluate_model(model, train, strange), "different ids"),
        (lambda: evaluate_model(model, train, test.select(np.zeros(0, int))), "holds no ratings"),
        (lambda: evaluate_model(model, train, test, relevant_from=6), "the highest is 5"),
        (lambda: evaluate_model(BiasModel().fit(joined[0]), *joined), "2.5, which is not on"),
    ]:
        with pytest.raises(InputError, match=words) as caught:
            call()
        assert "\n" not in str(caught.value)
    for arguments in ({"k": 0}, {"k": 2.0}, {"gains": "log"}):
        with pytest.raises(ParameterError):
            evaluate_model(model, train, test, **arguments)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="no model"):
        evaluate_models({}, [(train, test)])
    with pytest.raises(ParameterError, match="no fold"):
        evaluate_models({"bias": BiasModel}, [])
