"""Maxima and means over windows of images, over sequences, and the ways back.

Images are (n, H, W, C); a sequence is an image of one row. Of equal values the first counts, in the
order of rows.
"""

from __future__ import annotations

import numpy as np

from embedrec.kernels.compile import kernel


@kernel
def pool_max(x, y, chosen, window, stride):
    """Write the largest value of each window, and where in its image it stands.

    Args:
        x: floating (n, H, W, C).
        y: (n, rows, columns, C) of the same dtype, written.
        chosen: int32 of y's shape, written: row * W + column in the image.
        window, stride: (rows, columns).
    """
    n, n_rows, n_columns, depth = y.shape
    width = x.shape[2]
    for b in range(n):
        for i in range(n_rows):
            for j in range(n_columns):
                top, left = i * stride[0], j * stride[1]
                for c in range(depth):
                    best = x[b, top, left, c]
                    place = top * width + left
                    for r in range(top, top + window[0]):
                        for q in range(left, left + window[1]):
                            value = x[b, r, q, c]
                            # A product in place of a branch, which would be guessed wrong often.
                            place += np.int64(value > best) * (r * width + q - place)
                            best = value if value > best else best
                    y[b, i, j, c] = best
                    chosen[b, i, j, c] = place


@kernel
def unpool_max(gradient, chosen, out):
    """Add each gradient to the place in `out` (n, H * W, C) that the maximum was taken from."""
    n, n_rows, n_columns, depth = gradient.shape
    for b in range(n):
        for i in range(n_rows):
            for j in range(n_columns):
                for c in range(depth):
                    out[b, chosen[b, i, j, c], c] += gradient[b, i, j, c]


@kernel
def pool_mean(x, y, window, stride):
    """Write the mean of each window into y (n, rows, columns, C)."""
    n, n_rows, n_columns, depth = y.shape
    share = y.dtype.type(1.0 / (window[0] * window[1]))
    for b in range(n):
        for i in range(n_rows):
            for j in range(n_columns):
                y[b, i, j] = 0
                for r in range(window[0]):
                    for q in range(window[1]):
                        for c in range(depth):
                            y[b, i, j, c] += x[b, i * stride[0] + r, j * stride[1] + q, c]
                for c in range(depth):
                    y[b, i, j, c] *= share


@kernel
def unpool_mean(gradient, out, window, stride):
    """Add each gradient in equal parts to all places of its window in `out` (n, H, W, C)."""
    n, n_rows, n_columns, depth = gradient.shape
    share = gradient.dtype.type(1.0 / (window[0] * window[1]))
    for b in range(n):
        for i in range(n_rows):
            for j in range(n_columns):
                for r in range(window[0]):
                    for q in range(window[1]):
                        for c in range(depth):
                            out[b, i * stride[0] + r, j * stride[1] + q, c] += (
                                gradient[b, i, j, c] * share
                            )


@kernel
def max_over_time(x, lengths, y, chosen):
    """Write each channel's largest value over the first lengths[b] positions, and its position.

    Args:
        x: floating (n, T, C).
        lengths: int64 (n,), 0 to T; with 0 the value is 0 and the position -1.
        y: (n, C) of x's dtype, written.
        chosen: int32 (n, C), written.
    """
    for b in range(x.shape[0]):
        for c in range(x.shape[2]):
            y[b, c] = x[b, 0, c] if lengths[b] > 0 else 0
            chosen[b, c] = 0 if lengths[b] > 0 else -1
        for t in range(1, lengths[b]):
            for c in range(x.shape[2]):
                value = x[b, t, c]
                is_more = value > y[b, c]
                y[b, c] = value if is_more else y[b, c]
                chosen[b, c] = t if is_more else chosen[b, c]


@kernel
def spread_over_time(gradient, chosen, out):
    """Add gradient (n, C) to `out` (n, T, C) at the positions that `max_over_time` chose."""
    for b in range(gradient.shape[0]):
        for c in range(gradient.shape[1]):
            if chosen[b, c] >= 0:
                out[b, chosen[b, c], c] += gradient[b, c]
