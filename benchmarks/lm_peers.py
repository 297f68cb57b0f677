"""Language models in PyTorch as its users write them, with the weights of this project's models.

A peer is made from a fitted or untrained model of ours, and trained on the same batches: the same
loss (the mean over the batch's words), clipping by the norm of all gradients, optimiser and
dropout. Axes are in PyTorch's own order, time first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, dropout

from benchmarks.nn.recurrent import ORDERS


class RecurrentPeer(nn.Module):
    """RNNLM: embedding, recurrent layers, a softmax with the embedding's own vectors."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        n_words = len(model.counts_)
        self.embedding = nn.Embedding(n_words, model.vector_size)
        kind = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[model.kind]
        between = model.dropout if model.n_layers > 1 else 0.0
        self.stack = kind(model.vector_size, model.hidden_size, model.n_layers, dropout=between)
        self.output = nn.Linear(model.hidden_size, n_words)
        if model.tied:
            self.output.weight = self.embedding.weight
        self.rate = model.dropout
        self._copy(model)

    @torch.no_grad()
    def _copy(self, model: Any) -> None:
        layers = model.layers_
        self.embedding.weight.copy_(torch.from_numpy(layers.embedding.weight.value))
        self.output.weight.copy_(torch.from_numpy(layers.output.weight.value))
        self.output.bias.copy_(torch.from_numpy(layers.output.bias.value))
        order = ORDERS[model.kind]
        for number, layer in enumerate(layers.stack.layers):
            for name, value in (
                ("weight_ih", layer.input_weight.value),
                ("weight_hh", layer.hidden_weight.value),
                ("bias_ih", layer.bias.value),
            ):
                gates = np.split(value, len(order), axis=-1)
                turned = np.concatenate([gates[at] for at in order], -1).T.copy()
                getattr(self.stack, f"{name}_l{number}").copy_(torch.from_numpy(turned))
            getattr(self.stack, f"bias_hh_l{number}").zero_()

    def forward(self, words: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        """Return logits (T, B, V) after words (T, B), and the state."""
        x = dropout(self.embedding(words), self.rate, self.training)
        y, state = self.stack(x, state)
        return self.output(dropout(y, self.rate, self.training)), state


class WindowPeer(nn.Module):
    """NNLM without direct connections."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        n_words = len(model.counts_)
        self.embedding = nn.Embedding(n_words, model.vector_size)
        self.hidden = nn.Linear((model.order - 1) * model.vector_size, model.hidden_size)
        self.output = nn.Linear(model.hidden_size, n_words)
        self.rate = model.dropout
        layers = model.layers_
        with torch.no_grad():
            self.embedding.weight.copy_(torch.from_numpy(layers.embedding.weight.value))
            self.hidden.weight.copy_(torch.from_numpy(layers.hidden.weight.value.T.copy()))
            self.hidden.bias.copy_(torch.from_numpy(layers.hidden.bias.value))
            self.output.weight.copy_(torch.from_numpy(layers.output.weight.value))
            self.output.bias.copy_(torch.from_numpy(layers.output.bias.value))

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        """Return logits (B, V) after windows (B, n - 1)."""
        x = dropout(self.embedding(windows).flatten(1), self.rate, self.training)
        return self.output(dropout(torch.tanh(self.hidden(x)), self.rate, self.training))


class Stepper:
    """Trains a peer batch by batch.

    Attributes:
        module: the peer.
    """

    def __init__(self, model: Any, ids: np.ndarray, *, fused: bool) -> None:
        self.ids, self.order, self.state = ids, None, None
        self.is_window = hasattr(model, "order")
        if self.is_window:
            self.module: Any = WindowPeer(model)
            self.n_before, self.end = model.order - 1, model.vocabulary_.end
            self.order = np.random.default_rng(0).permutation(len(ids))
        else:
            self.module = RecurrentPeer(model)
            self.n_steps = model.n_steps
            length = len(ids) // model.batch_size
            rows = ids[: length * model.batch_size].reshape(model.batch_size, length)
            self.words = torch.from_numpy(rows.T.astype(np.int64))  # (T, B)
        self.batch_size, self.max_norm = model.batch_size, model.max_norm
        self.hidden_rate = model.hidden_rate
        kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[model.optimizer]
        parameters = self.module.parameters()
        self.optimizer = kind(parameters, lr=model.learning_rate, fused=fused)

    def measure(self, at: int) -> float:
        """Return the loss of a batch without dropout, from a state of zeros."""
        self.module.eval()
        with torch.no_grad():
            value = float(self._compute_loss(at, None)[0])
        self.module.train()
        return value

    def step(self, at: int) -> None:
        """Train on batch `at`."""
        self.optimizer.zero_grad()
        state = self.state
        if state is not None:
            is_pair = isinstance(state, tuple)
            state = tuple(one.detach() for one in state) if is_pair else state.detach()
        loss, self.state = self._compute_loss(at, state)
        loss.backward()
        if self.hidden_rate != 1:
            hidden = self.module.hidden if self.is_window else self.module.stack
            for parameter in hidden.parameters():
                parameter.grad.mul_(self.hidden_rate)
        nn.utils.clip_grad_norm_(self.module.parameters(), self.max_norm)
        self.optimizer.step()

    def _compute_loss(self, at: int, state: Any) -> tuple[torch.Tensor, Any]:
        if self.is_window:
            places = self.order[at * self.batch_size : (at + 1) * self.batch_size]
            before = places[:, None] + np.arange(-self.n_before, 0)
            windows = np.where(before >= 0, self.ids[before], self.end).astype(np.int64)
            targets = torch.from_numpy(self.ids[places].astype(np.int64))
            return cross_entropy(self.module(torch.from_numpy(windows)), targets), None
        begin = at * self.n_steps
        words, targets = (self.words[start : start + self.n_steps] for start in (begin, begin + 1))
        logits, state = self.module(words, state)
        return cross_entropy(logits.flatten(0, 1), targets.flatten()), state
