"""What the cases of recurrent layers share: two layers of 200, batch 20, 35 steps (Zaremba 2014).

The stack alone learns fixed numbers by their mean squared error. As a language model there are an
embedding of 10,000 words below it and a softmax over them above. PyTorch's layers run in their own
order of axes (time first).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

N_LAYERS, SIZE, BATCH, N_TIMES = 2, 200, 20, 35
N_WORDS = 10_000
RATE = 0.1
SETTINGS = {
    "layers": N_LAYERS, "inputs": SIZE, "hidden": SIZE, "batch": BATCH, "times": N_TIMES,
    "optimizer": "SGD",
}  # fmt: skip
# Places of our gates among PyTorch's.
ORDERS = {"rnn": [0], "gru": [0, 1, 2], "lstm": [0, 1, 3, 2]}


def count_flops(kind: str) -> int:
    """Return twice the products of a step: forward, at weights and at inputs, of W and of U."""
    n_gates = len(ORDERS[kind])
    return 2 * 3 * N_LAYERS * BATCH * N_TIMES * 2 * SIZE * n_gates * SIZE


def make_our_stack(kind: str) -> Any:
    """Return this project's layers, always with the same weights."""
    from embedrec.nn import GRU, LSTM, RNN, RecurrentStack

    generator = np.random.default_rng(0)
    layers = [
        {"rnn": RNN, "gru": GRU, "lstm": LSTM}[kind](SIZE, SIZE, generator=generator)
        for _ in range(N_LAYERS)
    ]
    return RecurrentStack(*layers)


def make_torch_stack(kind: str) -> Any:
    """Return PyTorch's layers with the same weights."""
    import torch

    module = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[kind]
    stack = module(SIZE, SIZE, N_LAYERS)

    def turn(value: np.ndarray) -> Any:
        gates = np.split(value, len(ORDERS[kind]), axis=-1)
        return torch.from_numpy(np.concatenate([gates[at] for at in ORDERS[kind]], -1).T.copy())

    with torch.no_grad():
        for number, layer in enumerate(make_our_stack(kind).layers):
            for name, value in (
                ("weight_ih", layer.input_weight.value),
                ("weight_hh", layer.hidden_weight.value),
                ("bias_ih", layer.bias.value),
            ):
                getattr(stack, f"{name}_l{number}").copy_(turn(value))
            getattr(stack, f"bias_hh_l{number}").zero_()
    return stack


def draw_numbers() -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and targets."""
    generator = np.random.default_rng(1)
    x = generator.standard_normal((BATCH, N_TIMES, SIZE)).astype(np.float32)
    targets = generator.standard_normal((BATCH, N_TIMES, SIZE)).astype(np.float32)
    return x, targets


def make_our_step(kind: str) -> Callable[[], float]:
    """Return a step of this project's stack, with the gradient at its inputs."""
    from embedrec.nn import SGD, clear_gradients

    stack, optimizer = make_our_stack(kind), SGD(RATE)
    x, targets = draw_numbers()

    def step() -> float:
        clear_gradients(stack)
        y, back = stack.forward(x, True)
        errors = y - targets
        value = float(np.vdot(errors, errors)) / errors.size
        errors *= np.float32(2 / errors.size)
        back(errors)
        optimizer.step(stack)
        return value

    return step


def make_torch_step(kind: str) -> Callable[[], float]:
    """Return a step of PyTorch's stack, with the gradient at its inputs."""
    import torch

    stack = make_torch_stack(kind)
    optimizer = torch.optim.SGD(stack.parameters(), RATE)
    x, targets = (torch.from_numpy(numbers.transpose(1, 0, 2).copy()) for numbers in draw_numbers())
    x.requires_grad_()
    measure = torch.nn.MSELoss()

    def step() -> float:
        optimizer.zero_grad()
        x.grad = None
        y, _ = stack(x)
        value = measure(y, targets)
        value.backward()
        optimizer.step()
        return float(value.detach())

    return step


def draw_words() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return words and the next words (B, T), the vectors below and above."""
    generator = np.random.default_rng(2)
    words = generator.integers(0, N_WORDS, (BATCH, N_TIMES + 1))
    below, above = generator.uniform(-0.1, 0.1, (2, N_WORDS, SIZE)).astype(np.float32)
    return words[:, :-1].copy(), words[:, 1:].copy(), below, above


def make_our_model_step(kind: str) -> Callable[[], float]:
    """Return a step of this project's language model."""
    from embedrec.nn import (
        SGD,
        Chain,
        Embedding,
        SoftmaxOutput,
        clear_gradients,
        iterate_parameters,
    )

    words, targets, below, above = draw_words()
    output = SoftmaxOutput(SIZE, N_WORDS, generator=np.random.default_rng(0))
    output.weight.value = above
    model = Chain(Embedding.from_vectors(below), make_our_stack(kind))
    optimizer = SGD(RATE)
    parameters = list(iterate_parameters({"model": model, "output": output}))

    def step() -> float:
        clear_gradients(model, output)
        y, back = model.forward(words, True)
        value, back_of_output = output.forward(y, targets, None, True)
        back(back_of_output())
        optimizer.step(parameters)
        return value

    return step


def make_torch_model_step(kind: str) -> Callable[[], float]:
    """Return a step of PyTorch's language model; its embedding has sparse gradients as ours."""
    import torch

    words, targets, below, above = draw_words()
    embedding = torch.nn.Embedding(N_WORDS, SIZE, sparse=True)
    stack, output = make_torch_stack(kind), torch.nn.Linear(SIZE, N_WORDS)
    with torch.no_grad():
        embedding.weight.copy_(torch.from_numpy(below))
        output.weight.copy_(torch.from_numpy(above))
        output.bias.zero_()
    parameters = [*embedding.parameters(), *stack.parameters(), *output.parameters()]
    optimizer = torch.optim.SGD(parameters, RATE)
    ids, classes = (torch.from_numpy(part.T.copy()) for part in (words, targets))
    measure = torch.nn.CrossEntropyLoss()

    def step() -> float:
        optimizer.zero_grad()
        y, _ = stack(embedding(ids))
        value = measure(output(y).view(-1, N_WORDS), classes.view(-1))
        value.backward()
        optimizer.step()
        return float(value.detach())

    return step
