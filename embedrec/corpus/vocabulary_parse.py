"""Reading the lines `word count` of a vocabulary as arrays, without a string for each word."""

from __future__ import annotations

import re

import numpy as np

from embedrec.corpus.packed import PackedWords

# What `str.split` splits at, but the blank and the line feed.
_OTHER_BLANKS = "".join(chr(c) for c in range(0x3001) if chr(c).isspace() and c not in (10, 32))
_FIND_BLANK = re.compile(f"[{_OTHER_BLANKS}]")
_BLANK_BYTES = re.compile(f"[{_OTHER_BLANKS[:8]}]".encode("latin-1"))
_LINE_FEED, _BLANK, _ZERO = 10, 32, 48
_BYTES_AT_ONCE = 1 << 18
_SAFE_DIGITS = 19  # so many never exceed 2**64


def parse_lines(content: bytes) -> tuple[PackedWords, np.ndarray] | None:
    """Take a vocabulary apart: its words and their counts, uint64 (V,); None if anything is wrong.

    Right is UTF-8 of at least one line, each a word without white space, one blank, and a count
    below 2**64 without leading zeros that is not above the count before, with no word twice.
    """
    if not content.endswith(b"\n"):
        return None
    # Piece by piece: for all lines at once the arrays on the way would take more than the strings.
    pieces = []
    begin = 0
    while begin < len(content):
        end = content.index(b"\n", min(begin + _BYTES_AT_ONCE, len(content) - 1)) + 1
        piece = _parse_piece(content[begin:end])
        if piece is None:
            return None
        pieces.append(piece)
        begin = end
    counts = np.concatenate([piece[2] for piece in pieces])
    if (counts[1:] > counts[:-1]).any():
        return None
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(np.concatenate([piece[1] for piece in pieces]), out=offsets[1:])
    words = PackedWords(np.concatenate([piece[0] for piece in pieces]), offsets)
    return (words, counts) if words.are_distinct() else None


def _parse_piece(content: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    # Some whole lines: the bytes of their words, the length of each, and their counts.
    if not _is_clean(content):
        return None
    text = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(text == _LINE_FEED)
    blanks = np.flatnonzero(text == _BLANK)
    if len(blanks) != len(ends):
        return None
    starts = np.concatenate([[0], ends[:-1] + 1])
    if (blanks <= starts).any() or (ends <= blanks + 1).any():
        return None
    counts = _parse_counts(text, blanks + 1, ends)
    if counts is None:
        return None
    change = np.zeros(len(text), np.int8)
    change[starts] = 1
    change[blanks] = -1
    return text[np.cumsum(change, dtype=np.int8).view(bool)], blanks - starts, counts


def _is_clean(content: bytes) -> bool:
    if content.isascii():
        return _BLANK_BYTES.search(content) is None
    try:
        return _FIND_BLANK.search(content.decode()) is None
    except UnicodeDecodeError:
        return False


def _parse_counts(text: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> np.ndarray | None:
    lengths = ends - begins
    # Counts that do not rise have lengths that do not rise, and no other file is right.
    if (lengths[1:] > lengths[:-1]).any() or ((text[begins] == _ZERO) & (lengths > 1)).any():
        return None
    counts = np.zeros(len(begins), np.uint64)
    for place in range(int(min(lengths[0], _SAFE_DIGITS))):
        n_longer = int(np.searchsorted(-lengths, -place, side="left"))
        digits = text[begins[:n_longer] + place] - np.uint8(_ZERO)
        if (digits > 9).any():
            return None
        counts[:n_longer] = counts[:n_longer] * np.uint64(10) + digits
    for line in range(int(np.searchsorted(-lengths, -_SAFE_DIGITS, side="left"))):
        digits_of_line = text[begins[line] : ends[line]].tobytes()
        if not digits_of_line.isdigit() or int(digits_of_line) >= 2**64:
            return None
        counts[line] = int(digits_of_line)
    return counts
