"""Several models as one: a weighted mean of their probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from embedrec.errors import InputError, ParameterError
from embedrec.models.language.model import LanguageModel
from embedrec.models.language.text import LanguageText, check_same_words, check_text
from embedrec.nn.parameter import Array

_LEAST_GAIN = 1e-7  # of the mean log p, at which EM stops
_MOST_STEPS = 200


class Mixture(LanguageModel):
    """p(w | h) = sum over models of weight * p_model(w | h).

    Attributes:
        models: of the same words, fitted.
        weights_: float64 (M,), that sum to 1; equal ones before `fit`.
        vocabulary_: the models' words.
    """

    def __init__(self, models: Sequence[LanguageModel]) -> None:
        """Take fitted models.

        Raises:
            ParameterError: if there is none, or one is no language model.
            InputError: if their words differ, or stand in another order.
        """
        self.models = list(models)
        if not self.models:
            raise ParameterError("a mixture needs at least one model", value=0)
        for model in self.models:
            if not isinstance(model, LanguageModel):
                raise ParameterError(
                    f"{type(model).__name__} gives no probabilities of the next word, and can't be "
                    "mixed: leave it out",
                    value=type(model).__name__,
                )
        self.vocabulary_ = self.models[0].vocabulary_
        for model in self.models[1:]:
            if model.vocabulary_ != self.vocabulary_:
                raise InputError(
                    f"models of {len(self.vocabulary_)} and {len(model.vocabulary_)} words can't "
                    "be mixed unless all words are the same: train both with one vocabulary",
                    value=len(model.vocabulary_),
                )
        self.weights_ = np.full(len(self.models), 1 / len(self.models))

    def fit(self, text: LanguageText, validation: LanguageText | None = None) -> Mixture:
        """Choose the weights under which a text that no model has seen is likeliest, by EM.

        Args:
            text: held-out text; or the training text, if `validation` is the held-out one.

        Raises:
            ParameterError, InputError: if it is no text in ids of the models' words, or empty.
        """
        text = validation if validation is not None else text
        check_text(text)
        check_same_words(text, self.vocabulary_)
        scores = np.stack([model.score_ids(text.ids) for model in self.models])
        self.weights_ = fit_weights(scores)
        return self

    def score_ids(self, ids: Array) -> Array:
        """Return log p of each token given those before it, float64 (N,)."""
        return mix_scores([model.score_ids(ids) for model in self.models], self.weights_)

    def begin(self) -> Any:
        """Return the models' states before a sentence's first word."""
        return tuple(model.begin() for model in self.models)

    def advance(self, state: Any, word: int) -> Any:
        """Return the models' states after one more word."""
        return tuple(m.advance(s, word) for m, s in zip(self.models, state, strict=True))

    def predict(self, state: Any) -> Array:
        """Return the probability of each word to come next, float64 (V,)."""
        parts = [model.predict(s) for model, s in zip(self.models, state, strict=True)]
        return np.asarray(self.weights_ @ np.stack(parts))


def fit_weights(scores: Array) -> Array:
    """Return the weights of the likeliest mixture, float64 (M,).

    Expectation: how much of each token's probability comes from each model. Maximisation: the mean
    of these shares is its new weight (Jelinek and Mercer 1980).

    Args:
        scores: float64 (M, N), log p of each token by each model.
    """
    # Relative to the best model of each token: nothing underflows.
    p = np.exp(scores - scores.max(axis=0))
    weights = np.full(len(p), 1 / len(p))
    before = -np.inf
    for _ in range(_MOST_STEPS):
        mixed = weights @ p
        gain = float(np.log(mixed).mean())
        if gain - before < _LEAST_GAIN:
            break
        before = gain
        weights = (weights[:, None] * p / mixed).mean(axis=1)
    return weights / weights.sum()


def mix_scores(scores: Sequence[Array], weights: Array) -> Array:
    """Return log of the weighted mean of probabilities given as logarithms, (M, N) to (N,)."""
    stacked = np.stack(scores)
    best = stacked.max(axis=0)
    return np.asarray(best + np.log(weights @ np.exp(stacked - best)))
