"""The recursive net and tied weights beside PyTorch's automatic derivatives, weights copied."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.nn import (
    Chain,
    Dense,
    Recursive,
    Tanh,
    TiedDense,
    arrange_trees,
    join_children,
    parse_tree,
)

torch = pytest.importorskip(
    "torch", reason="PyTorch is compared with where it is installed: pip install '.[torch]'"
)

TEXTS = [
    "(1 (0 (1 a) (0 b)) (1 (0 c) (1 (1 d) (0 e))))",
    "(0 only)",
    "(1 (0 a) (1 (0 b) (1 (1 c) (0 d))))",
]


def copy_parameters(layer):
    values = [getattr(layer, name) for name in ("weight", "bias")]
    return [torch.tensor(p.value.copy(), requires_grad=True) for p in values]


def test_recursive():
    generator = np.random.default_rng(2)
    trees = arrange_trees(join_children([parse_tree(text).children for text in TEXTS]))
    layer = Recursive(4, generator=generator)
    layer.bias.value[:] = generator.standard_normal(4)
    x = generator.standard_normal((len(trees.leaves), 4)).astype(np.float32)
    y, back = layer.forward(x, trees=trees)

    weight, bias = copy_parameters(layer)
    theirs = torch.tensor(x, requires_grad=True)
    vectors = dict(zip(trees.leaves.tolist(), theirs, strict=True))

    def compose(node):
        if node not in vectors:
            left, right = trees.children[node].tolist()
            pair = torch.cat([compose(left), compose(right)])
            vectors[node] = torch.tanh(pair @ weight + bias)
        return vectors[node]

    whole = torch.stack([compose(node) for node in range(len(y))])
    np.testing.assert_allclose(y, whole.detach().numpy(), atol=1e-5)
    gradient = generator.standard_normal(y.shape).astype(np.float32)
    whole.backward(torch.tensor(gradient))
    np.testing.assert_allclose(back(gradient), theirs.grad.numpy(), atol=1e-5)
    np.testing.assert_allclose(layer.weight.gradient, weight.grad.numpy(), atol=1e-5)
    np.testing.assert_allclose(layer.bias.gradient, bias.grad.numpy(), atol=1e-5)


def test_tied_weights():
    generator = np.random.default_rng(2)
    dense = Dense(5, 3, generator=generator)
    tied = TiedDense(dense)
    x = generator.standard_normal((6, 5)).astype(np.float32)
    y, back = Chain(dense, Tanh(), tied).forward(x)

    (weight, bias), (_, bias_back) = copy_parameters(dense), copy_parameters(tied)
    theirs = torch.tensor(x, requires_grad=True)
    whole = torch.tanh(theirs @ weight + bias) @ weight.T + bias_back
    np.testing.assert_allclose(y, whole.detach().numpy(), atol=1e-5)
    gradient = generator.standard_normal(y.shape).astype(np.float32)
    whole.backward(torch.tensor(gradient))
    np.testing.assert_allclose(back(gradient), theirs.grad.numpy(), atol=1e-5)
    for our, their in ((dense.weight, weight), (dense.bias, bias), (tied.bias, bias_back)):
        np.testing.assert_allclose(our.gradient, their.grad.numpy(), atol=1e-5)
