"""Multi-layer perceptrons and bagging of them."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import DivergenceError, ParameterError, ResumeError
from embedrec.models.bagging import BaggingClassifier, BaggingRegressor
from embedrec.models.linear import LinearUnit, Perceptron
from embedrec.models.mlp import MLPClassifier, MLPRegressor
from embedrec.nn import Averaging, Callback, Dense, Dropout, check_gradients
from embedrec.nn.activation import ACTIVATIONS
from embedrec.nn.init import INITIALIZERS
from embedrec.nn.optim import OPTIMIZERS
from embedrec.nn.schedule import SCHEDULES

CORNERS, XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), [0, 1, 1, 0]


def make_rings(n=200, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    angle, radius = rng.uniform(0, 2 * np.pi, n), 1 + 2 * y + 0.2 * rng.standard_normal(n)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1), y


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_two_layers_learn_xor(activation):
    model = MLPClassifier((8,), activation, epochs=400, batch_size=4, learning_rate=0.1)
    model.fit(CORNERS, XOR)
    assert model.predict(CORNERS).tolist() == XOR
    assert model.predict_proba(CORNERS)[range(4), XOR].min() > 0.9


def test_no_hidden_layer_does_not_learn_xor():
    model = MLPClassifier((), epochs=300, batch_size=4, learning_rate=0.05).fit(CORNERS, XOR)
    assert model.score(CORNERS, XOR) < 1


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"step"}))
@pytest.mark.parametrize("sizes", [(7,), (6, 5, 4)])
def test_any_depth_and_activation_has_right_gradients(activation, sizes):
    model = MLPClassifier(sizes, activation, epochs=1)
    rng = np.random.default_rng(0)
    model.fit(rng.standard_normal((30, 4)), np.arange(30) % 3)
    dense = [layer for layer in model.network_.layers if isinstance(layer, Dense)]
    assert [layer.weight.value.shape for layer in dense] == list(
        zip((4, *sizes), (*sizes, 3), strict=True)
    )
    for layer in dense:  # so that no unit is at the corner of its activation
        layer.bias.value[:] = rng.uniform(0.1, 0.5, layer.bias.value.shape)
    report = check_gradients(model.network_, rng.standard_normal((5, 4)), n_places=5)
    assert report.error < 1e-5, report


def test_it_learns_rings():
    x, y = make_rings()
    model = MLPClassifier((16,), epochs=60, batch_size=20, learning_rate=0.01).fit(x, y)
    assert model.score(*make_rings(seed=1)) > 0.97
    assert model.losses_[-1] < model.losses_[0] / 3
    assert model.n_iter_ == 60


def test_the_regressor_learns_a_curve():
    x = np.linspace(-3, 3, 200)[:, None]
    model = MLPRegressor((32,), "tanh", epochs=100, batch_size=20, learning_rate=0.02)
    model.fit(x, np.sin(x[:, 0]))
    assert model.score(x, np.sin(x[:, 0])) > 0.99
    both = MLPRegressor((16,), epochs=3).fit(x, np.hstack([x, -x]))
    assert both.predict(x).shape == (200, 2)


@pytest.mark.parametrize("setting", [
    *({"optimizer": name} for name in OPTIMIZERS),
    *({"schedule": name} for name in SCHEDULES),
    *({"init": name} for name in INITIALIZERS),
    {"dropout": 0.5}, {"input_dropout": 0.2}, {"l1": 0.01}, {"l2": 0.01}, {"clip_norm": 0.1},
    {"clip_value": 0.1}, {"patience": 1}, {"tolerance": 1e9}, {"averaging": Averaging()},
    {"batch_size": None}, {"batch_size": 1},
], ids=repr)  # fmt: skip
def test_every_setting_matters(setting):
    x, y = make_rings(40)
    usual = {"epochs": 4, "batch_size": 8}
    first = MLPClassifier((4,), **usual, seed=1).fit(x, y).predict_proba(x)
    other = MLPClassifier((4,), **{**usual, **setting}, seed=1).fit(x, y)
    again = MLPClassifier((4,), **{**usual, **setting}, seed=1).fit(x, y)
    np.testing.assert_array_equal(other.predict_proba(x), again.predict_proba(x))
    usually = setting in ({"optimizer": "adam"}, {"schedule": "constant"}, {"init": "he"})
    # Four epochs are too few for a step or a plateau.
    late = setting.get("schedule") in ("step", "plateau")
    assert usually or late or (other.predict_proba(x) != first).any()


def test_patience_stops_early_and_keeps_the_best():
    x, y = make_rings(120)
    y = np.where(np.random.default_rng(3).random(120) < 0.3, 1 - y, y)
    model = MLPClassifier((64,), epochs=300, batch_size=10, learning_rate=0.02, patience=4)
    model.fit(x, y)
    assert model.n_iter_ < 300
    assert model.best_epoch_ == int(np.argmin(model.scores_)) == model.n_iter_ - 5


def test_samples_given_are_watched():
    x, y = make_rings()
    held = make_rings(50, seed=2)
    labels = np.array(["in", "out"])
    model = MLPClassifier((8,), epochs=5).fit(x, labels[y], validation=(held[0], labels[held[1]]))
    wanted = -np.log(model.predict_proba(held[0])[range(50), held[1]]).mean()
    assert model.scores_[-1] == pytest.approx(wanted, rel=1e-5)
    with pytest.raises(ParameterError, match="does not know the label 'far'"):
        model.fit(x, labels[y], validation=(held[0], ["far"] * 50))


def test_it_resumes_to_the_same_bits(tmp_path):
    x, y = make_rings()

    class Stop(Callback):
        def end_epoch(self, report):
            if report.epoch == 2:
                raise KeyboardInterrupt

    settings = {"hidden_sizes": (8,), "dropout": 0.2, "epochs": 6}
    whole = MLPClassifier(**settings).fit(x, y)
    model = MLPClassifier(**settings)
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, checkpoint=tmp_path / "c", callbacks=[Stop()])
    with pytest.raises(ParameterError, match="has learned nothing yet"):
        model.predict(x)
    model.fit(x, y, checkpoint=tmp_path / "c", resume=True)
    np.testing.assert_array_equal(model.predict_proba(x), whole.predict_proba(x))
    with pytest.raises(ResumeError, match="seed"):
        MLPClassifier(**settings, seed=1).fit(x, y, checkpoint=tmp_path / "c", resume=True)


def test_dropout_is_for_training():
    x, y = make_rings()
    model = MLPClassifier((8, 8), dropout=0.5, epochs=2).fit(x, y)
    assert sum(isinstance(layer, Dropout) for layer in model.network_.layers) == 2
    np.testing.assert_array_equal(model.predict_proba(x), model.predict_proba(x))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hidden_sizes": 256}, r"hidden_sizes must be a list such as \(256,\), not 256"),
        ({"hidden_sizes": "256"}, "hidden_sizes must be a list"),
        ({"hidden_sizes": (0,)}, "n_outputs must be a whole number of at least 1, not 0"),
        ({"hidden_sizes": (2.5,)}, "2.5"),
        ({"activation": "rely"}, "no activation 'rely'"),
        ({"activation": 3}, "activation must be a name, not 3"),
        ({"init": "none"}, "no initialisation 'none'"),
        ({"init": None}, "init must be a name, not None"),
        ({"dropout": 1}, "dropout must be from 0 to below 1, not 1"),
        ({"dropout": "half"}, "dropout must be from 0"),
        ({"epochs": -1}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"optimizer": "lbfgs"}, "optimizer must be one of"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"schedule": 3}, "schedule must be one of"),
        ({"l2": -1}, "l2 must be 0 or more"),
        ({"patience": 0}, "patience must be"),
        ({"patience": 2, "validation_share": 0}, "validation_share=0 of 40 samples"),
        ({"seed": "x"}, "seed must be a whole number"),
    ],
)
def test_settings_that_cannot_be(settings, words):
    with pytest.raises(ParameterError, match=words) as caught:
        MLPClassifier(**settings).fit(*make_rings(40))
    assert "\n" not in str(caught.value)


def test_divergence_is_told():
    x, y = make_rings()
    with pytest.raises(DivergenceError, match="training diverged in epoch"):
        MLPRegressor((8,), optimizer="sgd", learning_rate=1e5, epochs=9).fit(x, y)


class TestBagging:
    def test_members_differ_and_decide_together(self):
        x, y = make_rings()
        model = BaggingClassifier(MLPClassifier((8,), epochs=10), 4, seed=2).fit(x, y)
        parts = [member.predict_proba(x) for member in model.estimators_]
        assert not np.allclose(parts[0], parts[1])
        np.testing.assert_allclose(model.predict_proba(x), np.mean(parts, axis=0))
        assert len({member.seed for member in model.estimators_}) == 4
        assert model.estimator.seed == 0

    def test_it_is_steadier_than_its_members(self):
        x, y = make_rings(60)
        y = np.where(np.random.default_rng(3).random(60) < 0.2, 1 - y, y)
        test = make_rings(500, seed=9)
        one = MLPClassifier((32,), epochs=60, batch_size=10, learning_rate=0.02)
        model = BaggingClassifier(one, 5).fit(x, y)
        members = [member.score(*test) for member in model.estimators_]
        assert model.score(*test) > np.mean(members)

    def test_every_member_knows_every_class(self):
        x = np.random.default_rng(0).standard_normal((100, 2))
        y = np.zeros(100, int)
        y[3] = 1
        model = BaggingClassifier(Perceptron(epochs=2), 10, share=0.1).fit(x, y)
        assert all(len(member.classes_) == 2 for member in model.estimators_)

    def test_regressors_are_averaged(self):
        x = np.linspace(0, 1, 50)[:, None]
        model = BaggingRegressor(LinearUnit(epochs=20, learning_rate=0.1), 3).fit(x, 2 * x[:, 0])
        parts = [member.predict(x) for member in model.estimators_]
        np.testing.assert_allclose(model.predict(x), np.mean(parts, axis=0))
        assert model.score(x, 2 * x[:, 0]) > 0.9

    def test_estimators_of_others_will_do(self):
        tree = pytest.importorskip("sklearn.tree")
        x, y = make_rings()
        model = BaggingClassifier(tree.DecisionTreeClassifier(), 3).fit(x, y)
        assert model.score(x, y) > 0.9
        with pytest.raises(ParameterError, match="not DecisionTreeClassifier"):
            model.save("anywhere")

    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            ({"n_estimators": 0}, "n_estimators must be a whole number of at least 1"),
            ({"share": 0}, "share must be a number above 0"),
            ({"share": 1.5, "replace": False}, "at most 1 without replacement"),
            ({"share": "all"}, "share must be"),
            ({"estimator": "mlp"}, "takes an estimator with fit and get_params"),
            ({"estimator": MLPClassifier}, "takes an estimator with fit and get_params"),
        ],
    )
    def test_settings_that_cannot_be(self, settings, words):
        with pytest.raises(ParameterError, match=words):
            BaggingClassifier(**{"estimator": Perceptron(), **settings}).fit(*make_rings(20))
