"""Optimisers beside PyTorch's: the same steps to 1e-5."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.nn import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Parameter,
    RMSProp,
    clip_by_norm,
    clip_by_value,
)

torch = pytest.importorskip(
    "torch", reason="PyTorch is compared with where it is installed: pip install '.[torch]'"
)

PAIRS = [
    (SGD(0.1), lambda p: torch.optim.SGD(p, 0.1)),
    (Momentum(0.1), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
    (Nesterov(0.1), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True)),
    (AdaGrad(0.1), lambda p: torch.optim.Adagrad(p, 0.1)),
    (RMSProp(0.01, decay=0.95), lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.95)),
    (Adam(0.01), lambda p: torch.optim.Adam(p, 0.01)),
    (AdamW(0.01, weight_decay=0.1), lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1)),
]


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(("ours", "make"), PAIRS, ids=lambda pair: type(pair).__name__)
def test_steps_agree(ours, make):
    optimizer, parameter = ours.copy(), Parameter(draw(7, 3))
    theirs = torch.nn.Parameter(torch.tensor(draw(7, 3)))
    their_optimizer = make([theirs])
    for seed in range(1, 11):
        gradient = draw(7, 3, seed=seed)
        parameter.clear_gradient()
        parameter.add_gradient(gradient)
        theirs.grad = torch.tensor(gradient)
        optimizer.step([("w", parameter)])
        their_optimizer.step()
        np.testing.assert_allclose(parameter.value, theirs.detach().numpy(), rtol=1e-5, atol=1e-5)


def test_rows_agree_with_sparse_adam():
    optimizer, parameter = Adam(0.05), Parameter(draw(6, 3))
    theirs = torch.nn.Parameter(torch.tensor(draw(6, 3)))
    their_optimizer = torch.optim.SparseAdam([theirs], 0.05)
    for seed, rows in enumerate([[0, 2, 2], [5], [2, 0, 5, 5]]):
        values = draw(len(rows), 3, seed=seed)
        parameter.clear_gradient()
        parameter.add_rows(np.array(rows), values)
        theirs.grad = torch.sparse_coo_tensor(torch.tensor([rows]), torch.tensor(values), (6, 3))
        optimizer.step([("w", parameter)])
        their_optimizer.step()
        np.testing.assert_allclose(parameter.value, theirs.detach().numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("limit", [0.5, 100.0])
def test_clipping_agrees(limit):
    gradients = [draw(4, 3), draw(5, seed=1)]
    parameters = [Parameter(np.zeros_like(gradient)) for gradient in gradients]
    theirs = [torch.nn.Parameter(torch.zeros(gradient.shape)) for gradient in gradients]
    for clip, their_clip in (
        (clip_by_norm, torch.nn.utils.clip_grad_norm_),
        (clip_by_value, torch.nn.utils.clip_grad_value_),
    ):
        for parameter, their, gradient in zip(parameters, theirs, gradients, strict=True):
            parameter.clear_gradient()
            parameter.add_gradient(gradient)
            their.grad = torch.tensor(gradient)
        named = [(str(at), parameter) for at, parameter in enumerate(parameters)]
        norm, their_norm = clip(named, limit), their_clip(theirs, limit)
        assert norm is their_norm or norm == pytest.approx(float(their_norm), rel=1e-5)
        for parameter, their in zip(parameters, theirs, strict=True):
            np.testing.assert_allclose(parameter.gradient, their.grad, rtol=1e-5, atol=1e-6)
