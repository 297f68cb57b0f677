"""What a history asks for: one vector for each known word, its weight, and what was seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from embedrec.errors import UnknownWordError
from embedrec.recommend.forms import WordForms
from embedrec.recommend.history import History
from embedrec.vectors.keyed import KeyedVectors

_MAX_NAMED = 5


@dataclass(frozen=True)
class Profile:
    """A history in the terms of a model.

    Attributes:
        words: M words of the history, as written; forms and repetitions of one are joined.
        weights: (M,) float64, above 0, the largest is 1.
        directions: (M, D) float64, unit vectors less the centre.
        seen: ranks (int64, ascending) that may not be recommended.
        unknown: words of the history that could not be placed.
    """

    words: list[str]
    weights: np.ndarray
    directions: np.ndarray
    seen: np.ndarray
    unknown: list[str]


class ProfileMaker:
    """Places histories among the words of a model.

    Args:
        vectors: the model's words.
        forms: finds forms and pieces.
        centre: (D,) float64, taken off every direction.
        unknown: what becomes of words outside the vocabulary: "segment", "ignore" or "error".
    """

    def __init__(
        self, vectors: KeyedVectors, forms: WordForms, centre: np.ndarray, unknown: str
    ) -> None:
        self._vectors = vectors
        self._forms = forms
        self._centre = centre
        self._unknown = unknown

    def make(self, history: History) -> Profile:
        """Place the words of a history.

        Raises:
            UnknownWordError: for a word outside the vocabulary, if `unknown` is "error".
        """
        names: dict[tuple[int, ...], str] = {}
        weights: dict[tuple[int, ...], float] = {}
        seen: set[int] = set()
        unknown = []
        for word, weight in zip(history.words, history.weights, strict=True):
            ranks = self._place(word)
            if not ranks:
                unknown.append(word)
                continue
            seen.update(ranks)
            names.setdefault(ranks, word)
            weights[ranks] = weights.get(ranks, 0.0) + weight
        # By rank, so that the order of the history can't show in the last bit of a sum.
        places = sorted(ranks for ranks in names if weights[ranks] > 0)
        amounts = np.array([weights[ranks] for ranks in places], np.float64)
        return Profile(
            words=[names[ranks] for ranks in places],
            weights=amounts / amounts.max(initial=np.finfo(float).tiny),
            directions=self._direct(places),
            seen=np.array(sorted(seen), np.int64),
            unknown=unknown,
        )

    def _place(self, word: str) -> tuple[int, ...]:
        rank = self._forms.find(word)
        if rank is not None:
            return (rank,)
        if self._unknown == "error":
            raise UnknownWordError(word, self._vectors.suggest(word))
        return tuple(self._forms.cut(word)) if self._unknown == "segment" else ()

    def _direct(self, places: list[tuple[int, ...]]) -> np.ndarray:
        directions = np.zeros((len(places), self._vectors.vector_size))
        for row, ranks in enumerate(places):
            unit = self._vectors.get_unit(np.array(ranks, np.int64))  # (pieces, D)
            mean = unit.sum(axis=0)
            norm = np.linalg.norm(mean)
            # A word without a direction (all zeros) asks for nothing, not for what is rare.
            if norm > 0:
                directions[row] = mean / norm - self._centre
        return directions

    def find_seen(self, words: Iterable[str]) -> np.ndarray:
        """Return the ranks (int64, ascending) of words to leave out; unknown ones have none."""
        ranks = {self._forms.find(word) for word in words}
        return np.array(sorted(rank for rank in ranks if rank is not None), np.int64)


class UnknownHistoryError(UnknownWordError):
    """No word of a history is known.

    Attributes:
        value: the words.
        suggestions: near spellings of the first of them, best first; may be empty.
    """

    def __init__(self, words: list[str], vectors: KeyedVectors) -> None:
        named = []
        for word in words[:_MAX_NAMED]:
            near = vectors.suggest(word)
            named.append(f"{word!r} (near: {', '.join(near)})" if near else repr(word))
        more = f" and {len(words) - _MAX_NAMED} more" if len(words) > _MAX_NAMED else ""
        super().__init__(words[0], vectors.suggest(words[0]))
        if len(words) > 1:
            self.message = f"no word of the history is in the vocabulary: {', '.join(named)}{more}"
        self.value = words


def compute_centre(vectors: KeyedVectors) -> np.ndarray:
    """Return the mean (D,) float64 of all unit vectors of a model."""
    total = np.zeros(vectors.vector_size)
    step = max(1, (1 << 22) // vectors.vector_size)
    for start in range(0, len(vectors), step):
        rows = vectors.search.normalise(slice(start, start + step))
        total += rows.sum(axis=0, dtype=np.float64)
    return total / len(vectors)
