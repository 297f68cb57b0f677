"""Training in rounds, from its definition: every worker on a copy of everything, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.reference import word2vec


def train(
    architecture: str,
    texts: list[list[list[int]]],
    inputs: np.ndarray,
    outputs: np.ndarray,
    plan: Any,
    rates: list[float],
    counters: list[int],
    n_windows: int,
    n_summed: int,
) -> tuple[list[float], list[int]]:
    """Train the texts of some workers; returns summed loss and pairs of each.

    In a round every worker trains its next `n_windows` windows one after another, from the weights
    as they were before the round. Then what each has changed is added. Where more than `n_summed`
    workers have a row in their windows, the sum is scaled down as if they were so many.
    """
    waiting = [
        word2vec.list_windows(text, plan, counter)
        for text, counter in zip(texts, counters, strict=True)
    ]
    losses, n_pairs = [0.0] * len(texts), [0] * len(texts)
    while any(waiting):
        changes = []
        n_touching = [np.zeros(len(matrix)) for matrix in (inputs, outputs)]
        for w, windows in enumerate(waiting):
            own = inputs.copy(), outputs.copy()
            for window in windows[:n_windows]:
                losses[w] += word2vec.train_window(architecture, window, *own, plan, rates[w])
                n_pairs[w] += len(window.context) if architecture == "skipgram" else 1
            touched = (
                {word for window in windows[:n_windows] for word in window.context},
                {row for window in windows[:n_windows] for row, _ in window.targets},
            )
            for counts, rows in zip(n_touching, touched, strict=True):
                counts[list(rows)] += 1
            changes.append((own[0] - inputs, own[1] - outputs))
            waiting[w] = windows[n_windows:]
        for at, matrix in enumerate((inputs, outputs)):
            scale = np.minimum(1, n_summed / np.maximum(1, n_touching[at]))
            matrix += scale[:, None] * sum(change[at] for change in changes)
    return losses, n_pairs
