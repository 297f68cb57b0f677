"""From the Huffman tree of a vocabulary to that of a grown one: which vectors its nodes start from.

Adding counts moves words about the tree, so that hardly an inner node keeps its place, its number
or its set of words. What a node knows is the contrast between the words on its two sides, and that
can be told for any two sets of words. To the first order around 0, log sigma(s) = s / 2 - log 2, so
the log-probability of a word w at x is u_w . x plus a constant, with u_w half the sum of the
vectors on its path, each with the sign of the branch taken. A node of the new tree starts as the
difference between the means of u over the old words on its two sides, each weighted by
2 ** -depth in the old tree. With these weights a node whose two branches stand as they did gets
exactly the vector that it had: what lies above cancels between the sides, what lies below within
each of them.
"""

from __future__ import annotations

import numpy as np

from embedrec.kernels.huffman import build_huffman_parents

# Columns are moved some at a time: this bounds what that takes, as long as one column is less.
_NUMBERS_AT_ONCE = 1_000_000
# Measured: for each word of the two trees, and for each number worked on.
_TREE_BYTES, _NUMBER_BYTES = 120, 64


def move_nodes(
    vectors: np.ndarray,
    old_counts: np.ndarray,
    new_counts: np.ndarray,
    old_rows: np.ndarray,
    out: np.ndarray,
) -> np.ndarray:
    """Write start vectors for the inner nodes of the grown vocabulary's tree.

    Args:
        vectors: float32 (V - 1, D), of the old tree's inner nodes.
        old_counts: (V,), in descending order.
        new_counts: (W,), W >= V, in descending order.
        old_rows: int64 (V,), the place of each old word in the grown vocabulary.
        out: float32 (W - 1, D), changed in place where nodes are known; the others stay.

    Returns:
        known: bool (W - 1,), which nodes have old words on both sides.
    """
    old, new = _Tree(old_counts), _Tree(new_counts)
    weight = np.zeros(len(new_counts))
    weight[old_rows] = np.exp2(-old.depth[: len(old_counts)].astype(np.float64))
    total = new.sum_up(weight[:, None])
    left, right = total[new.children[:, 0]], total[new.children[:, 1]]
    known = (left > 0) & (right > 0)  # (W - 1, 1)
    n_columns = max(1, _NUMBERS_AT_ONCE // len(new_counts))
    for begin in range(0, vectors.shape[1], n_columns):
        part = slice(begin, begin + n_columns)
        leaves = np.zeros((len(new_counts), vectors[:, part].shape[1]))
        leaves[old_rows] = 0.5 * old.sum_down(vectors[:, part].astype(np.float64))
        sums = new.sum_up(leaves * weight[:, None])
        contrast = np.zeros_like(sums[: len(known)])
        np.divide(sums[new.children[:, 0]], left, out=contrast, where=known)
        contrast -= np.divide(
            sums[new.children[:, 1]], right, out=np.zeros_like(contrast), where=known
        )
        np.copyto(out[:, part], contrast, casting="same_kind", where=known)
    return known[:, 0]


def estimate_moving(n_words: int, vector_size: int) -> int:
    """Return the bytes that `move_nodes` takes, besides `out`, for (W,) = (n_words,) counts."""
    n_columns = min(vector_size, max(1, _NUMBERS_AT_ONCE // n_words))
    return (_TREE_BYTES + _NUMBER_BYTES * n_columns) * n_words


class _Tree:
    """A Huffman tree with its nodes by depth. Nodes 0 to V - 1 are words, V + n is inner node n.

    Attributes:
        depth: uint8 (2 V - 1,), steps from the root: counts that add up to less than 2**64 make no
            path of more than 93.
        children: int64 (V - 1, 2), the nodes at code 0 and at code 1 of each inner node.
    """

    def __init__(self, counts: np.ndarray) -> None:
        n = len(counts)
        self._n_words = n
        parent, code = build_huffman_parents(counts.astype(np.int64))
        # All but the root are somebody's child.
        self.children = np.empty((n - 1, 2), np.int64)
        self.children[parent[:-1], code[:-1]] = np.arange(2 * n - 2)
        del parent, code
        self.depth = np.zeros(2 * n - 1, np.uint8)
        self._levels: list[np.ndarray] = []  # inner nodes of each depth, by number
        level = np.array([n - 2])
        while len(level):
            self._levels.append(level)
            below = self.children[level].ravel()
            self.depth[below] = len(self._levels)
            level = below[below >= n] - n

    def sum_up(self, leaves: np.ndarray) -> np.ndarray:
        """Return the sums below each node: (V, C) of words to (2 V - 1, C) of all nodes."""
        sums = np.zeros((2 * self._n_words - 1, leaves.shape[1]))
        sums[: self._n_words] = leaves
        for level in reversed(self._levels):
            sums[self._n_words + level] = (
                sums[self.children[level, 0]] + sums[self.children[level, 1]]
            )
        return sums

    def sum_down(self, inner: np.ndarray) -> np.ndarray:
        """Return the signed sums along paths: (V - 1, C) of inner nodes to (V, C) of words.

        Code 0 is a node's positive class, so what lies there adds its vector, code 1 subtracts it.
        """
        sums = np.zeros((2 * self._n_words - 1, inner.shape[1]))
        for level in self._levels:
            for code, sign in ((0, 1.0), (1, -1.0)):
                sums[self.children[level, code]] = sums[self._n_words + level] + sign * inner[level]
        return sums[: self._n_words]
