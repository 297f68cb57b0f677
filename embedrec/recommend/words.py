"""From a history of words to related words not yet seen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import timedelta
from numbers import Real

import numpy as np

from embedrec.errors import ParameterError
from embedrec.recommend.forms import WordForms
from embedrec.recommend.history import History, HistoryItem
from embedrec.recommend.profile import Profile, ProfileMaker, UnknownHistoryError, compute_centre
from embedrec.recommend.ranking import SCORES, Found, Ranker
from embedrec.recommend.result import Recommendation, Recommendations
from embedrec.text.pipeline import TextPipeline
from embedrec.vectors.keyed import KeyedVectors

UNKNOWN = ("segment", "ignore", "error")
Histories = str | Iterable[HistoryItem] | History


class WordRecommender:
    """Recommends words by the vectors of the words in a history.

    From every direction asked for, most of the mean of all unit vectors is taken off: what is
    common to all words says nothing about a person, and adds up over a history while interests
    spread out. Figures for this and for the ways to score are in benchmarks/results/recommend.json.

    Args:
        vectors: the model. Left as it is.
        pipeline: how words outside the vocabulary are cut and spelt; by default the model's own,
            rebuilt from its metadata. Without either, such words stay unknown.
        score: how the products of a word with the directions of the history make its score. Such a
            product is by how much the two words' cosine is above the one with an average word.
            "blend", the default: their power mean of order 3, negative ones counting 0; a word may
            come for one interest among several, and one that several words bring comes first.
            "max": the best product times the weight (the largest weight counting 1).
            "mean": the cosine with the weighted sum of directions; one query whatever the length of
            the history, and words between interests rather than of them.
        unknown: what becomes of words outside the vocabulary that are no form of a word inside:
            "segment" cuts them, takes the mean of the known pieces, and reports words without any;
            "ignore" reports them all; "error" raises.
        min_count: recommend only words that the training text held so often.
        centre: how much of the mean to take off, from 0 (the plain vectors) to 1. More favours
            frequent words.

    Raises:
        ParameterError: if an option is out of range, or `min_count` is given for vectors that came
            without counts.
    """

    def __init__(
        self,
        vectors: KeyedVectors,
        *,
        pipeline: TextPipeline | None = None,
        score: str = "blend",
        unknown: str = "segment",
        min_count: int = 0,
        centre: float = 0.8,
    ) -> None:
        for name, value, allowed in (("score", score, SCORES), ("unknown", unknown, UNKNOWN)):
            if value not in allowed:
                raise ParameterError(
                    f"{name} is {value!r}; choose one of {', '.join(allowed)}", value=value
                )
        self.vectors = vectors
        self.score = score
        self._allowed = _find_frequent(vectors, min_count)
        self._forms = WordForms(vectors, pipeline)
        self._maker = ProfileMaker(
            vectors, self._forms, _check_centre(centre) * compute_centre(vectors), unknown
        )
        self._ranker = Ranker(vectors, score)

    def recommend(
        self,
        history: Histories,
        n: int = 10,
        exclude: Iterable[str] = (),
        *,
        half_life: float | timedelta | None = None,
        candidates: Iterable[str] | None = None,
        min_score: float | None = None,
    ) -> Recommendations:
        """Recommend `n` words for a history.

        Never a word of the history, of `exclude`, another form of one, or a piece that a word of
        the history was cut into.

        Args:
            history: words, (word, weight), (word, weight, time), or a `History`.
            n: how many; fewer come back only when no more are left.
            exclude: words that may not come back; unknown ones are passed over.
            half_life: weights halve in this time; see `History.from_items`.
            candidates: only these words may come back; unknown ones are passed over.
            min_score: lowest score to return.

        Returns:
            Best first, equal scores by rank in the vocabulary; the same for any order of the
            history and any common factor of its weights.

        Raises:
            ParameterError: if the history is empty or wrong, or an argument is out of range.
            UnknownWordError: if no word of the history is known, naming them with near spellings.
        """
        gathered = History.from_items(history, half_life=half_life)
        found = self._answer([gathered], n, exclude, candidates, min_score)[0]
        if len(found.unknown) == len(gathered):
            raise UnknownHistoryError(list(found.unknown), self.vectors)
        return found

    def recommend_batch(
        self,
        histories: Iterable[Histories],
        n: int = 10,
        exclude: Iterable[str] = (),
        *,
        half_life: float | timedelta | None = None,
        candidates: Iterable[str] | None = None,
        min_score: float | None = None,
    ) -> list[Recommendations]:
        """Answer many histories with one matrix product, each as `recommend` does.

        A history without any known word gives an empty answer that names them as unknown, so that
        one person's words don't spoil the answers to the others.

        Raises:
            ParameterError: as `recommend`.
        """
        if isinstance(histories, str):
            raise ParameterError(
                "recommend_batch takes several histories; use recommend for one", value=histories
            )
        gathered = [History.from_items(history, half_life=half_life) for history in histories]
        return self._answer(gathered, n, exclude, candidates, min_score)

    def _answer(
        self,
        histories: list[History],
        n: int,
        exclude: Iterable[str],
        candidates: Iterable[str] | None,
        min_score: float | None,
    ) -> list[Recommendations]:
        _check_limits(n, min_score)
        left_out = _list_words("exclude", exclude)
        allowed = self._list_allowed(candidates)
        profiles = [self._maker.make(history) for history in histories]
        hidden = self._maker.find_seen(left_out)
        answers = self._search(profiles, n, hidden, allowed, min_score)
        if not self._forms.is_closed:
            barred = [{self._forms.spell(w) for w in (*h.words, *left_out)} for h in histories]
            answers = [
                self._drop_forms(profile, answer, words, n, hidden, allowed, min_score)
                for profile, answer, words in zip(profiles, answers, barred, strict=True)
            ]
        return [
            self._explain(profile, answer)
            for profile, answer in zip(profiles, answers, strict=True)
        ]

    def _list_allowed(self, candidates: Iterable[str] | None) -> np.ndarray | None:
        if candidates is None:
            return self._allowed
        ranks = {self._forms.find(word) for word in _list_words("candidates", candidates)}
        chosen = np.array(sorted(rank for rank in ranks if rank is not None), np.int64)
        return chosen if self._allowed is None else np.intersect1d(chosen, self._allowed)

    def _drop_forms(
        self,
        profile: Profile,
        answer: Found,
        barred: set[str],
        n: int,
        hidden: np.ndarray,
        allowed: np.ndarray | None,
        min_score: float | None,
    ) -> Found:
        words = self.vectors.index_to_key
        while True:
            ranks = answer[0].tolist()
            forms = [rank for rank in ranks if self._forms.spell(words[rank]) in barred]
            if not forms:
                return answer
            hidden = np.union1d(hidden, np.array(forms, np.int64))
            answer = self._search([profile], n, hidden, allowed, min_score)[0]

    def _search(
        self,
        profiles: Sequence[Profile],
        n: int,
        hidden: np.ndarray,
        allowed: np.ndarray | None,
        min_score: float | None,
    ) -> list[Found]:
        if n == 0:
            return [(np.empty(0, np.int64), np.empty(0))] * len(profiles)
        found = self._ranker.rank(profiles, n, hidden, allowed)
        # Whoever asks with no known word gets nothing, not the first words of the vocabulary.
        keeps = [
            (scores >= (-math.inf if min_score is None else min_score)) & (len(profile.seen) > 0)
            for profile, (_, scores) in zip(profiles, found, strict=True)
        ]
        return [
            (ranks[keep], scores[keep]) for (ranks, scores), keep in zip(found, keeps, strict=True)
        ]

    def _explain(self, profile: Profile, answer: Found) -> Recommendations:
        ranks, scores = answer
        shares = self._ranker.explain(profile, ranks)  # (N, M)
        order = np.argsort(-shares, axis=1, kind="stable")
        words = self.vectors.index_to_key
        items = [
            Recommendation(words[rank], score, [(profile.words[m], float(row[m])) for m in places])
            for rank, score, row, places in zip(
                ranks.tolist(), scores.tolist(), shares, order.tolist(), strict=True
            )
        ]
        return Recommendations(items, profile.unknown)


def _find_frequent(vectors: KeyedVectors, min_count: int) -> np.ndarray | None:
    if isinstance(min_count, bool) or not isinstance(min_count, int | np.integer) or min_count < 0:
        raise ParameterError(
            f"min_count is {min_count!r}; give a whole number from 0", value=min_count
        )
    if min_count == 0:
        return None
    if vectors.counts is None:
        raise ParameterError(
            "min_count needs to know how often words were seen, and these vectors came without "
            "counts; leave it out",
            value=min_count,
        )
    return np.flatnonzero(vectors.counts >= min_count)


def _check_centre(centre: float) -> float:
    if not isinstance(centre, Real) or not 0 <= centre <= 1:
        raise ParameterError(f"centre is {centre!r}; give a number from 0 to 1", value=centre)
    return float(centre)


def _check_limits(n: int, min_score: float | None) -> None:
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
        raise ParameterError(f"n is {n!r}; give a whole number from 0", value=n)
    if min_score is not None and not -math.inf <= min_score <= math.inf:
        raise ParameterError(f"min_score is {min_score!r}; give a number", value=min_score)


def _list_words(name: str, words: Iterable[str]) -> list[str]:
    listed = [words] if isinstance(words, str) else list(words)
    for word in listed:
        if not isinstance(word, str):
            raise ParameterError(f"{word!r} in {name} is not a word", value=word)
    return listed
