"""The changes of several copies of a row, added to the row."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from embedrec.kernels.simd.emitter import FLOAT, Emitter


@njit(inline="always", nogil=True)
def combine_copies(row, copies, n_copies, scale, size):
    """Add to a row `scale` times the sum of what its copies differ from it by.

    Args:
        row: int64, address of the row, which is changed in place.
        copies: int64 (>= n_copies,), addresses of its changed copies; the differences are summed in
            this order, and not otherwise: the result is the same to the bit every time.
        n_copies: how many.
        scale: float32.
        size: floats in a row.
    """
    _combine_copies(row, copies, n_copies, scale, size)


@intrinsic
def _combine_copies(typing, row, copies, n_copies, scale, size):
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        emit = Emitter(context, builder)
        row = builder.inttoptr(values[0], FLOAT.as_pointer())
        copies, n_copies, size = emit.data(signature.args[1], values[1]), values[2], values[4]
        scale = emit.splat(values[3])

        def add_differences(at: ir.Value, mask: ir.Value | None) -> None:
            before = emit.load(row, at)
            total = emit.variable(emit.constant(0.0))
            with emit.loop(n_copies) as i:
                difference = builder.fsub(emit.load(emit.row(copies, i), at), before)
                builder.store(builder.fadd(builder.load(total), difference), total)
            change = emit.keep(mask, builder.fmul(builder.load(total), scale))
            emit.store(builder.fadd(before, change), row, at)

        for _ in emit.each_width(size):
            emit.each_vector(size, add_differences)
        return context.get_dummy_value()

    arguments = types.int64, copies, types.int64, types.float32, types.int64
    return types.void(*arguments), generate
