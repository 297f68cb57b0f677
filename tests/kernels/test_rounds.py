"""Rounds against their slow twin, and the same to the bit whatever threads take part in them."""

from __future__ import annotations

import itertools
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.kernels.simd.combine import combine_copies
from embedrec.kernels.simd.rows import locate_all
from embedrec.kernels.word2vec import (
    Plan,
    give_text,
    make_board,
    make_crew,
    make_owners,
    make_rooms,
    train_cbow_rounds,
    train_skipgram_rounds,
)
from embedrec.kernels.word2vec.rounds_crew import count_entries
from tests.kernels.test_word2vec import COMBINATIONS, COUNTS, make_plan, make_weights
from tests.reference import rounds as twin

KERNELS = {"skipgram": train_skipgram_rounds, "cbow": train_cbow_rounds}


class Rounds:
    """Matrices and a crew for them."""

    def __init__(
        self,
        architecture: str,
        weights: tuple[np.ndarray, np.ndarray],
        plan: Plan,
        *,
        n_workers: int = 4,
        n_windows: int = 3,
        n_drawn: int = 6,
        n_summed: int = 2,
        n_threads: int = 1,
    ) -> None:
        self.kernel = KERNELS[architecture]
        self.inputs, self.outputs = weights
        self.plan = plan
        self.crew = make_crew(
            plan, *weights,
            n_workers=n_workers, n_windows=n_windows, n_drawn=n_drawn, n_summed=n_summed,
        )  # fmt: skip
        self.owners = make_owners(self.crew, n_threads)
        self.rooms = make_rooms(self.crew, plan, weights[0].shape[1], n_threads)

    def train(
        self,
        texts: list[list[list[int]]],
        rates: list[float],
        counters: list[int],
        delays: list[float] | None = None,
    ) -> tuple[list[float], list[int]]:
        """Train in as many threads as there are delays, each beginning after its own."""
        sentences = []
        for text in texts:
            ids = np.array([word for sentence in text for word in sentence], np.uint32)
            sentences.append((ids, np.cumsum([0, *map(len, text)]).astype(np.int64)))
        self.crew = give_text(self.crew, sentences, rates, counters)
        board = make_board()

        def work(number: int, delay: float) -> None:
            time.sleep(delay)
            self.kernel(
                self.crew, self.owners, board, self.inputs, self.outputs, self.plan,
                self.rooms[number],
            )  # fmt: skip

        if delays is None:
            delays = [0.0] * len(self.rooms)
        threads = [threading.Thread(target=work, args=item) for item in enumerate(delays)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        n = len(texts)
        return self.crew.loss[:n].tolist(), self.crew.n_pairs[:n].tolist()


SENTENCES = st.lists(st.lists(st.integers(0, 8), max_size=30), max_size=4)


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
@settings(max_examples=20)
@given(
    texts=st.lists(SENTENCES, min_size=1, max_size=4),
    counters=st.lists(st.integers(0, 2**64 - 1), min_size=4, max_size=4),
    size=st.sampled_from([1, 7, 16, 33, 50]),
    window=st.integers(1, 20),
    shrink=st.booleans(),
    halved=st.booleans(),
    n_sharing=st.integers(1, 4),
    n_windows=st.integers(1, 5),
    n_threads=st.integers(1, 3),
    n_summed=st.integers(1, 4),
    mean=st.booleans(),
)
def test_rounds_equal_twin(
    architecture: str,
    loss: str,
    texts: list[list[list[int]]],
    counters: list[int],
    size: int,
    window: int,
    shrink: bool,
    halved: bool,
    n_sharing: int,
    n_windows: int,
    n_threads: int,
    n_summed: int,
    mean: bool,
) -> None:
    keep = np.array([0.4, 0.6, 0.8, 1, 1, 1, 1, 1, 1])
    plan = make_plan(
        COUNTS,
        loss,
        keep=keep,
        window=window,
        shrink=shrink,
        halved=halved,
        n_sharing=n_sharing,
        mean=mean,
    )
    weights = make_weights(len(COUNTS), loss, size)
    slow = tuple(matrix.astype(np.float64) for matrix in weights)
    rates, counters = [0.01, 0.02, 0.015, 0.01][: len(texts)], counters[: len(texts)]
    rounds = Rounds(
        architecture, weights, plan,
        n_windows=n_windows, n_drawn=2 * n_windows, n_threads=n_threads, n_summed=n_summed,
    )  # fmt: skip
    losses, n_pairs = rounds.train(texts, rates, counters)
    expected = twin.train(architecture, texts, *slow, plan, rates, counters, n_windows, n_summed)
    assert n_pairs == expected[1]
    assert losses == pytest.approx(expected[0], rel=2e-5, abs=1e-5)
    for fast_matrix, slow_matrix in zip(weights, slow, strict=True):
        np.testing.assert_allclose(fast_matrix, slow_matrix, atol=3e-5)


def make_texts(n_texts: int, n_sentences: int = 30) -> list[list[list[int]]]:
    generator = np.random.default_rng(5)
    words = np.minimum(generator.zipf(1.3, (n_texts, n_sentences, 20)) - 1, 199)
    return words.tolist()


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
def test_threads_do_not_matter(architecture: str, loss: str) -> None:
    counts = 1000.0 / np.arange(1, 201)
    plan = make_plan(counts, loss, window=5)
    texts = make_texts(16)
    results = set()
    # Threads that come late or are many, and owners without a thread of their own.
    for delays in ([0.0], [0.0] * 2, [0.0, 0.002, 0.01, 0.0, 0.005], [0.0] * 16):
        weights = make_weights(200, loss, 24)
        rounds = Rounds(
            architecture, weights, plan,
            n_workers=16, n_windows=8, n_drawn=64, n_threads=len(delays),
        )  # fmt: skip
        for first in (1, 100):
            figures = rounds.train(texts, [0.05] * 16, list(range(first, first + 16)), delays)
        results.add((*(matrix.tobytes() for matrix in weights), repr(figures)))
    assert len(results) == 1


def test_one_thread_is_enough_whatever_the_owners() -> None:
    plan = make_plan(COUNTS, "ns")
    expected = None
    for n_threads in (1, 8):
        weights = make_weights(len(COUNTS), "ns", 16)
        rounds = Rounds("skipgram", weights, plan, n_threads=n_threads)
        rounds.train([[[0, 1, 2, 3, 4, 5]]] * 4, [0.1] * 4, [1, 2, 3, 4], delays=[0.0])
        expected = expected or weights[0].tobytes()
        assert weights[0].tobytes() == expected


def test_entries_suffice_for_windows_that_overlap_least() -> None:
    # Sentences of two words after the end of a long one and before the beginning of another, and
    # words that are all different: room for the rows is counted, not checked.
    counts = np.ones(4000)
    for window, halved in itertools.product((1, 3, 20), (False, True)):
        plan = make_plan(counts, "both", window=window, shrink=False, halved=halved, n_negative=25)
        long = list(range(64))
        text = [long, *[[100 + 2 * i, 101 + 2 * i] for i in range(30)], [x + 200 for x in long]]
        for n_windows in (1, 4, 8):
            weights = make_weights(4000, "both", 4)
            rounds = Rounds("cbow", weights, plan, n_windows=n_windows, n_drawn=4 * n_windows)
            rounds.crew.keys[:] = -1
            rounds.train([text], [0.1], [7])
            n_used = int((rounds.crew.keys >= 0).sum())
            assert 2 * n_windows < n_used <= count_entries(plan, n_windows)


@given(size=st.integers(1, 70), n_copies=st.integers(0, 5), seed=st.integers(0, 99))
def test_copies_are_combined(size: int, n_copies: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(n_copies + 2, size)).astype(np.float32)
    before = rows.copy()
    addresses = locate_all(rows)
    combine_copies(addresses[0], addresses[1:-1], n_copies, np.float32(0.5), size)
    change = (before[1:-1].astype(float) - before[0]).sum(axis=0)
    np.testing.assert_allclose(rows[0], before[0] + change / 2, atol=1e-5)
    np.testing.assert_array_equal(rows[1:], before[1:])
