"""Telling the file forms of vectors apart by what the file begins with."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from embedrec.errors import CorruptedError, InputError
from embedrec.vectors.text_form import parse_line

HEAD_SIZE = 1 << 20
_HEADER = re.compile(rb"[ \t]*([0-9]{1,18})[ \t]+([0-9]{1,18})[ \t\r]*")
FASTTEXT_MAGIC = struct.pack("<i", 0x2F4F16BA)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True)
class Form:
    """What a file of vectors is.

    Attributes:
        name: "word2vec-text" (fastText's .vec is the same), "word2vec-binary", "glove" or
            "fasttext-model" (its .bin and .ftz).
        n_words: what the header says; None without a header.
        size: number of values of a vector; 0 for a fastText model, whose reader looks closer.
    """

    name: str
    n_words: int | None
    size: int


def identify_form(head: bytes, name: str) -> Form:
    """Tell the form from the first `HEAD_SIZE` bytes of a file (all of it, if it is shorter).

    Raises:
        InputError: if the file is empty, or of no form that is read here.
        CorruptedError: if its header can't be true.
    """
    if not head.strip():
        raise InputError(f"{name} is empty; it should hold words and vectors", value=name)
    if _is_fasttext_model(head):
        return Form("fasttext-model", None, 0)
    line, _, rest = head.partition(b"\n")
    header = _HEADER.fullmatch(line)
    if header:
        n_words, size = int(header[1]), int(header[2])
        if not rest.strip() or n_words == 0:
            raise InputError(f"{name} holds no vectors, only a header", value=name)
        if size == 0:
            raise CorruptedError(f"{name}, line 1: vectors of size 0; the file is damaged",
                                 value=name)  # fmt: skip
        second = rest.partition(b"\n")[0]
        if parse_line(second, size) is None and not _looks_like_text(rest, size):
            return Form("word2vec-binary", n_words, size)
        return Form("word2vec-text", n_words, size)
    size = _count_values(line)
    if size and not _CONTROL.search(line):
        return Form("glove", None, size)
    raise InputError(
        f"{name} is not a file of vectors that is read here: its first line is neither "
        '"words size" nor a word and its numbers; give word2vec text or binary, GloVe text, '
        "fastText .vec or .bin, or a folder of vectors",
        value=name,
    )


def _looks_like_text(rest: bytes, size: int) -> bool:
    # Raw float32 values are hardly ever valid UTF-8 without control characters.
    start = rest.find(b" ") + 1
    values = rest[start : start + 4 * size]
    if _CONTROL.search(values):
        return False
    try:
        values.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"  # cut off by the end of the stretch
    return True


def _count_values(line: bytes) -> int:
    """Count the numbers at the end of a line that begins with a word; 0 if there is none."""
    parts = line.split()
    n_values = 0
    while n_values < len(parts) - 1:
        try:
            float(parts[-1 - n_values])
        except ValueError:
            break
        n_values += 1
    return n_values if n_values else 0


def _is_fasttext_model(head: bytes) -> bool:
    if head[:4] == FASTTEXT_MAGIC:
        return True
    if len(head) < 48:
        return False
    # The old form has no magic: it begins with its twelve settings, each of a narrow range.
    size, window, epochs, _, negative, n_grams, loss, model = struct.unpack_from("<8i", head)
    return (
        0 < size < 1 << 16
        and 0 < window < 1 << 16
        and 0 < epochs < 1 << 16
        and 0 <= negative < 1 << 16
        and 0 < n_grams < 1 << 8
        and 1 <= loss <= 4
        and 1 <= model <= 3
    )
