"""Dense layers and embeddings beside PyTorch's, weights copied."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.nn import Chain, Dense, Embedding, Prelu, Relu, SoftmaxCrossEntropy, Tanh

torch = pytest.importorskip(
    "torch", reason="PyTorch is compared with where it is installed: pip install '.[torch]'"
)
GENERATOR = np.random.default_rng(0)
CLOSE = {"rtol": 1e-5, "atol": 1e-6}


def copy_dense(layer):
    linear = torch.nn.Linear(*layer.weight.value.shape)
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(layer.weight.value.T))
        linear.bias.copy_(torch.from_numpy(layer.bias.value))
    return linear


@pytest.mark.parametrize("shape", [(5, 12), (2, 3, 12)])
def test_dense(shape):
    layer = Dense(12, 7, generator=GENERATOR)
    layer.bias.value[:] = GENERATOR.standard_normal(7)
    linear = copy_dense(layer)
    x = GENERATOR.standard_normal(shape).astype(np.float32)
    direction = GENERATOR.standard_normal((*shape[:-1], 7)).astype(np.float32)
    y, back = layer.forward(x)
    their_x = torch.from_numpy(x).requires_grad_()
    their_y = linear(their_x)
    their_y.backward(torch.from_numpy(direction))
    np.testing.assert_allclose(y, their_y.detach(), **CLOSE)
    np.testing.assert_allclose(back(direction), their_x.grad, **CLOSE)
    np.testing.assert_allclose(layer.weight.gradient, linear.weight.grad.T, **CLOSE)
    np.testing.assert_allclose(layer.bias.gradient, linear.bias.grad, **CLOSE)


def test_network_with_cross_entropy():
    layers = [Dense(12, 9, generator=GENERATOR), Dense(9, 8, generator=GENERATOR)]
    top = Dense(8, 5, generator=GENERATOR)
    network = Chain(layers[0], Relu(), layers[1], Tanh(), top)
    linear = [copy_dense(layer) for layer in (*layers, top)]
    theirs = torch.nn.Sequential(
        linear[0], torch.nn.ReLU(), linear[1], torch.nn.Tanh(), linear[2]
    )  # fmt: skip
    x = GENERATOR.standard_normal((20, 12)).astype(np.float32)
    labels = GENERATOR.integers(0, 5, 20)
    y, back = network.forward(x, True)
    value, back_of_loss = SoftmaxCrossEntropy().forward(y, labels)
    back(back_of_loss())
    their_value = torch.nn.functional.cross_entropy(
        theirs(torch.from_numpy(x)), torch.from_numpy(labels)
    )
    their_value.backward()
    assert value == pytest.approx(float(their_value.detach()), rel=1e-5)
    for layer, other in zip((*layers, top), linear, strict=True):
        np.testing.assert_allclose(layer.weight.gradient, other.weight.grad.T, **CLOSE)
        np.testing.assert_allclose(layer.bias.gradient, other.bias.grad, **CLOSE)


@pytest.mark.parametrize("padding", [None, 3])
def test_embedding(padding):
    layer = Embedding(11, 6, generator=GENERATOR, padding=padding)
    theirs = torch.nn.Embedding.from_pretrained(
        torch.from_numpy(layer.weight.value.copy()), freeze=False, padding_idx=padding
    )
    ids = GENERATOR.integers(0, 11, (4, 9))
    ids[0, :3] = 3
    y, back = layer.forward(ids)
    direction = GENERATOR.standard_normal(y.shape).astype(np.float32)
    back(direction)
    their_y = theirs(torch.from_numpy(ids))
    their_y.backward(torch.from_numpy(direction))
    np.testing.assert_allclose(y, their_y.detach(), **CLOSE)
    np.testing.assert_allclose(layer.weight.get_dense_gradient(), theirs.weight.grad, **CLOSE)


@pytest.mark.parametrize("n_channels", [1, 6])
def test_prelu(n_channels):
    layer = Prelu(n_channels)
    theirs = torch.nn.PReLU(n_channels)
    x = GENERATOR.standard_normal((8, 6)).astype(np.float32)
    direction = GENERATOR.standard_normal((8, 6)).astype(np.float32)
    y, back = layer.forward(x)
    their_x = torch.from_numpy(x).requires_grad_()
    their_y = theirs(their_x)
    their_y.backward(torch.from_numpy(direction))
    np.testing.assert_allclose(y, their_y.detach(), **CLOSE)
    np.testing.assert_allclose(back(direction), their_x.grad, **CLOSE)
    np.testing.assert_allclose(layer.slope.gradient, theirs.weight.grad, **CLOSE)
