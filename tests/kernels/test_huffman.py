"""The Huffman tree is optimal, prefix-free and laid out as promised."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from embedrec.kernels.huffman import build_huffman_paths
from tests.reference.huffman import build_paths, compute_code_lengths


def read_paths(counts: list[int]) -> list[list[tuple[int, int]]]:
    offsets, steps = build_huffman_paths(np.array(counts, np.int64))
    return [[(int(s) // 2, int(s) % 2) for s in steps[a:b]] for a, b in itertools.pairwise(offsets)]


def test_worked_example() -> None:
    # 15 7 6 6 5, the classic: code lengths 1 3 3 3 3
    paths = read_paths([15, 7, 6, 6, 5])
    assert [len(path) for path in paths] == [1, 3, 3, 3, 3]
    # 5 and 6 are joined first (node 0), then 6 and 7 (node 1), then both (node 2), then the root.
    assert paths[0] == [(3, 0)]
    assert paths[4] == [(3, 1), (2, 0), (0, 0)]
    assert paths[3] == [(3, 1), (2, 0), (0, 1)]
    assert paths[2] == [(3, 1), (2, 1), (1, 0)]
    assert paths[1] == [(3, 1), (2, 1), (1, 1)]


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=80))
def test_optimal_and_prefix_free(counts: list[int]) -> None:
    counts = sorted(counts, reverse=True)
    paths = read_paths(counts)
    cost = sum(count * len(path) for count, path in zip(counts, paths, strict=True))
    best = sum(
        count * length for count, length in zip(counts, compute_code_lengths(counts), strict=True)
    )
    assert cost == best
    codes = ["".join(str(code) for _, code in path) for path in paths]
    assert len(set(codes)) == len(codes)
    for a, b in zip(sorted(codes), sorted(codes)[1:], strict=False):
        assert not b.startswith(a)


@given(st.lists(st.integers(1, 100), min_size=2, max_size=60))
def test_nodes_form_one_tree(counts: list[int]) -> None:
    paths = read_paths(sorted(counts, reverse=True))
    n_nodes = len(counts) - 1
    parent_of = {}
    for path in paths:
        assert path[0][0] == n_nodes - 1  # the root is the last node made
        for (above, code), (below, _) in itertools.pairwise(path):
            assert parent_of.setdefault(below, (above, code)) == (above, code)
    assert {node for path in paths for node, _ in path} == set(range(n_nodes))


def test_large_counts_do_not_overflow() -> None:
    assert len(read_paths([2**60, 2**60, 2**40, 1])[3]) == 3


@given(st.lists(st.integers(1, 9), min_size=2, max_size=200))
def test_tree_equals_twin(counts: list[int]) -> None:
    counts = sorted(counts, reverse=True)
    assert read_paths(counts) == build_paths(counts)
