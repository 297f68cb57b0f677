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


@kernel
def max_over_windows(z, starts, y, chosen):
    """Sum the parts of a window at each position of each sequence, and take the largest sum.

    With z[t, r] what position t gives to a window as its r-th, the sum at position t of a sequence
    is over r of z[t + r, r], as far as the sequence goes. A sequence shorter than the window has
    one position.

    Args:
        z: floating (n_positions, k, C), all sequences one after another.
        starts: int64 (n + 1,), where each begins, and the end.
        y: (n, C) of z's dtype, written: the largest sum.
        chosen: int64 (n, C), written: its position in z.
    """
    window, depth = z.shape[1], z.shape[2]
    sums = np.empty(depth, z.dtype)
    for b in range(len(starts) - 1):
        begin, end = starts[b], starts[b + 1]
        y[b] = 0
        chosen[b] = begin
        for t in range(begin, max(begin + 1, end - window + 1)):
            sums[:] = 0
            for r in range(min(window, end - t)):
                for c in range(depth):
                    sums[c] += z[t + r, r, c]
            for c in range(depth):
                is_more = (t == begin) | (sums[c] > y[b, c])
                y[b, c] = sums[c] if is_more else y[b, c]
                chosen[b, c] = t if is_more else chosen[b, c]


@kernel
def add_window_products(gradient, chosen, starts, x, weight, first, last):
    """Add the gradient at the weights: gradient[b, o] times the window that o chose in b.

    Args:
        gradient: floating (n, C).
        chosen, starts: as of `max_over_windows`.
        x: (n_positions, D), the sequences.
        weight: (C, k, D), changed in place; rows `first` to `last` - 1 of it.
    """
    for o in range(first, last):
        for b in range(gradient.shape[0]):
            scale = gradient[b, o]
            if scale != 0:
                for r in range(min(weight.shape[1], starts[b + 1] - chosen[b, o])):
                    source, target = x[chosen[b, o] + r], weight[o, r]
                    for d in range(len(source)):
                        target[d] += scale * source[d]


@kernel
def add_window_weights(gradient, chosen, starts, weight, dx, first, last):
    """Add the gradient at the sequences: gradient[b, o] times the weights, at the window chosen.

    Args:
        gradient, chosen, starts: as of `add_window_products`.
        weight: (C, k, D).
        dx: (n_positions, D), changed in place, for sequences `first` to `last` - 1.
    """
    for b in range(first, last):
        for o in range(gradient.shape[1]):
            scale = gradient[b, o]
            if scale != 0:
                for r in range(min(weight.shape[1], starts[b + 1] - chosen[b, o])):
                    source, target = weight[o, r], dx[chosen[b, o] + r]
                    for d in range(len(source)):
                        target[d] += scale * source[d]
