"""Scores of a block: the products of some input rows with some output rows."""

from __future__ import annotations

import itertools
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from embedrec.kernels.simd.emitter import Emitter
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
    # A single input (CBOW's hidden vector) leaves registers for more outputs at once.
    alone = builder.icmp_unsigned("==", n_inputs, emit.count(1))
    with builder.if_else(alone) as (then, otherwise):
        with then, emit.split(n_outputs, REGISTERS.n_alone) as (k, width):
            for (n,) in emit.choose([(n,) for n in range(1, REGISTERS.n_alone + 1)], [width]):
                _emit_tile(emit, (1, n), inputs, emit.count(0), outputs, k, size, scores, stride)
        with otherwise, emit.split(n_inputs, REGISTERS.n_inputs) as (i, height):
            heights = range(1, REGISTERS.n_inputs + 1)
            shapes = list(itertools.product(heights, range(1, REGISTERS.n_outputs + 1)))
            with emit.split(n_outputs, REGISTERS.n_outputs) as (k, width):
                for shape in emit.choose(shapes, [height, width]):
                    _emit_tile(emit, shape, inputs, i, outputs, k, size, scores, stride)
    return context.get_dummy_value()


@intrinsic
def _compute_products(typing, rows, n_rows, size, products):
    whole = types.int64
    return types.void(rows, whole, whole, products), _generate_products


def _generate_products(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
    emit = Emitter(context, builder)
    rows, products = (emit.data(signature.args[at], values[at]) for at in (0, 3))
    n_rows, size = values[1], values[2]
    for (n,) in emit.choose([(n,) for n in range(2, MOST_MULTIPLIED + 1)], [n_rows]):
        x = [emit.row(rows, emit.count(i)) for i in range(n)]
        pairs = [(j, i) for i in range(n) for j in range(i)]
        sums = [emit.variable(emit.constant(0.0)) for _ in pairs]

        def add_products(
            at: ir.Value, mask: ir.Value | None, x: Any = x, pairs: Any = pairs, sums: Any = sums
        ) -> None:
            now = [emit.keep(mask, emit.load(row, at)) for row in x]
            for (j, i), place in zip(pairs, sums, strict=True):
                emit.add_to(place, now[j], now[i])

        emit.each_vector(size, add_products)
        totals = emit.reduce([builder.load(place) for place in sums])
        for (j, i), total in zip(pairs, totals, strict=True):
            builder.store(total, builder.gep(products, [emit.count(j * n + i)]))
    return context.get_dummy_value()


def _emit_tile(
    emit: Emitter,
    shape: tuple[int, ...],
    inputs: ir.Value,
    first_input: ir.Value,
    outputs: ir.Value,
    first_output: ir.Value,
    size: ir.Value,
    scores: ir.Value,
    stride: ir.Value,
) -> None:
    """Emit the loop over a tile of fixed shape, all its sums in registers."""
    builder = emit.builder
    x = [emit.row(inputs, builder.add(first_input, emit.count(i))) for i in range(shape[0])]
    y = [emit.row(outputs, builder.add(first_output, emit.count(k))) for k in range(shape[1])]
    sums = [[emit.variable(emit.constant(0.0)) for _ in y] for _ in x]

    def add_products(at: ir.Value, mask: ir.Value | None) -> None:
        y_now = [emit.keep(mask, emit.load(row, at)) for row in y]
        for row, row_sums in zip(x, sums, strict=True):
            x_now = emit.load(row, at)
            for value, place in zip(y_now, row_sums, strict=True):
                emit.add_to(place, x_now, value)

    emit.each_vector(size, add_products)
    totals = emit.reduce([builder.load(place) for row in sums for place in row])
    for at, total in enumerate(totals):
        i, k = divmod(at, shape[1])
        row = builder.mul(builder.add(first_input, emit.count(i)), stride)
        place = builder.add(row, builder.add(first_output, emit.count(k)))
        builder.store(total, builder.gep(scores, [place]))
