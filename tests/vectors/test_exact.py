from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from embedrec.errors import CorruptedError
from embedrec.vectors.exact import ExactSearch, scale_to_unit, select_candidates
from tests.reference.topk import find_top


def make_rows(seed: int, n_rows: int = 60, size: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n_rows, size)).astype(np.float32)


@settings(deadline=None)
@example(seed=324, n=38, hidden=set(), min_score=None, repeated=True)  # orthogonal rows, noise
@given(
    seed=st.integers(0, 1000),
    n=st.integers(1, 70),
    hidden=st.sets(st.integers(0, 59)),
    min_score=st.sampled_from([None, -0.2, 0.3, 2.0]),
    repeated=st.booleans(),
)
def test_agrees_with_the_slow_twin(
    seed: int, n: int, hidden: set[int], min_score: float | None, repeated: bool
) -> None:
    rows = make_rows(seed)
    if repeated:  # ties everywhere; integers, so that the twin's sums tie as well
        rows = np.round(rows[:5])[np.random.default_rng(seed).integers(0, 5, 60)]
    query = rows[3].astype(np.float64)
    search = ExactSearch(rows)
    found = search.search(
        scale_to_unit(query[None, :]),
        n,
        own=[np.array(sorted(hidden), np.int64)],
        min_score=min_score,
    )
    expected = find_top(
        rows.tolist(), query.tolist(), n, hidden, -np.inf if min_score is None else min_score
    )
    ids, scores = found[0]
    assert ids.tolist() == [i for i, _ in expected]
    np.testing.assert_allclose(scores, [s for _, s in expected], atol=1e-6)


def test_equal_vectors_come_in_order_of_rank_wherever_they_stand() -> None:
    rows = make_rows(1, 5000, 33)
    places = [4999, 17, 2048, 2047, 333, 4096, 1, 777]
    rows[places] = rows[4] * np.float32(1.0)
    search = ExactSearch(rows)
    for count in (1, 40):
        queries = np.repeat(search.unit(np.array([4])), count, axis=0)
        for ids, _ in search.search(queries, 4, own=[np.array([4])] * count):
            assert ids.tolist() == [1, 17, 333, 777]


def test_batches_of_any_size_give_the_same_bits() -> None:
    rows = make_rows(2, 3000, 50)
    search = ExactSearch(rows)
    queries = search.unit(np.arange(100))
    together = search.search(queries, 12)
    for query, (ids, scores) in zip(queries, together, strict=True):
        [(alone_ids, alone_scores)] = search.search(query[None, :], 12)
        assert alone_ids.tolist() == ids.tolist()
        assert alone_scores.tobytes() == scores.tobytes()


def test_queries_beyond_one_block_keep_their_own_exclusions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    search = ExactSearch(make_rows(3, 200))
    queries = search.unit(np.arange(50))
    own = [np.array([row]) if row % 2 else np.empty(0, np.int64) for row in range(50)]
    whole = search.search(queries, 3, own=own)
    monkeypatch.setattr("embedrec.vectors.exact._BLOCK_VALUES", 600)
    parts = search.search(queries, 3, own=own)
    assert [ids.tolist() for ids, _ in parts] == [ids.tolist() for ids, _ in whole]
    assert [ids[0] == row for row, (ids, _) in enumerate(parts)] == [True, False] * 25


def test_lengths_far_from_one_do_not_disturb_the_order() -> None:
    rows = make_rows(4, 300, 20)
    plain = ExactSearch(rows)
    scaled = rows.copy()
    scaled[::7] *= np.float32(1e36)
    scaled[3::7] *= np.float32(1e-36)
    wild = ExactSearch(scaled)
    query = plain.unit(np.array([5]))
    ids, scores = plain.search(query, 20)[0]
    wild_ids, wild_scores = wild.search(query, 20)[0]
    assert wild_ids.tolist() == ids.tolist()
    np.testing.assert_allclose(wild_scores, scores, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(wild.normalise(slice(0, 30)), axis=1), 1, atol=1e-5)


def test_zero_vectors_score_nothing_and_are_no_error() -> None:
    rows = np.zeros((4, 3), np.float32)
    rows[2] = [1, 0, 0]
    search = ExactSearch(rows)
    ids, scores = search.search(np.array([[1.0, 0, 0]]), 4)[0]
    assert ids.tolist() == [2, 0, 1, 3]
    assert scores.tolist() == [1, 0, 0, 0]
    ids, scores = search.search(np.zeros((1, 3)), 2)[0]
    assert ids.tolist() == [0, 1]


def test_values_that_are_not_finite_are_named() -> None:
    rows = make_rows(5)
    rows[41, 2] = np.nan
    with pytest.raises(CorruptedError, match="vector 41 "):
        ExactSearch(rows)


@given(
    scores=st.lists(st.sampled_from([-np.inf, -1.0, 0.0, 0.25, 0.5, 0.500001, 1.0]), max_size=400),
    n=st.integers(1, 50),
    min_score=st.sampled_from([None, 0.3]),
)
def test_candidates_hold_all_of_the_best(
    scores: list[float], n: int, min_score: float | None
) -> None:
    array = np.array(scores, np.float32)
    found = select_candidates(array, n, 1e-3, min_score)
    usable = [i for i, s in enumerate(scores) if s > -np.inf and s >= (min_score or -np.inf)]
    best = sorted(usable, key=lambda i: -scores[i])[:n]
    threshold = min((scores[i] for i in best), default=0.0)
    assert {i for i in usable if scores[i] >= threshold} <= set(found.tolist())
    assert np.all(np.diff(found) > 0)
    if len(usable) > n:
        assert np.all(array[found] > threshold - 3e-3)


def test_find_above_counts_strictly_higher_rows_only() -> None:
    rows = make_rows(6, 500, 9)
    rows[100] = rows[200]
    search = ExactSearch(rows)
    query = search.unit(np.array([0]))[0]
    expected = find_top(rows.tolist(), query.tolist(), 500)
    bar = dict(expected)[200]
    above = sorted(i for i, s in expected if s > bar + 1e-12)
    assert search.find_above(query, 200).tolist() == above
