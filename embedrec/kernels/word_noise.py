"""Many draws from an alias table at once."""

from __future__ import annotations

from embedrec.kernels.alias import draw
from embedrec.kernels.compile import kernel
from embedrec.kernels.random import STEP, mix


@kernel
def draw_words(table, start, words):
    """Draw words.

    Args:
        table: uint64 (V,), as `build_alias_table` gives it.
        start: uint64, counter of the first draw's random bits.
        words: int64 (n,), is set.
    """
    state = start
    for i in range(len(words)):
        words[i] = draw(table, mix(state))
        state += STEP
