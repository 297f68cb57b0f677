"""What a training will need of memory and disk, told and checked before anything is allocated."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from embedrec.corpus.packed import PackedWords
from embedrec.errors import ParameterError, StorageError
from embedrec.files import PathLike
from embedrec.models.available import Available, find_available_memory
from embedrec.models.word2vec.parameters import Parameters
from embedrec.models.word2vec.workspace import (
    TableSizes,
    count_table_bytes,
    count_thread_bytes,
    guess_tables,
    measure_tables,
)
from embedrec.progress import Progress

# Measured by benchmarks/memory.py: interpreter, packages and compiled kernels, before any weight.
# A kernel that is compiled for the first time leaves about 100 MB more.
_PROGRAM_BYTES = 165_000_000
_USUAL_SENTENCE = 1_000
# A checkpoint is replaced when the new one stands; the model is written beside the last one.
_COPIES_ON_DISK = 2


@dataclass(frozen=True)
class MemoryEstimate:
    """Bytes that a training needs.

    Attributes:
        n_words: words of the vocabulary.
        vector_size: dimensions.
        n_input_rows: rows of the input matrix: a word each, then the n-gram buckets.
        n_output_rows: rows of the output matrix: words, Huffman nodes, or both.
        weights: bytes of the two matrices.
        tables: bytes of what kernels look up, of words and of counts, and of what is moved.
        threads: bytes of what the threads work in.
        program: bytes in use before: interpreter, packages, compiled kernels.
    """

    n_words: int
    vector_size: int
    n_input_rows: int
    n_output_rows: int
    weights: int
    tables: int
    threads: int
    program: int

    @property
    def total(self) -> int:
        """Bytes of the whole process at its peak."""
        return self.needed + self.program

    @property
    def needed(self) -> int:
        """Bytes yet to be allocated."""
        return self.weights + self.tables + self.threads

    def describe(self) -> str:
        """Say in one line what is needed, and for what."""
        return (
            f"training needs about {format_bytes(self.total)} of memory: {self._describe_parts()}"
        )

    def _describe_parts(self) -> str:
        size = self.vector_size
        if self.n_input_rows == self.n_output_rows:
            matrices = f"2 matrices of {self.n_input_rows:,} x {size}"
        else:
            matrices = (
                f"matrices of {self.n_input_rows:,} x {size} and {self.n_output_rows:,} x {size}"
            )
        return (
            f"{matrices} ({format_bytes(self.weights)}), tables and words "
            f"({format_bytes(self.tables)}), the program and its threads "
            f"({format_bytes(self.program + self.threads)})"
        )


def estimate_memory(
    parameters: Parameters,
    n_words: int,
    *,
    n_threads: int = 1,
    n_input_rows: int | None = None,
    n_output_rows: int | None = None,
    sizes: TableSizes | None = None,
    longest_sentence: int = _USUAL_SENTENCE,
    besides: int = 0,
) -> MemoryEstimate:
    """Estimate what a training needs; never less than it takes, by the test and the benchmark.

    Without `sizes`, tables are those of usual words.

    Args:
        parameters: the training's parameters.
        n_words: words of the vocabulary.
        n_threads: threads that train.
        n_input_rows: rows of the input matrix, by default as `parameters` ask for.
        n_output_rows: rows of the output matrix, likewise.
        sizes: of the tables, for `n_words` words or more.
        longest_sentence: in words.
        besides: bytes that are needed beside the weights before the training begins.
    """
    if n_input_rows is None:
        n_input_rows = n_words + parameters.n_buckets * parameters.subwords
    if n_output_rows is None:
        n_output_rows = n_words * parameters.uses_negatives + (n_words - 1) * parameters.uses_paths
    if sizes is None:
        sizes = guess_tables(parameters, n_words)
    threads = count_thread_bytes(parameters, sizes.longest_path, longest_sentence, n_threads)
    return MemoryEstimate(
        n_words,
        parameters.vector_size,
        n_input_rows,
        n_output_rows,
        4 * parameters.vector_size * (n_input_rows + n_output_rows),
        count_table_bytes(parameters, sizes, n_words) + besides,
        threads,
        _PROGRAM_BYTES,
    )


def check_memory(
    estimate: MemoryEstimate,
    available: Available | None = None,
    advice: Callable[[int], str] | None = None,
) -> None:
    """Compare the memory that is yet to be allocated with what there is.

    Args:
        estimate: what is needed.
        available: what there is; by default it is looked up, and unknown is taken for enough.
        advice: given the bytes there are, says which settings would fit.

    Raises:
        ParameterError: if it can't fit, naming the need, what there is, and what would fit.
    """
    available = available or find_available_memory()
    if available is None or estimate.needed <= available.n_bytes:
        return
    way_out = advice(available.n_bytes) if advice else "use fewer words or a smaller vector_size"
    raise ParameterError(
        f"{estimate.describe()}; {available.where} has {format_bytes(available.n_bytes)} left: "
        f"{way_out}",
        value=estimate.total,
    )


def suggest_fitting(parameters: Parameters, counts: np.ndarray, n_bytes: int, **known: Any) -> str:
    """Say which vocabulary or vector size needs at most `n_bytes` more.

    Args:
        parameters: the training's parameters.
        counts: uint64 (V,), descending.
        n_bytes: what there is.
        **known: as for `estimate_memory`.
    """

    def fits(n_words: int, vector_size: int) -> bool:
        changed = parameters.change(vector_size=vector_size)
        return estimate_memory(changed, n_words, **known).needed <= n_bytes

    n_words = _find_largest(len(counts), lambda n: fits(n, parameters.vector_size))
    size = _find_largest(parameters.vector_size, lambda d: fits(len(counts), d))
    ways = []
    if 2 <= n_words < len(counts):
        n_words = _round_down(n_words)
        # Words as rare as the first that is left out go with it.
        min_count = int(counts[n_words]) + 1
        ways.append(f"max_vocab {n_words} (or min_count {min_count})")
    if size >= 1:
        ways.append(f"vector_size {_round_down(size)}")
    if parameters.subwords:
        ways.append("a smaller n_buckets")
    if not ways:
        return "free some memory or use a larger machine"
    return f"{' or '.join(ways)} would fit; or use a larger machine"


def check_disk(estimate: MemoryEstimate, folder: PathLike) -> None:
    """Compare what checkpoints in `folder` and the model beside it take with the space there is.

    Raises:
        StorageError: if it can't fit.
    """
    folder = Path(os.path.abspath(folder))
    there = next(place for place in (folder, *folder.parents) if place.is_dir())
    needed = _COPIES_ON_DISK * estimate.weights
    with suppress(OSError):
        needed -= sum(path.stat().st_size for path in folder.iterdir())
        # What an earlier checkpoint takes is there already.
    try:
        free = shutil.disk_usage(there).free
    except OSError:
        return
    if needed > free:
        raise StorageError(
            f"checkpoints and the model need {format_bytes(needed)} more on the disk of {there}, "
            f"which has {format_bytes(free)} left: free some space, choose another place, or use "
            "a smaller max_vocab or vector_size",
            value=needed,
        )


def check_needs(
    parameters: Parameters,
    counts: np.ndarray,
    words: PackedWords,
    *,
    n_threads: int,
    longest_sentence: int,
    besides: int = 0,
    checkpoint: PathLike | None,
    progress: Progress,
) -> MemoryEstimate:
    """Tell what a training needs and make sure that it is there.

    Args:
        parameters: the training's parameters, the lengths of n-grams settled.
        counts: uint64 (V,), descending.
        words: V words.
        n_threads: threads that train.
        longest_sentence: in words.
        besides: as for `estimate_memory`.
        checkpoint: folder of the checkpoints, or None.
        progress: told the estimate.

    Raises:
        ParameterError: as `check_memory`.
        StorageError: as `check_disk`.
    """
    known: dict[str, Any] = {
        "n_threads": n_threads,
        "sizes": measure_tables(parameters, counts, words),
        "longest_sentence": longest_sentence,
        "besides": besides,
    }
    estimate = estimate_memory(parameters, len(counts), **known)
    check_memory(estimate, advice=lambda there: suggest_fitting(parameters, counts, there, **known))
    if checkpoint is not None:
        check_disk(estimate, checkpoint)
    progress.remark(estimate.describe())
    return estimate


def return_freed_memory() -> None:
    """Give memory that was freed and is kept for later back to the system, where it can be told."""
    # glibc keeps blocks of up to 32 MB once it has seen some of that size freed: malloc_trim(3).
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def format_bytes(n_bytes: int) -> str:
    """Return an amount in words: `1.9 GB`, `340 MB`."""
    if n_bytes >= 999_500_000:
        return f"{n_bytes / 1e9:.1f} GB"
    return f"{max(1, round(n_bytes / 1e6))} MB"


def _find_largest(most: int, fits: Callable[[int], bool]) -> int:
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _round_down(number: int) -> int:
    # Two digits are easier to read and type, and leave a little room.
    unit: int = 10 ** max(0, len(str(number)) - 2)
    return number // unit * unit
