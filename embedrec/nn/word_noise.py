"""Where the words that are drawn as noise come from."""

from __future__ import annotations

import numpy as np

from embedrec.errors import ParameterError
from embedrec.kernels.alias import build_alias_table
from embedrec.kernels.word_noise import draw_words
from embedrec.nn.check import check_size
from embedrec.nn.hierarchical import check_counts
from embedrec.nn.parameter import Array


class WordNoise:
    """A fixed distribution over words, drawn from in constant time.

    Attributes:
        probabilities: float64 (n_words,), above 0, sum 1.
    """

    def __init__(self, weights: Array) -> None:
        self.probabilities = np.asarray(weights, np.float64) / np.sum(weights, dtype=np.float64)
        self._table = build_alias_table(self.probabilities)

    @classmethod
    def from_counts(cls, counts: Array, power: float = 1.0) -> WordNoise:
        """Draw a word with a probability proportional to its count to a power.

        1 is the unigram distribution, 0 gives all words the same. A word that never occurs counts
        as one that occurs once: what is never drawn could become probable unseen.
        """
        counts = check_counts("WordNoise", counts)
        if not 0 <= power <= 1:
            raise ParameterError(
                f"the power of noise must be from 0 to 1, not {power}", value=power
            )
        return cls(np.maximum(counts, 1.0) ** power)

    @classmethod
    def log_uniform(cls, n_words: int) -> WordNoise:
        """Draw by rank alone, words in order of falling frequency: log((w + 2) / (w + 1)), Zipf."""
        ranks = np.arange(check_size("n_words", n_words))
        return cls(np.log1p(1 / (ranks + 1)))

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """Return words, int64 of `shape`, each drawn on its own."""
        words = np.empty(shape, np.int64)
        start = generator.integers(0, 1 << 64, dtype=np.uint64)
        draw_words(self._table, start, words.reshape(-1))
        return words
