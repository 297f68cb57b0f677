"""What every model of ratings keeps to: one suite for all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.errors import CorruptedError, InputError, ParameterError
from embedrec.models.ratings.bias import BiasModel
from embedrec.models.ratings.blend import HybridRBM, RatingBlend
from embedrec.models.ratings.click import ClickRBM
from embedrec.models.ratings.history import pick_groups
from embedrec.models.ratings.item import ItemRBM
from embedrec.models.ratings.load import MODELS, load_rating_model
from embedrec.models.ratings.model import RatingModel
from embedrec.models.ratings.real import RealRatingRBM
from embedrec.models.ratings.softmax import RatingRBM
from embedrec.ratings.table import Ratings
from tests.models.ratings.planted import plant_clicks, plant_ratings
from tests.reference.ratings import softmax as slow

SMALL: dict[str, RatingModel] = {
    "bias": BiasModel(),
    "rbm": RatingRBM(hidden_size=8, epochs=3),
    "rbm cd": RatingRBM(hidden_size=8, epochs=3, learning="cd", input_power=0.0, cd_steps=(1, 2)),
    "rbm mode": RatingRBM(hidden_size=8, epochs=2, prediction="mode", rank=4),
    "real": RealRatingRBM(hidden_size=8, epochs=3),
    "item": ItemRBM(hidden_size=8, epochs=3),
    "item, sharp": ItemRBM(hidden_size=8, epochs=2, sharpness=1.5),
    "hybrid": HybridRBM((RealRatingRBM(hidden_size=4, epochs=2), ItemRBM(4, epochs=2))),
    "blend": RatingBlend((BiasModel(), RatingRBM(hidden_size=4, epochs=2)), ranking="predicted"),
    "click": ClickRBM(hidden_size=8, epochs=3),
}
RATINGS = plant_ratings()
FITTED: dict[str, RatingModel] = {}
EMPTY: tuple[list[int], list[float]] = ([], [])


def copy(model: RatingModel) -> RatingModel:
    return type(model)(**model.get_params(deep=False))


def get_fitted(name: str) -> RatingModel:
    if name not in FITTED:
        FITTED[name] = copy(SMALL[name]).fit(RATINGS)
    return FITTED[name]


each = pytest.mark.parametrize("name", list(SMALL))


def test_all_models_are_in_the_suite() -> None:
    assert {type(model) for model in SMALL.values()} == set(MODELS.values())


@each
def test_scores_of_many_are_those_of_each(name: str) -> None:
    model, grouped = get_fitted(name), RATINGS.group_by_user()
    some = pick_groups(grouped, np.array([7, 0, 31]))
    scores, ranks = model.score_histories(some), model.rank_histories(some)
    assert scores.shape == (3, RATINGS.n_items)
    assert scores.dtype == np.float64
    for g in range(3):
        mine = slice(some.offsets[g], some.offsets[g + 1])
        history = some.others[mine], some.values[mine]
        np.testing.assert_allclose(model.predict_history(*history), scores[g], atol=1e-5)
        np.testing.assert_allclose(model.rank_history(*history), ranks[g], atol=1e-5)
        assert (model.predict_history(*history) == model.predict_history(*history)).all()


@each
def test_order_of_a_history_plays_no_part(name: str) -> None:
    model = get_fitted(name)
    forth = model.predict_history([3, 9, 17], [5, 1, 2])
    back = model.predict_history([17, 3, 9], [2, 5, 1])
    assert (forth == back).all()
    a = model.explain_history([3, 9, 17], [5, 1, 2], 4)
    b = model.explain_history([17, 3, 9], [2, 5, 1], 4)
    assert (a == b[[1, 2, 0]]).all()


@settings(max_examples=15)
@given(st.dictionaries(st.integers(0, 24), st.integers(1, 5), max_size=12), st.integers(0, 24))
@each
def test_contributions_add_up(name: str, history: dict[int, int], item: int) -> None:
    model = get_fitted(name)
    items, values = list(history), [float(value) for value in history.values()]
    parts = model.explain_history(items, values, item)
    shift = model.predict_history(items, values)[item] - model.predict_history(*EMPTY)[item]
    assert parts.shape == (len(items),)
    assert parts.sum() == pytest.approx(shift if items else 0.0, abs=1e-6)


@each
def test_predictions_of_pairs(name: str) -> None:
    model = get_fitted(name)
    generator = np.random.default_rng(0)
    users, items = generator.integers(0, 60, 300), generator.integers(0, 25, 300)
    pairs = model.predict_pairs(RATINGS, users, items)
    scores = model.score_histories(RATINGS.group_by_user())
    np.testing.assert_allclose(pairs, scores[users, items], atol=1e-5)
    assert model.predict_pairs(RATINGS, [], []).shape == (0,)


@each
def test_predictions_stay_on_the_scale(name: str) -> None:
    model = get_fitted(name)
    scores = model.score_histories(RATINGS.group_by_user())
    low, high = (1.0, 5.0) if model.scale_ is not None else (0.0, 1.0)
    assert low <= scores.min() <= scores.max() <= high
    if name == "rbm mode":
        assert set(np.unique(scores)) <= {1.0, 2.0, 3.0, 4.0, 5.0}


@each
def test_saved_and_loaded_it_is_the_same(name: str, tmp_path: Any) -> None:
    model = get_fitted(name)
    model.save(tmp_path / "m")
    loaded = load_rating_model(tmp_path / "m")
    assert type(loaded) is type(model)
    assert repr(loaded) == repr(model)
    history = [1, 2, 20], [5, 4, 1]
    assert (loaded.predict_history(*history) == model.predict_history(*history)).all()
    assert (loaded.rank_history(*history) == model.rank_history(*history)).all()
    assert (loaded.item_vectors() == model.item_vectors()).all()
    assert loaded.item_ids_ == model.item_ids_
    assert (loaded.popularity_ == RATINGS.group_by_item().offsets[1:]
            - RATINGS.group_by_item().offsets[:-1]).all()  # fmt: skip


@each
def test_cut_short_it_is_corrupted(name: str, tmp_path: Any) -> None:
    get_fitted(name).save(tmp_path / "m")
    weights = tmp_path / "m" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-7])
    with pytest.raises(CorruptedError, match="weights"):
        load_rating_model(tmp_path / "m")


@each
def test_the_same_bits_for_a_seed(name: str) -> None:
    first, again = get_fitted(name), copy(SMALL[name]).fit(RATINGS)
    history = [0, 5, 24], [1, 2, 5]
    assert (first.predict_history(*history) == again.predict_history(*history)).all()
    if "seed" in first.get_params() and not isinstance(first, RatingBlend):
        other = copy(SMALL[name]).set_params(seed=9).fit(RATINGS)
        assert (first.predict_history(*history) != other.predict_history(*history)).any()


@each
def test_vectors_have_a_row_for_each_item(name: str) -> None:
    vectors = get_fitted(name).item_vectors()
    assert vectors.dtype == np.float32
    assert vectors.shape[0] == RATINGS.n_items
    assert np.isfinite(vectors).all()


@each
@pytest.mark.parametrize(
    ("items", "values", "why"),
    [
        ([25], [3], "item 25 is unknown"),
        ([-1], [3], "item -1 is unknown"),
        ([3, 3], [1, 2], "item 3 stands twice"),
        ([1, 2], [3], "one rating for each item"),
        ([1.5], [3], "one rating for each item"),
    ],
)
def test_bad_histories(name: str, items: Any, values: Any, why: str) -> None:
    model = get_fitted(name)
    for ask in (model.predict_history, model.rank_history):
        with pytest.raises(InputError, match=why):
            ask(items, values)
    with pytest.raises(InputError, match=why):
        model.explain_history(items, values, 0)


@each
def test_ratings_off_the_scale(name: str) -> None:
    model = get_fitted(name)
    if model.scale_ is None:
        return
    for wrong in (0.0, 2.5, 6.0, np.nan, np.inf):
        with pytest.raises(InputError, match="not on the model's scale"):
            model.predict_history([1, 2], [3.0, wrong])


@each
def test_other_tables_and_unknown_numbers(name: str) -> None:
    model = get_fitted(name)
    other = plant_ratings(n_items=7)
    with pytest.raises(InputError, match="7 items does not go with this model of 25"):
        model.predict_pairs(other, [0], [0])
    with pytest.raises(InputError, match="user 60 is unknown"):
        model.predict_pairs(RATINGS, [60], [0])
    with pytest.raises(InputError, match="item 25 is unknown"):
        model.predict_pairs(RATINGS, [0], [25])
    with pytest.raises(InputError, match="as many of each"):
        model.predict_pairs(RATINGS, [0, 1], [0])
    with pytest.raises(InputError, match="item 25 is unknown"):
        model.explain_history([1], [3], 25)


@each
def test_unfitted_it_says_so(name: str) -> None:
    with pytest.raises(ParameterError, match="learned nothing yet"):
        copy(SMALL[name]).predict_history(*EMPTY)


@each
def test_nothing_to_learn_from(name: str) -> None:
    with pytest.raises(InputError, match="no ratings"):
        copy(SMALL[name]).fit(RATINGS.select(np.empty(0, np.int64)))


@each
@pytest.mark.parametrize("kind", ["one user", "one rating", "all equal", "half stars"])
def test_small_tables_are_learned_from(name: str, kind: str) -> None:
    tables = {
        "one user": RATINGS.select(RATINGS.users == 3),
        "one rating": RATINGS.select(np.array([5])),
        "all equal": Ratings(RATINGS.users, RATINGS.items, np.full(len(RATINGS), 4.0),
                             RATINGS.user_ids, RATINGS.item_ids),
        "half stars": plant_ratings(levels=tuple(np.arange(1, 11) / 2)),
    }  # fmt: skip
    table = tables[kind]
    model = copy(SMALL[name])
    if kind == "one rating" and table.values[0] == 1:
        return
    model.fit(table)
    scores = model.score_histories(table.group_by_user())
    assert np.isfinite(scores).all()
    if kind == "all equal" and model.scale_ is not None:
        np.testing.assert_allclose(scores, 4.0)
    assert np.isfinite(model.predict_history(*EMPTY)).all()


@each
def test_clicks_are_for_click_models(name: str) -> None:
    clicks, model = plant_clicks(), copy(SMALL[name])
    if isinstance(model, (BiasModel, ClickRBM)):
        model.fit(clicks)
        assert model.scale_ is None
        return
    with pytest.raises(InputError, match="use ClickRBM"):
        model.fit(clicks)


@each
def test_a_mask_speaks_to_conditional_models_of_users(name: str) -> None:
    model = get_fitted(name)
    history = RATINGS.select(RATINGS.items < 12)
    held = RATINGS.select(RATINGS.items >= 12)
    pairs = held.users, held.items
    plain = model.predict_pairs(history, *pairs)
    # What is in the history already says nothing new.
    np.testing.assert_allclose(model.predict_pairs(history, *pairs, mask=history), plain, atol=1e-6)
    masked = model.predict_pairs(history, *pairs, mask=held)
    listens = name in ("rbm", "rbm cd", "rbm mode", "real", "hybrid", "blend")
    assert (masked != plain).any() == listens
    with pytest.raises(InputError, match="7 users"):
        model.predict_pairs(history, *pairs, mask=plant_ratings(n_users=7))


def test_a_mask_adds_the_weights_of_what_was_rated() -> None:
    model = get_fitted("rbm")
    assert isinstance(model, RatingRBM)
    history = RATINGS.select((RATINGS.users == 4) & (RATINGS.items < 12))
    mask = RATINGS.select((RATINGS.users == 4) & (RATINGS.items >= 12))
    groups = [pick_groups(table.group_by_user(), np.array([4])) for table in (history, mask)]
    levels = np.searchsorted(model.scale_, groups[0].values)
    weights = {key: value.astype(float) for key, value in model.weights_.items()}
    wanted = slow.encode(groups[0].others, levels, weights, model.codes_.astype(float), 0.0)
    total = np.arctanh(wanted) - weights["hidden_bias"] + weights["rated"][mask.items].sum(axis=0)
    n = len(history) + len(mask)
    np.testing.assert_allclose(
        model.encode_histories(*groups)[0], np.tanh(weights["hidden_bias"] + n**-0.5 * total),
        rtol=1e-4,
    )  # fmt: skip
