"""The network that tells a word from all the others of its sentence."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.nn import Dense, Dropout, Embedding, Layer, RecurrentStack
from embedrec.nn.bidirectional import reverse_steps
from embedrec.nn.layer import Train
from embedrec.nn.parameter import Array


class GapNetwork(Layer):
    """h_t = tanh(W [f_t; b_t] + d), f_t of the words before place t, b_t of those after it.

    f_t is the output of a recurrent stack that has read <eos> w_1 ... w_t-1, b_t that of another
    one that has read <eos> w_n ... w_t+1: neither has seen w_t (Melamud, Goldberger and Dagan 2016,
    context2vec, section 2.1). So the two stacks are apart from the lowest layer to the highest;
    `Bidirectional` layers upon each other would let a word see itself.

    Attributes:
        end: id of "<eos>", which both stacks read first.
    """

    def __init__(
        self, embedding: Embedding, forwards: RecurrentStack, backwards: RecurrentStack,
        merge: Dense, output: Any, *, dropout: float, dropout_mask: str, end: int,
    ) -> None:  # fmt: skip
        self.embedding = embedding
        self.forwards = forwards
        self.backwards = backwards
        self.merge = merge
        self.output = output
        self.input_dropout = Dropout(dropout, mask=dropout_mask)
        self.dropout = Dropout(dropout)
        self.end = end

    def run(self, ids: Array, lengths: Array, train: Train = False) -> tuple[Array, Any]:
        """Return hidden vectors (n, D) of all places of sentences, one after another, and backward.

        Args:
            ids: int (B, T); what stands behind a sentence's end counts for nothing.
            lengths: int (B,), from 1 to T; n is their sum.
            train: the stream of random numbers, to train.
        """
        n_rows, n_steps = ids.shape
        read = np.full((2, n_rows, n_steps), self.end, ids.dtype)
        read[0, :, 1:] = ids[:, :-1]
        read[1, :, 1:] = reverse_steps(ids, lengths)[:, :-1]
        x, to_words = self.embedding.forward(read, train)  # (2, B, T, D)
        x, to_vectors = self.input_dropout.forward(x, train)
        f, _, to_before = self.forwards.run(x[0], None, train, lengths)
        b, _, to_after = self.backwards.run(x[1], None, train, lengths)
        size = f.shape[2]
        both = np.concatenate([f, reverse_steps(b, lengths)], axis=2)  # (B, T, 2 H)
        is_word = np.arange(n_steps) < lengths[:, None]
        y, to_both = self.dropout.forward(both[is_word], train)  # (n, 2 H)
        z, to_y = self.merge.forward(y, train)
        h = np.tanh(z)
        kept, to_h = self.dropout.forward(h, train)

        def backward(gradient: Array) -> None:
            d = np.zeros_like(both)
            d[is_word] = to_both(to_y(to_h(gradient) * (1 - h * h)))
            at_before, _ = to_before(d[..., :size])
            at_after, _ = to_after(reverse_steps(d[..., size:], lengths))
            to_words(to_vectors(np.stack([at_before, at_after])))

        return kept, backward

    def __repr__(self) -> str:
        return f"GapNetwork({self.forwards!r}, {self.backwards!r})"
