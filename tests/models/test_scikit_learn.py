"""scikit-learn's tools take our estimators as their own."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from embedrec.models.bagging import BaggingClassifier, BaggingRegressor
from embedrec.models.linear import LinearUnit, LogisticRegression, Perceptron, SoftmaxRegression
from embedrec.models.mlp import MLPClassifier, MLPRegressor

pytest.importorskip("sklearn", reason="scikit-learn's tools are tried where it is installed")
base = pytest.importorskip("sklearn.base")
selection = pytest.importorskip("sklearn.model_selection")
pipeline = pytest.importorskip("sklearn.pipeline")
preprocessing = pytest.importorskip("sklearn.preprocessing")

ESTIMATORS = [
    Perceptron(epochs=20),
    LogisticRegression(epochs=20),
    SoftmaxRegression(epochs=20),
    MLPClassifier((8,), epochs=20, learning_rate=0.01),
    BaggingClassifier(SoftmaxRegression(epochs=10), 2),
    LinearUnit(epochs=20),
    MLPRegressor((8,), epochs=60, batch_size=16, learning_rate=0.02),
    BaggingRegressor(LinearUnit(epochs=10), 2),
]


def make_samples(estimator, n=120):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, 3))
    f = x @ [1.0, 2.0, -1.0]
    return x, f if base.is_regressor(estimator) else np.where(f > 0, "up", "down")


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
class TestTools:
    def test_clone(self, estimator):
        copy = base.clone(estimator)
        assert copy is not estimator
        assert repr(copy) == repr(estimator)
        assert not copy.is_fitted()

    def test_cross_val_score(self, estimator):
        scores = selection.cross_val_score(estimator, *make_samples(estimator), cv=3)
        assert scores.min() > 0.8

    def test_search_in_a_pipeline(self, estimator):
        x, y = make_samples(estimator)
        steps = pipeline.make_pipeline(preprocessing.StandardScaler(), estimator)
        inner = f"{type(estimator).__name__.lower()}__"
        inner += "n_estimators" if hasattr(estimator, "n_estimators") else "epochs"
        search = selection.GridSearchCV(
            steps, {inner: [1, 3 if "n_est" in inner else 30]}, cv=2
        ).fit(x, y)
        assert search.best_score_ > 0.8
        assert search.predict(x).shape == (120,)

    def test_tags(self, estimator):
        names = ("classifier", "regressor")
        assert base.is_classifier(estimator) != base.is_regressor(estimator)
        kinds = dict(zip(names, (base.is_classifier, base.is_regressor), strict=True))
        assert kinds[estimator._estimator_type](estimator)

    def test_fitted_or_not(self, estimator):
        validation = pytest.importorskip("sklearn.utils.validation")
        exceptions = pytest.importorskip("sklearn.exceptions")
        copy = base.clone(estimator)
        with pytest.raises(exceptions.NotFittedError):
            validation.check_is_fitted(copy)
        validation.check_is_fitted(copy.fit(*make_samples(estimator)))


def test_probabilities_can_be_scored():
    model = ESTIMATORS[3]
    scores = selection.cross_val_score(
        model, *make_samples(model), cv=3, scoring="neg_log_loss", params={}
    )
    assert scores.min() > -0.5


def test_the_package_does_not_load_it():
    program = (
        "import sys, embedrec.models.bagging, embedrec.models.mlp, embedrec.models.linear\n"
        "assert not [name for name in sys.modules if name.startswith('sklearn')]"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
