"""Rows divided among threads: nothing is left out, and nothing depends on how many there are."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.nn import GRU, LSTM, RNN, threads


@pytest.fixture
def three_threads(monkeypatch):
    monkeypatch.setattr(threads, "count_threads", lambda: 3)
    monkeypatch.setattr(threads, "_LEAST_WORK", 1)


@pytest.mark.parametrize("n_rows", [1, 2, 3, 10])
def test_each_row_once(three_threads, n_rows):
    counts = np.zeros(n_rows, int)

    def count(begin, end):
        counts[begin:end] += 1

    threads.split_rows(n_rows, 10, count)
    assert (counts == 1).all()


def test_little_work_stays_in_one_thread(monkeypatch):
    monkeypatch.setattr(threads, "count_threads", lambda: 8)
    calls = []
    threads.split_rows(20, 100, lambda *part: calls.append(part))
    assert calls == [(0, 20)]


def test_an_error_of_a_part_is_raised(three_threads):
    def fail(begin, end):
        if begin:
            raise ValueError(begin)

    with pytest.raises(ValueError, match=r"\d"):
        threads.split_rows(9, 10, fail)


@pytest.mark.parametrize("kind", [RNN, GRU, LSTM])
def test_same_bits_with_more_threads(kind, three_threads, monkeypatch):
    generator = np.random.default_rng(0)
    layer = kind(3, 20, generator=generator)
    x = generator.standard_normal((7, 5, 3)).astype(np.float32)
    gradient = generator.standard_normal((7, 5, 20)).astype(np.float32)

    def compute():
        y, back = layer.forward(x, False, np.array([5, 1, 0, 2, 5, 4, 3]))
        return y, back(gradient)

    several = compute()
    monkeypatch.setattr(threads, "count_threads", lambda: 1)
    for found, expected in zip(several, compute(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_limits_of_the_environment(monkeypatch):
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    count = threads.count_threads.__wrapped__
    assert count() >= 1
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert count() == 1
