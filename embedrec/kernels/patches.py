"""Images cut into patches, and patches added up to an image: how convolution becomes a product.

An image is given as (n, height, width * depth): its channels stand beside each other, so that one
row of a patch is one run of neighbouring numbers. A sequence is an image of one row. Patches are
(n, rows, columns, window_height, window_width * depth), and

    patches[b, i, j, r, q depth + c] = image[b, i s0 + r - above, (j s1 + q - left) depth + c]

with strides s0 and s1, and zero for places outside the image. The columns whose window lies wholly
inside are one loop without a test.
"""

from __future__ import annotations

from embedrec.kernels.compile import kernel


@kernel
def _find_inside(n_columns, run, length, step, left):
    """Return the range of columns whose window is inside a row of `length` numbers."""
    first = min(n_columns, (left + step - 1) // step)
    last = min(n_columns, (length - run + left) // step + 1)
    return first, max(first, last)


@kernel
def gather_patches(image, patches, depth, stride, before):
    """Write the patches of images.

    Args:
        image: floating (n, H, W * depth).
        patches: (n, rows, columns, h, w * depth) of the same dtype; every number is written.
        depth: channels.
        stride: (rows, columns) from one patch to the next.
        before: (above, left), rows and columns of zeros that stand before the image.
    """
    n, height, length = image.shape
    _, n_rows, n_columns, window, run = patches.shape
    step, left = stride[1] * depth, before[1] * depth
    first, last = _find_inside(n_columns, run, length, step, left)
    for b in range(n):
        for i in range(n_rows):
            for r in range(window):
                y = i * stride[0] + r - before[0]
                if y < 0 or y >= height:
                    for j in range(n_columns):
                        for at in range(run):
                            patches[b, i, j, r, at] = 0
                    continue
                line = image[b, y]
                for j in range(first):
                    _copy_edge(line, j * step - left, patches[b, i, j, r])
                for j in range(first, last):
                    start = j * step - left
                    for at in range(run):
                        patches[b, i, j, r, at] = line[start + at]
                for j in range(last, n_columns):
                    _copy_edge(line, j * step - left, patches[b, i, j, r])


@kernel
def _copy_edge(line, start, target):
    for at in range(len(target)):
        place = start + at
        target[at] = line[place] if 0 <= place < len(line) else 0


@kernel
def scatter_patches(patches, image, depth, stride, before):
    """Add patches to the places of the images that `gather_patches` reads them from.

    `image` is changed in place; what falls outside of it is left out. Arguments as there.
    """
    n, height, length = image.shape
    _, n_rows, n_columns, window, run = patches.shape
    step, left = stride[1] * depth, before[1] * depth
    first, last = _find_inside(n_columns, run, length, step, left)
    for b in range(n):
        for i in range(n_rows):
            for r in range(window):
                y = i * stride[0] + r - before[0]
                if y < 0 or y >= height:
                    continue
                line = image[b, y]
                for j in range(first):
                    _add_edge(patches[b, i, j, r], j * step - left, line)
                for j in range(first, last):
                    start = j * step - left
                    for at in range(run):
                        line[start + at] += patches[b, i, j, r, at]
                for j in range(last, n_columns):
                    _add_edge(patches[b, i, j, r], j * step - left, line)


@kernel
def _add_edge(source, start, line):
    for at in range(len(source)):
        place = start + at
        if 0 <= place < len(line):
            line[place] += source[at]
