"""Scores of all words of a model for what histories ask, and the best of them.

A scan in float32, one matrix product a block of rows for all histories at once, finds the few words
that can be among the best; these are scored again in float64, one like the other. Answers therefore
don't depend on which histories are asked together, and equal vectors tie exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embedrec.recommend.profile import Profile
from embedrec.vectors.exact import select_candidates
from embedrec.vectors.keyed import KeyedVectors

SCORES = ("blend", "mean", "max")
POWER = 3  # of the blend
_BLOCK_VALUES = 1 << 21  # products at once: few calls for few words, little memory for many
_RESCORED_ROWS = 1 << 15
_NORM_ROWS = 4096
_SCANNED_VALUES = 1 << 24  # float32 scores kept at once, over all histories of a batch
_USUAL_NORMS = (1e-15, 1e15)  # outside, float32 products may overflow or lose all their digits
# A sum this much shorter than its parts has cancelled out; its direction is rounding error.
_CANCELLED = 1e-9
Found = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Question:
    """What a profile asks of every word: its products with the rows, each with a weight.

    Attributes:
        rows: (Q, D) float64; a single unit vector for "mean", else a direction for each word.
        weights: (Q,) float64; they sum to 1 for "blend", and the largest is 1 for "max".
    """

    rows: np.ndarray
    weights: np.ndarray


class Ranker:
    """Ranks the words of a model.

    Args:
        vectors: the model.
        score: one of `SCORES`; see `WordRecommender`.
    """

    def __init__(self, vectors: KeyedVectors, score: str) -> None:
        self._vectors = vectors
        self._score = score
        norms = _measure_norms(vectors.vectors)
        unusual = ~((norms >= _USUAL_NORMS[0]) & (norms <= _USUAL_NORMS[1]))
        self._odd = np.flatnonzero(unusual & (norms > 0))
        self._inverse = np.divide(1.0, norms, out=np.zeros_like(norms), where=~unusual)
        self._inverse = self._inverse.astype(np.float32)
        size = vectors.vector_size
        # Bound of the error of a float32 product of unit vectors, for any order of summation with
        # 8 or more accumulators; wider is only slower.
        self._error = 2.0**-22 * max(math.sqrt(size), size / 8)

    def rank(
        self, profiles: Sequence[Profile], n: int, hidden: np.ndarray, allowed: np.ndarray | None
    ) -> list[Found]:
        """Find the `n` best unseen words for each profile.

        Args:
            profiles: what is asked.
            n: how many, at least 1.
            hidden: ranks (int64) that no profile may get, besides those it has seen.
            allowed: the only ranks (int64, ascending) that may come, or None for all.

        Returns:
            For each profile, ranks (int64) and scores (float64), best first, equal ones by rank.
        """
        shut = None
        if allowed is not None:
            if 8 * len(allowed) <= len(self._vectors):  # then picking rows is the least work
                return [
                    self._rescore(p, np.setdiff1d(allowed, np.union1d(hidden, p.seen)), n)
                    for p in profiles
                ]
            shut = np.ones(len(self._vectors), bool)
            shut[allowed] = False
        found: list[Found] = []
        step = max(1, _SCANNED_VALUES // len(self._vectors))
        for start in range(0, len(profiles), step):
            part = profiles[start : start + step]
            questions = [self._ask(profile) for profile in part]
            scores = self._scan(questions)
            if shut is not None:
                scores[:, shut] = -np.inf
            for row, profile in enumerate(part):
                barred = np.union1d(hidden, profile.seen)
                scores[row, barred] = -np.inf
                ids = select_candidates(scores[row], n, self._bound_error(questions[row]))
                odd = np.setdiff1d(self._odd, barred)
                odd = odd if shut is None else odd[~shut[odd]]
                found.append(self._rescore(profile, np.union1d(ids, odd), n))
        return found

    def explain(self, profile: Profile, ranks: np.ndarray) -> np.ndarray:
        """Return what each word of the profile gives to the scores of `ranks`: (N, M) float64."""
        return self._share(profile, self._vectors.get_unit(ranks))

    def _ask(self, profile: Profile) -> Question:
        rows, weights = profile.directions, profile.weights
        if self._score == "mean":
            total = weights @ rows
            norm = _measure_total(profile)
            unit = total / norm if norm else np.zeros_like(total)
            return Question(unit[None, :], np.ones(1))
        if self._score == "blend":
            weights = weights / (weights.sum() or 1.0)
        return Question(rows, weights)

    def _bound_error(self, question: Question) -> float:
        sizes = np.linalg.norm(question.rows, axis=1)
        power = POWER if self._score == "blend" else 1
        slopes = question.weights * power * sizes**power
        arithmetic = (len(sizes) + 8) * 2.0**-23
        return float(slopes.sum() * (self._error + arithmetic)) + 1e-12

    def _scan(self, questions: list[Question]) -> np.ndarray:
        """Return rough scores (B, V) float32; those of the blend before the root is taken."""
        matrix = self._vectors.vectors
        rows = np.concatenate([question.rows for question in questions]).astype(np.float32)
        rows = np.ascontiguousarray(rows.T)  # (D, Q of all); twice as fast a product as the view
        weights = [question.weights.astype(np.float32) for question in questions]
        ends = np.cumsum([0, *(len(w) for w in weights)]).tolist()
        scores = np.zeros((len(questions), len(matrix)), np.float32)
        step = max(1024, _BLOCK_VALUES // max(1, rows.shape[1]))
        for start in range(0, len(matrix), step):
            block = slice(start, start + step)
            with np.errstate(over="ignore", invalid="ignore"):
                products = matrix[block] @ rows  # (R, Q of all)
                products *= self._inverse[block, None]
            if self._score == "blend":
                np.maximum(products, 0.0, out=products)
                products *= products * products
            for row, weight in enumerate(weights):
                mine = products[:, ends[row] : ends[row + 1]]
                if self._score == "max" and len(weight):
                    scores[row, block] = np.ascontiguousarray((mine * weight).T).max(axis=0)
                elif len(weight):
                    scores[row, block] = mine @ weight
        if len(self._odd):
            scores[:, self._odd] = -np.inf
        return scores

    def _rescore(self, profile: Profile, ids: np.ndarray, n: int) -> Found:
        scores = np.zeros(len(ids))
        for start in range(0, len(ids), _RESCORED_ROWS):
            part = slice(start, start + _RESCORED_ROWS)
            shares = self._share(profile, self._vectors.get_unit(ids[part]))
            if shares.shape[1]:
                scores[part] = shares.max(axis=1) if self._score == "max" else shares.sum(axis=1)
        # To the digits a float32 holds, so that rounding can't part words that are equal.
        scores = scores.astype(np.float32).astype(np.float64)
        order = np.lexsort((ids, -scores))[:n]
        return ids[order].astype(np.int64), scores[order]

    def _share(self, profile: Profile, units: np.ndarray) -> np.ndarray:
        products = np.einsum("nd,md->nm", units, profile.directions)  # (N, M)
        if self._score == "max":
            return products * profile.weights
        if self._score == "mean":
            norm = _measure_total(profile)
            return products * (profile.weights / norm if norm else 0.0 * profile.weights)
        powers = np.maximum(products, 0.0) ** POWER
        powers *= profile.weights / (profile.weights.sum() or 1.0)
        total = powers.sum(axis=1, keepdims=True)
        # The root of the sum is the score; each word gives to it as it gives to the sum.
        scale = np.divide(np.cbrt(total), total, out=np.zeros_like(total), where=total > 0)
        return powers * scale


def _measure_total(profile: Profile) -> float:
    """Return the length of the weighted sum of directions, 0 if they cancel out."""
    norm = float(np.linalg.norm(profile.weights @ profile.directions))
    parts = float(profile.weights @ np.linalg.norm(profile.directions, axis=1))
    return norm if norm > _CANCELLED * parts else 0.0


def _measure_norms(matrix: np.ndarray) -> np.ndarray:
    norms = np.empty(len(matrix))
    for start in range(0, len(matrix), _NORM_ROWS):
        rows = matrix[start : start + _NORM_ROWS].astype(np.float64)
        norms[start : start + _NORM_ROWS] = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return norms
