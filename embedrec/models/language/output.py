"""From hidden vectors to probabilities of words: full, hierarchical or sampled softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn import (
    Dense,
    Embedding,
    HierarchicalSoftmax,
    Layer,
    NoiseContrastive,
    SampledSoftmax,
    SoftmaxCrossEntropy,
    TiedDense,
    WordNoise,
)
from embedrec.nn.layer import Train
from embedrec.nn.loss import LossBackward
from embedrec.nn.parameter import Array

OUTPUTS = ("softmax", "hierarchical", "sampled", "nce")
_NUMBERS_AT_ONCE = 1 << 23  # of log-probabilities held when a text is scored


class WordOutput(Layer):
    """The last layer of a language model. Scores are always those of the normalised distribution.

    Attributes:
        dense: hidden vector to logits, for the full softmax; None else.
        loss: what is trained: `SoftmaxCrossEntropy` or an output layer with parameters of its own.
    """

    def __init__(
        self,
        n_inputs: int,
        counts: Array,
        kind: str = "softmax",
        *,
        generator: np.random.Generator,
        tied: Embedding | None = None,
        n_samples: int = 1000,
        dtype: Any = np.float32,
    ) -> None:
        """Build the layer.

        Args:
            n_inputs: size of hidden vectors.
            counts: int (V,), how often each word occurs in training: Huffman's tree and the noise
                are made of it.
            kind: one of `OUTPUTS`.
            generator: for start weights.
            tied: the input vectors, if they are the output vectors too (Press and Wolf 2017,
                Inan et al. 2017); for the full softmax only.
            n_samples: words drawn in a step, for "sampled" and "nce".
            dtype: of parameters.

        Raises:
            ParameterError: for another kind, or if tied vectors can't be: another output or size.
        """
        self.dense: Dense | TiedDense | None = None
        if kind not in OUTPUTS:
            raise ParameterError(
                f"output must be one of {', '.join(OUTPUTS)}, not {kind!r}", value=kind
            )
        if tied is not None and kind != "softmax":
            raise ParameterError(
                f"input and output vectors can be tied with output='softmax', not {kind!r}",
                value=kind,
            )
        if kind == "softmax":
            if tied is not None:
                _check_tied(tied, n_inputs)
                self.dense = TiedDense(tied)  # type: ignore[arg-type]
            else:
                self.dense = Dense(n_inputs, len(counts), generator=generator, dtype=dtype)
            self.loss: Any = SoftmaxCrossEntropy()
        elif kind == "hierarchical":
            self.loss = HierarchicalSoftmax(n_inputs, np.maximum(counts, 1), dtype=dtype)
        else:
            layer = SampledSoftmax if kind == "sampled" else NoiseContrastive
            noise = WordNoise.from_counts(counts)
            self.loss = layer(
                n_inputs, noise, n_samples=n_samples, generator=generator, dtype=dtype
            )

    def train(self, h: Array, words: Array, train: Train) -> tuple[float, LossBackward]:
        """Return the training loss of words (...) after hidden vectors (..., D), and its backward.

        For the full and the hierarchical softmax it is the mean of -log p.
        """
        if self.dense is None:
            value, back = self.loss.forward(h, words, None, train)
            return value, back
        z, back_of_dense = self.dense.forward(h, train)
        value, back = self.loss.forward(z, words)
        return value, lambda scale=1.0: back_of_dense(back(scale))

    def log_prob(self, h: Array) -> Array:
        """Return log p of all words, (..., V), for hidden vectors (..., D)."""
        if self.dense is None:
            return np.asarray(self.loss.log_prob(h))
        z, _ = self.dense.forward(h)
        top = z.max(axis=-1, keepdims=True)
        z -= top
        z -= np.log(np.exp(z).sum(axis=-1, keepdims=True))
        return z

    def score(self, h: Array, words: Array) -> Array:
        """Return log p, float64 (n,), of words (n,) for hidden vectors (n, D)."""
        n_words = self.count_words()
        step = max(1, _NUMBERS_AT_ONCE // n_words)
        scores = np.empty(len(words))
        for begin in range(0, len(words), step):
            rows = slice(begin, min(begin + step, len(words)))
            scores[rows] = self.log_prob(h[rows])[np.arange(rows.stop - begin), words[rows]]
        return scores

    def count_words(self) -> int:
        """Return the number of words."""
        if self.dense is not None:
            return len(self.dense.bias.value)  # type: ignore[union-attr]
        if isinstance(self.loss, HierarchicalSoftmax):
            return self.loss.n_words
        return len(self.loss.weight.value)


def _check_tied(tied: Embedding, n_inputs: int) -> None:
    size = tied.weight.value.shape[1]
    if size != n_inputs:
        raise ParameterError(
            f"tied vectors need vector_size = hidden_size, and they are {size} and {n_inputs}",
            value=size,
        )
