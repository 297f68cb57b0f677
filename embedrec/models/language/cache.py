"""A word that came up lately comes up again: the unigram cache (Kuhn and De Mori 1990)."""

from __future__ import annotations

import numpy as np

from embedrec.errors import ParameterError
from embedrec.models.language.model import LanguageModel
from embedrec.models.language.text import LanguageText
from embedrec.models.language.vocabulary import LanguageVocabulary
from embedrec.nn.parameter import Array


class UnigramCache(LanguageModel):
    """p(w) = (count of w among the last `size` tokens + s / V) / (tokens in the cache + s).

    The smoothing s leaves something for words that are not in the cache. It is made to be mixed
    with other models; alone it is a poor one.
    """

    def __init__(
        self, vocabulary: LanguageVocabulary, size: int = 1000, smoothing: float = 1.0
    ) -> None:
        """Look back over `size` tokens, sentences' ends included."""
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ParameterError(f"size must be a whole number of at least 1, not {size!r}",
                                 value=size)  # fmt: skip
        if not (np.isfinite(smoothing) and smoothing > 0):
            raise ParameterError(f"smoothing must be above 0, not {smoothing!r}", value=smoothing)
        self.vocabulary_ = vocabulary
        self.size = size
        self.smoothing = float(smoothing)

    def fit(self, text: LanguageText, validation: LanguageText | None = None) -> UnigramCache:
        """Return itself: there is nothing to learn."""
        return self

    def score_ids(self, ids: Array) -> Array:
        """Return log p of each token given the `size` tokens before it, float64 (N,)."""
        n, n_words = len(ids), len(self.vocabulary_)
        places = np.arange(n)
        # Of a word's occurrences in order of place, those within reach end at this one.
        order = np.argsort(ids, kind="stable")
        keys = ids[order].astype(np.int64) * (n + 1) + order
        reach = np.maximum(places - self.size, 0)
        first = np.searchsorted(keys, ids.astype(np.int64) * (n + 1) + reach)
        rank = np.empty(n, np.int64)
        rank[order] = np.arange(n)
        held = np.minimum(places, self.size)
        p = (rank - first + self.smoothing / n_words) / (held + self.smoothing)
        return np.log(p)

    def begin(self) -> tuple[int, ...]:
        """Return an empty cache."""
        return ()

    def advance(self, state: tuple[int, ...], word: int) -> tuple[int, ...]:
        """Return the cache with one more word."""
        return (*state, word)[-self.size :]

    def predict(self, state: tuple[int, ...]) -> Array:
        """Return the probability of each word to come next, float64 (V,)."""
        n_words = len(self.vocabulary_)
        counts = np.bincount(np.array(state, np.int64), minlength=n_words)
        return np.asarray((counts + self.smoothing / n_words) / (len(state) + self.smoothing))
