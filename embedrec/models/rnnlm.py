"""Recurrent language models: simple RNN, GRU and LSTM."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from embedrec.errors import InputError, ParameterError
from embedrec.models.language.neural import (
    NeuralLanguageModel,
    check_above,
    check_whole,
    choose_rates,
)
from embedrec.models.language.output import make_output, score_words
from embedrec.nn import GRU, LSTM, RNN, Dropout, Embedding, Layer, RecurrentStack
from embedrec.nn.clip import scale_gradients
from embedrec.nn.init import draw_orthogonal, make_orthogonal
from embedrec.nn.layer import Train
from embedrec.nn.parameter import Array

KINDS: dict[str, type[Any]] = {"rnn": RNN, "gru": GRU, "lstm": LSTM}
# A simple network has no gate to forget with: where its state starts out being carried on undimmed,
# words long past drown the last ones, and gradients explode (on the Penn Treebank's first 300,000
# words, two epochs: validation perplexity 311 with half, 327 with the whole).
_HIDDEN_INITS = {"rnn": make_orthogonal(0.5), "gru": draw_orthogonal, "lstm": draw_orthogonal}
# What parameters are unless they are given. On the same text shares of 0.01 to 0.1 came to between
# 225 and 239, one rate for all (5; higher ones did worse) to 311, Adam to 328.
_SIMPLE: dict[str, Any] = {
    "n_layers": 1, "n_steps": 10, "epochs": 12, "hidden_rate": 0.03, "schedule": "linear",
}  # fmt: skip
_GATED: dict[str, Any] = {
    "n_layers": 2, "n_steps": 35, "epochs": 30, "hidden_rate": 1.0, "schedule": "plateau",
}  # fmt: skip
_STEPS_SCORED_AT_ONCE = 256


class WordNetwork(Layer):
    """Vectors of words, a stack of recurrent layers, and the output; dropout between them."""

    def __init__(
        self, embedding: Embedding, stack: RecurrentStack, output: Any, dropout: Dropout
    ) -> None:
        self.embedding = embedding
        self.stack = stack
        self.output = output
        self.dropout = dropout

    def run(self, ids: Array, state: Any, train: Train = False) -> tuple[Array, Any, Any]:
        """Return hidden vectors (B, T, H) of words (B, T), the state after them, and backward."""
        x, to_words = self.embedding.forward(ids, train)
        x, to_vectors = self.dropout.forward(x, train)
        h, state, to_inputs = self.stack.run(x, state, train)
        h, to_hidden = self.dropout.forward(h, train)

        def backward(gradient: Array) -> None:
            at_inputs, _ = to_inputs(to_hidden(gradient))
            to_words(to_vectors(at_inputs))

        return h, state, backward


class RNNLM(NeuralLanguageModel):
    """p(w_t | w_1 ... w_t-1) from the state of a recurrent network (Mikolov et al. 2010).

    The text is read in `batch_size` runs side by side, `n_steps` words at a time; the state goes on
    from piece to piece, gradients don't (truncated back-propagation through time). It also goes on
    over the ends of sentences, in training and when a text is scored.
    """

    family: ClassVar[str] = "rnnlm"

    def __init__(
        self,
        kind: str = "lstm",
        *,
        vector_size: int = 200,
        hidden_size: int = 200,
        n_layers: int | None = None,
        dropout: float = 0.25,
        recurrent_dropout: float = 0.0,
        dropout_mask: str = "step",
        tied: bool | None = None,
        output: str = "softmax",
        n_samples: int = 1000,
        batch_size: int = 20,
        n_steps: int | None = None,
        epochs: int | None = None,
        optimizer: str = "sgd",
        learning_rate: float | None = None,
        max_norm: float | None = None,
        hidden_rate: float | None = None,
        schedule: str | None = None,
        decay: float = 4.0,
        patience: int = 3,
        freeze: bool = False,
        seed: int = 0,
    ) -> None:
        """Describe the model.

        Args:
            kind: "rnn" (tanh), "gru" or "lstm".
            vector_size, hidden_size, n_layers: sizes of word vectors and of each layer's state;
                layers are 1 by default with kind="rnn", else 2.
            dropout: left out of word vectors, between layers and of the last one's outputs
                (Zaremba et al. 2014).
            recurrent_dropout: left out of the state on its way to the next step, the same at all
                steps of a piece (Gal and Ghahramani 2016).
            dropout_mask: "step", or "sequence" for the same mask at all steps of a piece.
            tied: output vectors are the input vectors (Press and Wolf 2017): needs equal sizes,
                output="softmax" and no frozen vectors. None for where it can be.
            output: "softmax", "hierarchical", "sampled" or "nce", see `make_output`.
            n_samples: words drawn in a step, for "sampled" and "nce".
            batch_size, n_steps: runs side by side, and words of each in a step; 10 by default with
                kind="rnn", whose gradients fade sooner, else 35.
            epochs: most passes over the text; 12 by default with kind="rnn", else 30.
            optimizer: a name of `embedrec.nn`.
            learning_rate, max_norm: None for 20 and 0.25 with SGD, 0.001 and 5 with others; the
                loss is the mean over a batch's words.
            hidden_rate: gradients of the recurrent layers' weights are multiplied by it before
                `max_norm` is applied: with SGD, their share of the rate. None for 0.03 with
                kind="rnn": there these few weights, used at every step, have gradients as long as
                those of all vectors together; what suits the vectors makes them diverge. None for
                1 with others, whose gates keep gradients small.
            schedule, decay, patience: see `Course`; by default "linear" with kind="rnn", which
                hardly gets better while the rate is high, else "plateau".
            freeze: vectors given to `fit` stay as they are.
            seed: of all that is drawn.
        """
        usual = _SIMPLE if kind == "rnn" else _GATED
        self.kind = kind
        self.vector_size = vector_size
        self.hidden_size = hidden_size
        self.n_layers = usual["n_layers"] if n_layers is None else n_layers
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.dropout_mask = dropout_mask
        can_tie = output == "softmax" and vector_size == hidden_size and not freeze
        self.tied = can_tie if tied is None else tied
        self.output = output
        self.n_samples = n_samples
        self.batch_size = batch_size
        self.n_steps = usual["n_steps"] if n_steps is None else n_steps
        self.epochs = usual["epochs"] if epochs is None else epochs
        self.optimizer = optimizer
        self.learning_rate, self.max_norm = choose_rates(optimizer, learning_rate, max_norm)
        self.hidden_rate = usual["hidden_rate"] if hidden_rate is None else hidden_rate
        self.schedule = usual["schedule"] if schedule is None else schedule
        self.decay = decay
        self.patience = patience
        self.freeze = freeze
        self.seed = seed
        self.facts_: dict[str, Any] = {}

    def count_batches(self, ids: Array) -> int:
        """Return the number of pieces in an epoch."""
        if len(ids) < 2 * self.batch_size:
            raise InputError(
                f"the text has {len(ids)} words, too few for batch_size {self.batch_size}: give "
                "more text, or a smaller one",
                value=len(ids),
            )
        return -(-(len(ids) // self.batch_size) // self.n_steps)

    def add_gradients(
        self, ids: Array, epoch: int, batch: int, state: Any, generator: np.random.Generator
    ) -> tuple[float, int, Any]:
        """Go one piece on; see `Trainable`."""
        length = len(ids) // self.batch_size
        targets = ids[: length * self.batch_size].reshape(self.batch_size, length)
        begin, end = batch * self.n_steps, min(length, (batch + 1) * self.n_steps)
        inputs = np.empty((self.batch_size, end - begin), ids.dtype)
        inputs[:, 1:] = targets[:, begin : end - 1]
        # Each run's first word follows the word before it in the text, the whole text's an end.
        starts = np.arange(self.batch_size) * length + begin - 1
        inputs[:, 0] = np.where(starts >= 0, ids[starts], self.vocabulary_.end)
        h, state, back = self.layers_.run(inputs, state, generator)
        loss, back_of_loss = self.layers_.output.forward(h, targets[:, begin:end], None, generator)
        back(back_of_loss())
        return loss, inputs.size, state

    def balance_gradients(self) -> None:
        """Multiply the recurrent layers' gradients by `hidden_rate`."""
        if self.hidden_rate != 1:
            scale_gradients(self.layers_.stack, self.hidden_rate)

    def score_ids(self, ids: Array) -> Array:
        """Return log p of each word of a text that begins after a sentence's end, float64 (N,)."""
        self._check_fitted()
        inputs = np.empty_like(ids)
        inputs[:1], inputs[1:] = self.vocabulary_.end, ids[:-1]
        scores, state, n_words = np.empty(len(ids)), None, len(self.vocabulary_)
        for begin in range(0, len(ids), _STEPS_SCORED_AT_ONCE):
            piece = slice(begin, begin + _STEPS_SCORED_AT_ONCE)
            h, state, _ = self.layers_.run(inputs[None, piece], state)
            scores[piece] = score_words(self.layers_.output, h[0], ids[piece], n_words)
        return scores

    def begin(self) -> Any:
        """Return the state after a sentence's end, with the hidden vector that predicts from it."""
        return self.advance(None, self.vocabulary_.end)

    def advance(self, state: Any, word: int) -> Any:
        """Return the state after one more word."""
        self._check_fitted()
        before = None if state is None else state[1]
        h, after, _ = self.layers_.run(np.array([[word]], np.int32), before)
        return h[0, 0], after

    def predict(self, state: Any) -> Array:
        """Return the probability of each word to come next, float64 (V,)."""
        p = np.exp(self.layers_.output.log_prob(state[0][None])[0].astype(np.float64))
        return np.asarray(p / p.sum())

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.kind not in KINDS:
            raise ParameterError(
                f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}", value=self.kind
            )
        for name in ("hidden_size", "n_layers", "batch_size", "n_steps", "n_samples"):
            check_whole(name, getattr(self, name), 1)
        check_above("hidden_rate", self.hidden_rate, 0)

    def _build(self, counts: Array, generator: np.random.Generator, start: Array | None) -> Layer:
        embedding = self._build_embedding(len(counts), generator, start)
        sizes = [self.vector_size, *[self.hidden_size] * self.n_layers]
        layers = [
            KINDS[self.kind](
                size, self.hidden_size, generator=generator,
                recurrent_dropout=self.recurrent_dropout, hidden_init=_HIDDEN_INITS[self.kind],
            )
            for size in sizes[:-1]
        ]  # fmt: skip
        stack = RecurrentStack(*layers, dropout=self.dropout, dropout_mask=self.dropout_mask)
        output = make_output(
            self.output, self.hidden_size, counts, generator=generator,
            tied=embedding if self.tied else None, n_samples=self.n_samples,
        )  # fmt: skip
        dropout = Dropout(self.dropout, mask=self.dropout_mask)
        return WordNetwork(embedding, stack, output, dropout)
