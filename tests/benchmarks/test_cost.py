"""Operations and rows counted one by one, by loops that do nothing else, against the formulas."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.word2vec.cost import Profile, compute_profile, count_cost, thin
from benchmarks.word2vec.limit import touch_rows
from benchmarks.word2vec.roofline import compare, trace_rows
from embedrec.kernels.huffman import build_huffman_paths

SENTENCES = [[0, 1, 2, 0, 3], [4], [1, 1, 0, 2, 4, 3, 0, 0, 2], [2, 3]]
COUNTS = np.array([6, 4, 4, 3, 2])
WINDOW, SIZE, N_NEGATIVE = 3, 7, 4
IDS = np.concatenate(SENTENCES)
LENGTHS = np.array([len(sentence) for sentence in SENTENCES])
OFFSETS, STEPS = build_huffman_paths(COUNTS.astype(np.int64))
PATHS = np.diff(OFFSETS)


def count_one_by_one(
    architecture: str, loss: str, halved: bool = False, n_sharing: int = 1
) -> tuple[float, float]:
    """Walk through the text with every window size; return operations and fresh rows a word."""
    flops = rows = 0
    for sentence, size in ((s, b) for s in SENTENCES for b in range(1, WINDOW + 1)):
        for at, centre in enumerate(sentence):
            contexts = [
                i for i in range(at - size, at + size + 1) if 0 <= i < len(sentence) and i != at
            ]
            if not contexts:
                continue
            targets = (loss != "hs") * (1 + N_NEGATIVE) + (loss != "ns") * int(PATHS[centre])
            sides = (min(contexts) < at) + (max(contexts) > at)
            negatives = (loss != "hs") * N_NEGATIVE
            rows += 1 + targets - negatives + negatives * (sides if halved else 1) / n_sharing
            for _ in contexts if architecture == "skipgram" else [None]:
                for _ in range(targets):
                    for _ in range(SIZE):
                        flops += 2  # dot product
                        flops += 2  # error
                        flops += 2  # target's update
            for _ in contexts:
                flops += SIZE  # context's update
                if architecture == "cbow":
                    flops += SIZE  # sum of contexts
            if architecture == "cbow":
                flops += SIZE  # mean
    return flops / WINDOW / len(IDS), rows / WINDOW / len(IDS)


@pytest.mark.parametrize("loss", ["ns", "hs", "both"])
@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
@pytest.mark.parametrize(("halved", "n_sharing"), [(False, 1), (True, 1), (False, 4), (True, 2)])
def test_cost_is_that_of_counting_one_by_one(
    architecture: str, loss: str, halved: bool, n_sharing: int
) -> None:
    profile = compute_profile(IDS, LENGTHS, np.ones(5), PATHS, WINDOW)
    cost = count_cost(
        profile, architecture, loss, SIZE, N_NEGATIVE, halved=halved, n_sharing=n_sharing
    )
    flops, rows = count_one_by_one(architecture, loss, halved, n_sharing)
    assert cost["flops"] == pytest.approx(flops)
    assert cost["fresh_rows"] == pytest.approx(rows)
    assert cost["fresh_bytes"] == pytest.approx(rows * 8 * SIZE)


def test_a_thinned_text_costs_what_its_kept_words_cost() -> None:
    keep = np.array([0.3, 1.0, 0.5, 1.0, 0.8])
    ids, lengths = thin(IDS, LENGTHS, keep, seed=2)
    assert 0 < len(ids) < len(IDS)
    assert lengths.sum() == len(ids)
    whole = compute_profile(IDS, LENGTHS, keep, PATHS, WINDOW, seed=2)
    kept = compute_profile(ids, lengths, np.ones(5), PATHS, WINDOW)
    for name, value in vars(whole).items():
        assert value == pytest.approx(vars(kept)[name] * len(ids) / len(IDS))


def test_thinning_keeps_the_share_asked_for_within_each_sentence() -> None:
    lengths = np.full(500, 20)
    ids = np.tile(np.arange(2), 5_000)
    kept, rest = thin(ids, lengths, np.array([1.0, 0.25]), seed=0)
    assert (kept == 0).sum() == 5_000
    assert (kept == 1).mean() == pytest.approx(0.2, abs=0.01)
    assert rest.min() >= 10


@pytest.mark.parametrize("loss", ["ns", "hs", "both"])
def test_trace_has_the_rows_of_each_centre(loss: str) -> None:
    kept = np.array([3, 0, 4], np.uint32)
    rows = trace_rows(kept, COUNTS, loss, N_NEGATIVE, OFFSETS, STEPS).tolist()
    nodes_from = 5 if loss == "hs" else 10
    for centre in kept.tolist():
        assert rows.pop(0) == centre
        if loss != "hs":
            assert rows.pop(0) == 5 + centre
            assert all(5 <= rows.pop(0) < 10 for _ in range(N_NEGATIVE))
        if loss != "ns":
            steps = STEPS[OFFSETS[centre] : OFFSETS[centre + 1]]
            assert [rows.pop(0) for _ in steps] == [nodes_from + step // 2 for step in steps]
    assert not rows


@pytest.mark.parametrize(
    ("halved", "n_sharing", "expected"),
    [(False, 1, 96), (True, 1, 192), (False, 3, 32), (True, 2, 96), (True, 4, 64)],
)
def test_trace_draws_negatives_once_for_the_windows_that_share_them(
    halved: bool, n_sharing: int, expected: int
) -> None:
    kept = np.full(96, 2, np.uint32)
    rows = trace_rows(
        kept, COUNTS, "ns", N_NEGATIVE, OFFSETS, STEPS, halved=halved, n_sharing=n_sharing
    )
    assert len(rows) == 2 * 96 + N_NEGATIVE * expected


@pytest.mark.parametrize("ahead", [0, 3])
def test_each_row_named_is_touched_once_for_each_time(ahead: int) -> None:
    matrix = np.zeros((6, 20), np.float32)
    touch_rows(matrix, np.array([5, 0, 5, 2], np.uint32), ahead)
    assert matrix[:, 0].tolist() == [1, 0, 1, 0, 0, 2]
    assert (matrix == matrix[:, :1]).all()


def test_a_kernel_at_a_limit_is_at_all_of_it() -> None:
    cost = count_cost(Profile(1.0, 2.0, 2.0, 3.0, 6.0), "skipgram", "ns", 10, 5)
    limits = {"gflops": 1.0, "t": {"plain_rows_per_second": 7e5, "prefetched_rows_per_second": 5e5}}
    row = compare(1e9 / cost["flops"], cost, limits, "t")
    assert row["of_arithmetic"] == 1
    assert row["memory_limit"] == 100_000  # 1 input row and 6 outputs for each word
    assert row["gflops"] == 1
