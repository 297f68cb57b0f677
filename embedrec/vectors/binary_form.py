"""word2vec's binary form: a header line, then for each word its name, a blank, raw float32 values.

Some writers put a line feed after each vector and some don't; both are read.
"""

from __future__ import annotations

from typing import IO

import numpy as np

from embedrec.errors import CorruptedError
from embedrec.progress import Stage
from embedrec.vectors.source import VectorSource
from embedrec.vectors.stored import RowBuffer, StoredVectors

_CHUNK = 1 << 24
_LONGEST_WORD = 1 << 14
_ROWS_PER_WRITE = 4096


def read_binary(
    source: VectorSource, *, n_words: int, size: int, limit: int | None = None
) -> tuple[list[bytes], np.ndarray]:
    """Read entries of a word and `size` little-endian float32 values.

    Args:
        source: at the first byte of the file.
        n_words: what the header says.
        limit: read only the first words, this many.

    Returns:
        The words as they stand in the file and their vectors, (V, size) float32.

    Raises:
        CorruptedError: naming file and entry, if the file ends early, goes on after the last word,
            or holds something that is no word or no finite number.
    """
    name = source.name
    wanted = n_words if limit is None else min(limit, n_words)
    width = 4 * size
    buffer = source.read(_CHUNK)
    place = buffer.find(b"\n") + 1
    words: list[bytes] = []
    rows = RowBuffer(size, 0 if source.packed else wanted)
    parts: list[bytes] = []
    while len(words) < wanted:
        cut = buffer.find(b" ", place)
        if (cut if cut >= 0 else len(buffer)) - place > _LONGEST_WORD:
            raise _describe_damage(name, len(words) + 1, "no word ends where one should")
        end = cut + 1 + width
        if cut < 0 or end > len(buffer):
            _flush(parts, rows, name, len(words), size)
            more = source.read(_CHUNK + width)
            if not more:
                raise _describe_damage(
                    name, len(words) + 1, f"the file ends early; its header says {n_words} words"
                )
            buffer, place = buffer[place:] + more, 0
            continue
        word = buffer[place:cut].lstrip(b"\n")
        if not word:
            raise _describe_damage(name, len(words) + 1, "the word is empty")
        words.append(word)
        parts.append(buffer[cut + 1 : end])
        place = end
    _flush(parts, rows, name, len(words), size)
    if wanted == n_words and (buffer[place:] + source.read(64)).strip():
        raise _describe_damage(name, n_words, "the file goes on after its last word")
    return words, rows.finish()


def write_binary(file: IO[bytes], stored: StoredVectors, stage: Stage) -> None:
    """Write the binary form, without line feeds between entries, which every reader takes."""
    n_words, size = stored.vectors.shape
    file.write(b"%d %d\n" % (n_words, size))
    for start in range(0, n_words, _ROWS_PER_WRITE):
        rows = np.asarray(stored.vectors[start : start + _ROWS_PER_WRITE], "<f4")
        words = stored.words[start : start + _ROWS_PER_WRITE]
        entries = (
            word.encode() + b" " + row.tobytes() for word, row in zip(words, rows, strict=True)
        )
        file.write(b"".join(entries))
        stage.update(start + len(words))


def _flush(parts: list[bytes], rows: RowBuffer, name: str, n_read: int, size: int) -> None:
    if not parts:
        return
    block = np.frombuffer(b"".join(parts), "<f4").reshape(-1, size).astype(np.float32, copy=False)
    finite = np.isfinite(block).all(axis=1)
    if not finite.all():
        entry = n_read - len(parts) + int(np.argmin(finite)) + 1
        raise _describe_damage(name, entry, "a value is not a finite number")
    rows.append(block)
    parts.clear()


def _describe_damage(name: str, entry: int, what: str) -> CorruptedError:
    return CorruptedError(
        f"{name}, entry {entry}: {what}; the file is damaged, fetch it again", value=name
    )
