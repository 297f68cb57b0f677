"""Character n-grams cut as strings of characters, and their hash from its definition."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

_CHARACTER = re.compile(rb"[^\x80-\xbf][\x80-\xbf]*", re.DOTALL)


def cut_ngrams(word: bytes, min_n: int, max_n: int) -> list[bytes]:
    """The n-grams of `<word>` by where they begin, then by length; no bracket alone."""
    characters = _CHARACTER.findall(b"<" + word + b">")
    ngrams = []
    for begin in range(len(characters)):
        for n in range(min_n, max_n + 1):
            if begin + n > len(characters):
                break
            is_bracket = n == 1 and begin in (0, len(characters) - 1)
            if not is_bracket:
                ngrams.append(b"".join(characters[begin : begin + n]))
    return ngrams


def hash_bytes(text: bytes) -> int:
    """FNV-1a, 32 bits, of bytes read as signed chars that are widened to 32 bits."""
    code = 0x811C9DC5
    for byte in text:
        signed = byte - 256 if byte > 127 else byte
        code = ((code ^ (signed % 2**32)) * 0x01000193) % 2**32
    return code


def list_subwords(
    words: Sequence[bytes], min_n: int, max_n: int, n_buckets: int, first_row: int
) -> list[list[int]]:
    """For each word its own row, then the rows of its n-grams."""
    return [
        [index]
        + [
            first_row + hash_bytes(ngram) % n_buckets
            for ngram in (cut_ngrams(word, min_n, max_n) if n_buckets else [])
        ]
        for index, word in enumerate(words)
    ]


def compose(rows: Sequence[Sequence[int]], matrix: np.ndarray) -> np.ndarray:
    """Each word's vector, the mean of its rows, float64 (V, D)."""
    wide = matrix.astype(np.float64)
    zero = np.zeros(matrix.shape[1])
    return np.array([wide[list(part)].mean(axis=0) if len(part) else zero for part in rows])


def measure_han_share(words: Sequence[str], counts: Sequence[int]) -> float:
    """The part of Han characters in a token by Unicode name, on the average of all tokens."""
    tokens = [(word, n) for word, n in zip(words, counts, strict=True) if word and n]
    total = sum(n for _, n in tokens)
    return sum(n / total * sum(map(_is_han, word)) / len(word) for word, n in tokens)


def _is_han(character: str) -> bool:
    name = unicodedata.name(character, "")
    marks = ("IDEOGRAPHIC ITERATION MARK", "IDEOGRAPHIC NUMBER ZERO")
    return (
        name.startswith("CJK UNIFIED IDEOGRAPH-")
        or name in marks
        or "CJK COMPATIBILITY IDEO" in name
    )
