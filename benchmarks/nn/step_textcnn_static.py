"""A training step of TextCNN whose word vectors stay as they are; else as `step_textcnn`."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.nn import step_textcnn

N_STEPS = step_textcnn.N_STEPS
SETTINGS = {**step_textcnn.SETTINGS, "vectors": "static"}


def make_ours(threads: int) -> Callable[[], float]:
    """Return a step of this project."""
    return step_textcnn.make_ours(threads, is_frozen=True)


def make_torch(threads: int) -> Callable[[], float]:
    """Return a step of PyTorch."""
    return step_textcnn.make_torch(threads, is_frozen=True)
