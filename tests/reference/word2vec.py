"""Word2vec window by window, in float64, from Rong's formulas (2014) and nothing else.

The loss of a window and its gradient are written twice, independently: `compute_loss` from the
definition of the probability, `compute_gradients` from the derivation. Central differences of the
first must give the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.reference.alias import draw
from tests.reference.random import SplitMix

APART = 32


@dataclass
class Window:
    """One training example.

    Attributes:
        context: input words.
        targets: (row of the output matrix, label) of each logistic unit.
        sentence: number of its sentence.
        kept: the surviving words of that.
        centre: place of the centre word among them.
        places: those of the context.
    """

    context: list[int]
    targets: list[tuple[int, int]]
    sentence: int
    kept: list[int]
    centre: int
    places: list[int]


def sigma(x: float) -> float:
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-x))


def list_windows(sentences: list[list[int]], plan: Any, counter: int) -> list[Window]:
    """All windows of some sentences, with the draws that the kernels promise to make.

    Order of draws: one for each word of a sentence (subsampling); then for each centre word one for
    the window's size, if it shrinks, and one for each negative of its window, or of the left half
    of it and then of the right one. A window without context is none and draws no negatives. One
    that shares negatives takes those of the window `APART` before it, and draws none.
    """
    stream = SplitMix(counter)
    windows: list[Window] = []
    drawn: list[list[int]] = []
    for number, sentence in enumerate(sentences):
        kept = [word for word in sentence if stream.next_unit() < plan.keep[word]]
        for at, centre in enumerate(kept):
            size = stream.next_range(plan.window) + 1 if plan.shrink else plan.window
            left = range(max(0, at - size), at)
            right = range(at + 1, min(len(kept), at + size + 1))
            for places in [[*left], [*right]] if plan.halved else [[*left, *right]]:
                if not places:
                    continue
                if len(drawn) // APART % plan.n_sharing == 0:
                    bits = [stream.next_bits() for _ in range(plan.n_negative)]
                    drawn.append([draw(plan.alias_table, each) for each in bits])
                else:
                    drawn.append(drawn[-APART])
                targets = []
                if plan.n_negative:
                    negatives = [negative for negative in drawn[-1] if negative != centre]
                    targets = [(centre, 1), *((negative, 0) for negative in negatives)]
                if len(plan.path_offsets):
                    begin, end = plan.path_offsets[centre : centre + 2]
                    for step in plan.path_steps[begin:end].tolist():
                        targets.append((plan.path_base + step // 2, 1 - step % 2))
                context = [kept[place] for place in places]
                windows.append(Window(context, targets, number, kept, at, places))
    return windows


def list_hidden(architecture: str, window: Window, inputs: np.ndarray, mean: bool) -> list:
    """The hidden vectors of a window: each context vector, or their mean or sum."""
    vectors = [inputs[word] for word in window.context]
    if architecture == "skipgram":
        return vectors
    total = np.sum(vectors, axis=0)
    return [total / len(vectors) if mean else total]


def compute_loss(
    architecture: str, window: Window, inputs: np.ndarray, outputs: np.ndarray, mean: bool = True
) -> float:
    """-log of the probability of all labels, summed over the hidden vectors (eq. 45 and 55)."""
    loss = 0.0
    for hidden in list_hidden(architecture, window, inputs, mean):
        for row, label in window.targets:
            p = sigma(outputs[row] @ hidden)
            loss -= np.log(p if label else 1.0 - p)
    return loss


def compute_gradients(
    architecture: str,
    window: Window,
    inputs: np.ndarray,
    outputs: np.ndarray,
    mean: bool = True,
    full_error: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """dE/d(inputs) and dE/d(outputs) of one window (eq. 19-23, 51-54, 59-61).

    With `full_error` each context vector gets the hidden vector's whole gradient, which is not the
    gradient of the mean, but what word2vec.c adds.
    """
    d_inputs, d_outputs = np.zeros_like(inputs), np.zeros_like(outputs)
    n = len(window.context)
    for i, hidden in enumerate(list_hidden(architecture, window, inputs, mean)):
        d_hidden = np.zeros(inputs.shape[1])
        for row, label in window.targets:
            error = sigma(outputs[row] @ hidden) - label
            d_hidden += error * outputs[row]
            d_outputs[row] += error * hidden
        if architecture == "skipgram":
            d_inputs[window.context[i]] += d_hidden
        else:
            for word in window.context:
                d_inputs[word] += d_hidden / n if mean and not full_error else d_hidden
    return d_inputs, d_outputs


def train_in_turn(
    window: Window, inputs: np.ndarray, outputs: np.ndarray, path_base: int, rate: float
) -> float:
    """Train a window of skip-gram whose targets include a Huffman path; return its loss.

    At the nodes of the path (rows from `path_base` on) an input meets what the inputs before it
    have left; at all other targets, and for its own change, what was there before its part of
    the window: equal parts of at most four inputs.
    """
    loss = 0.0
    for part in np.array_split(np.asarray(window.context), -(-len(window.context) // 4)):
        context = part.tolist()
        x_before, y_before, y_now = inputs.copy(), outputs.copy(), outputs.copy()
        for word in context:
            x = x_before[word]
            for row, label in window.targets:
                score = (y_now if row >= path_base else y_before)[row] @ x
                loss += np.logaddexp(0.0, -score if label else score)
                error = rate * (label - sigma(score))
                inputs[word] += error * y_before[row]
                y_now[row] += error * x
        outputs[:] = y_now
    return loss


def train_window(
    architecture: str,
    window: Window,
    inputs: np.ndarray,
    outputs: np.ndarray,
    plan: Any,
    rate: float,
) -> float:
    """Descend by one window; changes the matrices in place, returns its loss."""
    if architecture == "skipgram" and len(plan.path_offsets):
        return train_in_turn(window, inputs, outputs, plan.path_base, rate)
    loss = compute_loss(architecture, window, inputs, outputs, plan.mean)
    d_inputs, d_outputs = compute_gradients(
        architecture, window, inputs, outputs, plan.mean, plan.full_error
    )
    inputs -= rate * d_inputs
    outputs -= rate * d_outputs
    return loss


def train(
    architecture: str,
    sentences: list[list[int]],
    inputs: np.ndarray,
    outputs: np.ndarray,
    plan: Any,
    rate: float,
    counter: int,
) -> tuple[float, int]:
    """Descend window by window; changes the matrices in place, returns summed loss and pairs."""
    loss, n_pairs = 0.0, 0
    for window in list_windows(sentences, plan, counter):
        n_pairs += len(window.context) if architecture == "skipgram" else 1
        loss += train_window(architecture, window, inputs, outputs, plan, rate)
    return loss, n_pairs
