"""Products of a few rows with a matrix that stays the same over all steps of time.

A general product (sgemm) first copies the matrix into the order in which its inner loop reads it.
For the twenty rows of a batch that copy takes as long as the arithmetic, at every step. Here it is
made once (`pack_matrix`), and every step reads the copy: panels of PANEL columns, row after row. A
tile of the result (up to 6 rows by one panel) stays in registers while a panel streams by.

Each number of the result is a sum from the first to the last term in that order, however many rows
there are: how a batch is cut among threads changes no bit of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, overload

from embedrec.kernels.compile import kernel
from embedrec.kernels.simd.emitter import Emitter
from embedrec.kernels.simd.machine import LANES

PANEL = 2 * LANES
_MOST_ROWS = 6  # 12 sums, 2 vectors of the panel and one of the input fill 16 registers


def pack(matrix):
    """Return a copy of a matrix (K, N) for `add_product`: (ceil(N / PANEL), K, PANEL)."""
    n_terms, n_columns = matrix.shape
    packed = np.empty((-(-n_columns // PANEL), n_terms, PANEL), matrix.dtype)
    pack_matrix(matrix, packed)
    return packed


@kernel
def pack_matrix(matrix, packed):
    """Copy a matrix into panels.

    Args:
        matrix: floating (K, N), of any strides.
        packed: like it (ceil(N / PANEL), K, PANEL), changed in place; filled up with zeros.
    """
    n_terms, n_columns = matrix.shape
    for panel in range(packed.shape[0]):
        first = panel * PANEL
        width = min(PANEL, n_columns - first)
        for k in range(n_terms):
            for j in range(width):
                packed[panel, k, j] = matrix[k, first + j]
            for j in range(width, PANEL):
                packed[panel, k, j] = 0


@njit(nogil=True)
def add_product(inputs, t, column, packed, sums, at, first, n_columns, begin, end):
    """Add the products of rows of one step with a packed matrix to rows of another array.

    Args:
        inputs: floating (B, T, S), C-contiguous; [begin:end, t, column : column + K] is read.
        t, column: step and first column of `inputs`.
        packed: like it (ceil(N / PANEL), K, PANEL).
        sums: like it (B, T', S'), C-contiguous; [begin:end, at, first : first + N] is changed.
        at, first: step and first column of `sums`.
        n_columns: N.
        begin, end: rows of the batch.
    """
    for panel in range(packed.shape[0]):
        width = n_columns - panel * PANEL
        if width >= PANEL:
            _add_panel(inputs, t, column, packed, panel, sums, at, first, begin, end)
        else:
            _add_narrow(inputs, t, column, packed, panel, sums, at, first, width, begin, end)
        first += PANEL


@njit(nogil=True)
def _add_narrow(inputs, t, column, packed, panel, sums, at, first, width, begin, end):
    """Add the last panel, which is filled up with zeros, by way of an array of its full width."""
    full = np.zeros((end - begin, 1, PANEL), sums.dtype)
    _add_panel(inputs[begin:end], t, column, packed, panel, full, 0, 0, 0, end - begin)
    for b in range(begin, end):
        for j in range(width):
            sums[b, at, first + j] += full[b - begin, 0, j]


def _add_panel(inputs, t, column, packed, panel, sums, at, first, begin, end):
    raise NotImplementedError  # chosen by dtype


@overload(_add_panel, jit_options={"nogil": True})
def _choose_panel(inputs, t, column, packed, panel, sums, at, first, begin, end):
    if sums.dtype == types.float32:
        return _add_panel_by_vectors
    return _add_panel_by_numbers


def _add_panel_by_numbers(inputs, t, column, packed, panel, sums, at, first, begin, end):
    for b in range(begin, end):
        total = sums[b, at, first : first + PANEL]
        for k in range(packed.shape[1]):
            value, row = inputs[b, t, column + k], packed[panel, k]
            for j in range(len(row)):
                total[j] += value * row[j]


def _add_panel_by_vectors(inputs, t, column, packed, panel, sums, at, first, begin, end):
    n_terms, n_steps, size = packed.shape[1], inputs.shape[1], inputs.shape[2]
    n_places, width = sums.shape[1], sums.shape[2]
    # Where row b begins: at (b * T + t) * S + column.
    read, stride = t * size + column, n_steps * size
    written, pace = at * width + first, n_places * width
    _emit_panel(  # type: ignore[call-arg]  # the first parameter is the typing context
        inputs, read, stride, packed, panel, n_terms, sums, written, pace, begin, end
    )


@intrinsic
def _emit_panel(
    typing, inputs, read, stride, packed, panel, n_terms, sums, written, pace, begin, end
):
    whole = types.int64
    arguments = inputs, whole, whole, packed, whole, whole, sums, whole, whole, whole, whole
    return types.void(*arguments), _generate


def _generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
    emit = Emitter(context, builder)
    inputs, packed, sums = (emit.data(signature.args[at], values[at]) for at in (0, 3, 6))
    read, stride, panel, n_terms, written, pace, begin, end = (
        values[at] for at in (1, 2, 4, 5, 7, 8, 9, 10)
    )
    vectors = builder.gep(packed, [builder.mul(panel, builder.mul(n_terms, emit.count(PANEL)))])
    with emit.split(builder.sub(end, begin), _MOST_ROWS) as (low, height):
        for (n_rows,) in emit.choose([(n,) for n in range(1, _MOST_ROWS + 1)], [height]):
            first = builder.add(begin, low)
            rows = [builder.add(first, emit.count(row)) for row in range(n_rows)]
            x = [builder.gep(inputs, [builder.add(read, builder.mul(b, stride))]) for b in rows]
            y = [builder.gep(sums, [builder.add(written, builder.mul(b, pace))]) for b in rows]
            _emit_tile(emit, x, vectors, n_terms, y)
    return context.get_dummy_value()


def _emit_tile(
    emit: Emitter, x: list[ir.Value], panel: ir.Value, n_terms: ir.Value, y: list[ir.Value]
) -> None:
    """Emit the loop over the terms, with all sums of the tile in registers."""
    builder = emit.builder
    places = [emit.count(0), emit.count(LANES)]
    sums = [[emit.variable(emit.constant(0.0)) for _ in places] for _ in x]
    with emit.loop(n_terms) as k:
        row = builder.gep(panel, [builder.mul(k, emit.count(PANEL))])
        vectors = [emit.load(row, place) for place in places]
        for pointer, row_sums in zip(x, sums, strict=True):
            value = emit.splat(emit.element(pointer, k))
            for vector, total in zip(vectors, row_sums, strict=True):
                emit.add_to(total, value, vector)
    for pointer, row_sums in zip(y, sums, strict=True):
        for place, total in zip(places, row_sums, strict=True):
            was = emit.load(pointer, place)
            emit.store(builder.fadd(was, builder.load(total)), pointer, place)
