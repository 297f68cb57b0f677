"""The inner nodes of a grown vocabulary's Huffman tree start from what the old ones know."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.models.word2vec.tree import estimate_moving, move_nodes
from tests.reference.huffman import build_paths as build_paths_slowly


def score_words(paths: list[list[tuple[int, int]]], nodes: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return u_w . x of every word: half the signed sum along its path."""
    return np.array(
        [sum((1 - 2 * code) * nodes[node] @ x for node, code in path) / 2 for path in paths]
    )


counts_of_words = st.lists(st.integers(1, 60), min_size=2, max_size=14).map(
    lambda numbers: np.array(sorted(numbers, reverse=True), np.int64)
)


@given(counts=counts_of_words, factor=st.integers(1, 3))
def test_the_same_tree_keeps_its_vectors(counts: np.ndarray, factor: int) -> None:
    nodes = np.random.default_rng(0).normal(size=(len(counts) - 1, 3)).astype(np.float32)
    moved = np.full_like(nodes, 7)
    known = move_nodes(nodes, counts, counts * factor, np.arange(len(counts)), moved)
    np.testing.assert_allclose(moved, nodes, rtol=1e-5, atol=1e-6)
    assert known.all()


@given(counts=counts_of_words, data=st.data())
def test_a_node_starts_as_the_contrast_of_its_sides(
    counts: np.ndarray, data: st.DataObject
) -> None:
    n_new = data.draw(st.integers(0, 4))
    grown = data.draw(
        st.lists(st.integers(1, 90), min_size=len(counts) + n_new, max_size=len(counts) + n_new)
    )
    new_counts = np.array(sorted(grown, reverse=True), np.int64)
    rows = np.array(data.draw(st.permutations(range(len(new_counts)))))[: len(counts)]
    nodes = np.random.default_rng(1).normal(size=(len(counts) - 1, 3)).astype(np.float32)
    moved = np.full((len(new_counts) - 1, 3), 7, np.float32)
    known = move_nodes(nodes, counts, new_counts, rows, moved)
    old_paths = build_paths_slowly(counts.tolist())
    u = np.stack([score_words(old_paths, nodes.astype(float), axis) for axis in np.eye(3)], axis=1)
    below: dict[tuple[int, int], list[int]] = {}
    for word, path in enumerate(build_paths_slowly(new_counts.tolist())):
        for node, code in path:
            below.setdefault((node, code), []).append(word)
    place = {int(row): old for old, row in enumerate(rows)}
    for node in range(len(new_counts) - 1):
        sides = [[place[w] for w in below[node, code] if w in place] for code in (0, 1)]
        expected = np.full(3, 7.0)  # left as it was
        assert known[node] == all(sides)
        if all(sides):
            means = [
                np.average(u[side], axis=0, weights=[2.0 ** -len(old_paths[w]) for w in side])
                for side in sides
            ]
            expected = means[0] - means[1]
        np.testing.assert_allclose(moved[node], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("n_words", "size"), [(300_000, 6), (40_000, 9)])
def test_moving_takes_no_more_than_estimated(n_words: int, size: int) -> None:
    counts = np.maximum(1, 1e6 / np.arange(1, n_words + 1)).astype(np.uint64)
    n_old = n_words - 5
    nodes = np.ones((n_old - 1, size), np.float32)
    out = np.zeros((n_words - 1, size), np.float32)
    move_nodes(nodes[:9], counts[:10], counts[:12], np.arange(10), out[:11])  # compiled by now
    tracemalloc.start()
    move_nodes(nodes, counts[:n_old], counts, np.arange(n_old), out)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.4 * estimate_moving(n_words, size) < taken < estimate_moving(n_words, size)
