"""A bidirectional model: words in their sentences, each from what stands before and after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from embedrec.errors import InputError, ParameterError
from embedrec.models.language.gap_network import GapNetwork
from embedrec.models.language.model import (
    SentenceScore,
    check_fitted,
    check_topn,
    rank_words,
)
from embedrec.models.language.neural import NeuralModel, check_whole
from embedrec.models.language.output import make_output, score_words
from embedrec.models.language.sentences import (
    find_sentences,
    gather_sentences,
    iterate_batches,
    join_sentences,
    order_by_length,
)
from embedrec.models.language.text import LanguageText, check_words
from embedrec.models.rnnlm import KINDS
from embedrec.nn import Dense, Layer, RecurrentStack
from embedrec.nn.parameter import Array
from embedrec.seeding import make_generator

_WORDS_SCORED_AT_ONCE = 4096


class BidirectionalLM(NeuralModel):
    """p(w_t | w_1 ... w_t-1, w_t+1 ... w_n): a word given all the others of its sentence.

    It ranks sentences and fills gaps. It is no language model: these probabilities of a sentence's
    words do not multiply to a probability of the sentence, and their sum over all sentences is not
    1. What they add up to as logarithms is called pseudo-log-likelihood (Besag 1975; for ranking
    sentences Salazar et al. 2020); it is compared with that of other sentences by this model, never
    with what a `LanguageModel` gives, which has not seen what follows.
    """

    family: ClassVar[str] = "bilm"

    def __init__(
        self,
        kind: str = "lstm",
        *,
        vector_size: int = 200,
        hidden_size: int = 200,
        n_layers: int = 1,
        dropout: float = 0.25,
        recurrent_dropout: float = 0.0,
        dropout_mask: str = "step",
        tied: bool | None = None,
        output: str = "softmax",
        n_samples: int = 1000,
        batch_size: int = 20,
        max_words: int = 100,
        epochs: int = 30,
        optimizer: str = "adam",
        learning_rate: float = 0.002,
        max_norm: float = 5.0,
        schedule: str = "plateau",
        decay: float = 4.0,
        patience: int = 3,
        freeze: bool = False,
        seed: int = 0,
    ) -> None:
        """Describe the model.

        Args:
            kind: "rnn" (tanh), "gru" or "lstm".
            vector_size, hidden_size, n_layers: sizes of word vectors and of each layer's state, and
                layers in each direction.
            dropout, recurrent_dropout, output, n_samples: see `RNNLM`.
            dropout_mask: "step", or "sequence" for the same mask at all steps of word vectors and
                between layers.
            tied: output vectors are the input vectors; needs output="softmax" and no frozen
                vectors, sizes may differ. None for where it can be.
            batch_size: sentences in a step, of about one length.
            max_words: longer sentences are cut into pieces of so many words in training; they are
                scored whole.
            epochs, optimizer, learning_rate, max_norm, schedule, decay, patience: see `Course`.
            freeze: vectors given to `fit` stay as they are.
            seed: of all that is drawn.
        """
        self.kind = kind
        self.vector_size = vector_size
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.dropout_mask = dropout_mask
        self.tied = output == "softmax" and not freeze if tied is None else tied
        self.output = output
        self.n_samples = n_samples
        self.batch_size = batch_size
        self.max_words = max_words
        self.epochs = epochs
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.max_norm = max_norm
        self.schedule = schedule
        self.decay = decay
        self.patience = patience
        self.freeze = freeze
        self.seed = seed
        self.facts_: dict[str, Any] = {}

    def pseudo_log_prob(self, sentence: Sequence[str], *, unknown: str = "map") -> SentenceScore:
        """Score each word of a sentence given all the others, and add them up.

        Raises:
            InputError: if there is no word, or one is unknown and `unknown` is "reject" or the
                model has no "<unk>".
        """
        return self.score_sentences([sentence], unknown=unknown)[0]

    def score_sentences(
        self, sentences: Iterable[Sequence[str]], *, unknown: str = "map"
    ) -> list[SentenceScore]:
        """Score many sentences, in order; faster than one by one. See `pseudo_log_prob`."""
        check_fitted(self)
        lines = [check_words(sentence) for sentence in sentences]
        if not all(lines):
            raise InputError("a sentence without a word can't be scored: leave it out", value=[])
        found = self._score([self.vocabulary_.encode(line, unknown=unknown) for line in lines])
        return [
            SentenceScore(float(scores.sum()), list(zip(line, scores.tolist(), strict=True)))
            for line, scores in zip(lines, found, strict=True)
        ]

    def candidates(
        self, sentence: Sequence[str], place: int, topn: int = 10, *, prefix: str = "",
        marks: bool = False,
    ) -> list[tuple[str, float]]:  # fmt: skip
        """Return the words that fit a place of a sentence best, with their probabilities.

        Args:
            sentence: words; what stands at the place is not looked at, and may be any mark.
            place: from 0, below the number of words.
            topn: how many.
            prefix: only words that begin with it; probabilities are among all words still.
            marks: whether "<eos>" and "<unk>" may be among them.
        """
        check_topn(topn)
        return rank_words(self.predict(sentence, place), self.vocabulary_, topn, prefix, marks)

    def predict(self, sentence: Sequence[str], place: int) -> Array:
        """Return the probability of each word at a place, float64 (V,); they sum to 1.

        Raises:
            ParameterError: if there is no such place.
            InputError: if a word is unknown to a model without "<unk>".
        """
        check_fitted(self)
        words = check_words(sentence)
        if isinstance(place, bool) or not isinstance(place, (int, np.integer)) or not (
            0 <= place < len(words)
        ):  # fmt: skip
            raise ParameterError(
                f"place must be from 0 to below the sentence's {len(words)} words, not {place!r}",
                value=place,
            )
        others = self.vocabulary_.encode([*words[:place], *words[place + 1 :]])
        ids = np.insert(others, place, self.vocabulary_.end)[None]
        h, _ = self.layers_.run(ids, np.array([len(words)]))
        p = np.exp(self.layers_.output.log_prob(h[place][None])[0].astype(np.float64))
        return np.asarray(p / p.sum())

    def pseudo_perplexity(self, text: LanguageText) -> float:
        """Return exp(-mean log p) of a text's words, each given all others of its sentence.

        Raises:
            InputError: if there is no word, or the text is in ids of another vocabulary.
        """
        check_fitted(self)
        if text.vocabulary != self.vocabulary_:
            raise InputError(
                f"the text is encoded with {len(text.vocabulary)} words that are not the model's "
                f"{len(self.vocabulary_)}: encode it with model.vocabulary_",
                value=len(text.vocabulary),
            )
        starts, lengths = find_sentences(text.ids, self.vocabulary_.end, max(1, len(text.ids)))
        if not len(starts):
            raise InputError("the text has no word: there is nothing to score", value=0)
        total = -self._score_places(text.ids, starts, lengths).sum() / lengths.sum()
        return float(np.exp(total)) if total < 700 else float("inf")

    measure = pseudo_perplexity

    def count_batches(self, ids: Array) -> int:
        """Return the number of steps in an epoch.

        Raises:
            InputError: if the text has no word.
        """
        starts, _ = find_sentences(ids, self.vocabulary_.end, self.max_words)
        if not len(starts):
            raise InputError("the text has no word: there is nothing to learn", value=0)
        return -(-len(starts) // self.batch_size)

    def add_gradients(
        self, ids: Array, epoch: int, batch: int, state: Any, generator: np.random.Generator
    ) -> tuple[float, int, Any]:
        """Train on one batch; the state is an epoch's sentences and the order of its batches."""
        if state is None:
            state = self._plan_epoch(ids, epoch)
        starts, lengths, turns = state
        turn, n_batches = int(turns[batch]), len(turns)
        rows = slice(len(starts) * turn // n_batches, len(starts) * (turn + 1) // n_batches)
        words = gather_sentences(ids, starts[rows], lengths[rows], self.vocabulary_.end)
        h, back = self.layers_.run(words, lengths[rows], generator)
        targets = words[np.arange(words.shape[1]) < lengths[rows][:, None]]  # (n,)
        loss, back_of_loss = self.layers_.output.forward(h, targets, None, generator)
        back(back_of_loss())
        return loss, len(targets), state

    def _plan_epoch(self, ids: Array, epoch: int) -> list[Array]:
        """Return starts and lengths of the sentences by length, and the batches' order."""
        draw = make_generator(self.seed, "order", epoch)
        starts, lengths = find_sentences(ids, self.vocabulary_.end, self.max_words)
        order = order_by_length(lengths, draw)
        turns = draw.permutation(-(-len(starts) // self.batch_size))
        return [starts[order], lengths[order], turns]

    def _score(self, sentences: Sequence[Array]) -> list[Array]:
        """Return log p of each word given the others, of each sentence of ids."""
        if not sentences:
            return []
        ids, starts, lengths = join_sentences(sentences)
        return np.split(self._score_places(ids, starts, lengths), starts[1:])

    def _score_places(self, ids: Array, starts: Array, lengths: Array) -> Array:
        """Return log p, float64, of the words of sentences, one sentence after another."""
        first = np.cumsum(lengths) - lengths
        scores = np.empty(int(lengths.sum()))
        for rows in iterate_batches(lengths, _WORDS_SCORED_AT_ONCE):
            words = gather_sentences(ids, starts[rows], lengths[rows], self.vocabulary_.end)
            h, _ = self.layers_.run(words, lengths[rows])
            steps = np.arange(words.shape[1])
            is_word = steps < lengths[rows][:, None]
            places = (first[rows][:, None] + steps)[is_word]
            n_words = len(self.vocabulary_)
            scores[places] = score_words(self.layers_.output, h, words[is_word], n_words)
        return scores

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.kind not in KINDS:
            raise ParameterError(
                f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}", value=self.kind
            )
        for name in ("hidden_size", "n_layers", "batch_size", "max_words", "n_samples"):
            check_whole(name, getattr(self, name), 1)

    def _build(self, counts: Array, generator: np.random.Generator, start: Array | None) -> Layer:
        embedding = self._build_embedding(len(counts), generator, start)
        forwards, backwards = self._build_stack(generator), self._build_stack(generator)
        merge = Dense(2 * self.hidden_size, self.vector_size, generator=generator)
        output = make_output(
            self.output, self.vector_size, counts, generator=generator,
            tied=embedding if self.tied else None, n_samples=self.n_samples,
        )  # fmt: skip
        return GapNetwork(
            embedding, forwards, backwards, merge, output, dropout=self.dropout,
            dropout_mask=self.dropout_mask, end=self.vocabulary_.end,
        )  # fmt: skip

    def _build_stack(self, generator: np.random.Generator) -> RecurrentStack:
        sizes = [self.vector_size, *[self.hidden_size] * (self.n_layers - 1)]
        layers = [
            KINDS[self.kind](
                size, self.hidden_size, generator=generator,
                recurrent_dropout=self.recurrent_dropout,
            )
            for size in sizes
        ]  # fmt: skip
        return RecurrentStack(*layers, dropout=self.dropout, dropout_mask=self.dropout_mask)
