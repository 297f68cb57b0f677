"""Finding the rows of a window, and fetching those of windows to come while others are computed."""

from __future__ import annotations

import numpy as np
from numba import njit

from embedrec.kernels.simd.rows import fetch_row, locate

# Windows between asking for a row and its use: enough for a row to arrive from main memory.
AHEAD = 2


@njit(inline="always", nogil=True)
def locate_window(windows, w, inputs, outputs, room):
    """Put the addresses of a window's rows into the room; return the numbers of both."""
    n_inputs = np.int64(0)  # a literal would have what follows compiled once more, for 0 alone
    for place in range(windows.begin[w], windows.end[w]):
        if place != windows.centre[w]:
            room.context[n_inputs] = locate(inputs, windows.words[place])
            n_inputs += 1
    n_targets = np.int64(windows.n_targets[w])
    for k in range(n_targets):
        room.targets[k] = locate(outputs, windows.rows[w, k])
    return n_inputs, n_targets


@njit(inline="always", nogil=True)
def fetch_window(windows, w, inputs, outputs):
    """Ask for the output rows of a window and for the word that the next windows see first."""
    size = inputs.shape[1]
    for k in range(windows.n_targets[w]):
        fetch_row(locate(outputs, windows.rows[w, k]), size)
    fetch_row(locate(inputs, windows.words[windows.end[w] - 1]), size)
