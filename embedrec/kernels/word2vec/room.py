"""The working space of a kernel's inner loop, made once a call."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from embedrec.kernels.simd.rows import locate_all
from embedrec.kernels.word2vec.plan import Plan
from embedrec.kernels.word2vec.step import MOST_IN_TURN
from embedrec.kernels.word2vec.windows import Windows


class Room(NamedTuple):
    """Addresses and scores of a window, and copies of its rows where those are needed.

    Addresses stand beside their matrix, so that it lives as long as they do.

    Attributes:
        context: int64 (2 window,), addresses of the rows of the context.
        targets: int64 (T,), addresses of the output rows.
        scores: float32 (2 window * stride,), see `simd.dot`.
        stride: int, of the scores.
        products: float32 (MOST_IN_TURN**2,), of inputs with each other.
        context_copies: float32 (2 window, D).
        copied_context: int64 (2 window,), addresses of `context_copies`.
        target_copies: float32 (T, D).
        copied_targets: int64 (T,), addresses of `target_copies`.
        hidden: float32 (2, D): a hidden vector and its change.
        hidden_rows: int64 (2,), their addresses.
    """

    context: np.ndarray
    targets: np.ndarray
    scores: np.ndarray
    stride: int
    products: np.ndarray
    context_copies: np.ndarray
    copied_context: np.ndarray
    target_copies: np.ndarray
    copied_targets: np.ndarray
    hidden: np.ndarray
    hidden_rows: np.ndarray


def make_room(windows: Windows, plan: Plan, size: int) -> Room:
    """Make the room for training `windows` with vectors of `size` floats."""
    n_context, n_targets = 2 * plan.window, windows.rows.shape[1]
    stride = windows.labels.shape[1]
    context_copies = np.empty((n_context, size), np.float32)
    target_copies = np.empty((n_targets, size), np.float32)
    hidden = np.empty((2, size), np.float32)
    return Room(
        np.empty(n_context, np.int64),
        np.empty(n_targets, np.int64),
        np.zeros(n_context * stride, np.float32),
        stride,
        np.empty(MOST_IN_TURN**2, np.float32),
        context_copies,
        locate_all(context_copies),
        target_copies,
        locate_all(target_copies),
        hidden,
        locate_all(hidden),
    )
