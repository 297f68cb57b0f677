"""The neural probabilistic language model of Bengio et al. (2003)."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from embedrec.models.language.neural import (
    NeuralLanguageModel,
    check_above,
    check_whole,
    choose_rates,
)
from embedrec.models.language.output import make_output, score_words
from embedrec.nn import Dense, Dropout, Embedding, Layer
from embedrec.nn.clip import scale_gradients
from embedrec.nn.layer import Train
from embedrec.nn.parameter import Array
from embedrec.seeding import make_generator
from embedrec.vectors.keyed import KeyedVectors

_ROWS_AT_ONCE = 2048


class WindowNetwork(Layer):
    """y = U tanh(d + H x), x the vectors of the n - 1 words before, side by side.

    With direct connections the output sees x too, y = W x + U tanh(d + H x): [tanh(...); x] goes
    into one output layer, whose weights are U and W one upon the other.
    """

    def __init__(
        self, embedding: Embedding, hidden: Dense, output: Any, dropout: float, direct: bool
    ) -> None:
        self.embedding = embedding
        self.hidden = hidden
        self.output = output
        self.dropout = Dropout(dropout)
        self.direct = direct

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Any]:
        """Return what the output layer takes, (B, H) or (B, H + (n - 1) D), of words (B, n - 1)."""
        vectors, to_words = self.embedding.forward(x, train)
        flat = vectors.reshape(len(x), -1)  # (B, (n - 1) D)
        flat, to_vectors = self.dropout.forward(flat, train)
        z, to_flat = self.hidden.forward(flat, train)
        h = np.tanh(z)
        kept, to_h = self.dropout.forward(h, train)
        y = np.concatenate([kept, flat], axis=1) if self.direct else kept

        def backward(gradient: Array) -> Array:
            n = h.shape[1]
            d = to_flat(to_h(np.ascontiguousarray(gradient[:, :n])) * (1 - h * h))
            if self.direct:
                d = d + gradient[:, n:]
            return to_words(to_vectors(d).reshape(vectors.shape))

        return y, backward


class NNLM(NeuralLanguageModel):
    """p(w | the n - 1 words before), by a tanh layer over their vectors (Bengio et al. 2003).

    Attributes:
        vectors_: the learned word vectors, after `fit`.
    """

    family: ClassVar[str] = "nnlm"

    def __init__(
        self,
        order: int = 5,
        *,
        vector_size: int = 100,
        hidden_size: int = 200,
        direct: bool = False,
        dropout: float = 0.25,
        output: str = "softmax",
        n_samples: int = 1000,
        batch_size: int = 128,
        epochs: int = 10,
        optimizer: str = "sgd",
        learning_rate: float | None = None,
        max_norm: float | None = None,
        hidden_rate: float = 0.1,
        schedule: str = "linear",
        decay: float = 2.0,
        patience: int = 3,
        freeze: bool = False,
        seed: int = 0,
    ) -> None:
        """Describe the model.

        Args:
            order: n, words of a window with the one that is predicted; windows reach back over the
                ends of sentences.
            vector_size, hidden_size: sizes of word vectors and of the tanh layer.
            direct: whether the output sees the vectors directly too.
            dropout: left out of the vectors and of the tanh layer's outputs.
            output: "softmax", "hierarchical", "sampled" or "nce", see `make_output`.
            n_samples: words drawn in a step, for "sampled" and "nce".
            batch_size: words in a step, drawn from the whole text.
            epochs: most passes over the text.
            optimizer: a name of `embedrec.nn`.
            learning_rate, max_norm: None for 20 and 0.25 with SGD, 0.001 and 5 with others; the
                loss is the mean over a batch's words.
            hidden_rate: gradients of the tanh layer's weights, few and used for every word, are
                multiplied by it before `max_norm` is applied: with SGD, their share of the rate.
            schedule, decay, patience: see `Course`.
            freeze: vectors given to `fit` stay as they are.
            seed: of all that is drawn.
        """
        self.order = order
        self.vector_size = vector_size
        self.hidden_size = hidden_size
        self.direct = direct
        self.dropout = dropout
        self.output = output
        self.n_samples = n_samples
        self.batch_size = batch_size
        self.epochs = epochs
        self.optimizer = optimizer
        self.learning_rate, self.max_norm = choose_rates(optimizer, learning_rate, max_norm)
        self.hidden_rate = hidden_rate
        self.schedule = schedule
        self.decay = decay
        self.patience = patience
        self.freeze = freeze
        self.seed = seed
        self.facts_: dict[str, Any] = {}

    @property
    def vectors_(self) -> KeyedVectors:
        """The learned word vectors; "<eos>" and "<unk>" are among the words."""
        self._check_fitted()
        weight = self.layers_.embedding.weight.value
        return KeyedVectors(self.vocabulary_.words, weight.copy(), counts=self.counts_)

    def count_batches(self, ids: Array) -> int:
        """Return the number of steps in an epoch."""
        return -(-len(ids) // self.batch_size)

    def add_gradients(
        self, ids: Array, epoch: int, batch: int, state: Any, generator: np.random.Generator
    ) -> tuple[float, int, Any]:
        """Train on one batch of windows; the state is each epoch's order of them."""
        if state is None:
            state = make_generator(self.seed, "order", epoch).permutation(len(ids))
        places = state[batch * self.batch_size : (batch + 1) * self.batch_size]
        h, back = self.layers_.forward(self._cut_windows(ids, places), generator)
        loss, back_of_loss = self.layers_.output.forward(h, ids[places], None, generator)
        back(back_of_loss())
        return loss, len(places), state

    def balance_gradients(self) -> None:
        """Multiply the tanh layer's gradients by `hidden_rate`."""
        scale_gradients(self.layers_.hidden, self.hidden_rate)

    def score_ids(self, ids: Array) -> Array:
        """Return log p of each word given the n - 1 words before it, float64 (N,)."""
        self._check_fitted()
        scores = np.empty(len(ids))
        for begin in range(0, len(ids), _ROWS_AT_ONCE):
            places = np.arange(begin, min(len(ids), begin + _ROWS_AT_ONCE))
            h, _ = self.layers_.forward(self._cut_windows(ids, places))
            scores[places] = score_words(self.layers_.output, h, ids[places], len(self.vocabulary_))
        return scores

    def begin(self) -> tuple[int, ...]:
        """Return the words before a sentence's first: ends of sentences."""
        return (self.vocabulary_.end,) * (self.order - 1)

    def advance(self, state: tuple[int, ...], word: int) -> tuple[int, ...]:
        """Return the last n - 1 words."""
        return (*state[1:], word)

    def predict(self, state: tuple[int, ...]) -> Array:
        """Return the probability of each word to come next, float64 (V,)."""
        self._check_fitted()
        h, _ = self.layers_.forward(np.array([state], np.int32))
        p = np.exp(self.layers_.output.log_prob(h)[0].astype(np.float64))
        return np.asarray(p / p.sum())

    def _cut_windows(self, ids: Array, places: Array) -> Array:
        """Return the n - 1 words before each place, (B, n - 1); before the text stand ends."""
        before = places[:, None] + np.arange(1 - self.order, 0)
        words = ids[np.maximum(before, 0)]  # a text may be shorter than a window
        return np.where(before >= 0, words, ids.dtype.type(self.vocabulary_.end))

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_whole("order", self.order, 2)
        for name in ("hidden_size", "batch_size", "n_samples"):
            check_whole(name, getattr(self, name), 1)
        check_above("hidden_rate", self.hidden_rate, 0)

    def _build(self, counts: Array, generator: np.random.Generator, start: Array | None) -> Layer:
        embedding = self._build_embedding(len(counts), generator, start)
        n_inputs = (self.order - 1) * self.vector_size
        hidden = Dense(n_inputs, self.hidden_size, generator=generator)
        n_outputs = self.hidden_size + (n_inputs if self.direct else 0)
        output = make_output(
            self.output, n_outputs, counts, generator=generator, n_samples=self.n_samples
        )
        return WindowNetwork(embedding, hidden, output, self.dropout, self.direct)
