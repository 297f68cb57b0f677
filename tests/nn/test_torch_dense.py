"""Dense layers beside PyTorch's, weights copied."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.nn import Chain, Dense

torch = pytest.importorskip(
    "torch", reason="PyTorch is compared with where it is installed: pip install '.[torch]'"
)


@pytest.mark.parametrize("shape", [(6, 5), (2, 3, 5)])
@pytest.mark.parametrize("has_bias", [True, False])
def test_values_and_gradients(shape, has_bias):
    generator = np.random.default_rng(4)
    layers = [Dense(5, 4, generator=generator, has_bias=has_bias), Dense(4, 3, generator=generator)]
    theirs = torch.nn.Sequential(torch.nn.Linear(5, 4, bias=has_bias), torch.nn.Linear(4, 3))
    with torch.no_grad():
        for our, their in zip(layers, theirs, strict=True):
            their.weight.copy_(torch.tensor(our.weight.value.T))
            if our.bias is not None:
                our.bias.value[:] = generator.standard_normal(our.bias.value.shape)
                their.bias.copy_(torch.tensor(our.bias.value))
    x = generator.standard_normal(shape).astype(np.float32)
    x_theirs = torch.tensor(x, requires_grad=True)
    y, back = Chain(*layers).forward(x)
    y_theirs = theirs(x_theirs)
    np.testing.assert_allclose(y, y_theirs.detach().numpy(), atol=1e-5)

    gradient = generator.standard_normal(y.shape).astype(np.float32)
    y_theirs.backward(torch.tensor(gradient))
    np.testing.assert_allclose(back(gradient), x_theirs.grad.numpy(), atol=1e-5)
    for our, their in zip(layers, theirs, strict=True):
        np.testing.assert_allclose(our.weight.gradient, their.weight.grad.numpy().T, atol=1e-5)
        if our.bias is not None:
            np.testing.assert_allclose(our.bias.gradient, their.bias.grad.numpy(), atol=1e-5)
