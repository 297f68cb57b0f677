"""What all estimators have in common: arguments, checks of samples and labels, the form on disk."""

from __future__ import annotations

import json

import numpy as np
import pytest

from embedrec.errors import CorruptedError, InputError, ParameterError, VersionError
from embedrec.models.bagging import BaggingClassifier, BaggingRegressor
from embedrec.models.estimator import Estimator
from embedrec.models.linear import LinearUnit, LogisticRegression, Perceptron, SoftmaxRegression
from embedrec.models.mlp import MLPClassifier, MLPRegressor
from embedrec.nn import Adam, CosineDecay, WarmUp

CLASSIFIERS = [
    Perceptron(epochs=5),
    LogisticRegression(epochs=3),
    SoftmaxRegression(epochs=3),
    MLPClassifier((5,), epochs=3, batch_size=16),
    BaggingClassifier(MLPClassifier((5,), epochs=2), 2),
]
REGRESSORS = [
    LinearUnit(epochs=3),
    MLPRegressor((5,), epochs=3),
    BaggingRegressor(LinearUnit(epochs=2), 2),
]


def name_of(estimator):
    return type(estimator).__name__


def make_samples(n=60, n_classes=2, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 3))
    return x, (x @ rng.standard_normal((3, n_classes))).argmax(axis=1)


def renew(estimator):
    return type(estimator)(**estimator.get_params(deep=False))


class TestArguments:
    def test_are_kept_as_they_are(self):
        sizes, optimizer = [4, 5], Adam()
        model = MLPClassifier(sizes, optimizer=optimizer, epochs=-3)
        assert model.get_params()["hidden_sizes"] is sizes
        assert model.optimizer is optimizer
        assert model.epochs == -3

    def test_can_be_set(self):
        model = MLPClassifier()
        assert model.set_params(epochs=3, activation="tanh") is model
        assert (model.epochs, model.activation) == (3, "tanh")

    def test_of_an_estimator_within_can_be_set(self):
        model = BaggingClassifier(MLPClassifier())
        assert model.get_params()["estimator__epochs"] == 10
        assert "estimator__epochs" not in model.get_params(deep=False)
        model.set_params(estimator__epochs=3)
        assert model.estimator.epochs == 3
        model.set_params(estimator__seed=4, estimator=Perceptron())
        assert model.estimator.seed == 4

    def test_that_are_not_there_are_told(self):
        model = MLPClassifier()
        with pytest.raises(ParameterError, match="MLPClassifier has no parameter 'epoch'"):
            model.set_params(seed=3, epoch=4)
        assert model.seed == 0

    def test_stand_in_repr_if_they_are_not_usual(self):
        assert repr(MLPClassifier((8,), seed=3)) == "MLPClassifier(hidden_sizes=(8,), seed=3)"
        assert repr(Perceptron()) == "Perceptron()"


@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=name_of)
class TestClassifiers:
    def test_learns_labels_of_any_kind(self, estimator):
        x, numbers = make_samples()
        for labels in (["no", "yes"], ["不", "是"], [-1, 1], [False, True], [2.0, 7.0]):
            y = np.array(labels)[numbers]
            model = renew(estimator).fit(x, y)
            assert model.classes_.tolist() == labels
            assert set(model.predict(x)) <= set(y.tolist())
            assert model.score(x, y) > 0.5
            proba = model.predict_proba(x)
            assert proba.shape == (60, 2)
            np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
            assert (model.classes_[proba.argmax(axis=1)] == model.predict(x)).all()

    def test_lists_will_do(self, estimator):
        x, y = make_samples()
        a = renew(estimator).fit(x, y).predict_proba(x)
        b = renew(estimator).fit(x.tolist(), y.tolist()).predict_proba(x.tolist())
        np.testing.assert_allclose(a, b)

    def test_does_not_change_what_it_is_given(self, estimator):
        x, y = make_samples()
        kept = x.copy(), y.copy()
        renew(estimator).fit(x, y).predict(x)
        np.testing.assert_array_equal(x, kept[0])
        np.testing.assert_array_equal(y, kept[1])

    def test_weight_zero_is_as_not_being_there(self, estimator):
        x, y = make_samples()
        weights = np.ones(60)
        weights[40:] = 0
        spoiled = y.copy()
        spoiled[40:] = 1 - spoiled[40:]
        a = renew(estimator).fit(x, y, weights).predict_proba(x)
        b = renew(estimator).fit(x, spoiled, sample_weight=weights).predict_proba(x)
        np.testing.assert_allclose(a, b)
        model = renew(estimator).fit(x, y)
        assert model.score(x, y, weights) == pytest.approx(model.score(x[:40], y[:40]))

    def test_fits_anew_each_time(self, estimator):
        x, y = make_samples()
        model = renew(estimator).fit(x[:, :2], 1 - y)
        again = model.fit(x, y).predict_proba(x)
        np.testing.assert_array_equal(again, renew(estimator).fit(x, y).predict_proba(x))

    @pytest.mark.parametrize(
        ("y", "words"),
        [
            (np.zeros(60), "at least 2 classes"),
            (np.arange(59) % 2, r"X has 60 samples and y has 59 \(shape \(59,\)\)"),
            (np.zeros((60, 2)), r"not \(60, 2\)"),
            (np.linspace(0, 1, 60), "a number and no class"),
            (np.where(np.arange(60) == 7, np.nan, 1.0), "y holds nan at 7"),
            (["a", None] * 30, "labels of one kind, .* not NoneType, str"),
            (["a", 3] * 30, None),
            (None, "needs the labels y"),
            ([[1], [2, 3]] * 30, "one label for each sample"),
        ],
    )
    def test_labels_that_cannot_be(self, estimator, y, words):
        if words is None:  # NumPy makes strings of both: so be it
            return
        with pytest.raises(ParameterError, match=words):
            renew(estimator).fit(make_samples()[0], y)


@pytest.mark.parametrize("estimator", CLASSIFIERS + REGRESSORS, ids=name_of)
class TestAll:
    def test_samples_that_cannot_be(self, estimator):
        x, y = make_samples()
        broken = x.copy()
        broken[7, 2] = np.nan
        name = (
            ""
            if isinstance(estimator, (BaggingClassifier, BaggingRegressor))
            else name_of(estimator)
        )
        for samples, words in (
            (x[:, 0], "reshape"),
            (x[:, :, None], r"not \(60, 3, 1\)"),
            (x[:0], "X"),
            (broken, r"nan at \(7, 2\)"),
            ([["a", "b", "c"]] * 60, "takes numbers"),
            ([[1, 2], [3]] * 30, None),
        ):
            if words is None and name == "":
                continue
            with pytest.raises(ParameterError, match=words) as caught:
                renew(estimator).fit(samples, y[: len(samples)])
            assert "\n" not in str(caught.value)
            assert name in str(caught.value)

    def test_other_samples_than_it_has_learned_from(self, estimator):
        x, y = make_samples()
        model = renew(estimator).fit(x, y)
        with pytest.raises(ParameterError, match=r"\(n_samples, 3\) .* not \(60, 2\)"):
            model.predict(x[:, :2])
        x[3, 1] = np.inf
        with pytest.raises(ParameterError, match=r"inf at \(3, 1\)"):
            model.predict(x)

    def test_weights_that_cannot_be(self, estimator):
        x, y = make_samples()
        for weights, words in (
            (np.ones(59), r"shape \(59,\), and there are 60 samples"),
            (np.full(60, -1.0), "-1.0 at 0"),
            (np.full(60, np.nan), "nan at 0"),
            (np.zeros(60), "all sample weights are 0"),
            (["a"] * 60, "numbers as sample_weight"),
        ):
            with pytest.raises(ParameterError, match=words):
                renew(estimator).fit(x, y, weights)

    def test_nothing_can_be_asked_before_it_has_learned(self, estimator, tmp_path):
        with pytest.raises(ParameterError, match="has learned nothing yet: call fit"):
            renew(estimator).predict(make_samples()[0])
        with pytest.raises(ParameterError, match="has learned nothing yet"):
            renew(estimator).save(tmp_path / "model")
        assert not (tmp_path / "model").exists()

    def test_sparse_matrices_are_told_apart(self, estimator):
        sparse = pytest.importorskip("scipy.sparse")
        x, y = make_samples()
        with pytest.raises(ParameterError, match="sparse"):
            renew(estimator).fit(sparse.csr_matrix(x), y)

    def test_comes_back_from_the_disk(self, estimator, tmp_path):
        x, y = make_samples()
        model = renew(estimator).fit(x, y)
        model.save(tmp_path / "model")
        model.save(tmp_path / "model")
        loaded = type(estimator).load(tmp_path / "model")
        assert repr(loaded) == repr(model)
        assert loaded.n_features_in_ == 3
        ask = "predict_proba" if hasattr(model, "predict_proba") else "predict"
        np.testing.assert_array_equal(getattr(loaded, ask)(x), getattr(model, ask)(x))
        assert loaded.score(x, y) == model.score(x, y)
        assert repr(Estimator.load(tmp_path / "model")) == repr(model)

    @pytest.mark.parametrize("damage", ["cut", "flip", "missing", "manifest", "facts", "class"])
    def test_a_damaged_one_is_told_in_one_line(self, estimator, tmp_path, damage):
        x, y = make_samples()
        renew(estimator).fit(x, y).save(tmp_path / "model")
        weights, manifest = (
            tmp_path / "model" / n for n in ("weights.safetensors", "manifest.json")
        )
        content, text = bytearray(weights.read_bytes()), manifest.read_text()
        if damage == "cut":
            weights.write_bytes(content[: len(content) // 2])
        elif damage == "flip":
            content[-1] ^= 1
            weights.write_bytes(content)
        elif damage == "missing":
            weights.unlink()
        elif damage == "manifest":
            manifest.write_text(text[: len(text) // 2])
        else:
            changed = json.loads(text)
            if damage == "facts":
                changed["facts"] = {}
            else:
                changed["parameters"]["arguments"]["strange"] = 1
            manifest.write_text(json.dumps(changed))
        with pytest.raises(CorruptedError) as caught:
            type(estimator).load(tmp_path / "model")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("estimator", REGRESSORS, ids=name_of)
def test_targets_that_cannot_be(estimator):
    x, y = make_samples()
    for targets, words in (
        (None, "needs the targets"),
        (y[:-1], "X has 60 samples and y has 59"),
        (np.full(60, np.nan), r"y holds nan at \(0,\)"),
        (["a"] * 60, "takes numbers as y"),
        (np.zeros((60, 2, 2)), r"not \(60, 2, 2\)"),
    ):
        with pytest.raises(ParameterError, match=words):
            renew(estimator).fit(x, targets)
    with pytest.raises(ParameterError, match=r"y has shape \(59,\)"):
        renew(estimator).fit(x, y).score(x, y[:-1])


def test_score_of_a_regressor_is_r2():
    class Fixed(MLPRegressor):
        def predict(self, X):
            return np.asarray(X)[:, 0]

    x = np.array([[1.0], [2], [4]])
    assert Fixed().score(x, [1, 2, 4]) == 1
    assert Fixed().score(x, [1, 3, 4]) == pytest.approx(1 - 1 / (42 / 9))
    assert Fixed().score(x[:1], [1]) == 1
    assert Fixed().score(x[:1], [2]) == 0
    weights = [1, 1, 0]
    assert Fixed().score(x, [1, 3, 9], weights) == pytest.approx(1 - 1 / 2)


def test_objects_of_nn_are_kept_on_disk(tmp_path):
    x, y = make_samples()
    schedule = WarmUp(1, after=CosineDecay(0.1))
    model = MLPClassifier((3,), optimizer=Adam(beta1=0.5), schedule=schedule, epochs=2)
    model.fit(x, y).save(tmp_path / "model")
    loaded = MLPClassifier.load(tmp_path / "model")
    assert (loaded.optimizer, loaded.schedule, loaded.hidden_sizes) == (
        Adam(beta1=0.5),
        schedule,
        (3,),
    )


def test_what_has_no_form_on_disk_is_told(tmp_path):
    class Odd(MLPClassifier):
        pass

    x, y = make_samples()
    model = Odd((3,), epochs=1).fit(x, y)
    model.patience = object()
    with pytest.raises(ParameterError, match="can't be saved with patience=<object"):
        model.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_places_that_cannot_be(tmp_path):
    x, y = make_samples()
    model = Perceptron().fit(x, y)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(ParameterError, match="holds something other than an estimator"):
        model.save(tmp_path / "mine")
    with pytest.raises(InputError, match="no such folder"):
        Perceptron.load(tmp_path / "nowhere")
    with pytest.raises(InputError, match="is not a estimator: it has no manifest"):
        Perceptron.load(tmp_path / "mine")
    model.save(tmp_path / "model")
    with pytest.raises(InputError, match=r"holds a Perceptron, not a MLPClassifier"):
        MLPClassifier.load(tmp_path / "model")
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    manifest["format_version"] = 99
    (tmp_path / "model" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(VersionError):
        Perceptron.load(tmp_path / "model")


def test_networks_can_be_had_from_the_room_and_from_the_package():
    import embedrec
    from embedrec import models

    names = [name for name in dir(models) if name[0].isupper() and name != "Any"]
    assert "MLPClassifier" in names
    for name in names:
        assert getattr(models, name) is getattr(embedrec, name)
        assert issubclass(getattr(models, name), Estimator)
    with pytest.raises(AttributeError, match="MLPClasifier"):
        models.MLPClasifier  # noqa: B018
