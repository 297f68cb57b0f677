"""Sums of rows, additions to rows, copies, and fetching rows ahead of their use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from embedrec.kernels.simd.emitter import FLOAT, INT32, Emitter

_LINE = 16  # floats in a cache line of 64 bytes
_FLOAT_BYTES = 4
_MOST_COMPARED = 48
_GROUP = 6  # rows whose addresses stay in registers


@njit(inline="always", nogil=True)
def locate(matrix, row):
    """Return the address (int64) of a row of a C-contiguous float32 matrix."""
    return np.int64(matrix.ctypes.data) + np.int64(row) * (matrix.shape[1] * _FLOAT_BYTES)


def locate_all(matrix: np.ndarray) -> np.ndarray:
    """Return the addresses, int64 (N,), of the rows of a C-contiguous float32 matrix.

    They are valid as long as the matrix lives.
    """
    return matrix.ctypes.data + np.arange(len(matrix), dtype=np.int64) * matrix.strides[0]


@njit(nogil=True)
def may_repeat(rows, n_rows):
    """Whether a row may stand twice among the first `n_rows` addresses.

    Found out for few rows. For many it is taken for granted: copying them is cheaper than comparing
    all pairs.
    """
    if n_rows > _MOST_COMPARED:
        return True
    for i in range(1, n_rows):
        for j in range(i):
            if rows[i] == rows[j]:
                return True
    return False


@njit(nogil=True)
def sum_rows(rows, n_rows, scale, size, total):
    """Set a row to a multiple of the sum of others.

    Args:
        rows: int64 (>= n_rows,), addresses; at least 1.
        n_rows: how many.
        scale: float32.
        size: floats in a row.
        total: int64, address of the row that is set.
    """
    _sum_rows(rows, n_rows, scale, size, total)


@njit(nogil=True)
def add_to_rows(change, scale, rows, n_rows, size):
    """Add scale (float32) times the row at the address `change` to each of some rows, in place."""
    _add_to_rows(change, scale, rows, n_rows, size)


@njit(nogil=True)
def copy_rows(rows, n_rows, size, copies):
    """Copy rows, given by their addresses, to the addresses `copies`."""
    _copy_rows(rows, n_rows, size, copies)


@njit(inline="always", nogil=True)
def fetch_row(address, size):
    """Ask for a row of `size` floats that is going to be changed, without waiting for it."""
    _fetch_row(address, size)


@intrinsic
def _sum_rows(typing, rows, n_rows, scale, size, total):
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        emit = Emitter(context, builder)
        rows, n_rows, size = emit.data(signature.args[0], values[0]), values[1], values[3]
        scale = emit.splat(values[2])
        total = builder.inttoptr(values[4], FLOAT.as_pointer())

        def emit_group(group: list[ir.Value], first: ir.Value) -> None:
            is_first = builder.icmp_unsigned("==", first, emit.count(0))

            def add_vectors(at: ir.Value, mask: ir.Value | None) -> None:
                was = emit.load(total, at)
                value = emit.load(group[0], at)
                for row in group[1:]:
                    value = builder.fadd(value, emit.load(row, at))
                start = builder.select(is_first, emit.constant(0.0), was)
                value = emit.multiply_add(value, scale, start)
                # Where vectors overlap, a group must not be added to its own result.
                emit.store(value if mask is None else builder.select(mask, value, was), total, at)

            emit.each_vector(size, add_vectors)

        _emit_groups(emit, rows, n_rows, size, emit_group)
        return context.get_dummy_value()

    return types.void(rows, types.int64, types.float32, types.int64, types.int64), generate


@intrinsic
def _add_to_rows(typing, change, scale, rows, n_rows, size):
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        emit = Emitter(context, builder)
        change = builder.inttoptr(values[0], FLOAT.as_pointer())
        rows, n_rows, size = emit.data(signature.args[2], values[2]), values[3], values[4]
        scale = emit.splat(values[1])

        def emit_group(group: list[ir.Value], first: ir.Value) -> None:
            def add_vectors(at: ir.Value, mask: ir.Value | None) -> None:
                value = emit.keep(mask, builder.fmul(scale, emit.load(change, at)))
                for row in group:  # one after another: a row may stand in the group twice
                    emit.store(builder.fadd(emit.load(row, at), value), row, at)

            emit.each_vector(size, add_vectors)

        _emit_groups(emit, rows, n_rows, size, emit_group)
        return context.get_dummy_value()

    arguments = types.int64, types.float32, rows, types.int64, types.int64
    return types.void(*arguments), generate


def _emit_groups(
    emit: Emitter,
    rows: ir.Value,
    n_rows: ir.Value,
    size: ir.Value,
    emit_group: Callable[[list[ir.Value], ir.Value], None],
) -> None:
    """Emit the loop over groups of rows, whose addresses stay in registers."""
    for narrow in emit.each_width(size):
        most = 1 if narrow else _GROUP
        with emit.split(n_rows, most) as (first, width):
            for (n_group,) in emit.choose([(n,) for n in range(1, most + 1)], [width]):
                places = [emit.builder.add(first, emit.count(k)) for k in range(n_group)]
                emit_group([emit.row(rows, place) for place in places], first)


@intrinsic
def _copy_rows(typing, rows, n_rows, size, copies):
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        emit = Emitter(context, builder)
        rows, copies = (emit.data(signature.args[at], values[at]) for at in (0, 3))
        for _ in emit.each_width(values[2]):
            with emit.loop(values[1]) as i:
                row, copy = emit.row(rows, i), emit.row(copies, i)
                emit.each_vector(
                    values[2],
                    lambda at, mask, row=row, copy=copy: emit.store(emit.load(row, at), copy, at),
                )
        return context.get_dummy_value()

    return types.void(rows, types.int64, types.int64, copies), generate


@intrinsic
def _fetch_row(typing, address, size):
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        emit = Emitter(context, builder)
        row = builder.inttoptr(values[0], FLOAT.as_pointer())
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, INT32, INT32, INT32])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        write, near, data = (ir.Constant(INT32, value) for value in (1, 3, 1))
        with emit.loop(values[1], _LINE) as at:
            place = builder.bitcast(builder.gep(row, [at]), byte)
            builder.call(prefetch, [place, write, near, data])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate
