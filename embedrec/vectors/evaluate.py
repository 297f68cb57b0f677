"""How good vectors are: analogy questions answered, and agreement with human similarity scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from embedrec.errors import ParameterError, UnknownWordError
from embedrec.files import PathLike
from embedrec.vectors.analogy import METHODS, answer_analogies
from embedrec.vectors.keyed import KeyedVectors
from embedrec.vectors.questions import Question, read_analogies, read_pairs
from embedrec.vectors.subword import SubwordVectors


@dataclass(frozen=True)
class AnalogyResult:
    """How many questions were answered right.

    Attributes:
        correct: questions whose best answer is the expected word.
        known: questions whose four words are all in the vocabulary.
        total: questions in the file.
        sections: the same for each section of the file; empty for a section itself.
    """

    correct: int
    known: int
    total: int
    sections: dict[str, AnalogyResult] = field(default_factory=dict)

    @property
    def accuracy(self) -> float | None:
        """Correct answers as a part (0 to 1) of the known questions; None if none is known."""
        return self.correct / self.known if self.known else None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form; sections are in it only where there are any."""
        form: dict[str, Any] = {
            "accuracy": self.accuracy,
            "correct": self.correct,
            "known": self.known,
            "total": self.total,
        }
        if self.sections:
            form["sections"] = {name: part.to_json() for name, part in self.sections.items()}
        return form


@dataclass(frozen=True)
class SimilarityResult:
    """How well cosines agree with human scores.

    Attributes:
        spearman: rank correlation (-1 to 1) over the known pairs, ties sharing their mean rank;
            None if it is not defined (fewer than two known pairs, or all scores equal).
        known: pairs whose words are both in the vocabulary, or were both made of n-grams where
            that was asked for.
        total: pairs in the file.
    """

    spearman: float | None
    known: int
    total: int

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"spearman": self.spearman, "known": self.known, "total": self.total}


def evaluate_analogies(
    vectors: KeyedVectors,
    path: PathLike,
    *,
    method: str = "3cosadd",
    restrict_vocab: int | None = None,
    case_insensitive: bool = True,
) -> AnalogyResult:
    """Answer a file of questions "a b c d": which word is to c as b is to a?

    Args:
        method: "3cosadd" or "3cosmul" (Levy and Goldberg 2014, equations 3 and 4).
        restrict_vocab: only the first words, this many, count as known and may be answers.
        case_insensitive: a word that is not in the vocabulary is looked for in lower case and then
            in any case; a right answer may differ in case.

    Returns:
        The counts; a question with a word outside the vocabulary is in `total` only.

    Raises:
        ParameterError: if an option is out of range.
        InputError: naming file and line, if the file can't be read as analogies.
    """
    if method not in METHODS:
        raise ParameterError(f"the analogy method is {method!r}; choose {' or '.join(METHODS)}",
                             value=method)  # fmt: skip
    finder = WordFinder(vectors, restrict_vocab, case_insensitive)
    sections = read_analogies(path)
    rows = [finder.find_all(question) for part in sections.values() for question in part]
    known = np.array([row for row in rows if row is not None], np.int64).reshape(-1, 4)
    answers = answer_analogies(
        vectors.search, known[:, :3], finder.n_words, method=method, families=finder.families
    )
    right = iter((finder.families[answers] == finder.families[known[:, 3]]).tolist())
    found = iter(rows)
    results = {}
    for name, part in sections.items():
        marks = [next(right) for _ in part if next(found) is not None]
        results[name] = AnalogyResult(sum(marks), len(marks), len(part))
    return AnalogyResult(
        sum(part.correct for part in results.values()),
        len(known),
        len(rows),
        results,
    )


def evaluate_similarity(
    vectors: KeyedVectors,
    path: PathLike,
    *,
    restrict_vocab: int | None = None,
    case_insensitive: bool = True,
    compose_unseen: bool = False,
) -> SimilarityResult:
    """Compare cosines with the human scores in a file of word pairs, by Spearman's correlation.

    Args:
        restrict_vocab: only the first words, this many, count as known.
        case_insensitive: as in `evaluate_analogies`.
        compose_unseen: words that are not known are made of their n-grams, spelt as they stand.

    Raises:
        ParameterError: if an option is out of range, or unseen words can't be composed.
        InputError: naming file and line, if the file can't be read as word pairs.
    """
    from scipy.stats import spearmanr

    if compose_unseen and not isinstance(vectors, SubwordVectors):
        raise ParameterError("these vectors hold no subwords to make unseen words of; leave out "
                             "compose_unseen", value=True)  # fmt: skip
    finder = WordFinder(vectors, restrict_vocab, case_insensitive)
    pairs = read_pairs(path)
    units, gold = [], []
    for first, second, score in pairs:
        found = [finder.find_unit(word, compose_unseen) for word in (first, second)]
        if found[0] is not None and found[1] is not None:
            units.append((found[0], found[1]))
            gold.append(score)
    cosines = np.array([one @ other for one, other in units])
    spearman = None
    if len(set(gold)) > 1 and len(np.unique(cosines)) > 1:
        spearman = float(spearmanr(gold, cosines).statistic)
    return SimilarityResult(spearman, len(units), len(pairs))


class WordFinder:
    """Finds the words of a test set in a vocabulary.

    Attributes:
        n_words: how many words of the vocabulary count.
        families: (n_words,) int64: rank of the first word that differs at most in case; each
            word's own rank where case matters.
    """

    def __init__(
        self, vectors: KeyedVectors, restrict_vocab: int | None, case_insensitive: bool
    ) -> None:
        if restrict_vocab is not None and restrict_vocab < 1:
            raise ParameterError(
                f"restrict_vocab is {restrict_vocab}; give at least 1 word", value=restrict_vocab
            )
        self.n_words = min(restrict_vocab or len(vectors), len(vectors))
        self.families = np.arange(self.n_words)
        self._vectors = vectors
        self._exact = vectors.key_to_index
        self._folded: dict[str, int] = {}
        if case_insensitive:
            for index, word in enumerate(vectors.index_to_key[: self.n_words]):
                self.families[index] = self._folded.setdefault(word.casefold(), index)

    def find_all(self, words: Question | Iterable[str]) -> list[int] | None:
        """Return the ranks of words, or None if one of them is not known."""
        found = []
        for word in words:
            index = self._find(word)
            if index is None:
                return None
            found.append(index)
        return found

    def find_unit(self, word: str, compose_unseen: bool) -> np.ndarray | None:
        """Return the vector of a word at unit length, (D,) float64, or None if it is not known."""
        index = self._find(word)
        if index is not None:
            return self._vectors.get_unit(np.array([index]))[0]
        if not compose_unseen:
            return None
        try:
            return self._vectors.get_vector(word, norm=True).astype(np.float64)
        except UnknownWordError:
            return None  # too short for an n-gram

    def _find(self, word: str) -> int | None:
        for index in (
            self._exact.get(word),
            self._exact.get(word.lower()) if self._folded else None,
        ):
            if index is not None and index < self.n_words:
                return index
        return self._folded.get(word.casefold())
