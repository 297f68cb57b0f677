"""That models of ratings learn what is there, stop early, resume, and refuse bad arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedrec.errors import CorruptedError, DivergenceError, InputError, ParameterError, ResumeError
from embedrec.models.ratings.bias import BiasModel
from embedrec.models.ratings.blend import HybridRBM, RatingBlend, fit_weights
from embedrec.models.ratings.click import ClickRBM
from embedrec.models.ratings.history import pick_groups
from embedrec.models.ratings.item import ItemRBM
from embedrec.models.ratings.levels import encode_levels, find_scale
from embedrec.models.ratings.model import RatingModel
from embedrec.models.ratings.real import RealRatingRBM
from embedrec.models.ratings.score import measure_error, measure_rank
from embedrec.models.ratings.softmax import RatingRBM, make_codes
from embedrec.nn.callback import EpochReport
from embedrec.nn.parameter import Parameter
from embedrec.seeding import make_generator
from tests.models.ratings.planted import plant_clicks, plant_ratings, split_ratings
from tests.reference.ratings.softmax import differentiate

TRAIN, TEST = split_ratings(plant_ratings(n_users=150))
CLICKS, HELD = split_ratings(plant_clicks())
LEARNERS: dict[str, RatingModel] = {
    "rbm": RatingRBM(hidden_size=8, weight_decay=1.0, epochs=25),
    "cd": RatingRBM(hidden_size=8, weight_decay=1.0, epochs=40, learning="cd", input_power=0.0,
                    cd_steps=(1, 2)),
    "pcd": RatingRBM(hidden_size=8, weight_decay=1.0, epochs=40, learning="cd", input_power=0.0,
                     cd_steps=(1,), persistent=True),
    "real": RealRatingRBM(hidden_size=8, weight_decay=1.0, epochs=25),
    "item": ItemRBM(hidden_size=8, weight_decay=1.0, epochs=25),
    "hybrid": HybridRBM((RealRatingRBM(8, epochs=15, weight_decay=1.0), ItemRBM(8, epochs=15))),
}  # fmt: skip
STATEFUL = {
    "rbm": RatingRBM(hidden_size=4, epochs=5),
    "cd": RatingRBM(hidden_size=4, epochs=5, learning="cd", persistent=False),
    "real": RealRatingRBM(hidden_size=4, epochs=5),
    "item": ItemRBM(hidden_size=4, epochs=5),
    "click": ClickRBM(hidden_size=4, epochs=5),
}


def copy(model: RatingModel) -> RatingModel:
    return type(model)(**model.get_params(deep=False))


@pytest.mark.parametrize("name", list(LEARNERS))
def test_tastes_are_learned(name: str) -> None:
    base = measure_error(BiasModel().fit(TRAIN), TRAIN, TEST)
    model = copy(LEARNERS[name]).fit(TRAIN)
    assert measure_error(model, TRAIN, TEST) < 0.75 * base


@pytest.mark.parametrize("n_negatives", [None, 8])
def test_kinds_of_clicks_are_learned(n_negatives: int | None) -> None:
    model = ClickRBM(hidden_size=8, epochs=60, n_negatives=n_negatives, batch_size=8)
    model.fit(CLICKS)
    untrained = ClickRBM(hidden_size=8, epochs=1, learning_rate=1e-9).fit(CLICKS)
    assert measure_rank(model, CLICKS, HELD) < 0.5 * measure_rank(untrained, CLICKS, HELD)
    near = model.item_vectors() @ model.item_vectors()[0]
    assert near[3::3].min() > max(near[1::3].max(), near[2::3].max())


def test_of_clicks_the_drawn_columns_count_for_all() -> None:
    model = ClickRBM(n_negatives=4)
    model.item_ids_ = tuple("abcdefghijklmnopqrst")
    items = np.array([3, 5, 3, 9])
    for seed in range(5):
        columns, weight = model._choose_columns(items, np.random.default_rng(seed))
        assert {3, 5, 9} <= set(columns.tolist())
        assert (np.diff(columns) > 0).all()
        assert weight.sum() == 20
        assert (weight[np.isin(columns, items)] == 1).all()


@pytest.mark.parametrize("n_negatives", [None, 5])
def test_gradient_of_clicks_by_differences(n_negatives: int | None) -> None:
    model = ClickRBM(hidden_size=3, epochs=1, weight_decay=0.0, n_negatives=n_negatives).fit(CLICKS)
    batch = pick_groups(CLICKS.group_by_user(), np.array([2, 5, 11]))
    generator = np.random.default_rng(3)
    weights = {
        name: generator.normal(0, 0.3, value.shape) for name, value in model.weights_.items()
    }

    def compute(values: dict[str, np.ndarray]) -> tuple[float, dict[str, Parameter]]:
        parameters = {name: Parameter(value) for name, value in values.items()}
        return model._add_gradients(batch, parameters, make_generator(0, "x")), parameters

    _, parameters = compute(weights)
    for name in weights:
        wanted = differentiate(lambda moved: compute(moved)[0] / 3, weights, name)
        gradient = parameters[name].get_dense_gradient()
        np.testing.assert_allclose(gradient, wanted, atol=1e-5, err_msg=name)


def test_bias_baseline_solves_its_equations() -> None:
    model = BiasModel(2.0, 3.0, tolerance=1e-12, epochs=500).fit(TRAIN)
    n_users, n_items = TRAIN.n_users, TRAIN.n_items
    n = n_users + n_items
    gram = np.diag(np.r_[np.full(n_users, 2.0), np.full(n_items, 3.0)])
    wanted = np.zeros(n)
    for user, item, value in zip(TRAIN.users, TRAIN.items, TRAIN.values, strict=True):
        x = np.zeros(n)
        x[user] = x[n_users + item] = 1
        gram += np.outer(x, x)
        wanted += x * (value - TRAIN.values.mean(dtype=np.float64))
    solved = np.linalg.solve(gram, wanted)
    np.testing.assert_allclose(model.item_bias_, solved[n_users:], atol=1e-8)
    of_user = model.find_user_bias(TRAIN.group_by_user())
    np.testing.assert_allclose(of_user, solved[:n_users], atol=1e-6)


@pytest.mark.parametrize("model", [BiasModel(), ItemRBM(hidden_size=6, epochs=4)])
def test_contributions_in_closed_form_need_no_settling(model: RatingModel) -> None:
    model = copy(model).fit(TRAIN)
    history = model._check([1, 2, 20], [4.0, 4.0, 2.0])
    for item in range(5, 15):
        shift = model._score(history)[0, item] - model.predict_history([], [])[item]
        assert 1 < model._score(history)[0, item] < 5
        assert model._explain(history, item).sum() == pytest.approx(shift, abs=1e-5)


@pytest.mark.parametrize("name", ["rbm", "real"])
def test_contributions_of_units_that_squash_are_nearly_right_by_themselves(name: str) -> None:
    model = copy(LEARNERS[name]).fit(TRAIN)
    history = model._check([1, 2, 20], [5.0, 4.0, 1.0])
    shifts = model._score(history)[0] - model.predict_history([], [])
    given = np.array([model._explain(history, item).sum() for item in range(model.n_items)])
    assert np.abs(shifts).max() > 0.5
    assert np.corrcoef(given, shifts)[0, 1] > 0.9


def test_codes_are_orthonormal_polynomials() -> None:
    scale = np.array([0.5, 1.0, 2.0, 4.0, 5.0])
    chances = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
    codes = make_codes(chances, scale, 4)
    whole = np.column_stack([np.ones(5), codes])
    np.testing.assert_allclose(whole.T @ (chances[:, None] * whole), np.eye(5), atol=1e-9)
    for degree in range(1, 5):
        fitted = np.polyval(np.polyfit(scale, codes[:, degree - 1], degree), scale)
        np.testing.assert_allclose(fitted, codes[:, degree - 1], atol=1e-9)
    assert make_codes(np.ones(1), np.array([4.0]), 0).shape == (1, 0)


def test_weights_of_a_blend_find_the_better_model() -> None:
    class Given(BiasModel):
        def predict_pairs(self, history: Any, users: Any, items: Any) -> np.ndarray:
            return self.given

    good, bad = Given(), Given()
    generator = np.random.default_rng(0)
    good.given = TEST.values + generator.normal(0, 0.1, len(TEST)) + 0.5
    bad.given = generator.normal(3, 1, len(TEST))
    weights = fit_weights([good, bad], TRAIN, TEST)
    assert weights[1:] == pytest.approx([1, 0], abs=0.05)
    assert weights[0] == pytest.approx(-0.5, abs=0.2)
    assert fit_weights([good, bad], TRAIN, TEST.select([])) == pytest.approx([0, 0.5, 0.5])


def test_blend_never_weighs_by_what_it_learned_from() -> None:
    blend = RatingBlend((BiasModel(),), held_out=0.2)
    part, rest = blend._hold_out(TRAIN)
    assert len(part) + len(rest) == len(TRAIN)
    assert len(rest) == round(0.2 * len(TRAIN))
    pairs = [set(zip(t.users.tolist(), t.items.tolist(), strict=True)) for t in (part, rest)]
    assert not pairs[0] & pairs[1]


def test_blend_takes_a_given_validation_and_any_number_of_threads() -> None:
    models = (BiasModel(), RatingRBM(hidden_size=4, epochs=3))
    one = RatingBlend(models, n_threads=1).fit(TRAIN, TEST)
    two = RatingBlend(models, n_threads=3).fit(TRAIN, TEST)
    history = [1, 2, 20], [5, 4, 1]
    assert (one.predict_history(*history) == two.predict_history(*history)).all()
    assert (one.rank_history(*history) == two.rank_history(*history)).all()
    assert (one.rank_history(*history) == one.ranker_.predict_history(*history)).all()
    given = fit_weights(list(one.models_), TRAIN, TEST)
    np.testing.assert_allclose(one.weights_, given)


@pytest.mark.parametrize("name", list(STATEFUL))
def test_stopped_and_resumed_it_is_the_same(name: str, tmp_path: Path) -> None:
    whole = copy(STATEFUL[name]).fit(TRAIN, TEST)
    seen: list[int] = []

    def stop(report: EpochReport) -> bool:
        seen.append(report.epoch)
        return report.epoch == 1

    place = tmp_path / "c"
    copy(STATEFUL[name]).fit(TRAIN, TEST, checkpoint=place, on_epoch=stop)
    assert seen == [0, 1]
    resumed = copy(STATEFUL[name])
    resumed.fit(TRAIN, TEST, checkpoint=place, resume=True, on_epoch=lambda r: seen.append(r.epoch))
    assert seen[2:] == list(range(2, len(seen)))
    history = [1, 2, 20], [5, 4, 1]
    assert (whole.predict_history(*history) == resumed.predict_history(*history)).all()
    with pytest.raises(ResumeError, match="hidden_size"):
        copy(STATEFUL[name]).set_params(hidden_size=5).fit(
            TRAIN, TEST, checkpoint=place, resume=True
        )
    with pytest.raises(ResumeError, match="ratings"):
        copy(STATEFUL[name]).fit(TEST, TEST, checkpoint=place, resume=True)
    state = place / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-3])
    with pytest.raises(CorruptedError):
        copy(STATEFUL[name]).fit(TRAIN, TEST, checkpoint=place, resume=True)


def test_blend_resumes_each_of_its_models(tmp_path: Path) -> None:
    blend = RatingBlend((BiasModel(), RatingRBM(hidden_size=4, epochs=3)), ranking="predicted")
    whole = copy(blend).fit(TRAIN, checkpoint=tmp_path / "c")
    assert {p.name for p in (tmp_path / "c").iterdir()} >= {"part-1", "whole-1"}
    epochs: list[int] = []
    again = copy(blend)
    again.fit(TRAIN, checkpoint=tmp_path / "c", resume=True, on_epoch=lambda r: epochs.append(1))
    assert not epochs  # nothing was left to do
    history = [1, 2, 20], [5, 4, 1]
    assert (whole.predict_history(*history) == again.predict_history(*history)).all()


def test_no_better_validation_ends_training_with_the_best_weights() -> None:
    model = RatingRBM(hidden_size=16, weight_decay=0.0, epochs=80, learning_rate=0.05, patience=2,
                      schedule="constant").fit(TRAIN, TEST)  # fmt: skip
    scores = model.history_.scores
    assert model.history_.reason == "no better score"
    assert len(scores) == int(np.argmin(scores)) + 3 < 80
    assert measure_error(model, TRAIN, TEST) == pytest.approx(min(scores))


def test_weights_that_explode_are_reported() -> None:
    with pytest.raises(DivergenceError, match="lower the learning rate"):
        RealRatingRBM(hidden_size=4, learning_rate=1e6).fit(TRAIN)


def test_rank_of_held_out_items() -> None:
    class Given(BiasModel):
        def rank_histories(self, histories: Any) -> np.ndarray:
            return np.tile(np.arange(CLICKS.n_items, 0.0, -1), (len(histories.offsets) - 1, 1))

    model = Given().fit(CLICKS)
    seen = CLICKS.select((CLICKS.users == 0) & (CLICKS.items < 4))
    held = HELD.select(np.flatnonzero(HELD.users == 0)[:1])
    below = int(held.items[0])
    unseen = [i for i in range(CLICKS.n_items) if i not in seen.items.tolist()]
    assert measure_rank(model, seen, held) == pytest.approx(
        unseen.index(below) / (len(unseen) - 1) if below in unseen else 0
    )
    with pytest.raises(InputError, match="no clicks"):
        measure_rank(model, seen, held.select([]))


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (RatingRBM(hidden_size=0), "hidden_size must be a whole number of 1 or more, not 0"),
        (RatingRBM(epochs=1.5), "epochs must be a whole number"),  # type: ignore[arg-type]
        (RatingRBM(learning="sgd"), "learning must be one of leave-one-out, cd"),
        (RatingRBM(prediction="median"), "prediction must be one of mean, mode"),
        (RatingRBM(cd_steps=()), "cd_steps"),
        (RatingRBM(momentum=1.0), "momentum must be below 1"),
        (RatingRBM(weight_decay=float("nan")), "weight_decay"),
        (RatingRBM(schedule="sometimes"), "schedule"),
        (RatingRBM(scale=(2.0, 1.0)), "ascending"),
        (RatingRBM(scale=(1.0, 2.0)), "not on the model's scale"),
        (BiasModel(regularization_user=-1), "regularization_user"),
        (RealRatingRBM(learning_rate=-1), "learning_rate"),
        (ItemRBM(sharpness=-1), "sharpness"),
        (ClickRBM(n_negatives=0), "n_negatives"),
        (RatingBlend(()), "one or more models"),
        (RatingBlend(held_out=1.0), "held_out"),
        (RatingBlend(ranking="best"), "ranking"),
        (RatingBlend(n_threads=0), "n_threads"),
    ],
)
def test_bad_arguments(model: RatingModel, why: str) -> None:
    with pytest.raises((ParameterError, InputError), match=why):
        model.fit(TRAIN)


def test_scales() -> None:
    assert find_scale(np.array([1.0, 1.0])) is None
    halves = find_scale(np.array([2.0, 0.5, 2.0]))  # levels that nobody chose are there too
    assert halves is not None
    assert halves.tolist() == [0.5, 1.0, 1.5, 2.0]
    with pytest.raises(InputError, match="102 different ratings"):
        find_scale(np.arange(102.0))
    with pytest.raises(InputError, match=r"the rating 2 is not on the model's scale \(1, 3, 4\)"):
        encode_levels(np.array([4.0, 2.0]), np.array([1.0, 3.0, 4.0]))
    scale = np.arange(1, 11) / 2
    assert encode_levels(np.array([0.5, 5.0, 2.5]), scale).tolist() == [0, 9, 4]
    tenths = np.arange(1, 6) / 10
    assert encode_levels(np.float32([0.1, 0.3]), tenths).tolist() == [0, 2]
