"""Convolution and pooling beside PyTorch's, weights copied: values and gradients to 1e-5."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.nn import Conv1D, Conv2D, MaxPool1D, MaxPool2D, MeanPool1D, MeanPool2D

torch = pytest.importorskip(
    "torch", reason="PyTorch is compared with where it is installed: pip install '.[torch]'"
)


def to_torch(x):
    """Channels last to channels first."""
    return torch.tensor(np.ascontiguousarray(np.moveaxis(x, -1, 1)), requires_grad=True)


def from_torch(x):
    return np.moveaxis(x.detach().numpy(), 1, -1)


def compare(layer, theirs, x, seed=1):
    y, back = layer.forward(x)
    their_x = to_torch(x)
    their_y = theirs(their_x)
    np.testing.assert_allclose(y, from_torch(their_y), rtol=1e-5, atol=1e-5)
    gradient = np.random.default_rng(seed).standard_normal(y.shape).astype(np.float32)
    their_y.backward(to_torch(gradient).detach())
    np.testing.assert_allclose(back(gradient), from_torch(their_x.grad), rtol=1e-5, atol=1e-5)


def draw(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), ((2, 3), (2, 1))])
def test_conv2d(stride, padding):
    layer = Conv2D(3, 4, (3, 2), stride=stride, padding=padding, generator=np.random.default_rng(2))
    layer.bias.value[:] = draw(4)
    theirs = torch.nn.Conv2d(3, 4, (3, 2), stride=stride, padding=padding)
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(layer.weight.value.transpose(3, 2, 0, 1).copy()))
        theirs.bias.copy_(torch.tensor(layer.bias.value))
    compare(layer, theirs, draw(4, 9, 8, 3))
    weight = theirs.weight.grad.numpy().transpose(2, 3, 1, 0)
    np.testing.assert_allclose(layer.weight.gradient, weight, rtol=1e-5, atol=1e-5)
    bias = theirs.bias.grad.numpy()
    np.testing.assert_allclose(layer.bias.gradient, bias, rtol=1e-5, atol=1e-5)


def test_conv1d():
    layer = Conv1D(3, 4, 3, stride=2, padding=2, generator=np.random.default_rng(2))
    theirs = torch.nn.Conv1d(3, 4, 3, stride=2, padding=2)
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(layer.weight.value.transpose(2, 1, 0).copy()))
        theirs.bias.zero_()
    compare(layer, theirs, draw(4, 9, 3))
    weight = theirs.weight.grad.numpy().transpose(2, 1, 0)
    np.testing.assert_allclose(layer.weight.gradient, weight, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("window", "stride"), [((2, 2), (2, 2)), ((3, 2), (1, 2))])
def test_pooling_of_images(window, stride):
    x = draw(3, 8, 7, 4)
    compare(MaxPool2D(window, stride=stride), torch.nn.MaxPool2d(window, stride), x)
    compare(MeanPool2D(window, stride=stride), torch.nn.AvgPool2d(window, stride), x)


def test_pooling_of_sequences():
    x = draw(3, 9, 4)
    compare(MaxPool1D(3, stride=2), torch.nn.MaxPool1d(3, 2), x)
    compare(MeanPool1D(3, stride=2), torch.nn.AvgPool1d(3, 2), x)
