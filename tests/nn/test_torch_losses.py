"""Activations and losses beside PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.nn import (
    BinaryCrossEntropy,
    CrossEntropy,
    GaussianLogLikelihood,
    LogLikelihood,
    SoftmaxCrossEntropy,
    SquaredError,
    make_activation,
)

torch = pytest.importorskip(
    "torch", reason="PyTorch is compared with where it is installed: pip install '.[torch]'"
)
F = torch.nn.functional
GENERATOR = np.random.default_rng(0)
CLOSE = {"rtol": 1e-5, "atol": 1e-6}
ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,
    "softplus": F.softplus,
    "softmax": lambda x: torch.softmax(x, -1),
    "log_softmax": lambda x: torch.log_softmax(x, -1),
}


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_activation(name):
    x = 4 * GENERATOR.standard_normal((3, 5, 17)).astype(np.float32)
    direction = GENERATOR.standard_normal(x.shape).astype(np.float32)
    y, back = make_activation(name).forward(x)
    their_x = torch.from_numpy(x).requires_grad_()
    their_y = ACTIVATIONS[name](their_x)
    their_y.backward(torch.from_numpy(direction))
    np.testing.assert_allclose(y, their_y.detach(), **CLOSE)
    np.testing.assert_allclose(back(direction), their_x.grad, **CLOSE)


def compute_gaussian(y, target):
    mean, log_variance = y.chunk(2, -1)
    each = F.gaussian_nll_loss(
        mean, target, log_variance.exp(), full=True, eps=1e-30, reduction="none"
    )
    return each.sum(-1)


CLASSES = GENERATOR.integers(0, 8, 20)
Y = 2 * GENERATOR.standard_normal((20, 8)).astype(np.float32)
LOSSES = {
    "softmax-cross-entropy": (
        SoftmaxCrossEntropy(), Y, CLASSES, lambda y, t: F.cross_entropy(y, t, reduction="none")
    ),
    "squared-error": (
        SquaredError(), Y, Y[::-1].copy(),
        lambda y, t: F.mse_loss(y, t, reduction="none").sum(-1) / 2,
    ),
    "binary-cross-entropy": (
        BinaryCrossEntropy(), Y, (Y[::-1] > 0).astype(np.float32),
        lambda y, t: F.binary_cross_entropy_with_logits(y, t, reduction="none").sum(-1),
    ),
    "cross-entropy": (
        CrossEntropy(), np.abs(Y) + 0.01, CLASSES,
        lambda y, t: F.nll_loss(torch.log(y), t, reduction="none"),
    ),
    "log-likelihood": (
        LogLikelihood(), Y, CLASSES, lambda y, t: F.nll_loss(y, t, reduction="none")
    ),
    "gaussian-log-likelihood": (
        GaussianLogLikelihood(), Y, Y[::-1, :4].copy(), compute_gaussian
    ),
}  # fmt: skip


@pytest.mark.parametrize("weights", [None, GENERATOR.random(20).astype(np.float32)])
@pytest.mark.parametrize("name", list(LOSSES))
def test_loss(name, weights):
    loss, y, target, theirs = LOSSES[name]
    value, back = loss.forward(y, target, weights)
    their_y = torch.from_numpy(y.copy()).requires_grad_()
    each = theirs(their_y, torch.from_numpy(target))
    w = torch.ones(20) if weights is None else torch.from_numpy(weights)
    mean = (w * each).sum() / w.sum()
    mean.backward()
    assert value == pytest.approx(float(mean.detach()), rel=1e-5)
    np.testing.assert_allclose(back(), their_y.grad, **CLOSE)
