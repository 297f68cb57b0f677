"""One shard on disk: `<stem>.ids` (uint32, little-endian) and `<stem>.offsets` (int64).

Sentence s is `ids[offsets[s]:offsets[s + 1]]`; offsets start at 0 and end at the number of ids.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from embedrec.errors import CorruptedError, InputError
from embedrec.files import PathLike, compute_checksum, map_array, naming_write_errors

IDS = np.dtype("<u4")
OFFSETS = np.dtype("<i8")


@dataclass(frozen=True)
class ShardEntry:
    """What is recorded about a shard: enough to see damage without reading it, and to prove it.

    Attributes:
        stem: file name without the endings `.ids` and `.offsets`.
        n_tokens: number of ids.
        n_sentences: number of sentences.
        files: name of each of the two files to its checksum.
    """

    stem: str
    n_tokens: int
    n_sentences: int
    files: dict[str, str]

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> ShardEntry:
        """Rebuild an entry from `dataclasses.asdict`'s form.

        Raises:
            KeyError, TypeError, ValueError: if the content has another form.
        """
        n_tokens, n_sentences = int(content["n_tokens"]), int(content["n_sentences"])
        if n_tokens < 0 or n_sentences < 0:
            raise ValueError("a negative size")
        return cls(str(content["stem"]), n_tokens, n_sentences, dict(content["files"]))


class ShardFile:
    """A shard being written, piece by piece; a context manager.

    After the block `entry` tells what was written. The files stand under their names from the
    start: what makes them count is the manifest or state that names them, written afterwards.
    """

    def __init__(self, folder: PathLike, stem: str) -> None:
        self.stem = stem
        self.n_tokens = 0
        self.n_sentences = 0
        self._paths = [Path(folder) / f"{stem}{ending}" for ending in (".ids", ".offsets")]
        self._digests = [hashlib.sha256(), hashlib.sha256()]
        with naming_write_errors(folder):
            self._files = [open(path, "wb", buffering=0) for path in self._paths]  # noqa: SIM115
        self._write(1, np.zeros(1, OFFSETS))

    def append(self, ids: np.ndarray, lengths: np.ndarray) -> None:
        """Write the ids, (N,), of some more sentences, and their lengths, (S,), summing to N.

        Raises:
            StorageError: if the disk is full or the files can't be written.
        """
        self._write(0, np.ascontiguousarray(ids, IDS))
        ends = np.cumsum(lengths, dtype=OFFSETS)
        ends += self.n_tokens
        self._write(1, ends)
        self.n_tokens += len(ids)
        self.n_sentences += len(lengths)

    def close(self) -> ShardEntry:
        """Bring everything onto the disk and tell what was written."""
        for path, file in zip(self._paths, self._files, strict=True):
            with naming_write_errors(path), file:
                os.fsync(file.fileno())
        names = [path.name for path in self._paths]
        sums = [f"sha256:{digest.hexdigest()}" for digest in self._digests]
        files = dict(zip(names, sums, strict=True))
        return ShardEntry(self.stem, self.n_tokens, self.n_sentences, files)

    def discard(self) -> None:
        """Close the files without waiting for the disk; what they hold does not count."""
        for file in self._files:
            file.close()

    def _write(self, which: int, array: np.ndarray) -> None:
        with naming_write_errors(self._paths[which]):
            rest = array.data.cast("B") if len(array) else memoryview(b"")
            self._digests[which].update(rest)
            while len(rest):  # an unbuffered write may take a part only
                rest = rest[self._files[which].write(rest) or 0 :]


def map_shard(folder: PathLike, entry: ShardEntry) -> tuple[np.ndarray, np.ndarray]:
    """Map a shard: ids, uint32 (N,), and offsets, int64 (S + 1,); both read-only."""
    stem = Path(folder) / entry.stem
    ids = map_array(f"{stem}.ids", IDS, (entry.n_tokens,))
    return ids, map_array(f"{stem}.offsets", OFFSETS, (entry.n_sentences + 1,))


def check_shard(folder: PathLike, entry: ShardEntry, *, verify: bool, remedy: str) -> None:
    """Compare a shard with its entry: the sizes and the ends of the offsets, or every byte.

    Args:
        folder: where the shard is.
        entry: what it should be.
        verify: also compute the checksums.
        remedy: the way out, for the message.

    Raises:
        CorruptedError: naming the file that is missing or damaged.
    """
    folder = Path(folder)
    sizes = (IDS.itemsize * entry.n_tokens, OFFSETS.itemsize * (entry.n_sentences + 1))
    for ending, size in zip((".ids", ".offsets"), sizes, strict=True):
        path = folder / f"{entry.stem}{ending}"
        try:
            found = path.stat().st_size
            damaged = verify and compute_checksum(path) != entry.files.get(path.name)
        except (OSError, InputError) as error:
            raise CorruptedError(
                f"{path} is missing or unreadable; {remedy}", value=path
            ) from error
        if found != size:
            raise CorruptedError(
                f"{path} is damaged: it has {found} bytes and should have {size}; {remedy}",
                value=path,
            )
        if damaged:
            raise CorruptedError(f"{path} is damaged (its checksum differs); {remedy}", value=path)
    offsets = map_shard(folder, entry)[1]
    if offsets[0] != 0 or offsets[-1] != entry.n_tokens:
        path = folder / f"{entry.stem}.offsets"
        raise CorruptedError(
            f"{path} is damaged: its offsets run from {offsets[0]} to {offsets[-1]}, not from 0 to "
            f"{entry.n_tokens}; {remedy}",
            value=path,
        )
