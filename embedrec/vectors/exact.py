"""Exact nearest neighbours by cosine: one matrix product, then a selection that keeps every tie.

The product runs in float32 on the raw matrix, so a memory-mapped file is never copied; the rows'
inverse norms scale the scores afterwards. Rounding of a matrix product depends on its shape, so the
few rows that can still be among the best are scored again in float64, one row like the other. That
makes results independent of batching and threads, and equal vectors tie exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embedrec.errors import CorruptedError

_BLOCK_VALUES = 1 << 24  # values in one block of scores or of converted rows (64 MB in float32)
_LONGEST_SPAN = 256  # scores under one maximum when the threshold is looked for
_GRID = 2.0**30  # steps of a score between 0 and 1, far finer than float32 vectors can tell apart
_NORM_RANGE = (1e-15, 1e15)  # outside, float32 products may overflow or lose all their digits


class ExactSearch:
    """Searches one matrix of row vectors.

    Args:
        vectors: (V, D) float32, finite; kept as it is, memory-mapped or not.

    Raises:
        CorruptedError: if a row holds values that are not finite.
    """

    def __init__(self, vectors: np.ndarray) -> None:
        self._matrix = np.asarray(vectors)
        self._inverse_norms, self._odd = _invert_norms(self._matrix)
        size = self._matrix.shape[1]
        # Bound of the float32 error of a dot product of unit vectors, for any order of summation
        # with 16 or more accumulators; wider is only slower.
        self._tolerance = 2.0**-22 * max(np.sqrt(size), size / 16)

    def search(
        self,
        queries: np.ndarray,
        n: int,
        *,
        limit: int | None = None,
        excluded: np.ndarray | None = None,
        own: Sequence[np.ndarray] | None = None,
        min_score: float | None = None,
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Find the `n` best rows for each query.

        Args:
            queries: (B, D) float64, unit length (or all zero: every score is 0).
            n: how many rows to return per query, fewer only when no more are left.
            limit: search only the first rows, this many.
            excluded: row numbers that no query may return.
            own: for each query, row numbers that it may not return.
            min_score: lowest score to return.

        Returns:
            For each query, row numbers (int64) and scores (float32), best first, ties by lower row.
        """
        n_rows = len(self._matrix) if limit is None else min(limit, len(self._matrix))
        results = []
        block = max(1, _BLOCK_VALUES // max(n_rows, 1))
        space = np.empty((min(block, len(queries)), n_rows), np.float32)
        for start in range(0, len(queries), block):
            part = queries[start : start + block]
            scores = self._score_block(part, space[: len(part)])
            for row, query in enumerate(part):
                hidden = [ids for ids in (excluded, own[start + row] if own else None)
                          if ids is not None]  # fmt: skip
                hide = np.concatenate(hidden) if hidden else np.empty(0, np.int64)
                scores[row, hide[hide < n_rows]] = -np.inf
                ids = select_candidates(scores[row], n, self._tolerance, min_score)
                if len(self._odd):
                    odd = np.setdiff1d(self._odd[self._odd < n_rows], hide)
                    ids = np.union1d(ids, odd)
                results.append(self._rank(query, ids, n, min_score))
        return results

    def search_among(
        self, query: np.ndarray, ids: np.ndarray, n: int, min_score: float | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the `n` best of the rows `ids` (ascending, unique) for one query; as `search`."""
        return self._rank(query, ids, n, min_score)

    def find_above(self, query: np.ndarray, row: int) -> np.ndarray:
        """Return the rows (int64, ascending) that score strictly higher than `row` does."""
        bar = self.score(query, np.array([row]))[0]
        scores = self._score_block(query[None, :], np.empty((1, len(self._matrix)), np.float32))[0]
        sure = scores > bar + self._tolerance
        close = np.flatnonzero((scores >= bar - self._tolerance) & ~sure)
        close = np.union1d(close, self._odd)
        return np.union1d(np.flatnonzero(sure), close[self.score(query, close) > bar])

    def score(self, query: np.ndarray, ids: np.ndarray) -> np.ndarray:
        """Return the cosines (float32) of `query` (D,) with the rows `ids`, computed in float64."""
        scores = np.empty(len(ids), np.float32)
        step = max(1, _BLOCK_VALUES // self._matrix.shape[1])
        for start in range(0, len(ids), step):
            rows = self.unit(ids[start : start + step])
            exact = np.einsum("ij,j->i", rows, query)
            # On a grid, so that the last bits don't order rows that are equally near.
            scores[start : start + step] = np.rint(exact * _GRID) / _GRID
        return scores

    def unit(self, ids: np.ndarray) -> np.ndarray:
        """Return the rows `ids` as unit vectors, (len(ids), D) float64; zero rows stay zero."""
        return scale_to_unit(self._matrix[ids].astype(np.float64))

    def normalise(self, ids: slice) -> np.ndarray:
        """Return a stretch of rows as unit vectors, (R, D) float32; zero rows stay zero."""
        if len(self._odd):
            return scale_to_unit(self._matrix[ids].astype(np.float64)).astype(np.float32)
        return self._matrix[ids] * self._inverse_norms[ids, None]

    def _score_block(self, queries: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Fill `scores` (B, R) with the cosines of the queries with the first R rows; return it."""
        n_rows = scores.shape[1]
        single = queries.astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            if len(single) == 1:
                np.matmul(self._matrix[:n_rows], single[0], out=scores[0])
            else:
                np.matmul(single, self._matrix[:n_rows].T, out=scores)
            scores *= self._inverse_norms[:n_rows]
        if len(self._odd):
            scores[:, self._odd[self._odd < n_rows]] = -np.inf
        return scores

    def _rank(
        self, query: np.ndarray, ids: np.ndarray, n: int, min_score: float | None
    ) -> tuple[np.ndarray, np.ndarray]:
        scores = self.score(query, ids)
        if min_score is not None:
            keep = scores >= np.float32(min_score)
            ids, scores = ids[keep], scores[keep]
        order = np.lexsort((ids, -scores))[:n]
        return ids[order].astype(np.int64), scores[order]


def select_candidates(
    scores: np.ndarray, n: int, tolerance: float, min_score: float | None = None
) -> np.ndarray:
    """Return every position that may be among the `n` best when scores are off by `tolerance`.

    The n-th largest of the maxima of short spans is a lower bound of the n-th best score, and much
    cheaper to find than the n-th best itself.

    Args:
        scores: (V,) float32; -inf marks what may not be returned.
        n: how many are wanted, at least 1.

    Returns:
        Positions, int64, ascending; more than `n` of them when scores are close.
    """
    lowest = np.float32(-np.inf) if min_score is None else np.float32(min_score - tolerance)
    span = min(_LONGEST_SPAN, len(scores) // (4 * n))
    if span >= 4:
        n_spans = len(scores) // span
        maxima = scores[: n_spans * span].reshape(n_spans, span).max(axis=1)
        bound = np.partition(maxima, n_spans - n)[n_spans - n] - tolerance
        lowest = max(lowest, np.float32(bound))
    ids = np.flatnonzero((scores >= lowest) & (scores > -np.inf))
    if len(ids) > n:
        found = scores[ids]
        bound = np.partition(found, len(found) - n)[len(found) - n] - 2 * tolerance
        ids = ids[found >= bound]
    return ids


def scale_to_unit(rows: np.ndarray) -> np.ndarray:
    """Return the rows of a (R, D) float64 array at unit length; rows of zeros stay zero."""
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    # Scaled first, so that squares neither overflow nor vanish.
    rows = np.divide(rows, largest, out=np.zeros_like(rows), where=largest > 0)
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return np.divide(rows, norms, out=rows, where=norms > 0)


def _invert_norms(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    n_rows, size = matrix.shape
    norms = np.empty(n_rows, np.float32)
    step = max(1, (1 << 20) // size)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, n_rows, step):
            rows = matrix[start : start + step]
            norms[start : start + step] = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    unusual = ~((norms >= _NORM_RANGE[0]) & (norms <= _NORM_RANGE[1]))
    inverse = np.divide(1.0, norms, out=np.zeros_like(norms), where=~unusual)
    odd = np.flatnonzero(unusual)
    if len(odd):
        rows = matrix[odd]
        bad = odd[~np.isfinite(rows).all(axis=1)]
        if len(bad):
            raise CorruptedError(
                f"vector {int(bad[0])} holds a value that is not a finite number "
                f"({len(bad)} such vectors); build or fetch the vectors again",
                value=int(bad[0]),
            )
        odd = odd[(rows != 0).any(axis=1)]
    return inverse, odd
