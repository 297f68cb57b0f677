"""Perceptron, linear unit, logistic and softmax regression: what they learn, and by which rule."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.models.linear import LinearUnit, LogisticRegression, Perceptron, SoftmaxRegression

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
AND, OR, XOR = [0, 0, 0, 1], [0, 1, 1, 1], [0, 1, 1, 0]


def make_samples(n=150, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 4))
    noise = rng.standard_normal((n, n_classes))
    return x, (x @ rng.standard_normal((4, n_classes)) + noise).argmax(axis=1)


@pytest.mark.parametrize("target", [AND, OR], ids=["and", "or"])
@pytest.mark.parametrize("seed", range(3))
def test_perceptron_learns_and_and_or(target, seed):
    model = Perceptron(seed=seed).fit(CORNERS, target)
    assert model.predict(CORNERS).tolist() == target
    assert model.n_mistakes_[-1] == 0
    assert len(model.n_mistakes_) < 30


def test_perceptron_by_itself_does_not_learn_xor():
    model = Perceptron(epochs=500).fit(CORNERS, XOR)
    assert len(model.n_mistakes_) == 500
    assert min(model.n_mistakes_) > 0
    assert model.score(CORNERS, XOR) < 1


def test_perceptron_s_rule_by_hand():
    # w = (0, 0), b = 0 is off for all. (0, 0) -> 0: right. (0, 1) -> 1: wrong, w = (0, 1), b = 1.
    # (1, 0) -> 1: on, right. (1, 1) -> 1: right.
    model = Perceptron(epochs=1, shuffle=False).fit(CORNERS, OR)
    assert model.weight_[:, 0].tolist() == [0, 1]
    assert model.bias_.tolist() == [1]
    assert model.n_mistakes_ == [1]


def test_learning_rate_only_scales_the_perceptron():
    x, y = make_samples(n_classes=2)
    a, b = (Perceptron(learning_rate=rate, epochs=3).fit(x, y) for rate in (1, 0.25))
    np.testing.assert_allclose(a.weight_ * 0.25, b.weight_)


def test_perceptron_of_several_classes():
    rng = np.random.default_rng(0)
    centres = np.array([[5, 0], [-5, 5], [-5, -5]])
    y = rng.integers(0, 3, 90)
    model = Perceptron().fit(centres[y] + rng.standard_normal((90, 2)), y)
    assert model.predict(centres).tolist() == [0, 1, 2]
    assert model.decision_function(centres).shape == (3, 3)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epochs": 0}, "epochs must be a whole number of at least 1"),
        ({"learning_rate": 0}, "learning_rate must be a number above 0"),
        ({"seed": -1}, "seed"),
    ],
)
def test_perceptron_s_settings_that_cannot_be(settings, words):
    with pytest.raises(ParameterError, match=words):
        Perceptron(**settings).fit(CORNERS, AND)


def test_the_delta_rule_by_hand():
    # One sample at a time from w = 0: w += r (t - w x - b) x.
    x, t = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([2.0, 1.0])
    model = LinearUnit(epochs=1, learning_rate=0.1, seed=3)
    order = []
    model.make_augment = lambda: lambda batch, generator: order.append(batch[0]) or batch
    model.fit(x, t)
    w, b = np.zeros(2), 0.0
    for sample in order:
        error = t[x[:, 0] == sample[0]][0] - w @ sample - b
        w, b = w + 0.1 * error * sample, b + 0.1 * error
    np.testing.assert_allclose(model.coef_[:, 0], w, rtol=1e-6)
    assert model.intercept_[0] == pytest.approx(b)


def test_the_linear_unit_finds_least_squares():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((80, 3))
    y = x @ [1.0, -2.0, 0.5] + 3 + 0.1 * rng.standard_normal(80)
    wanted = np.linalg.lstsq(np.hstack([x, np.ones((80, 1))]), y, rcond=None)[0]
    model = LinearUnit(epochs=400, batch_size=None, learning_rate=0.3, tolerance=1e-7).fit(x, y)
    np.testing.assert_allclose(model.coef_[:, 0], wanted[:3], atol=1e-4)
    assert model.intercept_[0] == pytest.approx(wanted[3], abs=1e-4)
    assert model.predict(x).shape == (80,)
    assert LinearUnit(epochs=1).fit(x, np.stack([y, -y], 1)).predict(x).shape == (80, 2)


def test_logistic_regression_is_for_two_classes():
    x, y = make_samples()
    with pytest.raises(ParameterError, match="y holds 3: use SoftmaxRegression"):
        LogisticRegression().fit(x, y)


def test_logistic_regression_is_softmax_regression_of_two_classes():
    x, y = make_samples(n_classes=2)
    # The difference of two classes' weights is what one logistic unit learns; with L2 on both of
    # them, half as strong a penalty on each sums to the same.
    common = {"epochs": 3000, "batch_size": None, "optimizer": "nesterov", "tolerance": 1e-7}
    a = LogisticRegression(l2=0.05, learning_rate=0.5, **common).fit(x, y)
    b = SoftmaxRegression(l2=0.1, learning_rate=0.5, **common).fit(x, y)
    np.testing.assert_allclose(a.predict_proba(x), b.predict_proba(x), atol=1e-4)
    np.testing.assert_allclose(a.coef_[:, 0], b.coef_[:, 1] - b.coef_[:, 0], atol=1e-3)


def test_start_is_even():
    x, y = make_samples()
    model = SoftmaxRegression(epochs=0).fit(x, y)
    np.testing.assert_allclose(model.predict_proba(x), 1 / 3, rtol=1e-6)


def test_l1_leaves_few_weights():
    x, y = make_samples()
    common = {"epochs": 300, "batch_size": None, "learning_rate": 0.03, "schedule": "linear"}
    free = SoftmaxRegression(**common).fit(x, y).coef_
    few = SoftmaxRegression(l1=0.1, **common).fit(x, y).coef_
    assert (np.abs(few) < 2e-3).sum() > (np.abs(free) < 2e-3).sum() + 3


def test_weights_can_only_be_asked_after_fit():
    with pytest.raises(ParameterError, match="has learned nothing yet"):
        _ = SoftmaxRegression().coef_


class TestScikitLearn:
    """The same penalised likelihood has one minimum: its C is 1 / (l2 n)."""

    @pytest.mark.parametrize("l2", [0.01, 0.3])
    @pytest.mark.parametrize("weighted", [False, True])
    def test_softmax_regression(self, l2, weighted):
        linear = pytest.importorskip("sklearn.linear_model")
        x, y = make_samples()
        weights = np.random.default_rng(5).uniform(0.2, 3, 150) if weighted else None
        ours = SoftmaxRegression(
            l2=l2, epochs=3000, batch_size=None, optimizer="nesterov", learning_rate=0.3,
            tolerance=1e-7,
        ).fit(x, y, weights)  # fmt: skip
        total = 150 if weights is None else weights.sum()
        theirs = linear.LogisticRegression(C=1 / (l2 * total), tol=1e-10, max_iter=10_000)
        theirs.fit(x, y, weights)
        np.testing.assert_allclose(ours.coef_.T, theirs.coef_, atol=2e-4)
        np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=1e-4)

    def test_logistic_regression(self):
        linear = pytest.importorskip("sklearn.linear_model")
        x, y = make_samples(n_classes=2)
        ours = LogisticRegression(
            l2=0.02, epochs=3000, batch_size=None, optimizer="nesterov", learning_rate=0.3,
            tolerance=1e-7,
        ).fit(x, y)  # fmt: skip
        theirs = linear.LogisticRegression(C=1 / (0.02 * 150), tol=1e-10, max_iter=10_000).fit(x, y)
        np.testing.assert_allclose(ours.coef_.T, theirs.coef_, atol=2e-4)
        assert ours.intercept_[0] == pytest.approx(theirs.intercept_[0], abs=2e-4)
        np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=1e-4)
