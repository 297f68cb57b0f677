"""Inputs of every kind as one stream of documents, in memory that does not grow with them.

Kinds are told apart by content (`kind.py`), compression too (`compression.py`). All files are
looked at when the reader is made, so that a wrong one is known before anything long begins.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from embedrec.errors import InputError, ParameterError
from embedrec.files import PathLike
from embedrec.manifest import hash_inputs
from embedrec.text.compression import CHUNK_SIZE, read_chunks
from embedrec.text.document import BrokenStream, Damage, RawDocument
from embedrec.text.dump import read_pages
from embedrec.text.extracted import read_doc_blocks, read_json_lines
from embedrec.text.kind import Kind, recognise_kind, transcode
from embedrec.text.plain import read_paragraphs

__all__ = ["Damage", "DocumentReader", "RawDocument", "hash_sources"]

_COUNTS = (
    "documents", "pages", "redirects", "other_namespaces", "other_models", "empty", "broken_lines",
)  # fmt: skip


class DocumentReader:
    """Reads documents from files and folders; may be iterated several times, each time the same.

    A folder stands for all files below it, in the order of their names, those and the folders left
    out whose names begin with a dot; a file of no known kind in it is an error as if it were named.
    A file that is given twice, by whatever name, is read once.

    A damaged file does not end the reading: everything before the damaged place is yielded, a
    `Damage` is appended to `damages`, and the next file follows.

    Attributes:
        files: the files, in reading order.
        n_bytes: their size on the disk.
        n_bytes_read: bytes of them taken so far in the present iteration; never decreases in it.
        damages: the places that could not be read in the present iteration.
        counts: of the present iteration: documents (yielded); in dumps pages, redirects,
            other_namespaces, other_models; empty (articles without text); broken_lines (JSON lines
            left out).
    """

    def __init__(
        self,
        inputs: Sequence[PathLike],
        *,
        segmented: bool = False,
        chunk_size: int = CHUNK_SIZE,
    ) -> None:
        """Look at all inputs.

        Args:
            inputs: files and folders.
            segmented: whether plain text (and JSON lines and <doc> text) is words between blanks
                already; a dump stays wikitext.
            chunk_size: bytes worked on at a time; it does not change what is read.

        Raises:
            ParameterError: if there are no inputs.
            InputError: naming the first input that is missing, unreadable, empty, without files, or
                of no known kind.
        """
        if isinstance(inputs, str | os.PathLike):
            inputs = [inputs]
        if not inputs:
            raise ParameterError("no input is given: name at least one file or folder", value=[])
        self.files = _find_files(inputs)
        self._kinds: list[Kind] = [recognise_kind(file) for file in self.files]
        self._sizes = [file.stat().st_size for file in self.files]
        self._plain_markup = "segmented" if segmented else "plain"
        self._chunk_size = chunk_size
        self.n_bytes = sum(self._sizes)
        self.n_bytes_read = 0
        self.damages: list[Damage] = []
        self.counts = dict.fromkeys(_COUNTS, 0)

    def __iter__(self) -> Iterator[RawDocument]:
        """Yield the documents.

        Raises:
            InputError: at the end, if no input held a single document.
        """
        self.n_bytes_read = 0
        self.damages.clear()
        self.counts.update(dict.fromkeys(_COUNTS, 0))
        n_before = 0
        for file, kind, size in zip(self.files, self._kinds, self._sizes, strict=True):
            n_kept = 0
            try:
                for document in self._read(file, kind):
                    n_kept += 1
                    self.counts["documents"] += 1
                    yield document
            except BrokenStream as broken:
                self.damages.append(
                    Damage(str(file), broken.position, broken.unit, broken.reason, n_kept)
                )
            n_before += size
            self.n_bytes_read = max(self.n_bytes_read, n_before)
        if not self.counts["documents"]:
            raise self._describe_nothing()

    def _read(self, file: Path, kind: Kind) -> Iterator[RawDocument]:
        chunks = transcode(read_chunks(file, self._chunk_size, self._count_bytes), kind.encoding)
        if kind.form == "dump":
            yield from read_pages(chunks, self.counts)
            return
        make = partial(RawDocument, markup=self._plain_markup)
        if kind.form == "plain":
            for text in read_paragraphs(chunks):
                yield make("", text)
            return
        articles = (
            read_json_lines(chunks, self.counts) if kind.form == "json" else read_doc_blocks(chunks)
        )
        for title, text in articles:
            yield make(title, text)

    def _count_bytes(self, n: int) -> None:
        self.n_bytes_read += n

    def _describe_nothing(self) -> InputError:
        first = self.files[0]
        if self.damages:
            damage = self.damages[0]
            return InputError(
                f"{damage.path}: {damage.reason} at {damage.unit} {damage.position:,}, before "
                "anything usable; fetch the file again",
                value=damage.path,
            )
        what = f"{first} holds" if len(self.files) == 1 else f"{first} and the other inputs hold"
        if any(kind.form == "dump" for kind in self._kinds):
            names = ("other_namespaces", "redirects", "other_models", "empty")
            others = ", ".join(
                f"{name.replace('_', ' ')} {self.counts[name]:,}"
                for name in names
                if self.counts[name]
            )
            return InputError(
                f"{what} no article ({self.counts['pages']:,} pages: {others or 'none'}); "
                "take the pages-articles dump of a wiki that has some",
                value=first,
            )
        return InputError(f"{what} no text; give other inputs", value=first)


def hash_sources(files: Sequence[Path]) -> dict[str, str]:
    """Return the name of each file, as given, to its checksum: the inputs of a manifest.

    Raises:
        InputError: if a file can't be read.
    """
    return hash_inputs({str(file): file for file in files})


def _find_files(inputs: Sequence[PathLike]) -> list[Path]:
    files: list[Path] = []
    seen: set[tuple[int, int]] = set()
    for given in inputs:
        path = Path(given)
        found = list(_walk(path, seen))
        if not found and path.is_dir() and not any(_walk(path, set())):
            raise InputError(f"{path} is a folder without files", value=path)
        files += found
    return files


def _walk(path: Path, seen: set[tuple[int, int]]) -> Iterator[Path]:
    try:
        status = path.stat()
        # Device and inode name a file whatever path leads to it, and break circles of links.
        identity = (status.st_dev, status.st_ino)
        if identity in seen:
            return
        seen.add(identity)
        if path.is_dir():
            for name in sorted(os.listdir(path)):
                if not name.startswith("."):
                    yield from _walk(path / name, seen)
            return
        if not path.is_file():
            raise InputError(
                f"{path} is neither a file nor a folder; write its content to a file", value=path
            )
        with open(path, "rb"):
            pass
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist; check the name", value=path) from error
    except PermissionError as error:
        raise InputError(f"{path} may not be read; check its permissions", value=path) from error
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}", value=path) from error
    yield path
