"""Memory for what lives within one call: kept and used again.

A large array that is made anew gets its pages from the system one by one, each cleared first, and
gives them back when it is done with. Where a layer fills such an array and reads it once, that
costs more than the arithmetic.
"""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

from embedrec.nn.parameter import Array

_kept = threading.local()
_MOST_FREE = 2  # arrays that were given back and wait to be taken, in each thread


def borrow(name: str, shape: tuple[int, ...], dtype: Any) -> Array:
    """Return an array with any values, good until this thread borrows by the same name again.

    What is asked for should have a bound (a block of a batch, not a batch): as much as the largest
    has is kept, for each name and thread.
    """
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    buffer: Array | None = getattr(_kept, name, None)
    if buffer is None or len(buffer) < n_bytes:
        buffer = np.empty(n_bytes, np.uint8)
        setattr(_kept, name, buffer)
    return buffer[:n_bytes].view(dtype).reshape(shape)


def take(shape: tuple[int, ...], dtype: Any) -> Array:
    """Return an array with any values that is the caller's alone, until it is given back.

    For what lives from a layer's forward pass to its backward, where `borrow` can't know when it is
    free again. An array that is never given back is let go like any other.
    """
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    free: list[Array] = getattr(_kept, "free", [])
    for at, buffer in enumerate(free):
        if n_bytes <= len(buffer) <= 2 * n_bytes:
            del free[at]
            break
    else:
        buffer = np.empty(n_bytes, np.uint8)
    return buffer[:n_bytes].view(dtype).reshape(shape)


def give_back(array: Array) -> None:
    """Let an array from `take` be taken again; it and views of it must not be used any more.

    The last two of a thread are kept.
    """
    if array.base is None or array.base.dtype != np.uint8:
        return
    free: list[Array] = getattr(_kept, "free", [])
    _kept.free = [*free[-_MOST_FREE + 1 :], array.base]
