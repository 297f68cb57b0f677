"""Convolution and pooling written from their formulas, one number at a time, in float64."""

from __future__ import annotations

import numpy as np


def count_positions(n, k, p, s):
    return (n - k + p + s) // s


def convolve(x, weight, bias, stride, padding):
    """y[b,i,j,o] = sum x[b, i s + r - above, j s + q - left, c] W[r,q,c,o] + b[o]."""
    n, height, width, n_inputs = x.shape
    kernel_h, kernel_w, _, n_outputs = weight.shape
    (above, below), (left, right) = padding
    n_rows = count_positions(height, kernel_h, above + below, stride[0])
    n_columns = count_positions(width, kernel_w, left + right, stride[1])
    y = np.zeros((n, n_rows, n_columns, n_outputs))
    for b, i, j, o in np.ndindex(*y.shape):
        total = float(bias[o])
        for r, q, c in np.ndindex(kernel_h, kernel_w, n_inputs):
            row, column = i * stride[0] + r - above, j * stride[1] + q - left
            if 0 <= row < height and 0 <= column < width:
                total += float(x[b, row, column, c]) * float(weight[r, q, c, o])
        y[b, i, j, o] = total
    return y


def convolve_back(x, weight, gradient, stride, padding):
    """The gradients at x and at the weight: each product of `convolve`, differentiated."""
    _, height, width, _ = x.shape
    above, left = padding[0][0], padding[1][0]
    dx, dw = np.zeros(x.shape), np.zeros(weight.shape)
    for b, i, j, o in np.ndindex(*gradient.shape):
        for r, q, c in np.ndindex(*weight.shape[:3]):
            row, column = i * stride[0] + r - above, j * stride[1] + q - left
            if 0 <= row < height and 0 <= column < width:
                dx[b, row, column, c] += gradient[b, i, j, o] * weight[r, q, c, o]
                dw[r, q, c, o] += gradient[b, i, j, o] * x[b, row, column, c]
    return dx, dw


def cut_windows(x, window, stride):
    """Yield ((b, i, j, c), rows, columns) of each window that fits."""
    n, height, width, depth = x.shape
    n_rows = count_positions(height, window[0], 0, stride[0])
    n_columns = count_positions(width, window[1], 0, stride[1])
    for b, i, j, c in np.ndindex(n, n_rows, n_columns, depth):
        rows = slice(i * stride[0], i * stride[0] + window[0])
        columns = slice(j * stride[1], j * stride[1] + window[1])
        yield (b, i, j, c), rows, columns


def pool(x, window, stride, kind):
    places = [place for place, _, _ in cut_windows(x, window, stride)]
    y = np.zeros(tuple(np.max(places, axis=0) + 1))
    for (b, i, j, c), rows, columns in cut_windows(x, window, stride):
        part = x[b, rows, columns, c]
        y[b, i, j, c] = max(part.flat) if kind == "max" else sum(part.flat) / part.size
    return y


def pool_back(x, gradient, window, stride, kind):
    dx = np.zeros(x.shape)
    for (b, i, j, c), rows, columns in cut_windows(x, window, stride):
        part = x[b, rows, columns, c]
        if kind == "mean":
            dx[b, rows, columns, c] += gradient[b, i, j, c] / part.size
        else:
            r, q = divmod(list(part.flat).index(max(part.flat)), part.shape[1])
            dx[b, rows.start + r, columns.start + q, c] += gradient[b, i, j, c]
    return dx


def max_over_time(x, lengths):
    return np.array(
        [
            [max(x[b, :length, c]) if length else 0.0 for c in range(x.shape[2])]
            for b, length in enumerate(lengths)
        ]
    )


def max_of_windows(x, lengths, weight, gradient):
    """The largest product of weights and window in each text, and the gradients at x and weights.

    A text shorter than the window is filled up by zeros.
    """
    width, depth, n_outputs = weight.shape
    best = np.zeros((len(x), n_outputs))
    dx, dw = np.zeros((len(x), x.shape[1] + width, depth)), np.zeros(weight.shape)
    for b, length in enumerate(lengths):
        text = np.concatenate([x[b, :length], np.zeros((width, depth))])
        windows = [text[t : t + width] for t in range(max(1, length - width + 1))]
        for o in range(n_outputs):
            sums = [(window * weight[:, :, o]).sum() for window in windows]
            t = sums.index(max(sums))
            best[b, o] = sums[t]
            dw[:, :, o] += gradient[b, o] * windows[t]
            dx[b, t : t + width] += gradient[b, o] * weight[:, :, o]
        dx[b, length:] = 0
    return best, dx[:, : x.shape[1]], dw
