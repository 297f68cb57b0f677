"""A training step of LeNet-5 with tanh, mean pooling, softmax cross-entropy, batch 64, by Adam."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

BATCH = 64
RATE = 1e-3
N_STEPS = 15
# Positions x window x output maps of C1, C3, C5, F6 and the output; forward and backward at weights
# and at inputs, but for the inputs of C1.
_PRODUCTS = 28 * 28 * 25 * 6, 10 * 10 * 150 * 16, 400 * 120, 120 * 84, 84 * 10
N_FLOPS = 2 * BATCH * (3 * sum(_PRODUCTS) - _PRODUCTS[0])
SETTINGS = {"batch": BATCH, "optimizer": "Adam", "activation": "tanh", "pooling": "mean",
            "connections": "full"}  # fmt: skip


def draw() -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal((BATCH, 32, 32, 1)).astype(np.float32)
    return x, generator.integers(0, 10, BATCH)


def build_ours():  # type: ignore[no-untyped-def]
    """Return the network of this project."""
    from embedrec.models.lenet import build_lenet

    generator = np.random.default_rng(1)
    return build_lenet(generator=generator, pooling="mean", connections=None)


def make_ours(threads: int) -> Callable[[], float]:
    """Return a step of this project."""
    from embedrec.nn import Adam, SoftmaxCrossEntropy, clear_gradients, skip_input_gradient

    x, labels = draw()
    network, loss, optimizer = build_ours(), SoftmaxCrossEntropy(), Adam(RATE)

    def step() -> float:
        with skip_input_gradient(network):
            clear_gradients(network)
            y, back = network.forward(x, True)
            value, back_of_loss = loss.forward(y, labels)
            back(back_of_loss())
            optimizer.step(network)
        return value

    return step


def make_torch(threads: int) -> Callable[[], float]:
    """Return a step of PyTorch, with its fused Adam."""
    import torch
    from torch import nn

    x, labels = draw()
    network = nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(),
        nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )  # fmt: skip
    ours = [layer.weight.value for layer in build_ours().layers if hasattr(layer, "weight")]
    theirs = [layer for layer in network if hasattr(layer, "weight")]
    with torch.no_grad():
        for layer, weight in zip(theirs, ours, strict=True):
            order = (3, 2, 0, 1) if weight.ndim == 4 else (1, 0)
            layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight.transpose(order))))
            layer.bias.zero_()
    optimizer = torch.optim.Adam(network.parameters(), RATE, fused=True)
    inputs = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
    classes, measure = torch.from_numpy(labels), nn.CrossEntropyLoss()

    def step() -> float:
        optimizer.zero_grad()
        value = measure(network(inputs), classes)
        value.backward()
        optimizer.step()
        return value.item()

    return step
