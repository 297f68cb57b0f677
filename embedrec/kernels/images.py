"""Images moved by a field of displacements, with values in between by bilinear interpolation."""

from __future__ import annotations

import math

from embedrec.kernels.compile import kernel


@kernel
def warp_images(images, maps, fields, fill, out):
    """Write images whose every place is read from another: out[b, p] = images[b, M p + d(p)].

    Args:
        images: floating (n, H, W, C).
        maps: floating (n, 2, 3), an affine map of (row, column, 1) for each image: where in the
            image the value of a place comes from.
        fields: floating (n, H, W, 2), displacements (rows, columns) added to it, or (0, ...) none.
        fill: the value of all places outside an image.
        out: of images' shape and dtype, written.
    """
    n, height, width, depth = images.shape
    for b in range(n):
        for i in range(height):
            for j in range(width):
                y = maps[b, 0, 0] * i + maps[b, 0, 1] * j + maps[b, 0, 2]
                x = maps[b, 1, 0] * i + maps[b, 1, 1] * j + maps[b, 1, 2]
                if len(fields):
                    y += fields[b, i, j, 0]
                    x += fields[b, i, j, 1]
                top, left = math.floor(y), math.floor(x)
                down, right = y - top, x - left
                row, column = int(top), int(left)
                is_inside = 0 <= row < height - 1 and 0 <= column < width - 1
                for k in range(depth):
                    if is_inside:
                        a, c = images[b, row, column, k], images[b, row, column + 1, k]
                        e, g = images[b, row + 1, column, k], images[b, row + 1, column + 1, k]
                    else:
                        a = _read_place(images[b], row, column, k, fill)
                        c = _read_place(images[b], row, column + 1, k, fill)
                        e = _read_place(images[b], row + 1, column, k, fill)
                        g = _read_place(images[b], row + 1, column + 1, k, fill)
                    upper = a + (c - a) * right
                    lower = e + (g - e) * right
                    out[b, i, j, k] = upper + (lower - upper) * down


@kernel
def _read_place(image, row, column, k, fill):
    if 0 <= row < image.shape[0] and 0 <= column < image.shape[1]:
        return image[row, column, k]
    return fill
