"""How this project's kernels are compiled and kept: `kernel` in place of Numba's decorator.

Numba keeps compiled functions on disk and looks at the file of a function to see whether it has
changed, not at the files of the functions that it calls, which are compiled into it. Here the
fingerprint of all kernels is part of the key, so that compiled code of another version is never
used.

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


class KernelCache(caching.FunctionCache):
    """Numba's cache on disk, with the fingerprint of all kernels in its key."""

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        return (*super()._index_key(sig, codegen), FINGERPRINT)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that computes only: without the interpreter lock, kept on disk."""
    compiled: Any = njit(nogil=True, error_model="numpy")(function)
    with suppress(RuntimeError):  # no place can be written: compiled anew in each process
        compiled._cache = KernelCache(function)
    return compiled
