"""The alias table gives each index its probability."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from embedrec.kernels.alias import build_alias_table, draw
from embedrec.kernels.random import STEP, mix
from tests.reference import alias as twin
from tests.reference.random import SplitMix


@njit
def _draw_many(table, counter, out):
    for i in range(out.shape[0]):
        counter += STEP
        out[i] = draw(table, mix(counter))


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=60).filter(lambda weights: sum(weights) > 1e-3)
)
def test_probabilities(weights: list[float]) -> None:
    table = build_alias_table(np.array(weights))
    expected = np.array(weights) / sum(weights)
    np.testing.assert_allclose(twin.compute_probabilities(table), expected, atol=1e-8)


def test_zipf_probabilities() -> None:
    weights = (1e7 / np.arange(1, 50_001)) ** 0.75
    table = build_alias_table(weights)
    np.testing.assert_allclose(
        twin.compute_probabilities(table), weights / weights.sum(), rtol=1e-4, atol=1e-12
    )


def test_draws_equal_twin_and_follow_probabilities() -> None:
    weights = np.array([5.0, 0.0, 1.0, 10.0, 0.5])
    table = build_alias_table(weights)
    draws = np.empty(200_000, np.int64)
    _draw_many(table, np.uint64(3), draws)
    stream = SplitMix(3)
    assert draws[:500].tolist() == [twin.draw(table, stream.next_bits()) for _ in range(500)]
    shares = np.bincount(draws, minlength=5) / len(draws)
    assert shares[1] == 0
    assert shares == pytest.approx(weights / weights.sum(), abs=0.005)
