"""How long the n-grams of a language's words had best be."""

from __future__ import annotations

import numpy as np

HAN_LENGTHS = (1, 3)
"""For Chinese: a character carries meaning by itself, and a word has seldom more than three."""

OTHER_LENGTHS = (3, 6)
"""For words of letters: fastText's defaults."""


def choose_subword_lengths(
    utf8: np.ndarray, offsets: np.ndarray, counts: np.ndarray
) -> tuple[int, int]:
    """Return the shortest and longest n-gram that suit a vocabulary.

    `HAN_LENGTHS` if more than half of the characters of a token, on the average of all tokens, are
    Han; else `OTHER_LENGTHS`. So it is the running text that decides, and not its rare words.

    Args:
        utf8: uint8 (B,), the words one after another.
        offsets: int64 (V + 1,), where each begins.
        counts: (V,), how often each occurs.
    """
    from embedrec.kernels.subword import measure_han_share

    share = measure_han_share(utf8, offsets, np.asarray(counts, np.uint64))
    return HAN_LENGTHS if share > 0.5 else OTHER_LENGTHS
