"""How long the n-grams of a language's words had best be."""

from __future__ import annotations

import numpy as np

from embedrec.vectors.characters import count_characters, count_in_words, find_han

HAN_LENGTHS = (1, 3)
"""For Chinese: a character carries meaning by itself, and a word has seldom more than three."""

OTHER_LENGTHS = (3, 6)
"""For words of letters: fastText's defaults."""

_WORDS_AT_ONCE = 1 << 14


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
    return HAN_LENGTHS if measure_han_share(utf8, offsets, counts) > 0.5 else OTHER_LENGTHS


def measure_han_share(utf8: np.ndarray, offsets: np.ndarray, counts: np.ndarray) -> float:
    """Return the part (0 to 1) of Han characters in a token, on the average of all tokens.

    Arguments as for `choose_subword_lengths`; 0 is returned if no word occurs. Words that are not
    valid UTF-8 count as something, too.
    """
    total = share = 0.0
    for first in range(0, len(counts), _WORDS_AT_ONCE):
        places = offsets[first : first + _WORDS_AT_ONCE + 1]
        text, places = utf8[places[0] : places[-1]], places - places[0]
        n_characters = count_characters(text, places)
        n_han = count_in_words(find_han(text), places)
        weights = np.where(n_characters > 0, counts[first : first + _WORDS_AT_ONCE], 0.0)
        total += float(weights.sum())
        share += float(weights @ (n_han / np.maximum(n_characters, 1)))
    return share / total if total > 0 else 0.0
