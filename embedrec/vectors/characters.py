"""Characters of words that stand as UTF-8 bytes one after another."""

from __future__ import annotations

import numpy as np

_IDEOGRAPHS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF))


def count_characters(utf8: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return the number of characters of each word, int64 (V,).

    Args:
        utf8: uint8 (B,).
        offsets: int64 (V + 1,), ascending: word v is utf8[offsets[v] : offsets[v + 1]].
    """
    text = utf8[offsets[0] : offsets[-1]]
    return count_in_words((text & 0xC0) != 0x80, offsets - offsets[0])


def count_in_words(marks: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return how many bytes of each word are marked, int64 (V,).

    Args:
        marks: bool (B,).
        offsets: int64 (V + 1,), as for `count_characters`.
    """
    return np.diff(np.concatenate([[0], np.cumsum(marks)])[offsets])


def find_han(utf8: np.ndarray) -> np.ndarray:
    """Return at which bytes (uint8) a character of Unicode's script Han begins, bool."""
    byte, second, third = (np.roll(utf8, -shift).astype(np.uint16) for shift in range(3))
    code = (byte & 0x0F) << 12 | (second & 0x3F) << 6 | third & 0x3F
    ideograph = (code == 0x3005) | (code == 0x3007)
    for first, last in _IDEOGRAPHS:
        ideograph |= (code >= first) & (code <= last)
    in_three = (byte >= 0xE0) & (byte < 0xF0) & ideograph
    # Planes 2 and 3 are for ideographs alone: U+20000 to U+3FFFF.
    return in_three | (byte == 0xF0) & (second >= 0xA0) & (second < 0xC0)
