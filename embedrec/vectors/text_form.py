"""Vectors as text: word2vec's text form, fastText's .vec and GloVe's, which has no header.

A line is a word and its values between single blanks. Lines are cut by their bytes, so that no
character of a word can be taken for a line end, and values are parsed thousands at a time.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import IO

import numpy as np

from embedrec.errors import CorruptedError
from embedrec.progress import Stage
from embedrec.vectors.source import VectorSource
from embedrec.vectors.stored import RowBuffer, StoredVectors

_CHUNK = 1 << 23
_LONGEST_LINE = 1 << 26
_ROWS_PER_WRITE = 1024


def read_text(
    source: VectorSource,
    *,
    n_words: int | None,
    size: int,
    limit: int | None = None,
) -> tuple[list[bytes], np.ndarray]:
    """Read lines of a word and `size` values.

    Args:
        source: at the first byte of the file.
        n_words: what the header says; None if the file has no header.
        limit: read only the first words, this many.

    Returns:
        The words as they stand in the file and their vectors, (V, size) float32.

    Raises:
        CorruptedError: naming file and line, for a wrong number of values, a value that is not a
            finite number, a missing word, or more or fewer lines than the header says.
    """
    name = source.name
    words: list[bytes] = []
    wanted = n_words if limit is None else min(limit, n_words or limit)
    rows = RowBuffer(size, wanted if wanted and not source.packed else 0)
    line_number = 1
    for lines in _read_lines(source):
        if line_number == 1 and n_words is not None:
            lines, line_number = lines[1:], 2
        if wanted is not None and limit is not None:
            lines = lines[: wanted - len(words)]
        if lines:
            block_words, block = _parse_lines(lines, name, line_number, size)
            words += block_words
            rows.append(block)
            line_number += len(lines)
        if wanted is not None and len(words) >= wanted and limit is not None:
            break
    if n_words is not None and len(words) != wanted:
        raise CorruptedError(
            f"{name}: its first line says {n_words} words, and it holds {len(words)}; the file is "
            "cut short or damaged, fetch it again",
            value=name,
        )
    return words, rows.finish()


def write_text(
    file: IO[bytes], stored: StoredVectors, stage: Stage, *, header: bool, trailing_blank: bool
) -> None:
    """Write lines of a word and its values, each with the fewest digits that read back the same.

    Args:
        header: begin with a line "words size".
        trailing_blank: end each line with a blank, as fastText does.
    """
    n_words, size = stored.vectors.shape
    if header:
        file.write(b"%d %d\n" % (n_words, size))
    end = b" \n" if trailing_blank else b"\n"
    for start in range(0, n_words, _ROWS_PER_WRITE):
        rows = np.asarray(stored.vectors[start : start + _ROWS_PER_WRITE]).astype("S").tolist()
        words = stored.words[start : start + _ROWS_PER_WRITE]
        lines = (
            word.encode() + b" " + b" ".join(row) + end
            for word, row in zip(words, rows, strict=True)
        )
        file.write(b"".join(lines))
        stage.update(start + len(rows))


def parse_line(line: bytes, size: int) -> tuple[bytes, list[float]] | None:
    """Read one line of a word and `size` numbers, NaN and infinities among them; None if it isn't.

    A word may hold blanks, as some of GloVe's do, if what follows a blank is not a number.
    """
    parts = line.split()
    if len(parts) < size + 1:
        return None
    values = [_parse_number(part) for part in parts[-size:]]
    inner = parts[1:-size]
    if None in values or any(_parse_number(part) is not None for part in inner):
        return None
    return b" ".join(parts[:-size]), [value for value in values if value is not None]


def _read_lines(source: VectorSource) -> Iterator[list[bytes]]:
    rest, name = b"", source.name
    n_blank = 0
    while chunk := source.read(_CHUNK):
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        if len(rest) > _LONGEST_LINE:
            raise CorruptedError(f"{name}: a line is longer than {_LONGEST_LINE} bytes; the file "
                                 "is damaged, fetch it again", value=name)  # fmt: skip
        # Empty lines are held back: at the end of a file they mean nothing.
        lines = [b""] * n_blank + lines
        n_blank = 0
        while lines and not lines[-1].strip():
            lines.pop()
            n_blank += 1
        if lines:
            yield lines
    if rest.strip():
        yield [b""] * n_blank + [rest]


def _parse_lines(
    lines: list[bytes], name: str, line_number: int, size: int
) -> tuple[list[bytes], np.ndarray]:
    words, values = [], []
    for line in lines:
        line = line.rstrip()
        cut = line.find(b" ")
        if cut <= 0 or line.count(b" ") != size:
            break
        words.append(line[:cut])
        values.append(line[cut + 1 :])
    else:
        block = _parse_values(values, size)
        if block is not None and np.isfinite(block).all():
            return words, block
    return _parse_slowly(lines, name, line_number, size)


def _parse_values(values: list[bytes], size: int) -> np.ndarray | None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            flat = np.fromstring(b" ".join(values), np.float32, sep=" ")
        except (DeprecationWarning, ValueError):
            return None
    return flat.reshape(-1, size) if flat.size == len(values) * size else None


def _parse_slowly(
    lines: list[bytes], name: str, line_number: int, size: int
) -> tuple[list[bytes], np.ndarray]:
    words = []
    block = np.empty((len(lines), size), np.float32)
    for row, line in enumerate(lines):
        parsed = parse_line(line, size) if line[:1] != b" " else None
        if parsed is None:
            n_found = max(len(line.split()) - 1, 0)
            what = (
                f"a word and {n_found} values where {size} are needed"
                if n_found != size
                else "not a word and its numbers"
            )
            raise CorruptedError(
                f"{name}, line {line_number + row}: {what}; the file is damaged, fetch it again",
                value=name,
            )
        words.append(parsed[0])
        with np.errstate(over="ignore"):
            block[row] = parsed[1]
        if not np.isfinite(block[row]).all():
            raise CorruptedError(
                f"{name}, line {line_number + row}: a value is not a finite number; the vectors "
                "are damaged, fetch or build them again",
                value=name,
            )
    return words, block


def _parse_number(part: bytes) -> float | None:
    try:
        return float(part)
    except ValueError:
        return None
