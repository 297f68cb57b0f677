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
