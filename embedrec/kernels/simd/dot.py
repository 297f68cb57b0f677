"""Scores of a block: the products of some input rows with some output rows."""

from __future__ import annotations

import itertools
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from embedrec.kernels.simd.emitter import FLOAT, Emitter
from embedrec.kernels.simd.machine import REGISTERS

MOST_MULTIPLIED = 4  # rows: their values and their six products stay in registers


@njit(nogil=True)
def compute_scores(inputs, n_inputs, outputs, n_outputs, size, scores, stride):
    """Compute the products of all pairs of rows.

    Args:
        inputs: int64 (>= n_inputs,), addresses of input rows.
        n_inputs: how many.
        outputs: int64 (>= n_outputs,), addresses of output rows.
        n_outputs: how many.
        size: floats in a row.
        scores: float32 (>= n_inputs * stride,): element i * stride + k is set to the product of
            input i with output k.
        stride: at least n_outputs.
    """
    _compute_scores(inputs, n_inputs, outputs, n_outputs, size, scores, stride)


@njit(nogil=True)
def compute_scores_alone(hidden, outputs, n_outputs, size, scores):
    """Compute the products of a single row (CBOW's hidden vector) with others.

    It leaves registers for more outputs at once than `compute_scores` takes.

    Args:
        hidden: int64, address of the row.
        outputs, n_outputs, size: as for `compute_scores`.
        scores: float32 (>= n_outputs,): element k is set to the product with output k.
    """
    _compute_scores_alone(hidden, outputs, n_outputs, size, scores)


@njit(nogil=True)
def compute_products(rows, n_rows, size, products):
    """Compute the products of some rows with each other, each pair once.

    Args:
        rows: int64 (>= n_rows,), addresses.
        n_rows: how many, at most MOST_MULTIPLIED.
        size: floats in a row.
        products: float32 (>= n_rows * n_rows,): element j * n_rows + i is set to the product of
            rows j and i for j < i; the others stay as they are.
    """
    _compute_products(rows, n_rows, size, products)


@intrinsic
def _compute_scores(typing, inputs, n_inputs, outputs, n_outputs, size, scores, stride):
    whole = types.int64
    return types.void(inputs, whole, outputs, whole, whole, scores, whole), _generate


def _generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
    emit = Emitter(context, builder)
    inputs, outputs, scores = (emit.data(signature.args[at], values[at]) for at in (0, 2, 5))
    n_inputs, n_outputs, size, stride = (values[at] for at in (1, 3, 4, 6))
    for narrow in emit.each_width(size):
        most = (1, 1) if narrow else (REGISTERS.n_inputs, REGISTERS.n_outputs)
        shapes = list(itertools.product(*(range(1, n + 1) for n in most)))
        with (
            emit.split(n_inputs, most[0]) as (i, height),
            emit.split(n_outputs, most[1]) as (k, width),
        ):
            for shape in emit.choose(shapes, [height, width]):
                places = [builder.add(i, emit.count(row)) for row in range(shape[0])]
                x = [emit.row(inputs, place) for place in places]
                totals = _emit_tile(emit, x, outputs, k, shape[1], size)
                for place, row_totals in zip(places, totals, strict=True):
                    begin = builder.mul(place, stride)
                    emit.store_each(row_totals, scores, builder.add(begin, k))
    return context.get_dummy_value()


@intrinsic
def _compute_scores_alone(typing, hidden, outputs, n_outputs, size, scores):
    whole = types.int64
    return types.void(whole, outputs, whole, whole, scores), _generate_alone


def _generate_alone(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
    emit = Emitter(context, builder)
    outputs, scores = (emit.data(signature.args[at], values[at]) for at in (1, 4))
    hidden = builder.inttoptr(values[0], FLOAT.as_pointer())
    n_outputs, size = values[2:4]
    for narrow in emit.each_width(size):
        most = 1 if narrow else REGISTERS.n_alone
        with emit.split(n_outputs, most) as (k, width):
            for (n,) in emit.choose([(n,) for n in range(1, most + 1)], [width]):
                (totals,) = _emit_tile(emit, [hidden], outputs, k, n, size)
                emit.store_each(totals, scores, k)
    return context.get_dummy_value()


@intrinsic
def _compute_products(typing, rows, n_rows, size, products):
    whole = types.int64
    return types.void(rows, whole, whole, products), _generate_products


def _generate_products(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
    emit = Emitter(context, builder)
    rows, products = (emit.data(signature.args[at], values[at]) for at in (0, 3))
    n_rows, size = values[1], values[2]
    for narrow in emit.each_width(size):
        if narrow:
            with emit.loop(n_rows) as i, emit.loop(i) as j:
                ((total,),) = _emit_tile(emit, [emit.row(rows, j)], rows, i, 1, size)
                emit.store_each([total], products, builder.add(builder.mul(j, n_rows), i))
        else:
            for (n,) in emit.choose([(n,) for n in range(2, MOST_MULTIPLIED + 1)], [n_rows]):
                _emit_pairs(emit, rows, n, size, products)
    return context.get_dummy_value()


def _emit_pairs(emit: Emitter, rows: ir.Value, n: int, size: ir.Value, products: ir.Value) -> None:
    x = [emit.row(rows, emit.count(i)) for i in range(n)]
    pairs = [(j, i) for i in range(n) for j in range(i)]
    sums = [emit.variable(emit.constant(0.0)) for _ in pairs]

    def add_products(at: ir.Value, mask: ir.Value | None) -> None:
        now = [emit.keep(mask, emit.load(row, at)) for row in x]
        for (j, i), place in zip(pairs, sums, strict=True):
            emit.add_to(place, now[j], now[i])

    emit.each_vector(size, add_products)
    totals = emit.reduce([emit.builder.load(place) for place in sums])
    for (j, i), total in zip(pairs, totals, strict=True):
        emit.store_each([total], products, emit.count(j * n + i))


def _emit_tile(
    emit: Emitter,
    x: list[ir.Value],
    outputs: ir.Value,
    first_output: ir.Value,
    n_outputs: int,
    size: ir.Value,
) -> list[list[ir.Value]]:
    """Emit the loop over a tile of fixed shape, all its sums in registers; returns the sums."""
    places = [emit.builder.add(first_output, emit.count(k)) for k in range(n_outputs)]
    y = [emit.row(outputs, place) for place in places]
    sums = [[emit.variable(emit.constant(0.0)) for _ in y] for _ in x]

    def add_products(at: ir.Value, mask: ir.Value | None) -> None:
        y_now = [emit.keep(mask, emit.load(row, at)) for row in y]
        for row, row_sums in zip(x, sums, strict=True):
            x_now = emit.load(row, at)
            for value, place in zip(y_now, row_sums, strict=True):
                emit.add_to(place, x_now, value)

    emit.each_vector(size, add_products)
    totals = emit.reduce([emit.builder.load(place) for row in sums for place in row])
    return [totals[begin : begin + n_outputs] for begin in range(0, len(totals), n_outputs)]
