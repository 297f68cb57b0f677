"""Warping of images written from its formula, in float64."""

from __future__ import annotations

import numpy as np


def warp(images, maps, fields, fill):
    """Bilinear interpolation from its formula: four neighbours, weighted by nearness."""
    out = np.zeros(images.shape)
    for b, i, j, k in np.ndindex(*images.shape):
        y, x = maps[b].astype(np.float64) @ (i, j, 1.0) + fields[b, i, j]
        for row in (np.floor(y), np.floor(y) + 1):
            for column in (np.floor(x), np.floor(x) + 1):
                inside = 0 <= row < images.shape[1] and 0 <= column < images.shape[2]
                value = images[b, int(row), int(column), k] if inside else fill
                out[b, i, j, k] += (1 - abs(y - row)) * (1 - abs(x - column)) * value
    return out
