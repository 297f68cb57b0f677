"""The network of Kim 2014: words, windows of several widths, the largest value of each, a class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embedrec.nn.activation import Relu
from embedrec.nn.conv_max import ConvMaxOverTime
from embedrec.nn.dense import Dense
from embedrec.nn.dropout import Dropout
from embedrec.nn.embedding import Embedding
from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.parameter import Array


class TextNetwork(Layer):
    """y = W dropout(c) + b, where c = relu(max over windows) of each width, side by side.

    With several embeddings (channels) their vectors stand side by side too.

    Attributes:
        embeddings: one, or a frozen and a learned one.
        windows: a `ConvMaxOverTime` for each width.
    """

    def __init__(
        self,
        embeddings: Sequence[Embedding],
        widths: Sequence[int],
        n_maps: int,
        n_outputs: int,
        *,
        dropout: float = 0.5,
        generator: np.random.Generator,
    ) -> None:
        self.embeddings = list(embeddings)
        size = sum(each.weight.value.shape[1] for each in self.embeddings)
        self.windows = [
            ConvMaxOverTime(size, n_maps, width, generator=generator) for width in widths
        ]
        self.relu, self.dropout = Relu(), Dropout(dropout)
        self.dense = Dense(n_maps * len(self.windows), n_outputs, generator=generator)
        is_learned = any(not each.is_frozen for each in self.embeddings)
        for window in self.windows:
            window.needs_input_gradient = is_learned

    def forward(
        self, x: Array, train: Train = False, lengths: Array | None = None
    ) -> tuple[Array, Backward]:
        """Return y (B, n_outputs) of the numbers of words x (B, T)."""
        channels = [each.forward(x, train) for each in self.embeddings]
        v = np.concatenate([vectors for vectors, _ in channels], axis=-1)  # (B, T, D)
        maps = [window.forward(v, train, lengths) for window in self.windows]
        c, back_relu = self.relu.forward(np.concatenate([m for m, _ in maps], axis=1), train)
        h, back_dropout = self.dropout.forward(c, train)
        y, back_dense = self.dense.forward(h, train)

        def backward(gradient: Array) -> Array:
            d = back_relu(back_dropout(back_dense(gradient)))
            parts = np.split(d, len(maps), axis=1)
            dv = [back(part) for (_, back), part in zip(maps, parts, strict=True)]
            if self.windows[0].needs_input_gradient:
                pieces = np.split(sum(dv), len(channels), axis=-1)
                for (_, back), piece in zip(channels, pieces, strict=True):
                    back(piece)
            return np.zeros(x.shape, v.dtype)

        return y, backward

    def __repr__(self) -> str:
        return f"TextNetwork({self.embeddings}, {self.windows}, {self.dropout}, {self.dense})"
