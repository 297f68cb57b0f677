"""A training step of TextCNN (Kim 2014), batch 50 of 60 words, word vectors learned too, by SGD.

Gradients at word vectors are by rows on both sides. Dropout is left out, as its random numbers are
not the same on both sides and losses could not be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

BATCH, LENGTH, N_WORDS, SIZE = 50, 60, 20_000, 300
WIDTHS, N_MAPS, N_CLASSES = (3, 4, 5), 100, 7
RATE = 0.05
N_STEPS = 5
SETTINGS = {
    "batch": BATCH, "length": LENGTH, "words": N_WORDS, "vector_size": SIZE, "widths": WIDTHS,
    "maps": N_MAPS, "vectors": "fine-tuned", "optimizer": "SGD",
}  # fmt: skip


def draw() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return word vectors, the numbers of words of texts, and labels."""
    generator = np.random.default_rng(0)
    vectors = generator.uniform(-0.25, 0.25, (N_WORDS, SIZE)).astype(np.float32)
    words = (N_WORDS * generator.random((BATCH, LENGTH)) ** 3).astype(np.int64)  # some are common
    return vectors, words, generator.integers(0, N_CLASSES, BATCH)


def build_ours(is_frozen: bool = False) -> Any:
    """Return the network of this project."""
    from embedrec.models.text_network import TextNetwork
    from embedrec.nn import Embedding

    embedding = Embedding.from_vectors(draw()[0], is_frozen=is_frozen)
    generator = np.random.default_rng(1)
    return TextNetwork([embedding], WIDTHS, N_MAPS, N_CLASSES, dropout=0.0, generator=generator)


def make_ours(threads: int, is_frozen: bool = False) -> Callable[[], float]:
    """Return a step of this project."""
    from embedrec.nn import SGD, SoftmaxCrossEntropy, clear_gradients

    _, words, labels = draw()
    network, loss, optimizer = build_ours(is_frozen), SoftmaxCrossEntropy(), SGD(RATE)

    def step() -> float:
        clear_gradients(network)
        y, back = network.forward(words, True)
        value, back_of_loss = loss.forward(y, labels)
        back(back_of_loss())
        optimizer.step(network)
        return value

    return step


def make_torch(threads: int, is_frozen: bool = False) -> Callable[[], float]:
    """Return a step of PyTorch: embedding with sparse gradients, three convolutions, maxima."""
    import torch
    from torch import nn

    vectors, words, labels = draw()
    ours = build_ours()
    embedding = nn.Embedding.from_pretrained(
        torch.from_numpy(vectors), freeze=is_frozen, sparse=not is_frozen
    )
    windows = [nn.Conv1d(SIZE, N_MAPS, width) for width in WIDTHS]
    dense = nn.Linear(N_MAPS * len(WIDTHS), N_CLASSES)
    with torch.no_grad():
        for layer, own in zip(windows, ours.windows, strict=True):
            weight = np.ascontiguousarray(own.weight.value.transpose(2, 1, 0))
            layer.weight.copy_(torch.from_numpy(weight))
            layer.bias.zero_()
        dense.weight.copy_(torch.from_numpy(np.ascontiguousarray(ours.dense.weight.value.T)))
        dense.bias.zero_()
    parameters = [p for layer in [embedding, *windows, dense] for p in layer.parameters()]
    learned = [parameter for parameter in parameters if parameter.requires_grad]
    optimizer = torch.optim.SGD(learned, RATE)
    numbers, classes, measure = (
        torch.from_numpy(words), torch.from_numpy(labels), nn.CrossEntropyLoss()
    )  # fmt: skip

    def step() -> float:
        optimizer.zero_grad()
        v = embedding(numbers).transpose(1, 2)  # (B, D, T)
        maps = [torch.relu(window(v)).amax(dim=2) for window in windows]
        value = measure(dense(torch.cat(maps, dim=1)), classes)
        value.backward()
        optimizer.step()
        return value.item()

    return step
