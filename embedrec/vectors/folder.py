"""The own form of vectors: a folder with a manifest, a word list and a mapped matrix.

    manifest.json        kind "vectors"; parameters are the metadata
    vocabulary.txt       "word count" a line, by rank; count 0 throughout where counts are unknown
    vectors.safetensors  {"vectors": (V, D) float32}
    user_dict.txt        only where a segmentation dictionary belongs to the vectors
    subwords.safetensors {"buckets": (B, D) float32}, only where unseen words have vectors too; the
                         manifest's facts hold the lengths of the n-grams

A model's folder is the same with more files beside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from embedrec.errors import CorruptedError, InputError, ParameterError
from embedrec.files import PathLike, compute_checksum, write_folder
from embedrec.manifest import MANIFEST_NAME, Manifest, collect_versions, load_manifest, peek_kind
from embedrec.tensors import map_tensors, save_tensors
from embedrec.vectors.stored import StoredVectors, Subwords

KIND = "vectors"
FORMAT_VERSION = 1
_WORDS, _MATRIX, _USER_DICT = "vocabulary.txt", "vectors.safetensors", "user_dict.txt"
_SUBWORDS = "subwords.safetensors"
_WORDS_AT_ONCE = 1 << 14


def save_folder(
    stored: StoredVectors,
    folder: PathLike,
    extra_writer: Callable[[Path], object] | None = None,
) -> None:
    """Write the own form under the name `folder`, atomically; an older folder is replaced.

    Args:
        extra_writer: called with the unfinished folder before the manifest is written, so that
            files it leaves there get checksums too.

    Raises:
        ParameterError: if a word can't stand in a list with one word a line, or a folder of that
            name holds something else, which is left alone.
        StorageError: if the place can't be written; what was there stays.
    """
    _check_place(Path(folder))
    with write_folder(folder) as work:
        with open(work / _WORDS, "wb") as file:
            file.writelines(_format_words(stored))
        sums = {_MATRIX: save_tensors(work / _MATRIX, {"vectors": stored.vectors})}
        if stored.user_dict_text is not None:
            (work / _USER_DICT).write_bytes(stored.user_dict_text.encode())
        if stored.subwords is not None:
            buckets = {"buckets": stored.subwords.buckets}
            sums[_SUBWORDS] = save_tensors(work / _SUBWORDS, buckets)
        if extra_writer is not None:
            extra_writer(work)
        names = sorted(
            path.relative_to(work).as_posix() for path in work.rglob("*") if path.is_file()
        )
        Manifest(
            kind=KIND,
            format_version=FORMAT_VERSION,
            parameters=stored.metadata,
            files={
                name: sums.get(name) or compute_checksum(work / name)
                for name in names
                if name != MANIFEST_NAME
            },
            facts={
                "words": len(stored.words),
                "vector_size": int(stored.vectors.shape[1]),
                "counts": stored.counts is not None,
                **_describe_subwords(stored.subwords),
            },
            versions=collect_versions(numpy=np.__version__),
        ).save(work)


def load_folder(folder: PathLike, *, verify: bool = False) -> StoredVectors:
    """Open the own form; the matrix is mapped and not read.

    Args:
        verify: compare every file with its checksum first, which reads all of it.

    Raises:
        InputError: if the folder holds no vectors.
        CorruptedError: if files are missing, cut short, damaged or don't fit together.
        VersionError: if a newer version wrote it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder of vectors: no such folder", value=folder)
    manifest = load_manifest(folder, KIND, FORMAT_VERSION)
    for name in manifest.files:
        if not (folder / name).is_file():
            raise CorruptedError(f"{folder / name} is missing; build {folder} again", value=name)
    if verify:
        manifest.verify_files(folder)
    vectors = _map_matrix(folder, _MATRIX, "vectors")
    words, counts = _parse_words(folder / _WORDS)
    if len(words) != len(vectors) or not words or len(set(words)) != len(words):
        raise CorruptedError(
            f"{folder} holds {len(set(words))} different words of {len(words)} and {len(vectors)} "
            "vectors; build it again",
            value=folder,
        )
    dictionary = folder / _USER_DICT
    return StoredVectors(
        words,
        vectors,
        counts if manifest.facts.get("counts", True) else None,
        dict(manifest.parameters),
        dictionary.read_bytes().decode("utf-8", "replace") if dictionary.is_file() else None,
        _load_subwords(folder, manifest.facts["subwords"], vectors.shape[1])
        if "subwords" in manifest.facts
        else None,
    )


def _map_matrix(folder: Path, name: str, tensor: str) -> np.ndarray:
    matrix = map_tensors(folder / name).get(tensor)
    if matrix is None or matrix.ndim != 2 or matrix.dtype != np.float32:
        raise CorruptedError(f"{folder / name} holds no float32 matrix; build {folder} again",
                             value=folder)  # fmt: skip
    return matrix


def _describe_subwords(subwords: Subwords | None) -> dict[str, Any]:
    if subwords is None:
        return {}
    lengths = {"min_n": subwords.min_n, "max_n": subwords.max_n}
    return {"subwords": {**lengths, "n_buckets": len(subwords.buckets)}}


def _load_subwords(folder: Path, facts: Any, size: int) -> Subwords:
    buckets = _map_matrix(folder, _SUBWORDS, "buckets")
    lengths: list[Any] = [
        facts.get(name) if isinstance(facts, dict) else None for name in ("min_n", "max_n")
    ]
    sound = all(type(n) is int for n in lengths) and 1 <= lengths[0] <= lengths[1]
    if not sound or not len(buckets) or buckets.shape[1] != size:
        raise CorruptedError(
            f"{folder}: its manifest says n-grams of {lengths[0]} to {lengths[1]} characters, and "
            f"{_SUBWORDS} holds a matrix of shape {buckets.shape} beside vectors of size {size}; "
            "build it again",
            value=folder,
        )
    return Subwords(buckets, *lengths)


def _check_place(folder: Path) -> None:
    # Writing replaces a folder as a whole; one that holds a person's other files must not go.
    if folder.is_dir() and any(folder.iterdir()) and peek_kind(folder) != KIND:
        raise ParameterError(
            f"{folder} is there and holds something other than vectors; choose another name",
            value=str(folder),
        )


def _format_words(stored: StoredVectors) -> Iterator[bytes]:
    # Part by part, so that a million lines are not there as strings at once.
    words = iter(stored.words)
    for begin in range(0, len(stored.words), _WORDS_AT_ONCE):
        part = list(islice(words, _WORDS_AT_ONCE))
        zeros = [0] * len(part)
        counts = zeros if stored.counts is None else stored.counts[begin:][: len(part)].tolist()
        yield _format_lines(part, counts)


def _format_lines(words: list[str], counts: list[int]) -> bytes:
    text = "".join([f"{word} {n}\n" for word, n in zip(words, counts, strict=True)])
    if text.count("\n") != len(words):
        broken = next(word for word in words if "\n" in word)
        raise ParameterError(f"the word {broken!r} holds a line end and can't be saved; drop it",
                             value=broken)  # fmt: skip
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ParameterError(
            f"a word holds {text[error.start]!r}, which is no character of UTF-8; drop the word",
            value=text[error.start],
        ) from error


def _parse_words(path: Path) -> tuple[list[str], np.ndarray]:
    try:
        lines = path.read_bytes().decode("utf-8").split("\n")
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}", value=path) from error
    except UnicodeDecodeError as error:
        raise CorruptedError(f"{path} is not valid UTF-8 (byte {error.start}); build it again",
                             value=path) from error  # fmt: skip
    if lines and not lines[-1]:
        lines.pop()
    parts = [line.rpartition(" ") for line in lines]
    try:
        counts = np.array([int(part[2]) for part in parts], np.uint64)
        words = [part[0] for part in parts]
        if "" in words:
            raise ValueError("a line without a word")
    except (ValueError, OverflowError) as error:
        raise CorruptedError(f"{path} does not hold a word and a count on each line ({error}); "
                             "build it again", value=path) from error  # fmt: skip
    return words, counts
