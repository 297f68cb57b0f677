"""Rows divided among threads: nothing is left out, and nothing depends on how many there are."""

from __future__ import annotations

import os
import subprocess
import sys

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
    monkeypatch.setenv("OPENBLAS_THREAD_TIMEOUT", "17")
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: range(8), raising=False)
    count = threads.count_threads.__wrapped__
    assert count() == 8
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert count() == 3
    monkeypatch.delenv("OPENBLAS_THREAD_TIMEOUT")
    assert count() == 1


READ_THE_LIMIT = "import os; print(os.environ.get('OPENBLAS_THREAD_TIMEOUT'))"


@pytest.mark.parametrize(
    ("first", "given", "expected"),
    [
        ("import embedrec", None, "17"),
        ("import embedrec", "5", "5"),
        ("import numpy, embedrec", None, "None"),
    ],
)
def test_blas_threads_do_not_wait_long(first, given, expected):
    environment = {**os.environ, "OPENBLAS_THREAD_TIMEOUT": given or ""}
    if given is None:
        del environment["OPENBLAS_THREAD_TIMEOUT"]
    code = f"{first}; {READ_THE_LIMIT}"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == expected
