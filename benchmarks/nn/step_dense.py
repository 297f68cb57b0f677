"""A training step of dense 784-512-10 with ReLU and softmax cross-entropy, batch 128, by Adam."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

SIZES = 784, 512, 10
BATCH = 128
RATE = 1e-3
N_STEPS = 40
# Forward, and backward at weights and at inputs, but for the inputs of the first layer.
N_FLOPS = 2 * BATCH * (2 * SIZES[0] * SIZES[1] + 3 * SIZES[1] * SIZES[2])
SETTINGS = {"sizes": SIZES, "batch": BATCH, "optimizer": "Adam", "activation": "relu"}


def draw() -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Return weights, samples and labels."""
    generator = np.random.default_rng(0)
    weights = [
        generator.uniform(-0.05, 0.05, shape).astype(np.float32) for shape in (SIZES[:2], SIZES[1:])
    ]
    x = generator.random((BATCH, SIZES[0]), np.float32)
    return weights, x, generator.integers(0, SIZES[2], BATCH)


def make_ours(threads: int) -> Callable[[], float]:
    """Return a step of this project."""
    from embedrec.nn import (
        Adam,
        Chain,
        Dense,
        Relu,
        SoftmaxCrossEntropy,
        clear_gradients,
        skip_input_gradient,
    )

    weights, x, labels = draw()
    generator = np.random.default_rng(0)
    lower, upper = (Dense(*weight.shape, generator=generator) for weight in weights)
    for layer, weight in zip((lower, upper), weights, strict=True):
        layer.weight.value = weight
    network, loss, optimizer = Chain(lower, Relu(), upper), SoftmaxCrossEntropy(), Adam(RATE)

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

    weights, x, labels = draw()
    network = torch.nn.Sequential(
        torch.nn.Linear(*SIZES[:2]), torch.nn.ReLU(), torch.nn.Linear(*SIZES[1:])
    )
    with torch.no_grad():
        for layer, weight in zip((network[0], network[2]), weights, strict=True):
            layer.weight.copy_(torch.from_numpy(weight.T))
            layer.bias.zero_()
    optimizer = torch.optim.Adam(network.parameters(), RATE, fused=True)
    inputs, classes = torch.from_numpy(x), torch.from_numpy(labels)
    measure = torch.nn.CrossEntropyLoss()

    def step() -> float:
        optimizer.zero_grad()
        value = measure(network(inputs), classes)
        value.backward()
        optimizer.step()
        return value.item()

    return step
