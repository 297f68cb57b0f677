"""LeNet-5: the paper's sizes and connections, what it takes, and that it learns."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.models import lenet
from embedrec.models.lenet import CONNECTIONS, LeNet5, build_lenet
from embedrec.nn import Chain, check_gradients, count_parameters


def draw_digits(n=60, size=28, seed=0):
    """Bars, lying or standing, or crosses, somewhere in the image."""
    generator = np.random.default_rng(seed)
    x, y = np.zeros((n, size, size), np.float32), generator.integers(0, 3, n)
    for image, label in zip(x, y, strict=True):
        row, column = generator.integers(6, size - 6, 2)
        if label != 0:
            image[row - 5 : row + 6, column - 1 : column + 1] = 255
        if label != 1:
            image[row - 1 : row + 1, column - 5 : column + 6] = 255
    return x, y


def test_sizes_and_parameters_are_the_papers():
    network = build_lenet(generator=np.random.default_rng(0))
    x = np.zeros((2, 32, 32, 1), np.float32)
    shapes = {}
    for layer in network.layers:
        x, _ = layer.forward(x)
        shapes.setdefault(type(layer).__name__, []).append(x.shape[1:])
    assert shapes["Conv2D"] == [(28, 28, 6), (10, 10, 16), (1, 1, 120)]
    assert shapes["Subsampling"] == [(14, 14, 6), (5, 5, 16)]
    assert shapes["Dense"] == [(84,), (10,)]
    # Section II B counts what can be trained: C1 156, S2 12, C3 1,516, S4 32, C5 48,120, F6 10,164.
    counts = [count_parameters(layer) for layer in network.layers]
    missing = int((~CONNECTIONS).sum()) * 25
    assert [n for n in counts if n] == [156, 12, 1516 + missing, 32, 48120, 10164, 850]


def test_connections_are_the_papers():
    """Table I: six maps see 3 neighbouring ones, nine see 4, and the last sees all."""
    assert CONNECTIONS.sum(axis=0).tolist() == [3] * 6 + [4] * 9 + [6]
    assert CONNECTIONS.sum(axis=1).tolist() == [10] * 6
    assert len(np.unique(CONNECTIONS, axis=1).T) == 16
    for k in range(6):
        near = [(k + step) % 6 for step in range(3)]
        assert np.flatnonzero(CONNECTIONS[:, k]).tolist() == sorted(near)


@pytest.mark.parametrize("pooling", ["subsampling", "mean", "max"])
def test_gradients_of_the_whole_network(pooling):
    network = build_lenet(generator=np.random.default_rng(1), pooling=pooling)
    x = np.random.default_rng(5).standard_normal((1, 32, 32, 1))
    report = check_gradients(network, x, n_places=20)
    assert report.error < 1e-6, report


@pytest.mark.parametrize("pooling", ["subsampling", "max"])
def test_learns_from_small_images_and_predicts(pooling, tmp_path):
    x, y = draw_digits(200)
    names = np.array(["lying", "standing", "cross"])[y]
    model = LeNet5(pooling=pooling, epochs=6, batch_size=20, learning_rate=3e-3, seed=3)
    assert model.fit(x[:150], names[:150]) is model
    assert model.score(x[150:], names[150:]) > 0.9
    probabilities = model.predict_proba(x[150:])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    flat = x.reshape(len(x), -1)
    np.testing.assert_array_equal(model.predict(flat), model.predict(x))
    model.save(tmp_path / "model")
    again = LeNet5.load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict_proba(x), model.predict_proba(x))


def test_same_seed_same_bits_and_augmentation_counts():
    x, y = draw_digits(40)

    def learn(**options):
        model = LeNet5(epochs=1, batch_size=10, **options).fit(x, y)
        return model.predict_proba(x)

    np.testing.assert_array_equal(learn(shift=2, elastic=1), learn(shift=2, elastic=1))
    assert (learn(shift=2) != learn()).any()
    assert (learn(seed=1) != learn()).any()


def test_cross_validation_by_scikit_learn():
    selection = pytest.importorskip("sklearn.model_selection", reason="scikit-learn is optional")
    x, y = draw_digits(30)
    scores = selection.cross_val_score(LeNet5(epochs=1), x.reshape(30, -1), y, cv=2)
    assert np.isfinite(scores).all()


def test_larger_images_have_no_border():
    x, y = draw_digits(20, size=32)
    model = LeNet5(epochs=1).fit(x, y)
    np.testing.assert_allclose(model.check_input(x)[..., 0] * model.scale_ + model.mean_, x, atol=1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, y: LeNet5().fit(x[:, :20], y), r"LeNet5 takes images of 28 x 28 or 32 x 32"),
        (lambda x, y: LeNet5().fit(x[0], y), r"not \(28, 28\)"),
        (lambda x, y: LeNet5().fit(x[:0], y[:0]), "empty"),
        (lambda x, y: LeNet5().fit(np.where(x > 0, np.nan, x), y), "nan"),
        (lambda x, y: LeNet5().fit(x, y[:-1]), "10"),
        (lambda x, y: LeNet5(pooling="least").fit(x, y), "pooling must be one of sub"),
        (lambda x, y: LeNet5(connections=3).fit(x, y), "connections must be one of partial, full"),
        (lambda x, y: LeNet5(shift=-1).fit(x, y), "shift must be 0 or more, not -1"),
        (lambda x, y: LeNet5(epochs=1).fit(x, y).predict(np.zeros((2, 32, 32))),
         "takes images of 28 x 28 pixels"),
        (lambda x, y: LeNet5().predict(x), "learned nothing yet"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call, message):
    with pytest.raises(ParameterError, match=message):
        call(*draw_digits(10))


def test_the_network_fits_on_one_screen():
    assert len(inspect.getsource(build_lenet).splitlines()) <= 40
    assert isinstance(lenet.build_lenet(generator=np.random.default_rng(0)), Chain)
