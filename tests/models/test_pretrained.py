"""Pre-training: layers are learned below first and kept, and few labels go further with it."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.models.autoencoder import Autoencoder
from embedrec.models.mlp import MLPClassifier
from embedrec.models.pretrained import DeepPretrainedClassifier
from embedrec.models.rbm import RBM

RBMS = RBM(epochs=20, batch_size=20)


def draw_prototypes(n, generator, prototypes):
    """Noisy copies of binary prototypes: half the features of each sample are turned over."""
    labels = generator.integers(0, len(prototypes), n)
    turned = generator.random((n, prototypes.shape[1])) < 0.3
    return np.abs(prototypes[labels] - turned).astype(np.float32), labels


@pytest.fixture(scope="module")
def planted():
    generator = np.random.default_rng(0)
    prototypes = (generator.random((4, 40)) < 0.5).astype(np.float32)
    return [draw_prototypes(n, generator, prototypes) for n in (1000, 20, 1000)]


class Recorder:
    """A layer learner that keeps what it is asked, and answers with known numbers."""

    def __init__(self):
        self.asked = []

    def learn_layer(self, X, n_units, activation, seed):
        self.asked.append((X, n_units, activation, seed))
        weight = np.full((X.shape[1], n_units), 0.01 * len(self.asked), np.float32)
        return weight, np.full(n_units, 0.5, np.float32)


def test_any_learner_of_layers_is_asked_for_each_from_below():
    X = np.random.default_rng(0).random((30, 5)).astype(np.float32)
    more = X[:7] + 1
    recorder = Recorder()
    model = DeepPretrainedClassifier((4, 3), "tanh", pretrainer=recorder, epochs=0, seed=2)
    model.fit(X, X[:, 0] > 0.5, unlabelled=more)
    first, second = recorder.asked
    assert np.array_equal(first[0], np.concatenate([X, more]))
    assert first[1:3] == (4, "tanh")
    assert second[1:3] == (3, "tanh")
    assert first[3] != second[3]
    weight, bias = np.full((5, 4), 0.01, np.float32), np.float32(0.5)
    np.testing.assert_allclose(second[0], np.tanh(first[0] @ weight + bias), rtol=1e-6)
    # Without an epoch of fine-tuning, the network is what was pre-trained.
    denses = model.network_.layers[::2]
    assert np.array_equal(denses[0].weight.value, weight)
    assert (denses[1].weight.value == np.float32(0.02)).all()
    assert (denses[1].bias.value == 0.5).all()
    assert denses[2].weight.value.std() > 0  # the output layer starts at random


def test_fine_tuning_moves_all_layers():
    X = np.random.default_rng(0).random((30, 5)).astype(np.float32)
    models = [
        DeepPretrainedClassifier((4, 3), epochs=n, pretrainer=Autoencoder(epochs=1)).fit(
            X, X[:, 0] > 0.5
        )
        for n in (0, 1)
    ]
    for before, after in zip(*(model.network_.layers[::2] for model in models), strict=True):
        assert not np.array_equal(before.weight.value, after.weight.value)


def test_without_a_pretrainer_it_is_a_multilayer_perceptron():
    X = np.random.default_rng(0).random((30, 5)).astype(np.float32)
    y = X[:, 0] > 0.5
    settings = {"hidden_sizes": (4, 3), "activation": "sigmoid", "epochs": 2, "seed": 3}
    ours = DeepPretrainedClassifier(pretrainer=None, **settings).fit(X, y)
    plain = MLPClassifier(**settings).fit(X, y)
    assert np.array_equal(ours.predict_proba(X), plain.predict_proba(X))


def test_few_labels_go_further_after_pretraining(planted):
    (pool, _), (X, y), (X_test, y_test) = planted
    scores = {}
    for name, pretrainer in (("random", None), ("pretrained", "denoising"), ("rbm", RBMS)):
        model = DeepPretrainedClassifier((20, 20), pretrainer=pretrainer, epochs=100, batch_size=10)
        scores[name] = model.fit(X, y, unlabelled=pool).score(X_test, y_test)
    assert min(scores["pretrained"], scores["rbm"]) > scores["random"] + 0.05


def test_one_seed_one_result(planted):
    (pool, _), (X, y), _ = planted
    made = [
        DeepPretrainedClassifier((6, 4), epochs=2, seed=seed).fit(X, y).predict_proba(pool)
        for seed in (1, 1, 2, 2**63 - 1)
    ]
    assert np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])


@pytest.mark.parametrize(
    "pretrainer", ["denoising", "rbm", None, Autoencoder(epochs=1, tied=True), RBM(epochs=1)]
)
def test_on_disk(tmp_path, planted, pretrainer):
    (pool, _), (X, y), _ = planted
    model = DeepPretrainedClassifier((6, 4), pretrainer=pretrainer, epochs=1).fit(X, y)
    model.save(tmp_path / "model")
    loaded = DeepPretrainedClassifier.load(tmp_path / "model")
    assert np.array_equal(loaded.predict_proba(pool), model.predict_proba(pool))
    assert repr(loaded) == repr(model)


def test_in_scikit_learn(planted):
    base = pytest.importorskip("sklearn.base")
    selection = pytest.importorskip("sklearn.model_selection")
    X, y = planted[0]
    model = base.clone(DeepPretrainedClassifier((8,), pretrainer=Autoencoder(epochs=1), epochs=30))
    model.set_params(pretrainer__epochs=2, learning_rate=0.01)
    assert (selection.cross_val_score(model, X, y, cv=3) > 0.8).all()
    assert model.get_params()["pretrainer__epochs"] == 2


def test_bad_arguments_are_said_before_anything_is_learned(planted):
    X, y = planted[1]
    recorder = Recorder()
    model = DeepPretrainedClassifier((4,), pretrainer=recorder)
    with pytest.raises(ParameterError, match="X has 20 samples and y has 19"):
        model.fit(X, y[:-1])
    with pytest.raises(ParameterError, match="at least 2 classes"):
        model.fit(X, np.zeros(20, int))
    with pytest.raises(ParameterError, match=r"\(n_samples, 40\).*not \(3, 7\)"):
        model.fit(X, y, unlabelled=np.zeros((3, 7)))
    for settings in ({"epochs": -1}, {"activation": "cosine"}, {"hidden_sizes": (3, 0)}):
        with pytest.raises(ParameterError, match=r"epochs must|no activation|n_outputs must"):
            DeepPretrainedClassifier(**{"pretrainer": recorder, **settings}).fit(X, y)
    assert not recorder.asked
    for wrong in ("dbm", 3, MLPClassifier()):
        with pytest.raises(ParameterError, match="pretrainer must be 'denoising', 'rbm', an Auto"):
            DeepPretrainedClassifier((4,), pretrainer=wrong).fit(X, y)
    with pytest.raises(ParameterError, match="hidden_sizes must be a list"):
        DeepPretrainedClassifier(4).fit(X, y)
    with pytest.raises(ParameterError, match="no activation 'cosine'"):
        DeepPretrainedClassifier((4,), "cosine").fit(X, y)


def test_machines_take_real_samples_and_sigmoid_layers():
    X = np.random.default_rng(0).normal(5, 3, (60, 4)).astype(np.float32)
    learner = RBM(epochs=2, batch_size=20)
    weight, bias = learner.learn_layer(X, 6, "sigmoid", 1)
    assert not learner.is_fitted()
    same = RBM(6, epochs=2, batch_size=20, seed=1).fit(X)
    assert same.visible_ == "gaussian"
    np.testing.assert_allclose(same.transform(X), 1 / (1 + np.exp(-(X @ weight + bias))), rtol=1e-4)
    y = X[:, 0] + X[:, 1] > 10
    model = DeepPretrainedClassifier((8, 5), pretrainer="rbm", epochs=200, learning_rate=0.02)
    assert model.fit(X, y).score(X, y) > 0.95
    with pytest.raises(ParameterError, match="activation='sigmoid', not 'tanh'"):
        DeepPretrainedClassifier((8,), "tanh", pretrainer="rbm").fit(X, y)
    with pytest.raises(ParameterError, match="softmax units has several columns"):
        DeepPretrainedClassifier((8,), pretrainer=RBM(visible="softmax")).fit(abs(X), y)
