"""Means of many rows of a matrix, and a change added to all of them.

A word made of some twenty rows costs mostly the way to them. So rows are given by number, and each
is read a stretch at a time, with the sums of the stretch in registers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from embedrec.kernels.simd.emitter import FLOAT, INT32, INT64, INT_VECTOR, Emitter
from embedrec.kernels.simd.machine import LANES, REGISTERS
from embedrec.kernels.simd.rows import locate

# Vectors of a stretch: their sums stay in registers, with a few left for the row.
_STRETCH = REGISTERS.n_alone


@njit(nogil=True)
def gather_rows(matrix, rows, begin, end, out, start, at):
    """Set row `at` of two matrices to the mean of some rows of another one.

    Args:
        matrix: float32 (R, D), C-contiguous.
        rows: uint32, numbers of rows; the mean is of those from `begin` to before `end`, at least
            one. A number that comes twice counts twice.
        begin, end: int64.
        out, start: float32 (N, D), C-contiguous, changed in place.
        at: int64.
    """
    size = matrix.shape[1]
    scale = np.float32(1) / np.float32(end - begin)
    if size < LANES:
        for d in range(size):
            total = np.float32(0)
            for k in range(begin, end):
                total += matrix[rows[k], d]
            out[at, d] = start[at, d] = total * scale
        return
    _gather_rows(matrix, rows, begin, end, size, scale, locate(out, at), locate(start, at))


@njit(nogil=True)
def scatter_change(now, start, at, matrix, rows, begin, end):
    """Add what row `at` has changed since its start to each of some rows of a matrix.

    Args:
        now, start: float32 (N, D), C-contiguous.
        at: int64.
        matrix, rows, begin, end: as for `gather_rows`; `matrix` is changed in place, a row that
            comes twice by two changes.
    """
    size = matrix.shape[1]
    if size < LANES:
        for k in range(begin, end):
            for d in range(size):
                matrix[rows[k], d] += now[at, d] - start[at, d]
        return
    _scatter_change(locate(now, at), locate(start, at), size, matrix, rows, begin, end)


@njit(nogil=True)
def sum_weighted_rows(rows, weights, n_rows, scale, size, total):
    """Set a row to a multiple of the weighted sum of others.

    Args:
        rows: int64 (>= n_rows,), addresses; n_rows may be 0.
        weights: float32 (>= n_rows,).
        n_rows: how many.
        scale: float32.
        size: floats in a row.
        total: int64, address of the row that is set.
    """
    _sum_weighted_rows(rows, weights, n_rows, scale, size, total)


@intrinsic
def _gather_rows(typing, matrix, rows, begin, end, size, scale, out, start):
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        emit = Emitter(context, builder)
        matrix, rows = (emit.data(signature.args[at], values[at]) for at in (0, 1))
        begin, end, size = values[2:5]
        scale = emit.splat(values[5])
        totals = [builder.inttoptr(value, FLOAT.as_pointer()) for value in values[6:8]]

        def add_stretch(places: list[ir.Value], _: ir.Value) -> None:
            sums = [emit.variable(emit.constant(0.0)) for _ in places]
            with emit.loop(builder.sub(end, begin)) as k:
                row = _point(emit, matrix, rows, builder.add(begin, k), size)
                for place, total in zip(places, sums, strict=True):
                    builder.store(builder.fadd(builder.load(total), emit.load(row, place)), total)
            for place, total in zip(places, sums, strict=True):
                mean = builder.fmul(builder.load(total), scale)
                for row in totals:
                    emit.store(mean, row, place)

        _emit_stretches(emit, size, add_stretch)
        return context.get_dummy_value()

    whole = types.int64
    arguments = matrix, rows, whole, whole, whole, types.float32, whole, whole
    return types.void(*arguments), generate


@intrinsic
def _scatter_change(typing, now, start, size, matrix, rows, begin, end):
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        emit = Emitter(context, builder)
        now, start = (builder.inttoptr(value, FLOAT.as_pointer()) for value in values[:2])
        size, begin, end = values[2], values[5], values[6]
        matrix, rows = (emit.data(signature.args[at], values[at]) for at in (3, 4))

        def add_stretch(places: list[ir.Value], is_new: ir.Value) -> None:
            changes = [builder.fsub(emit.load(now, at), emit.load(start, at)) for at in places]
            changes[-1] = emit.keep(is_new, changes[-1])
            with emit.loop(builder.sub(end, begin)) as k:
                row = _point(emit, matrix, rows, builder.add(begin, k), size)
                # The last two vectors may overlap, and where they do the last but one is right: so
                # both are loaded, and the last is stored first.
                pairs = list(zip(places, changes, strict=True))
                ending = [(at, builder.fadd(emit.load(row, at), c)) for at, c in pairs[-2:]]
                for at, value in reversed(ending):
                    emit.store(value, row, at)
                for at, change in pairs[:-2]:
                    emit.store(builder.fadd(emit.load(row, at), change), row, at)

        _emit_stretches(emit, size, add_stretch)
        return context.get_dummy_value()

    whole = types.int64
    return types.void(whole, whole, whole, matrix, rows, whole, whole), generate


@intrinsic
def _sum_weighted_rows(typing, rows, weights, n_rows, scale, size, total):
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        emit = Emitter(context, builder)
        rows, weights = (emit.data(signature.args[at], values[at]) for at in (0, 1))
        n_rows, size = values[2], values[4]
        scale = emit.splat(values[3])
        total = builder.inttoptr(values[5], FLOAT.as_pointer())

        def add_vectors(at: ir.Value, mask: ir.Value | None) -> None:
            value = emit.variable(emit.constant(0.0))
            with emit.loop(n_rows) as i:
                weight = emit.splat(emit.element(weights, i))
                emit.add_to(value, weight, emit.load(emit.row(rows, i), at))
            emit.store(builder.fmul(builder.load(value), scale), total, at)

        for _ in emit.each_width(size):
            emit.each_vector(size, add_vectors)
        return context.get_dummy_value()

    whole = types.int64
    return types.void(rows, weights, whole, types.float32, whole, whole), generate


def _point(
    emit: Emitter, matrix: ir.Value, rows: ir.Value, at: ir.Value, size: ir.Value
) -> ir.Value:
    """Return the pointer to the row whose number is element `at` of a uint32 array."""
    builder = emit.builder
    number = builder.zext(builder.load(builder.gep(rows, [at])), INT64)
    return builder.gep(matrix, [builder.mul(number, size)])


def _emit_stretches(
    emit: Emitter, size: ir.Value, body: Callable[[list[ir.Value], ir.Value], None]
) -> None:
    """Call `body(places, is_new)` to emit its code for stretches of rows of `size` >= LANES floats.

    `places` are the first elements of the vectors of a stretch. The last vector of a row may
    overlap the one before; `is_new` tells the lanes that do not, of the last vector of the stretch.
    """
    builder = emit.builder
    lanes = emit.count(LANES)
    n_vectors = builder.udiv(builder.add(size, emit.count(LANES - 1)), lanes)
    last = builder.sub(size, lanes)
    with emit.split(n_vectors, _STRETCH) as (first, width):
        for (n,) in emit.choose([(n,) for n in range(1, _STRETCH + 1)], [width]):
            begin = builder.mul(first, lanes)
            places = [builder.add(begin, emit.count(k * LANES)) for k in range(n)]
            is_over = builder.icmp_unsigned(">", places[-1], last)
            place = builder.select(is_over, last, places[-1])
            overlap = emit.splat(builder.trunc(builder.sub(places[-1], place), INT32))
            places[-1] = place
            lane = ir.Constant(INT_VECTOR, list(range(LANES)))
            body(places, builder.icmp_signed(">=", lane, overlap))
