"""The word2vec kernels against their slow twin, and the twin against central differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.kernels.alias import build_alias_table
from embedrec.kernels.huffman import build_huffman_paths
from embedrec.kernels.word2vec import Plan, train_cbow, train_skipgram
from tests.reference import word2vec as twin

KERNELS = {"skipgram": train_skipgram, "cbow": train_cbow}
COMBINATIONS = [(a, loss) for a in ("skipgram", "cbow") for loss in ("ns", "hs", "both")]


def make_plan(
    counts: np.ndarray,
    loss: str,
    *,
    keep: np.ndarray | None = None,
    window: int = 3,
    shrink: bool = True,
    halved: bool = False,
    n_negative: int = 4,
    n_sharing: int = 1,
    mean: bool = True,
    full_error: bool = False,
) -> Plan:
    n_words = len(counts)
    offsets, steps = build_huffman_paths(counts.astype(np.int64))
    none = np.zeros(0, np.int64), np.zeros(0, np.uint32)
    negative, paths = loss != "hs", loss != "ns"
    return Plan(
        keep=np.ones(n_words, np.float32) if keep is None else keep.astype(np.float32),
        window=window,
        shrink=shrink,
        halved=halved,
        n_negative=n_negative if negative else 0,
        n_sharing=n_sharing,
        alias_table=build_alias_table(counts**0.75) if negative else np.zeros(0, np.uint64),
        path_offsets=offsets if paths else none[0],
        path_steps=steps if paths else none[1],
        path_base=n_words if negative else 0,
        max_path=int(np.diff(offsets).max()) if paths else 0,
        max_sentence=64,
        mean=mean,
        full_error=full_error,
    )


def make_weights(
    n_words: int, loss: str, size: int, seed: int = 0, spread: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    n_rows = n_words * (loss != "hs") + (n_words - 1) * (loss != "ns")
    inputs = generator.normal(0, spread, (n_words, size)).astype(np.float32)
    return inputs, generator.normal(0, spread, (n_rows, size)).astype(np.float32)


def run_kernel(architecture, sentences, inputs, outputs, plan, rate, counter):
    ids = np.array([word for sentence in sentences for word in sentence], np.uint32)
    offsets = np.cumsum([0, *map(len, sentences)]).astype(np.int64)
    return KERNELS[architecture](
        ids, offsets, inputs, outputs, plan, np.float32(rate), np.uint64(counter)
    )


COUNTS = np.array([40, 22, 13, 9, 9, 5, 3, 2, 1], float)


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
@pytest.mark.parametrize("mean", [True, False])
def test_twin_passes_central_differences(architecture: str, loss: str, mean: bool) -> None:
    plan = make_plan(COUNTS, loss, mean=mean)
    inputs, outputs = (w.astype(np.float64) for w in make_weights(len(COUNTS), loss, 5))
    windows = twin.list_windows([[0, 3, 2, 0, 8, 1, 5, 4]], plan, 11)
    step = 1e-5
    for window in windows[:4]:
        gradients = twin.compute_gradients(architecture, window, inputs, outputs, mean)
        for matrix, gradient in zip((inputs, outputs), gradients, strict=True):
            numeric = np.zeros_like(matrix)
            for place in np.ndindex(matrix.shape):
                was = matrix[place]
                matrix[place] = was + step
                above = twin.compute_loss(architecture, window, inputs, outputs, mean)
                matrix[place] = was - step
                below = twin.compute_loss(architecture, window, inputs, outputs, mean)
                matrix[place] = was
                numeric[place] = (above - below) / (2 * step)
            np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-8)
            assert np.abs(gradient).max() > 0.01


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
@settings(max_examples=25)
@given(
    sentences=st.lists(st.lists(st.integers(0, 8), max_size=40), min_size=1, max_size=4),
    counter=st.integers(0, 2**64 - 1),
    size=st.sampled_from([1, 2, 7, 8, 16, 33, 50]),
    window=st.integers(1, 20),
    shrink=st.booleans(),
    halved=st.booleans(),
    n_negative=st.integers(1, 25),
    n_sharing=st.integers(1, 4),
    mean=st.booleans(),
    full_error=st.booleans(),
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
) -> None:
    keep = np.array([0.4, 0.6, 0.8, 1, 1, 1, 1, 1, 1])
    plan = make_plan(
        COUNTS,
        loss,
        keep=keep,
        window=window,
        shrink=shrink,
        halved=halved,
        n_negative=n_negative,
        n_sharing=n_sharing,
        mean=mean,
        full_error=full_error,
    )
    inputs, outputs = make_weights(len(COUNTS), loss, size)
    slow_inputs, slow_outputs = inputs.astype(np.float64), outputs.astype(np.float64)
    fast = run_kernel(architecture, sentences, inputs, outputs, plan, 0.01, counter)
    slow = twin.train(
        architecture, sentences, slow_inputs, slow_outputs, plan, float(np.float32(0.01)), counter
    )
    assert fast[1] == slow[1]
    assert fast[0] == pytest.approx(slow[0], rel=2e-5, abs=1e-5)
    np.testing.assert_allclose(inputs, slow_inputs, atol=2e-5)
    np.testing.assert_allclose(outputs, slow_outputs, atol=2e-5)


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
def test_loss_is_exact_far_from_zero(architecture: str, loss: str) -> None:
    # Scores up to some hundreds: where tables of sigma end and exp overflows.
    plan = make_plan(COUNTS, loss, window=2)
    inputs, outputs = make_weights(len(COUNTS), loss, 12, spread=6.0)
    sentences = [[0, 1, 2, 3, 4, 5, 6, 7, 8]]
    expected = 0.0
    for window in twin.list_windows(sentences, plan, 5):
        for hidden in twin.list_hidden(architecture, window, inputs.astype(float), True):
            for row, label in window.targets:
                score = outputs[row].astype(float) @ hidden
                expected += np.logaddexp(0, -score if label else score)
    loss_sum, _ = run_kernel(architecture, sentences, inputs, outputs, plan, 0.0, 5)
    assert loss_sum == pytest.approx(expected, rel=1e-5)
    assert loss_sum > 100


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_long_sentences_are_trained_to_the_end(architecture: str) -> None:
    # Each fills the room for words but for that of one draw, and ends where a draw ends.
    plan = make_plan(COUNTS, "ns", window=1, shrink=False)._replace(max_sentence=1024)
    inputs, outputs = make_weights(len(COUNTS), "ns", 4)
    sentence = [place % 9 for place in range(1024)]
    _, n_pairs = run_kernel(architecture, [sentence] * 3, inputs, outputs, plan, 0.01, 1)
    assert n_pairs == 3 * (1024 if architecture == "cbow" else 2 * 1023)


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_many_sentences_of_one_word_end_nothing(architecture: str) -> None:
    plan = make_plan(COUNTS, "ns", window=1)
    inputs, outputs = make_weights(len(COUNTS), "ns", 4)
    sentences = [[1, 2], *[[0]] * 1000, [1, 2]]
    _, n_pairs = run_kernel(architecture, sentences, inputs, outputs, plan, 0.01, 1)
    assert n_pairs == 4


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_sentences_of_one_word_and_none_train_nothing(architecture: str) -> None:
    plan = make_plan(COUNTS, "both")
    inputs, outputs = make_weights(len(COUNTS), "both", 8)
    before = inputs.copy(), outputs.copy()
    assert run_kernel(architecture, [[3], [], [0]], inputs, outputs, plan, 0.1, 1) == (0.0, 0)
    np.testing.assert_array_equal(inputs, before[0])
    np.testing.assert_array_equal(outputs, before[1])


def test_nan_is_not_hidden() -> None:
    plan = make_plan(COUNTS, "ns")
    inputs, outputs = make_weights(len(COUNTS), "ns", 8)
    outputs[0, 0] = np.nan
    loss, _ = run_kernel("skipgram", [[0, 1, 2, 0]], inputs, outputs, plan, 0.1, 1)
    assert np.isnan(inputs).any()
    assert not np.isfinite(loss)


@pytest.mark.parametrize(("architecture", "loss"), COMBINATIONS)
@pytest.mark.parametrize(("halved", "n_sharing"), [(False, 4), (True, 1), (True, 3)])
def test_long_text_equals_twin(architecture: str, loss: str, halved: bool, n_sharing: int) -> None:
    # Several batches of windows, that end within sentences and within windows.
    generator = np.random.default_rng(n_sharing)
    sentences = [generator.integers(9, size=n).tolist() for n in (64, 1, 2, 1, 60, 3, 0, 64, 1, 64)]
    plan = make_plan(COUNTS, loss, halved=halved, n_sharing=n_sharing)
    inputs, outputs = make_weights(len(COUNTS), loss, 17)
    slow_inputs, slow_outputs = inputs.astype(np.float64), outputs.astype(np.float64)
    fast = run_kernel(architecture, sentences, inputs, outputs, plan, 0.01, 9)
    rate = float(np.float32(0.01))
    slow = twin.train(architecture, sentences, slow_inputs, slow_outputs, plan, rate, 9)
    assert fast[1] == slow[1]
    assert fast[0] == pytest.approx(slow[0], rel=2e-5)
    np.testing.assert_allclose(inputs, slow_inputs, atol=2e-5)
    np.testing.assert_allclose(outputs, slow_outputs, atol=2e-5)


@pytest.mark.parametrize("n_sharing", [1, 2, 4])
def test_windows_share_negatives_of_one_far_before(n_sharing: int) -> None:
    # Words of the text are never drawn here, so that each window has all of its negatives.
    counts = np.repeat([1.0, 0.0], [4000, 64])
    plan = make_plan(counts, "ns", window=1, shrink=False, n_sharing=n_sharing)
    windows = twin.list_windows([list(range(4000, 4064))] * 4, plan, 3)
    negatives = [tuple(row for row, label in window.targets if not label) for window in windows]
    assert len(negatives) == 256
    assert len(set(negatives)) == 256 // n_sharing
    for k in range(0, 256, 32 * n_sharing):
        for other in range(k, k + 32 * n_sharing, 32):
            assert negatives[other : other + 32] == negatives[k : k + 32]
