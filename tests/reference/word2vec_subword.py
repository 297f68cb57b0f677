"""Training of words made of many rows, in float64, from the definitions.

`train_at_once` is fastText's: each window reads the rows of its words and writes them at its end.
`train_gathered` is what the kernels promise: a word is put together at the first window that
reaches it, and its changes go to its rows when it is out of reach. The same windows, and the same
step, are under both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.reference.word2vec import Window, list_windows, sigma, train_in_turn


@dataclass
class Held:
    """A word in reach.

    Attributes:
        rows: its rows.
        start: its vector when it was put together.
        now: its vector in training.
    """

    rows: list[int]
    start: np.ndarray
    now: np.ndarray


def combine(
    architecture: str, vectors: list[np.ndarray], n_rows: list[int], mean: bool
) -> list[tuple[np.ndarray, list[float]]]:
    """The hidden vectors of a window, each with the weight of every context vector in it.

    CBOW's mean is over all rows of all context words, so a word weighs by the number of its rows.
    """
    n = len(vectors)
    if architecture == "skipgram":
        return [(vector, [float(i == j) for j in range(n)]) for i, vector in enumerate(vectors)]
    weights = [rows / sum(n_rows) if mean else 1.0 for rows in n_rows]
    return [(sum(w * v for w, v in zip(weights, vectors, strict=True)), weights)]


def compute_loss(
    architecture: str,
    vectors: list[np.ndarray],
    n_rows: list[int],
    targets: list[tuple[int, int]],
    outputs: np.ndarray,
    mean: bool,
) -> float:
    """-log of the probability of all labels, summed over the hidden vectors."""
    return sum(
        np.logaddexp(0.0, (-1 if label else 1) * (outputs[row] @ hidden))
        for hidden, _ in combine(architecture, vectors, n_rows, mean)
        for row, label in targets
    )


def compute_gradients(
    architecture: str,
    vectors: list[np.ndarray],
    n_rows: list[int],
    targets: list[tuple[int, int]],
    outputs: np.ndarray,
    mean: bool,
    full_error: bool = False,
) -> tuple[list[np.ndarray], np.ndarray]:
    """The gradients for the context vectors and the outputs.

    With `full_error` the mean's whole gradient goes to each context vector, as in fastText.
    """
    d_vectors = [np.zeros_like(vector) for vector in vectors]
    d_outputs = np.zeros_like(outputs)
    for hidden, weights in combine(architecture, vectors, n_rows, mean):
        d_hidden = np.zeros_like(hidden)
        for row, label in targets:
            error = sigma(outputs[row] @ hidden) - label
            d_hidden += error * outputs[row]
            d_outputs[row] += error * hidden
        for d_vector, weight in zip(d_vectors, weights, strict=True):
            whole = architecture == "cbow" and full_error
            d_vector += d_hidden if whole else weight * d_hidden
    return d_vectors, d_outputs


def train_step(
    architecture: str,
    vectors: list[np.ndarray],
    n_rows: list[int],
    targets: list[tuple[int, int]],
    outputs: np.ndarray,
    plan: Any,
    rate: float,
) -> tuple[float, list[np.ndarray]]:
    """Train a window; changes outputs in place, returns the loss and the vectors' changes.

    Skip-gram takes the inputs of a Huffman path in turn, as `tests.reference.word2vec` does.
    """
    if architecture == "skipgram" and len(plan.path_offsets):
        moved = np.array(vectors)  # a word each, none twice
        window = Window(list(range(len(vectors))), targets, 0, [], 0, [])
        loss = train_in_turn(window, moved, outputs, plan.path_base, rate)
        return loss, list(moved - np.array(vectors))
    given = architecture, vectors, n_rows, targets, outputs, plan.mean
    loss = compute_loss(*given)
    d_vectors, d_outputs = compute_gradients(*given, plan.full_error)
    outputs -= rate * d_outputs
    return loss, [-rate * d_vector for d_vector in d_vectors]


def train_at_once(
    architecture: str,
    sentences: list[list[int]],
    inputs: np.ndarray,
    outputs: np.ndarray,
    word_rows: list[list[int]],
    plan: Any,
    rate: float,
    counter: int,
) -> tuple[float, int]:
    """Each row of a context word gets the whole change of the word's vector, window by window."""
    loss, n_pairs = 0.0, 0
    for window in list_windows(sentences, plan, counter):
        rows = [word_rows[word] for word in window.context]
        vectors = [inputs[own].mean(axis=0) for own in rows]
        n_rows = [len(own) for own in rows]
        part, changes = train_step(
            architecture, vectors, n_rows, window.targets, outputs, plan, rate
        )
        loss += part
        n_pairs += len(rows) if architecture == "skipgram" else 1
        for own, change in zip(rows, changes, strict=True):
            for row in own:  # a row that stands twice among them is changed twice
                inputs[row] += change
    return loss, n_pairs


def train_gathered(
    architecture: str,
    sentences: list[list[int]],
    inputs: np.ndarray,
    outputs: np.ndarray,
    word_rows: list[list[int]],
    plan: Any,
    rate: float,
    counter: int,
) -> tuple[float, int]:
    """As above, with words put together when they come into reach, and taken apart behind it."""
    loss, n_pairs = 0.0, 0
    held: dict[int, Held] = {}

    def leave(places: list[int]) -> None:
        for place in places:
            word = held.pop(place)
            for row in word.rows:
                inputs[row] += word.now - word.start

    sentence = -1
    for window in list_windows(sentences, plan, counter):
        is_new = window.sentence != sentence
        sentence = window.sentence
        leave(sorted(p for p in held if is_new or p < window.centre - plan.window))
        first = 0 if is_new else max(held) + 1
        for place in range(first, max(window.centre, *window.places) + 1):
            rows = word_rows[window.kept[place]]
            vector = inputs[rows].mean(axis=0)
            held[place] = Held(rows, vector, vector.copy())
        words = [held[place] for place in window.places]
        n_rows = [len(word.rows) for word in words]
        vectors = [word.now for word in words]
        part, changes = train_step(
            architecture, vectors, n_rows, window.targets, outputs, plan, rate
        )
        loss += part
        n_pairs += len(words) if architecture == "skipgram" else 1
        for word, change in zip(words, changes, strict=True):
            word.now = word.now + change
    leave(sorted(held))
    return loss, n_pairs
