"""A training step of a language model: embedding of 10,000 words, two layers of GRU, softmax."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.nn import recurrent

N_STEPS = 3
# The output's product, at its weights and at its inputs, comes to the layers' own.
N_FLOPS = recurrent.count_flops("gru") + (
    2 * 3 * recurrent.BATCH * recurrent.N_TIMES * recurrent.SIZE * recurrent.N_WORDS
)
SETTINGS = {**recurrent.SETTINGS, "words": recurrent.N_WORDS}


def make_ours(threads: int) -> Callable[[], float]:
    """Return a step of this project."""
    return recurrent.make_our_model_step("gru")


def make_torch(threads: int) -> Callable[[], float]:
    """Return a step of PyTorch."""
    return recurrent.make_torch_model_step("gru")
