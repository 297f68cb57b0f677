"""What every language model offers: it scores, completes and generates sequences of words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from embedrec.errors import ParameterError
from embedrec.models.language.choice import choose_word
from embedrec.models.language.text import (
    LanguageText,
    check_same_words,
    check_text,
    check_words,
    encode_sentences,
)
from embedrec.models.language.vocabulary import LanguageVocabulary
from embedrec.nn.parameter import Array
from embedrec.seeding import make_generator


class Evaluation(NamedTuple):
    """How well a model predicts a text.

    Attributes:
        perplexity: exp(-mean log p) over all tokens, "<eos>" among them.
        log_prob: sum of log p, natural logarithm.
        n_tokens: how many tokens were predicted.
        unknown_rate: share of words that the model does not know, counted as "<unk>".
    """

    perplexity: float
    log_prob: float
    n_tokens: int
    unknown_rate: float


class SentenceScore(NamedTuple):
    """How likely a sentence is.

    Attributes:
        log_prob: sum of `words`, natural logarithm.
        words: each word, the closing "<eos>" too, with log p given all before it.
    """

    log_prob: float
    words: list[tuple[str, float]]


class LanguageModel:
    """Base of all language models.

    A model offers `score_ids` for long texts, and three steps for words one by one: `begin`,
    `advance`, `predict`. A state is a value: `advance` returns a new one and leaves the old.

    Attributes:
        vocabulary_: the words it predicts, after `fit`.
    """

    vocabulary_: LanguageVocabulary

    def score_ids(self, ids: Array) -> Array:
        """Return log p of each token given those before it, float64 (N,).

        The text begins after an "<eos>". Whether a model looks back over the sentences' ends is
        its own affair.
        """
        raise NotImplementedError

    def begin(self) -> Any:
        """Return the state before a sentence's first word."""
        raise NotImplementedError

    def advance(self, state: Any, word: int) -> Any:
        """Return the state after one more word."""
        raise NotImplementedError

    def predict(self, state: Any) -> Array:
        """Return the probability of each word to come next, float64 (V,); they sum to 1."""
        raise NotImplementedError

    def perplexity(self, text: LanguageText | Iterable[Sequence[str]]) -> float:
        """Return exp(-mean log p) over a text; see `evaluate`."""
        return self.evaluate(text).perplexity

    def evaluate(
        self, text: LanguageText | Iterable[Sequence[str]], *, unknown: str = "map"
    ) -> Evaluation:
        """Measure how well the model predicts a text.

        Args:
            text: ids of this model's vocabulary, or sentences of words.
            unknown: "map" to "<unk>" or "reject" words that the model does not know.

        Raises:
            InputError: if the text is empty, has no known word, or is in ids of other words.
        """
        self._check_fitted()
        if not isinstance(text, LanguageText):
            text = encode_sentences(text, self.vocabulary_, unknown=unknown)
        check_same_words(text, self.vocabulary_)
        check_text(text)
        log_prob = float(self.score_ids(text.ids).sum())
        mean = log_prob / len(text.ids)
        perplexity = float(np.exp(-mean)) if -mean < 700 else float("inf")
        return Evaluation(perplexity, log_prob, len(text.ids), text.unknown_rate)

    def log_prob(self, sentence: Sequence[str], *, unknown: str = "map") -> SentenceScore:
        """Score one sentence, word by word, its end included.

        Raises:
            InputError: if a word is unknown and `unknown` is "reject" or the model has no "<unk>".
        """
        self._check_fitted()
        words = check_words(sentence)
        ids = self.vocabulary_.encode(words, unknown=unknown)
        scores = self.score_ids(np.append(ids, np.int32(self.vocabulary_.end)))
        end = self.vocabulary_.words[self.vocabulary_.end]
        pairs = list(zip([*words, end], scores.tolist(), strict=True))
        return SentenceScore(float(scores.sum()), pairs)

    def next_words(
        self, context: Sequence[str], topn: int = 10, *, prefix: str = "", marks: bool = False
    ) -> list[tuple[str, float]]:
        """Return the likeliest next words of a sentence begun with `context`, best first.

        Args:
            context: words of the sentence so far; unknown ones count as "<unk>".
            topn: how many.
            prefix: only words that begin with it, as when a person is typing one. Probabilities are
                among all words still.
            marks: whether "<eos>" and "<unk>" may be among them.
        """
        self._check_fitted()
        check_topn(topn)
        return rank_words(self.predict(self.read(context)), self.vocabulary_, topn, prefix, marks)

    def generate(
        self,
        context: Sequence[str] = (),
        n: int = 50,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        seed: int = 0,
    ) -> list[str]:
        """Draw `n` words that follow `context`, one after another, "<eos>" where a sentence ends.

        Args:
            context: words to go on from.
            n: how many to draw.
            temperature: below 1 likelier words, above 1 stranger ones; 0 for always the likeliest.
            top_k: draw among so many likeliest words only.
            top_p: draw among the fewest likeliest words that make up this share.
            seed: the same gives the same words.
        """
        self._check_fitted()
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0:
            raise ParameterError(f"n must be a whole number of at least 0, not {n!r}", value=n)
        generator = make_generator(seed, "generate")
        state, drawn = self.read(context), []
        for _ in range(n):
            p = self.predict(state)
            if self.vocabulary_.unknown is not None:
                p[self.vocabulary_.unknown] = 0.0  # a word that nobody can read
            word = choose_word(p, generator, temperature, top_k, top_p)
            drawn.append(word)
            state = self.advance(state, word)
        return self.vocabulary_.decode(drawn)

    def read(self, context: Sequence[str]) -> Any:
        """Return the state after the words of a sentence's beginning.

        Unknown ones are "<unk>"; a model without it passes over them.
        """
        state, vocabulary = self.begin(), self.vocabulary_
        for word in check_words(context):
            known = vocabulary.index.get(word, vocabulary.unknown)
            state = state if known is None else self.advance(state, known)
        return state

    def _check_fitted(self) -> None:
        check_fitted(self)


def check_fitted(model: Any) -> None:
    """Raise ParameterError if a model has learnt nothing yet."""
    if not hasattr(model, "vocabulary_"):
        raise ParameterError(
            f"{type(model).__name__} has learnt nothing yet: call fit first", value=None
        )


def check_topn(topn: int) -> None:
    """Raise ParameterError unless a number of words asked for is a whole one of at least 1."""
    if isinstance(topn, bool) or not isinstance(topn, (int, np.integer)) or topn < 1:
        raise ParameterError(f"topn must be at least 1, not {topn!r}", value=topn)


def rank_words(
    p: Array, vocabulary: LanguageVocabulary, topn: int, prefix: str, marks: bool
) -> list[tuple[str, float]]:
    """Return the likeliest words of a distribution (V,), best first; see `next_words`."""
    wanted = np.ones(len(p), bool)
    if prefix:
        wanted = np.fromiter((word.startswith(prefix) for word in vocabulary.words), bool, len(p))
    if not marks:
        wanted[vocabulary.end] = False
        if vocabulary.unknown is not None:
            wanted[vocabulary.unknown] = False
    places = np.flatnonzero(wanted)
    # Equal probabilities keep the order of ids, so that the same question has one answer.
    order = places[np.argsort(-p[places], kind="stable")][:topn]
    return [(vocabulary.words[at], float(p[at])) for at in order]
