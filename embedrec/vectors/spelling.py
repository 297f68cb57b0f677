"""Near spellings: what a person may have meant by a word that is not in the vocabulary.

A first sieve over the whole vocabulary counts shared characters in one flat array of code points;
only the best few hundred words are compared by edit distance. Both look at folded forms, in which
case and width (full and half) make no difference.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

_N_COMPARED = 400
_MAX_LENGTH = 100


def fold_word(word: str) -> str:
    """Return the form in which two spellings are compared: no case, no full or half width."""
    return unicodedata.normalize("NFKC", word).casefold()


class SpellingIndex:
    """The vocabulary as one array of code points.

    Args:
        words: the vocabulary, most usual word first.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        text = "\n".join(words)
        if text.count("\n") >= len(words):
            text = "\n".join(word.replace("\n", " ") for word in words)
        self._table = _tabulate_folds()
        self._codes = self._fold_codes(text + "\n")
        self._ends = np.flatnonzero(self._codes == ord("\n"))
        self._lengths = np.diff(self._ends, prepend=-1) - 1

    def suggest(self, word: str, n: int = 3) -> list[str]:
        """Return at most `n` words spelt nearly as `word`, the nearest first, then the most usual.

        A Chinese word may differ in half of its characters, another in a third, each at least in
        one; at least one character is shared.
        """
        folded = fold_word(word)[:_MAX_LENGTH]
        if not folded or n < 1:
            return []
        limit = _choose_limit(folded)
        near = np.flatnonzero(np.abs(self._lengths - len(folded)) <= limit)
        shared = np.zeros(len(self._words), np.int32)
        for code, count in Counter(self._fold_codes(folded).tolist()).items():
            found = np.searchsorted(self._ends, np.flatnonzero(self._codes == code))
            shared += np.minimum(np.bincount(found, minlength=len(shared)), count).astype(np.int32)
        near = near[shared[near] > 0]
        # Characters without a partner each cost at least one edit.
        at_least = np.maximum(self._lengths[near], len(folded)) - shared[near]
        near = near[at_least <= limit]
        order = np.argsort(at_least[at_least <= limit], kind="stable")[:_N_COMPARED]
        graded = []
        for row in near[order].tolist():
            candidate = self._words[row]
            distance = measure_edits(folded, fold_word(candidate), limit)
            if distance <= limit and candidate != word:
                graded.append((distance, row, candidate))
        return [candidate for _, _, candidate in sorted(graded)[:n]]

    def _fold_codes(self, text: str) -> np.ndarray:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        return self._table[np.minimum(codes, len(self._table) - 1)]


def measure_edits(a: str, b: str, limit: int) -> int:
    """Return the number of edits between two words, or `limit + 1` when there are more.

    An edit inserts, drops or replaces a character or swaps two neighbours (Damerau's distance in
    its restricted form: no part is edited twice).
    """
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, character in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (character != other))
            if i > 1 and j > 1 and character == b[j - 2] and a[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit and min(last) > limit:
            return limit + 1
        before, last = last, row
    return min(last[-1], limit + 1)


def _tabulate_folds() -> np.ndarray:
    # Folding millions of characters one by one takes seconds; Han and Hangul have nothing to fold.
    # Characters beyond the basic plane share one code here, which only lets more words through.
    table = np.arange(1 << 16, dtype=np.uint16)
    for code in (*range(0x3400), *range(0xF900, 1 << 16)):
        folded = fold_word(chr(code))
        if len(folded) == 1 and folded != "\n":
            table[code] = min(ord(folded), len(table) - 1)
    return table


def _choose_limit(folded: str) -> int:
    han = sum("一" <= character <= "鿿" for character in folded)
    part = 2 if 2 * han > len(folded) else 3
    return max(1, len(folded) // part)
