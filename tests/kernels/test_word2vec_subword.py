"""Training of words made of many rows against its slow twins, and those against differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.kernels.simd.gather import gather_rows, scatter_change, sum_weighted_rows
from embedrec.kernels.simd.machine import LANES
from embedrec.kernels.simd.rows import locate_all
from embedrec.kernels.word2vec import Plan, train_cbow_subwords, train_skipgram_subwords
from tests.kernels.test_word2vec import COMBINATIONS, COUNTS, make_plan, make_weights
from tests.reference import word2vec_subword as twin
from tests.reference.word2vec import list_windows

KERNELS = {"skipgram": train_skipgram_subwords, "cbow": train_cbow_subwords}
N_BUCKETS = 7
SIZES = [1, 2, LANES - 1, LANES, LANES + 1, 33, 2 * LANES * 12 + 3, 200]


def share_rows(seed: int, n_words: int = len(COUNTS)) -> list[list[int]]:
    """Own rows and some buckets, of which many are shared and some stand twice in a word."""
    generator = np.random.default_rng(seed)
    lengths = generator.integers(0, 6, n_words)
    return [
        [word, *(n_words + generator.integers(N_BUCKETS, size=n)).tolist()]
        for word, n in enumerate(lengths)
    ]


def part_rows(n_words: int) -> list[list[int]]:
    """Rows of which no two words have one in common."""
    firsts = n_words + np.cumsum([0, *(word % 4 for word in range(n_words))])
    return [
        [word, *range(first, first + word % 4)] for word, first in enumerate(firsts[:-1].tolist())
    ]


def put_rows(plan: Plan, word_rows: list[list[int]]) -> Plan:
    return plan._replace(
        subword_offsets=np.cumsum([0, *map(len, word_rows)]),
        subword_rows=np.array([row for rows in word_rows for row in rows], np.uint32),
    )


def make_inputs(word_rows: list[list[int]], size: int, seed: int = 0) -> np.ndarray:
    n_rows = max(map(max, word_rows)) + 1
    return np.random.default_rng(seed).normal(0, 0.5, (n_rows, size)).astype(np.float32)


def compare(train, architecture, loss, sentences, word_rows, plan, size, counter=5) -> None:
    """Run kernel and twin from the same weights, and compare everything."""
    plan = put_rows(plan._replace(max_sentence=max(map(len, sentences))), word_rows)
    inputs = make_inputs(word_rows, size)
    _, outputs = make_weights(len(word_rows), loss, size)
    slow_inputs, slow_outputs = inputs.astype(np.float64), outputs.astype(np.float64)
    ids = np.array([word for sentence in sentences for word in sentence], np.uint32)
    offsets = np.cumsum([0, *map(len, sentences)])
    rate = np.float32(0.01)
    fast = KERNELS[architecture](ids, offsets, inputs, outputs, plan, rate, np.uint64(counter))
    slow = train(
        architecture, sentences, slow_inputs, slow_outputs, word_rows, plan, float(rate), counter
    )
    assert fast[1] == slow[1]
    assert fast[0] == pytest.approx(slow[0], rel=2e-5, abs=1e-5)
    np.testing.assert_allclose(inputs, slow_inputs, rtol=2e-5, atol=3e-5)
    np.testing.assert_allclose(outputs, slow_outputs, rtol=2e-5, atol=3e-5)


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
@pytest.mark.parametrize("mean", [True, False])
def test_twin_passes_central_differences(architecture: str, loss: str, mean: bool) -> None:
    plan = make_plan(COUNTS, loss, mean=mean)
    _, outputs = (w.astype(np.float64) for w in make_weights(len(COUNTS), loss, 5))
    generator = np.random.default_rng(3)
    step = 1e-5
    for window in list_windows([[0, 3, 2, 0, 8, 1, 5, 4]], plan, 11)[:4]:
        vectors = [generator.normal(size=5) for _ in window.context]
        n_rows = generator.integers(1, 9, len(vectors)).tolist()
        given = architecture, vectors, n_rows, window.targets, outputs, mean
        d_vectors, d_outputs = twin.compute_gradients(*given)
        pairs = [*zip(vectors, d_vectors, strict=True), (outputs, d_outputs)]
        for array, gradient in pairs:
            numeric = np.zeros_like(array)
            for place in np.ndindex(array.shape):
                was = array[place]
                array[place] = was + step
                above = twin.compute_loss(*given)
                array[place] = was - step
                below = twin.compute_loss(*given)
                array[place] = was
                numeric[place] = (above - below) / (2 * step)
            np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
@settings(max_examples=25)
@given(
    sentences=st.lists(st.lists(st.integers(0, 8), max_size=40), min_size=1, max_size=4),
    counter=st.integers(0, 2**64 - 1),
    size=st.sampled_from(SIZES),
    window=st.integers(1, 20),
    shrink=st.booleans(),
    halved=st.booleans(),
    n_negative=st.integers(1, 25),
    n_sharing=st.integers(1, 4),
    mean=st.booleans(),
    full_error=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_kernel_equals_twin(
    architecture: str,
    loss: str,
    sentences: list[list[int]],
    counter: int,
    size: int,
    window: int,
    shrink: bool,
    halved: bool,
    n_negative: int,
    n_sharing: int,
    mean: bool,
    full_error: bool,
    seed: int,
) -> None:
    plan = make_plan(
        COUNTS,
        loss,
        keep=np.array([0.4, 0.6, 0.8, 1, 1, 1, 1, 1, 1]),
        window=window,
        shrink=shrink,
        halved=halved,
        n_negative=n_negative,
        n_sharing=n_sharing,
        mean=mean,
        full_error=full_error,
    )
    word_rows = share_rows(seed)
    compare(twin.train_gathered, architecture, loss, sentences, word_rows, plan, size, counter)


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
@pytest.mark.parametrize("window", [1, 3, 8])
@pytest.mark.parametrize("halved", [False, True])
def test_long_text_equals_twin(architecture: str, loss: str, window: int, halved: bool) -> None:
    # Several batches of windows, that end within sentences; sentences of one word between them.
    generator = np.random.default_rng(window)
    lengths = [300, 1, 2, 1, 400, 3, 0, 60, 1]
    sentences = [generator.integers(9, size=n).tolist() for n in lengths]
    plan = make_plan(COUNTS, loss, window=window, halved=halved, n_sharing=3)
    compare(twin.train_gathered, architecture, loss, sentences, share_rows(2), plan, 17)


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
@pytest.mark.parametrize("full_error", [True, False])
def test_words_without_common_rows_train_as_in_fasttext(
    architecture: str, loss: str, full_error: bool
) -> None:
    # Each word once a sentence: then being put together for several windows changes nothing.
    generator = np.random.default_rng(4)
    n_words = 40
    counts = np.arange(n_words, 0, -1).astype(float)
    sentences = [generator.permutation(n_words)[:length].tolist() for length in (40, 1, 25, 40, 9)]
    plan = make_plan(counts, loss, keep=np.linspace(0.5, 1, n_words), full_error=full_error)
    compare(twin.train_at_once, architecture, loss, sentences, part_rows(n_words), plan, 19)


def test_words_of_one_row_train_nearly_as_without_subwords() -> None:
    plan = make_plan(COUNTS, "ns")
    rows = [[word] for word in range(9)]
    sentences = [[8, 3, 1, 0, 7, 2, 6, 5, 4]]
    compare(twin.train_at_once, "skipgram", "ns", sentences, rows, plan, 8)
    compare(twin.train_at_once, "cbow", "ns", sentences, rows, plan, 8)


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_sentences_of_one_word_and_none_train_nothing(architecture: str) -> None:
    word_rows = share_rows(1)
    plan = put_rows(make_plan(COUNTS, "both"), word_rows)
    inputs, (_, outputs) = make_inputs(word_rows, 8), make_weights(9, "both", 8)
    before = inputs.copy(), outputs.copy()
    ids, offsets = np.array([3, 0], np.uint32), np.array([0, 1, 1, 2])
    result = KERNELS[architecture](
        ids, offsets, inputs, outputs, plan, np.float32(0.1), np.uint64(1)
    )
    assert result == (0.0, 0)
    np.testing.assert_array_equal(inputs, before[0])
    np.testing.assert_array_equal(outputs, before[1])


@settings(max_examples=150)
@given(
    size=st.one_of(st.sampled_from(SIZES), st.integers(1, 40 * LANES)),
    places=st.tuples(st.integers(0, 30), st.integers(1, 30)),
    seed=st.integers(0, 1000),
)
def test_gathered_rows_are_the_mean_and_all_get_the_change(
    size: int, places: tuple[int, int], seed: int
) -> None:
    begin, end = places[0], sum(places)
    generator = np.random.default_rng(seed)
    matrix = generator.normal(size=(12, size)).astype(np.float32)
    rows = generator.integers(12, size=61).astype(np.uint32)
    now, start = (np.full((3, size), np.float32(7)) for _ in range(2))
    before = matrix.copy()
    gather_rows(matrix, rows, begin, end, now, start, 1)
    np.testing.assert_array_equal(matrix, before)
    np.testing.assert_array_equal(now, start)
    np.testing.assert_allclose(now[1], matrix[rows[begin:end]].astype(float).mean(0), atol=1e-6)
    assert (now[[0, 2]] == 7).all()
    now[1] += generator.normal(size=size).astype(np.float32)
    expected = matrix.astype(float)
    np.add.at(expected, rows[begin:end], (now[1] - start[1]).astype(float))
    scatter_change(now, start, 1, matrix, rows, begin, end)
    np.testing.assert_allclose(matrix, expected, atol=2e-5)


@settings(max_examples=50)
@given(size=st.sampled_from(SIZES), n_rows=st.integers(0, 12), seed=st.integers(0, 1000))
def test_weighted_sum(size: int, n_rows: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    matrix = generator.normal(size=(12, size)).astype(np.float32)
    weights = generator.normal(size=12).astype(np.float32)
    total = np.full((3, size), np.float32(7))
    address = locate_all(total)[1]
    sum_weighted_rows(locate_all(matrix), weights, n_rows, np.float32(0.3), size, address)
    expected = 0.3 * (weights[:n_rows].astype(float) @ matrix[:n_rows])
    np.testing.assert_allclose(total[1], expected, atol=1e-5)
    assert (total[[0, 2]] == 7).all()
