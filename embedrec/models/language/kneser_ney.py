"""The n-gram model that language models are measured against."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import CorruptedError, ParameterError
from embedrec.files import PathLike
from embedrec.models.language.model import LanguageModel
from embedrec.models.language.ngram import NgramLevel, count_ngrams, find_ngrams
from embedrec.models.language.smoothing import (
    SmoothedLevel,
    compute_distribution,
    compute_probabilities,
    smooth_levels,
)
from embedrec.models.language.store import StoredModel, read_model, save_model
from embedrec.models.language.text import LanguageText, check_text
from embedrec.nn.parameter import Array

FAMILY = "kneser-ney"


class KneserNey(LanguageModel):
    """Interpolated modified Kneser-Ney n-grams (Chen and Goodman 1999).

    A sentence's words are predicted from that sentence alone.

    Attributes:
        vocabulary_: words.
        levels_: the n-grams of each length, see `ngram`.
        smoothed_: their discounted shares and back-off weights, see `smoothing`.
    """

    levels_: list[NgramLevel]
    smoothed_: list[SmoothedLevel]

    def __init__(self, order: int = 5) -> None:
        """Use n-grams of up to `order` words."""
        self.order = order
        self.facts_: dict[str, Any] = {}

    def fit(self, text: LanguageText, validation: LanguageText | None = None) -> KneserNey:
        """Count a text's n-grams. `validation` is not needed; other models take it.

        Raises:
            ParameterError: if the order is none, or `text` is no text in ids.
            InputError: if it is empty.
        """
        check_text(text)
        if isinstance(self.order, bool) or not isinstance(self.order, int) or self.order < 1:
            raise ParameterError(f"order must be a whole number of at least 1, not {self.order!r}",
                                 value=self.order)  # fmt: skip
        n_words = len(text.vocabulary)
        self.levels_ = count_ngrams(text.ids, text.vocabulary.end, n_words, self.order)
        self.smoothed_ = smooth_levels(self.levels_, n_words)
        self.vocabulary_ = text.vocabulary
        return self

    def score_ids(self, ids: Array) -> Array:
        """Return log p of each token given its sentence so far, float64 (N,)."""
        n_words = len(self.vocabulary_)
        found = find_ngrams(self.levels_, ids, self.vocabulary_.end, n_words)
        return np.log(compute_probabilities(self.smoothed_, found, n_words))

    def begin(self) -> tuple[int, ...]:
        """Return the words before a sentence's first: the mark that stands there."""
        return (self.vocabulary_.end,)

    def advance(self, state: tuple[int, ...], word: int) -> tuple[int, ...]:
        """Return the words so far, as many as n-grams look back; a sentence's end clears them."""
        if word == self.vocabulary_.end:
            return self.begin()
        return (*state, word)[-max(1, self.order - 1) :]

    def predict(self, state: tuple[int, ...]) -> Array:
        """Return the probability of each word to come next, float64 (V,)."""
        context = np.array(state, np.int64)
        p = compute_distribution(self.levels_, self.smoothed_, context, len(self.vocabulary_))
        return p / p.sum()

    def save(self, folder: PathLike) -> None:
        """Write the model as a folder, atomically."""
        self._check_fitted()
        arrays: dict[str, Array] = {}
        for n, (level, smoothed) in enumerate(zip(self.levels_, self.smoothed_, strict=True), 1):
            arrays[f"{n}.keys"] = level.keys
            arrays[f"{n}.shares"], arrays[f"{n}.backoffs"] = smoothed
        arguments = {"order": self.order}
        save_model(folder, StoredModel(FAMILY, arguments, self.vocabulary_, arrays, self.facts_))

    @classmethod
    def load(cls, folder: PathLike) -> KneserNey:
        """Read what `save` wrote; counts are not kept.

        Raises:
            InputError, CorruptedError, VersionError: if it isn't there, whole, or readable.
        """
        stored = read_model(folder, FAMILY)
        try:
            return cls._rebuild(stored)
        except (KeyError, TypeError) as error:
            raise CorruptedError(f"{folder} lacks {error}: train it again", value=folder) from error

    @classmethod
    def _rebuild(cls, stored: StoredModel) -> KneserNey:
        model, arrays = cls(**stored.arguments), stored.arrays
        none: Any = np.zeros(0, np.int64)
        model.levels_, model.smoothed_ = [], []
        for n in range(1, model.order + 1):
            model.levels_.append(NgramLevel(arrays[f"{n}.keys"], none, none, none))
            model.smoothed_.append(SmoothedLevel(arrays[f"{n}.shares"], arrays[f"{n}.backoffs"]))
        model.vocabulary_, model.facts_ = stored.vocabulary, stored.facts
        return model
