"""Images cut into patches, and patches added up to an image: how convolution becomes a product.

An image is given as (n, height, width * depth): its channels stand beside each other, so that one
row of a patch is one run of neighbouring numbers. A sequence is an image of one row. Patches are
(n, rows, columns, window_height, window_width * depth), and

    patches[b, i, j, r, q depth + c] = image[b, i s0 + r - above, (j s1 + q - left) depth + c]

with strides s0 and s1, and zero for places outside the image.

Runs are short (5 numbers in the first layer of LeNet), and a loop over each costs more than what it
copies. So runs are copied in vectors of 8, the last of which may go beyond its run: patches are
written in order, and what is beyond belongs to the run that is written next.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from embedrec.kernels.compile import kernel

_LANES = 8


@kernel
def gather_patches(image, patches, depth, stride, before):
    """Write the patches of images.

    Args:
        image: floating (n, H, W * depth), C-ordered.
        patches: (n, rows, columns, h, w * depth) of the same dtype, C-ordered; all is written.
        depth: channels.
        stride: (rows, columns) from one patch to the next.
        before: (above, left), rows and columns of zeros that stand before the image.
    """
    n, height, length = image.shape
    _, n_rows, n_columns, window, run = patches.shape
    source, target = image.reshape(-1), patches.reshape(-1)
    step, left = stride[1] * depth, before[1] * depth
    # The columns whose window lies wholly inside.
    first = min(n_columns, (left + step - 1) // step)
    last = max(first, min(n_columns, (length - run + left) // step + 1))
    for b in range(n):
        for i in range(n_rows):
            top = i * stride[0] - before[0]
            begin = (b * n_rows + i) * n_columns * window * run
            end = begin + n_columns * window * run
            end_read = (b * height + top + window) * length
            if (
                top < 0
                or top + window > height
                or end + _LANES > len(target)
                or end_read + _LANES > len(source)
            ):
                _copy_edge(image[b], top, patches[b, i], 0, n_columns, step, left)
                continue
            _copy_edge(image[b], top, patches[b, i], 0, first, step, left)
            p = begin + first * window * run
            for j in range(first, last):
                s = (b * height + top) * length + j * step - left
                for _ in range(window):
                    for at in range(0, run, _LANES):
                        _copy_vector(  # type: ignore[call-arg]  # the first is the typing context
                            source, s + at, target, p + at
                        )
                    p += run
                    s += length
            _copy_edge(image[b], top, patches[b, i], last, n_columns, step, left)


@kernel
def _copy_edge(image, top, patches, first, last, step, left):
    """Write the patches (columns, h, w * depth) of a row, `first` to `last` - 1, one by one."""
    height, length = image.shape
    for j in range(first, last):
        for r in range(patches.shape[1]):
            y = top + r
            for at in range(patches.shape[2]):
                x = j * step - left + at
                is_inside = 0 <= y < height and 0 <= x < length
                patches[j, r, at] = image[y, x] if is_inside else 0


@kernel
def scatter_patches(patches, image, depth, stride, before):
    """Add patches to the places of the images that `gather_patches` reads them from.

    `image` is changed in place; what falls outside of it is left out. Arguments as there.
    """
    n, height, length = image.shape
    _, n_rows, n_columns, window, run = patches.shape
    source, target = patches.reshape(-1), image.reshape(-1)
    step, left = stride[1] * depth, before[1] * depth
    p = 0
    for b in range(n):
        for i in range(n_rows):
            for j in range(n_columns):
                start = j * step - left
                begin = min(run, max(0, -start))
                end = max(begin, min(run, length - start))
                for r in range(window):
                    y = i * stride[0] + r - before[0]
                    if 0 <= y < height:
                        s = (b * height + y) * length + start
                        at = begin
                        while at + _LANES <= end:
                            _add_vector(  # type: ignore[call-arg]
                                source, p + at, target, s + at
                            )
                            at += _LANES
                        while at < end:
                            target[s + at] += source[p + at]
                            at += 1
                    p += run


@intrinsic
def _copy_vector(
    typing: Any, source: types.Array, s: types.Integer, target: types.Array, p: types.Integer
) -> Any:
    """Copy source[s : s + 8] to target[p : p + 8], both one-dimensional and contiguous."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        read, write = (_point(context, builder, signature, values, at) for at in (0, 2))
        size = signature.args[0].dtype.bitwidth // 8
        builder.store(builder.load(read, align=size), write, align=size)
        return context.get_dummy_value()

    return types.void(source, types.intp, target, types.intp), generate


@intrinsic
def _add_vector(
    typing: Any, source: types.Array, s: types.Integer, target: types.Array, p: types.Integer
) -> Any:
    """Add source[s : s + 8] to target[p : p + 8], both one-dimensional and contiguous."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        read, write = (_point(context, builder, signature, values, at) for at in (0, 2))
        size = signature.args[0].dtype.bitwidth // 8
        total = builder.fadd(builder.load(write, align=size), builder.load(read, align=size))
        builder.store(total, write, align=size)
        return context.get_dummy_value()

    return types.void(source, types.intp, target, types.intp), generate


def _point(context: Any, builder: ir.IRBuilder, signature: Any, values: Any, at: int) -> ir.Value:
    """Return the pointer to the vector that begins at an index of an array, argument `at`."""
    kind = signature.args[at]
    data = cgutils.create_struct_proxy(kind)(context, builder, value=values[at]).data
    vector = ir.VectorType(context.get_data_type(kind.dtype), _LANES)
    return builder.bitcast(builder.gep(data, [values[at + 1]]), vector.as_pointer())
