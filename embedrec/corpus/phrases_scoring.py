"""What makes a pair of words a phrase: the parameters, the two scores, and what they rule out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from embedrec.errors import ParameterError

SCORINGS: Mapping[str, float] = {"default": 100.0, "npmi": 0.5}
"""The scores by name, with the threshold that each has if none is given."""

MAX_CONNECTOR_WORDS = 255
MAX_CONNECTORS_IN_A_ROW = 3

ENGLISH_CONNECTOR_WORDS = frozenset(
    {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}
    | {"without"}
)
CHINESE_CONNECTOR_WORDS = frozenset({"的", "之", "与", "和", "及", "或"})


@dataclass(frozen=True)
class PhraseParameters:
    """How phrases are found and joined; see `corpus.phrases.join_phrases`.

    Raises:
        ParameterError: if one can't be worked with.
    """

    min_count: int = 5
    threshold: float | None = None
    scoring: str = "default"
    rounds: int = 1
    delimiter: str | None = None
    connector_words: Iterable[str] = ()

    def __post_init__(self) -> None:
        if self.scoring not in SCORINGS:
            raise ParameterError(
                f"unknown scoring {self.scoring!r}: choose one of {', '.join(SCORINGS)}",
                value=self.scoring,
            )
        for name in ("min_count", "rounds"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
                raise ParameterError(
                    f"{name} must be a whole number from 1, not {value!r}", value=value
                )
            object.__setattr__(self, name, int(value))
        object.__setattr__(self, "threshold", self._check_threshold())
        if self.delimiter is not None and (
            not isinstance(self.delimiter, str) or self.delimiter != "".join(self.delimiter.split())
        ):
            raise ParameterError(
                "the delimiter must be text without white space, not "
                f"{self.delimiter!r}; such as _",
                value=self.delimiter,
            )
        object.__setattr__(self, "connector_words", self._check_connectors())

    def _check_threshold(self) -> float:
        value = SCORINGS[self.scoring] if self.threshold is None else self.threshold
        lowest, highest = (-1.0, 1.0) if self.scoring == "npmi" else (0.0, math.inf)
        number = not isinstance(value, bool) and isinstance(value, (int, float, np.number))
        # The default score has no use for a threshold of 0: every pair above min_count passes.
        if not number or not lowest <= float(value) <= highest or math.isinf(float(value)) or (
            self.scoring == "default" and value == 0
        ):  # fmt: skip
            between = "from -1 to 1" if self.scoring == "npmi" else "above 0"
            raise ParameterError(
                f"the threshold of the scoring {self.scoring} must be a number {between}, "
                f"not {value!r}",
                value=value,
            )
        return float(value)

    def _check_connectors(self) -> tuple[str, ...]:
        if isinstance(self.connector_words, str):
            raise ParameterError(
                f"connector_words must be a collection of words, not {self.connector_words!r}",
                value=self.connector_words,
            )
        words = set(self.connector_words)
        for word in words:
            if not isinstance(word, str) or word.split() != [word]:
                raise ParameterError(
                    f"the connector word {word!r} is empty or holds white space", value=word
                )
        if len(words) > MAX_CONNECTOR_WORDS:
            raise ParameterError(
                f"{len(words)} connector words are more than {MAX_CONNECTOR_WORDS}; give only the "
                "commonest",
                value=len(words),
            )
        return tuple(sorted(words))

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form: what decides the phrases."""
        return {
            "min_count": self.min_count,
            "threshold": self.threshold,
            "scoring": self.scoring,
            "rounds": self.rounds,
            "delimiter": self.delimiter,
            "connector_words": list(self.connector_words),
        }


def score_pairs(
    parameters: PhraseParameters, pair: np.ndarray, first: np.ndarray, last: np.ndarray, n: int
) -> np.ndarray:
    """Score pairs: the higher, the more of a phrase.

    "default" is word2phrase's: (count(ab) - min_count) / (count(a) count(b)), times the number of
    training words (Mikolov et al., "Distributed representations of words and phrases and their
    compositionality", 2013, equation 6, whose discount is word2phrase's min_count). "npmi" is
    ln(p(ab) / (p(a) p(b))) / -ln p(ab), from -1 to 1 (Bouma, "Normalized (pointwise) mutual
    information in collocation extraction", 2009).

    Args:
        parameters: scoring and min_count are used.
        pair: (K,), how often each pair occurs, at least once.
        first: (K,), how often its first word occurs.
        last: (K,), how often its last word occurs.
        n: number of tokens, above all of these.

    Returns:
        float64 (K,).
    """
    ab, a, b = (np.asarray(counts, np.float64) for counts in (pair, first, last))
    if parameters.scoring == "default":
        return (ab - parameters.min_count) / a / b * n
    information = np.log(n) - np.log(ab)  # -ln p(ab)
    return np.asarray((np.log(ab) + np.log(n) - np.log(a) - np.log(b)) / information)


def compute_limits(parameters: PhraseParameters, counts: np.ndarray, n: int) -> np.ndarray:
    """Return how often the other word of a pair may occur at most, for the score to be reached.

    No pair occurs more often than the rarer of its words, x, and both scores grow with the pair's
    count. With count(x) in its place, the score is above the threshold t only if the commoner word
    occurs less than n (1 - min_count / count(x)) / t times ("default"), or n p(x) ** t times
    ("npmi"). Most pairs with a very frequent word need not be counted, then.

    Args:
        parameters: scoring, min_count and threshold are used.
        counts: (V,), how often each word occurs.
        n: number of tokens.

    Returns:
        float32 (V,), rounded up; -1 where the word itself is too rare.
    """
    counts = np.asarray(counts, np.float64)
    threshold = float(parameters.threshold or 0.0)
    known = np.maximum(counts, 1.0)
    if parameters.scoring == "default":
        limits = n * (1.0 - parameters.min_count / known) / threshold
    elif threshold > 0.0:
        limits = n * (known / n) ** threshold
    else:
        limits = np.full(len(counts), float(n))
    limits = limits * (1.0 + 1e-6) + 1.0  # the counts compared with it are rounded to float32
    return np.where(counts < parameters.min_count, -1.0, limits).astype(np.float32)
