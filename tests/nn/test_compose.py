"""Layers made of layers, and how weights start."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.nn import (
    AuxiliaryOutput,
    Concatenation,
    Dense,
    Embedding,
    Identity,
    Residual,
    RowGradient,
    SoftmaxCrossEntropy,
    SquaredError,
    Tanh,
    get_initializer,
    iterate_parameters,
    make_orthogonal,
)


def make_dense(n_inputs, n_outputs):
    return Dense(n_inputs, n_outputs, generator=np.random.default_rng(0), dtype=np.float64)


X = np.random.default_rng(1).standard_normal((3, 4))


def test_residual_adds_its_input():
    y, _ = Residual(Tanh()).forward(X)
    assert y == pytest.approx(X + np.tanh(X))


def test_concatenation_puts_branches_side_by_side():
    y, _ = Concatenation(Identity(), Tanh()).forward(X)
    assert (y[:, :4] == X).all()
    assert y[:, 4:] == pytest.approx(np.tanh(X))


def test_auxiliary_output_adds_its_loss_in_training_only():
    upper, side = make_dense(4, 3), make_dense(4, 2)
    loss = AuxiliaryOutput(upper, SoftmaxCrossEntropy(), side, SquaredError(), weight=0.3)
    target = np.array([0, 1, 2]), np.zeros((3, 2))
    main = SoftmaxCrossEntropy().forward(upper.forward(X)[0], target[0])[0]
    beside = SquaredError().forward(side.forward(X)[0], target[1])[0]
    assert loss.forward(X, target, None, True)[0] == pytest.approx(main + 0.3 * beside)
    assert loss.forward(X, target)[0] == pytest.approx(main)
    assert loss.predict(X).sum(axis=1) == pytest.approx(np.ones(3))
    assert [name for name, _ in iterate_parameters(loss)] == [
        "upper.weight", "upper.bias", "side.weight", "side.bias",
    ]  # fmt: skip


def test_auxiliary_outputs_nest():
    inner = AuxiliaryOutput(Identity(), SquaredError(), Identity(), SquaredError(), weight=0.5)
    outer = AuxiliaryOutput(Identity(), inner, Identity(), SquaredError(), weight=2)
    alone = SquaredError().forward(X, np.zeros_like(X))[0]
    assert outer.forward(X, np.zeros_like(X), None, True)[0] == pytest.approx(3.5 * alone)


def test_embedding_gives_gradients_by_rows():
    embedding = Embedding(100, 3, generator=np.random.default_rng(0))
    y, back = embedding.forward(np.array([[5, 7], [5, 1]]))
    back(np.ones_like(y))
    assert isinstance(embedding.weight.gradient, RowGradient)
    merged = embedding.weight.gradient.merge()
    assert merged.rows.tolist() == [1, 5, 7]
    assert merged.values[:, 0].tolist() == [1, 2, 1]


def test_padding_is_zero_and_stays_so():
    vectors = np.ones((4, 2), np.float32)
    embedding = Embedding.from_vectors(vectors, padding=0)
    y, back = embedding.forward(np.array([0, 1, 0]))
    assert y.tolist() == [[0, 0], [1, 1], [0, 0]]
    back(np.ones_like(y))
    assert embedding.weight.gradient.rows.tolist() == [1]
    assert (vectors == 1).all()  # the given ones are copied


def test_frozen_vectors_learn_nothing():
    embedding = Embedding.from_vectors(np.ones((4, 2), np.float32), is_frozen=True)
    y, back = embedding.forward(np.array([0, 1]))
    back(np.ones_like(y))
    assert embedding.weight.gradient is None
    assert not embedding.weight.is_penalized


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (3, 3, 2, 5)])
def test_orthogonal_weights(shape):
    w = get_initializer("orthogonal")(np.random.default_rng(0), shape, np.float64)
    assert w.shape == shape
    w = w.reshape(-1, shape[-1])
    narrow = w if w.shape[0] >= w.shape[1] else w.T
    assert narrow.T @ narrow == pytest.approx(np.eye(narrow.shape[1]), abs=1e-12)


def test_a_state_fades_by_the_gain_of_its_start_weights():
    w = make_orthogonal(0.5)(np.random.default_rng(0), (7, 7), np.float32)
    assert w.dtype == np.float32
    h = np.random.default_rng(1).standard_normal((3, 7))
    assert np.linalg.norm(h @ w, axis=1) == pytest.approx(0.5 * np.linalg.norm(h, axis=1), rel=1e-6)


def test_spread_of_start_weights():
    generator = np.random.default_rng(0)
    shape = 5, 5, 8, 64  # a convolution: 200 inputs, 1600 outputs
    assert get_initializer("he")(generator, shape, np.float32).std() == pytest.approx(0.1, rel=0.02)
    glorot = get_initializer("glorot")(generator, shape, np.float32)
    assert np.abs(glorot).max() == pytest.approx(np.sqrt(6 / 1800), rel=0.01)
    uniform = get_initializer("uniform")(generator, shape, np.float32)
    assert np.abs(uniform).max() == pytest.approx(1 / np.sqrt(200), rel=0.01)
    assert uniform.dtype == np.float32


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: Residual(make_dense(4, 3)).forward(X), "of shape (3, 4), not (3, 3)"),
        (lambda: Concatenation(), "needs a branch"),
        (
            lambda: AuxiliaryOutput(Tanh(), SquaredError(), Tanh(), SquaredError(), weight=-1),
            "must be 0 or more, not -1",
        ),
        (lambda: get_initializer("xavier"), "'xavier': choose one of glorot, he, orth"),
        (lambda: Embedding.from_vectors(np.ones((2, 2)) * np.nan), "holds nan at (0, 0)"),
        (lambda: Embedding.from_vectors(np.ones(2)), "of shape (n_words, size), not (2,)"),
        (lambda: Embedding.from_vectors(np.ones((2, 2)), padding=2), "below the 2 words"),
        (lambda: Embedding.from_vectors(np.ones((2, 2))).forward(X), "integer array, not float"),
        (
            lambda: Embedding.from_vectors(np.ones((2, 2))).forward(np.array([0, 2])),
            "Embedding(2, 2) takes ids from 0 to 1, not 2 (at 1)",
        ),
        (lambda: Embedding(0, 2, generator=np.random.default_rng(0)), "n_words must be a whole"),
    ],
)
def test_bad_input_is_named(act, words):
    with pytest.raises(ParameterError) as caught:
        act()
    assert words in str(caught.value)
