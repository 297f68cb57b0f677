"""A training step of two layers of GRU, 200 hidden units, batch 20, 35 steps of time, by SGD."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.nn import recurrent

N_STEPS = 10
N_FLOPS = recurrent.count_flops("gru")
SETTINGS = recurrent.SETTINGS


def make_ours(threads: int) -> Callable[[], float]:
    """Return a step of this project."""
    return recurrent.make_our_step("gru")


def make_torch(threads: int) -> Callable[[], float]:
    """Return a step of PyTorch."""
    return recurrent.make_torch_step("gru")
