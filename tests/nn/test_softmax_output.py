"""The softmax over all words, whole, in parts and tied to an embedding."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.nn import (
    Dense,
    Embedding,
    SoftmaxCrossEntropy,
    SoftmaxOutput,
    iterate_parameters,
    softmax_output,
)


def make_generator():
    return np.random.default_rng(2)


H = make_generator().standard_normal((2, 5, 4)).astype(np.float32)
TARGET = make_generator().integers(0, 9, (2, 5))
WEIGHTS = np.array([[1, 2, 0, 1, 1], [1, 0, 0, 0, 3]], np.float64)


def make(**options):
    return SoftmaxOutput(4, 9, generator=make_generator(), counts=np.arange(9), **options)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("most_kept", [1 << 25, 27, 1])
def test_is_dense_with_cross_entropy_whole_or_in_parts(weights, most_kept, monkeypatch):
    monkeypatch.setattr(softmax_output, "_MOST_KEPT", most_kept)
    layer, dense = make(), Dense(4, 9, generator=make_generator())
    dense.weight.value, dense.bias.value = layer.weight.value.T.copy(), layer.bias.value
    z, back_of_dense = dense.forward(H)
    expected, back_of_loss = SoftmaxCrossEntropy().forward(z, TARGET, weights)
    value, back = layer.forward(H, TARGET, weights)
    assert value == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(back(0.5), back_of_dense(back_of_loss(0.5)), atol=1e-7)
    np.testing.assert_allclose(layer.weight.gradient, dense.weight.gradient.T, atol=1e-7)
    np.testing.assert_allclose(layer.bias.gradient, dense.bias.gradient, atol=1e-7)


def test_probabilities():
    layer = make()
    log_probs = layer.log_prob(H)
    np.testing.assert_allclose(np.exp(log_probs), layer.predict(H), atol=1e-6)
    np.testing.assert_allclose(layer.predict(H).sum(axis=-1), 1, atol=1e-6)
    picked = np.take_along_axis(log_probs, TARGET[..., None], axis=-1)
    assert layer.forward(H, TARGET)[0] == pytest.approx(-picked.mean(), rel=1e-6)


def test_untrained_it_gives_frequencies():
    layer = make()
    layer.weight.value[:] = 0
    np.testing.assert_allclose(layer.predict(H[0, 0]), np.arange(1, 10) / 45, atol=1e-6)


def test_tied_vectors_are_one_parameter():
    embedding = Embedding(9, 4, generator=make_generator())
    layer = SoftmaxOutput(4, 9, tied_to=embedding)
    names = [name for name, _ in iterate_parameters({"below": embedding, "above": layer})]
    assert names == ["below.weight", "above.bias"]
    x = np.array([[1, 3, 3, 0, 8]])
    h, back = embedding.forward(x)
    _, back_of_loss = layer.forward(h, TARGET[:1])
    at_h = back_of_loss()
    alone = layer.weight.gradient.copy()
    back(at_h)
    np.add.at(alone, x, at_h)
    np.testing.assert_allclose(layer.weight.gradient, alone, atol=1e-7)


def test_bad_input():
    with pytest.raises(ParameterError, match=r"SoftmaxOutput\(4, 9 words\) takes input of shape"):
        make().forward(H[..., :3], TARGET)
    with pytest.raises(ParameterError, match="classes from 0 to 8, not 9"):
        make().forward(H, TARGET * 0 + 9)
    with pytest.raises(ParameterError, match="computes in float32, and its input is float64"):
        make().forward(H.astype(np.float64), TARGET)
    embedding = Embedding(9, 5, generator=make_generator())
    with pytest.raises(ParameterError, match=r"tied to Embedding\(9, 5\): the sizes differ"):
        SoftmaxOutput(4, 9, tied_to=embedding)
    frozen = Embedding.from_vectors(np.ones((9, 4), np.float32), is_frozen=True)
    with pytest.raises(ParameterError, match="which is frozen"):
        SoftmaxOutput(4, 9, tied_to=frozen)
    with pytest.raises(ParameterError, match="give generator=, or tied_to="):
        SoftmaxOutput(4, 9)
    with pytest.raises(ParameterError, match=r"takes counts of shape \(9\), not \(3,\)"):
        SoftmaxOutput(4, 9, generator=make_generator(), counts=np.arange(3))
