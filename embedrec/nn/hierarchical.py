"""Hierarchical softmax: the output layer whose cost grows with log V in place of V."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.kernels.hierarchical import descend_tree, score_paths, spread_errors
from embedrec.kernels.huffman import build_huffman_parents, build_huffman_paths
from embedrec.nn.check import check_floating, check_shape, check_size
from embedrec.nn.layer import Train
from embedrec.nn.loss import Loss, LossBackward, check_labels, compute_shares
from embedrec.nn.parameter import Array, Parameter


class HierarchicalSoftmax(Loss):
    """-log p(word), a product of yes or no at the inner nodes of a Huffman tree over the words.

    At node j with vector v_j and bias b_j the branch with code 0 has probability
    sigma(h v_j + b_j) (Morin and Bengio 2005; Mikolov et al. 2013, eq. 3). The probabilities of all
    words sum to 1 without any normaliser. Frequent words have short ways.

    The gradient at the vectors is by rows: only nodes on the ways of the batch's words have one.

    Attributes:
        weight: (n_words - 1, n_inputs), a vector for each inner node; starts at 0, which gives each
            word a probability near its frequency's power of two.
        bias: (n_words - 1,).
    """

    def __init__(self, n_inputs: int, counts: Array, *, dtype: Any = np.float32) -> None:
        """Build the tree.

        Args:
            n_inputs: size of the layer below.
            counts: integer (n_words,), how often each word occurs; at least two words.
            dtype: of the parameters.
        """
        counts = check_counts("HierarchicalSoftmax", counts)
        if len(counts) < 2:
            raise ParameterError("HierarchicalSoftmax needs two words at least", value=len(counts))
        self._order = np.argsort(-counts, kind="stable")  # the tree's words: most frequent first
        self._rank = np.empty_like(self._order)
        self._rank[self._order] = np.arange(len(counts))
        self._tree = build_huffman_parents(counts[self._order])
        self._offsets, self._steps = build_huffman_paths(counts[self._order])
        shape = len(counts) - 1, check_size("n_inputs", n_inputs)
        self.weight = Parameter(np.zeros(shape, dtype))
        self.bias = Parameter(np.zeros(shape[0], dtype), is_penalized=False)

    @property
    def n_words(self) -> int:
        """How many words there are."""
        return len(self._rank)

    def forward(  # type: ignore[override]
        self, y: Array, target: Array, weights: Array | None = None, train: Train = False
    ) -> tuple[float, LossBackward]:
        """Return the mean of -log p(word), exact in training too, and its backward.

        Args:
            y: floating (..., n_inputs), output of the layer below.
            target: integer (...), the words.
            weights: floating or bool (...), how much each counts; 0 leaves a place out.
            train: makes no difference.
        """
        self._check_input(y)
        shares = compute_shares(self, weights, y.shape[:-1])
        words = self._rank[check_labels(self, target, y.shape[:-1], self.n_words, shares)]
        taken = np.flatnonzero(shares)
        words, shares = words[taken], shares[taken]
        h = np.ascontiguousarray(y.reshape(-1, y.shape[-1])[taken])  # (n, D)
        starts = np.zeros(len(words) + 1, np.int64)
        np.cumsum(self._offsets[words + 1] - self._offsets[words], out=starts[1:])
        nodes = np.empty(starts[-1], np.int64)
        errors = np.empty(starts[-1], h.dtype)
        losses = np.empty(len(words))
        score_paths(
            h, self.weight.value, self.bias.value, words, self._offsets, self._steps, starts,
            nodes, errors, losses,
        )  # fmt: skip

        def backward(scale: float = 1.0) -> Array:
            rows, slots = np.unique(nodes, return_inverse=True)
            d = errors * np.repeat(scale * shares, np.diff(starts)).astype(h.dtype)
            at_inputs = np.zeros_like(h)
            at_nodes = np.zeros((len(rows), h.shape[1]), h.dtype)
            spread_errors(h, self.weight.value, starts, nodes, slots, d, at_inputs, at_nodes)
            self.weight.add_rows(rows, at_nodes)
            self.bias.add_rows(rows, np.bincount(slots, d, len(rows)).astype(h.dtype))
            gradient = np.zeros((y.size // y.shape[-1], y.shape[-1]), y.dtype)
            gradient[taken] = at_inputs
            return gradient.reshape(y.shape)

        return float(shares @ losses), backward

    def log_prob(self, y: Array) -> Array:
        """Return the log-probabilities (..., n_words) of all words for inputs (..., n_inputs)."""
        self._check_input(y)
        scores = y.reshape(-1, y.shape[-1]) @ self.weight.value.T + self.bias.value  # (n, V - 1)
        by_rank = np.empty((len(scores), self.n_words), y.dtype)
        descend_tree(scores, *self._tree, by_rank)
        return by_rank[:, self._rank].reshape(*y.shape[:-1], self.n_words)

    def predict(self, y: Array) -> Array:
        """Return the probabilities (..., n_words) of all words for inputs (..., n_inputs)."""
        return np.exp(self.log_prob(y))

    def _check_input(self, y: Array) -> None:
        check_shape(self, y, ("...", self.weight.value.shape[1]))
        check_floating(self, y, self.weight.value.dtype)

    def __repr__(self) -> str:
        return f"HierarchicalSoftmax({self.weight.value.shape[1]}, {self.n_words} words)"


def check_counts(name: str, counts: Any) -> Array:
    """Return the counts of words as int64 (V,).

    Raises:
        ParameterError: if they are no integer array of one axis, empty, or negative.
    """
    if not isinstance(counts, np.ndarray) or counts.dtype.kind not in "iu" or counts.ndim != 1:
        given = f"{counts.dtype} {counts.shape}" if isinstance(counts, np.ndarray) else type(counts)
        raise ParameterError(
            f"{name} takes the counts of words as an integer array of one axis, not {given}",
            value=counts,
        )
    if not len(counts) or counts.min() < 0:
        least = counts.min() if len(counts) else "none"
        raise ParameterError(f"{name} takes counts of 0 or more, not {least}", value=counts)
    return counts.astype(np.int64)
