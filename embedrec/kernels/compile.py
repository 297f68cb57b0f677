"""How this project's kernels are compiled and kept: `kernel` in place of Numba's decorator.

Numba keeps compiled functions on disk and looks at the file of a function to see whether it has
changed, not at the files of the functions that it calls, which are compiled into it. Here the
fingerprint of all kernels is part of the key, so that compiled code of another version is never
used. What is kept saves time and decides nothing: where it can't be read or written, a kernel is
compiled anew.

Nothing is compiled with fast mathematics: a result must not depend on whether the code has just
been compiled or comes from the disk (see `simd.emitter`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from numba import njit
from numba.core import caching


def compute_fingerprint(folder: Path) -> str:
    """Return a digest of the names and contents of a folder's Python files."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


FINGERPRINT = compute_fingerprint(Path(__file__).parent)


class KernelFiles(caching.IndexDataCacheFile):
    """The compiled forms of one function, a file each, named by a digest of the key.

    Numba's own files have numbers, and an index says which is whose. Two processes that compile at
    once take the same number for different code, and the index of one then names the code of the
    other. Here different code never has the same name.
    """

    def __init__(self, cache_path: str, filename_base: str) -> None:
        super().__init__(cache_path, filename_base, None)
        self._base = filename_base

    def flush(self) -> None:
        """Leave what is there: no other version takes it for its own."""

    def save(self, key: tuple[Any, ...], data: Any) -> None:
        """Keep what was compiled; raises OSError if it can't be written."""
        self._save_data(self._name_file(key), (key, data))

    def load(self, key: tuple[Any, ...]) -> Any:
        """Return what was kept, None if it is another's; raises anything if it can't be read."""
        found, data = self._load_data(self._name_file(key))
        return data if found == key else None

    def _name_file(self, key: tuple[Any, ...]) -> str:
        text = repr((self._version, *key))
        return f"{self._base}.{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}.nbc"


class KernelCache(caching.FunctionCache):
    """Numba's cache on disk, with the fingerprint of all kernels in its key."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = KernelFiles(self._cache_path, self._impl.filename_base)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled form for some types; None if there is none that can be used."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # whatever a file that is missing, cut short or damaged leads to
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled form, unless the disk is full or the place can't be written."""
        with suppress(OSError):
            super().save_overload(sig, data)

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        return (*super()._index_key(sig, codegen), FINGERPRINT)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that computes only: without the interpreter lock, kept on disk."""
    options: dict[str, Any] = {"no_cfunc_wrapper": True}  # nothing in C calls it
    compiled: Any = njit(nogil=True, error_model="numpy", **options)(function)
    with suppress(RuntimeError):  # no place can be written: compiled anew in each process
        compiled._cache = KernelCache(function)
    return compiled


def part(function: Callable[..., Any]) -> Any:
    """Compile a function that only kernels call.

    Nothing is compiled that would let Python call it: for a function of a large named tuple of
    arrays that is a third of the work.
    """
    options: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    compiled: Any = njit(nogil=True, error_model="numpy", **options)(function)
    return compiled
