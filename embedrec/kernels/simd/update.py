"""Both gradients of a block of scores, added to its rows in place."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from embedrec.kernels.simd.emitter import FLOAT, Emitter
from embedrec.kernels.simd.machine import LANES, REGISTERS

GROUP = REGISTERS.n_updated  # outputs that are updated at once, see `fit_at_once`
MOST_FEW = 4  # inputs whose values and changes stay in registers


@njit(inline="always", nogil=True)
def fit_at_once(n_outputs, size):
    """Whether so many outputs are updated at once; else rows change between two groups of them."""
    return n_outputs <= GROUP and size >= LANES


@njit(nogil=True)
def apply_errors(
    inputs_before, inputs, n_inputs, outputs_before, outputs, n_outputs, size, errors, stride
):
    """Add to every row its error-weighted sum of the other side's rows.

    input_i += sum over k of error_ik output_k, and output_k += sum over i of error_ik input_i, with
    the rows on the right as they were before the call. A row that is listed twice receives both
    changes.

    Args:
        inputs_before: int64 (>= n_inputs,), addresses of the input rows as they were: `inputs`
            itself if none is listed twice and outputs `fit_at_once`, else of copies.
        inputs: int64 (>= n_inputs,), addresses of input rows, changed in place.
        n_inputs: how many.
        outputs_before: int64 (>= n_outputs,), likewise: `outputs` itself if none is listed twice or
            outputs `fit_at_once`, else of copies.
        outputs: int64 (>= n_outputs,), addresses of output rows, changed in place.
        n_outputs: how many.
        size: floats in a row.
        errors: float32 (>= n_inputs * stride,), element i * stride + k for input i and output k.
        stride: at least n_outputs.
    """
    _apply_errors(
        inputs_before, inputs, n_inputs, outputs_before, outputs, n_outputs, size, errors, stride
    )


@njit(nogil=True)
def apply_errors_alone(hidden, change, outputs_before, outputs, n_outputs, size, errors):
    """Compute the change of a single input, and add its gradients to the outputs.

    change = sum over k of error_k output_k, and output_k += error_k hidden; see `apply_errors`.

    Args:
        hidden: int64, address of the input row.
        change: int64, address of the row that is set.
        outputs_before, outputs, n_outputs, size: as for `apply_errors`.
        errors: float32 (>= n_outputs,).
    """
    _apply_errors_alone(hidden, change, outputs_before, outputs, n_outputs, size, errors)


@njit(nogil=True)
def apply_errors_of_few(inputs, n_inputs, outputs, n_outputs, size, errors, stride):
    """As `apply_errors`, in one pass over all rows, for few inputs and rows of which none repeats.

    The inputs' values and changes stay in registers while the outputs pass by, so that no row is
    read twice and none is copied.

    Args:
        inputs: int64 (>= n_inputs,), addresses of input rows, changed in place.
        n_inputs: how many, from 1 to MOST_FEW.
        outputs: int64 (>= n_outputs,), addresses of output rows, changed in place.
        n_outputs, errors, stride: as for `apply_errors`.
        size: floats in a row, at least LANES.
    """
    _apply_errors_of_few(inputs, n_inputs, outputs, n_outputs, size, errors, stride)


@intrinsic
def _apply_errors(
    typing,
    inputs_before,
    inputs,
    n_inputs,
    outputs_before,
    outputs,
    n_outputs,
    size,
    errors,
    stride,
):
    whole = types.int64
    sides = inputs_before, inputs, whole, outputs_before, outputs, whole
    return types.void(*sides, whole, errors, whole), _generate


def _generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
    emit = Emitter(context, builder)
    inputs_before, inputs, outputs_before, outputs, errors = (
        emit.data(signature.args[at], values[at]) for at in (0, 1, 3, 4, 7)
    )
    n_inputs, n_outputs, size, stride = (values[at] for at in (2, 5, 6, 8))

    def emit_group(first: ir.Value, n_group: int, in_place: bool) -> None:
        places = [builder.add(first, emit.count(k)) for k in range(n_group)]
        y_before = [emit.row(outputs_before, place) for place in places]
        first_errors = builder.gep(errors, [first])

        def add_gradients(at: ir.Value, mask: ir.Value | None) -> None:
            y = [emit.keep(mask, emit.load(row, at)) for row in y_before]
            changes = [emit.variable(emit.constant(0.0)) for _ in y]
            with emit.loop(n_inputs) as i:
                row = emit.row(inputs, i)
                x = emit.load(row, at)
                before = x if in_place else emit.load(emit.row(inputs_before, i), at)
                before = emit.keep(mask, before)
                row_errors = builder.gep(first_errors, [builder.mul(i, stride)])
                for k in range(n_group):
                    error = emit.splat(emit.element(row_errors, emit.count(k)))
                    x = emit.multiply_add(error, y[k], x)
                    emit.add_to(changes[k], error, before)
                emit.store(x, row, at)
            for place, change in zip(places, changes, strict=True):
                # Loaded again: a row may stand in the group twice, and must get both changes.
                row = emit.row(outputs, place)
                emit.store(builder.fadd(emit.load(row, at), builder.load(change)), row, at)

        emit.each_vector(size, add_gradients)

    # Most windows need no copies, and then each input value is loaded once.
    same = builder.icmp_unsigned("==", inputs_before, inputs)
    with builder.if_else(same, likely=True) as (in_place, copied):
        with in_place, emit.wide():
            for (n,) in emit.choose([(n,) for n in range(1, GROUP + 1)], [n_outputs]):
                emit_group(emit.count(0), n, in_place=True)
        with copied:
            _emit_groups(emit, n_outputs, size, partial(emit_group, in_place=False))
    return context.get_dummy_value()


@intrinsic
def _apply_errors_alone(typing, hidden, change, outputs_before, outputs, n_outputs, size, errors):
    whole = types.int64
    arguments = whole, whole, outputs_before, outputs, whole, whole, errors
    return types.void(*arguments), _generate_alone


def _generate_alone(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
    emit = Emitter(context, builder)
    hidden, change = (builder.inttoptr(values[at], FLOAT.as_pointer()) for at in (0, 1))
    outputs_before, outputs, errors = (
        emit.data(signature.args[at], values[at]) for at in (2, 3, 6)
    )
    n_outputs, size = values[4], values[5]

    def emit_group(first: ir.Value, n_group: int) -> None:
        places = [builder.add(first, emit.count(k)) for k in range(n_group)]
        y_before = [emit.row(outputs_before, place) for place in places]
        y_rows = [emit.row(outputs, place) for place in places]
        weights = [emit.splat(emit.element(errors, place)) for place in places]
        is_first = builder.icmp_unsigned("==", first, emit.count(0))

        def add_gradients(at: ir.Value, mask: ir.Value | None) -> None:
            was = emit.load(change, at)
            total = builder.select(is_first, emit.constant(0.0), was)
            h = emit.keep(mask, emit.load(hidden, at))
            for row, weight in zip(y_before, weights, strict=True):
                total = emit.multiply_add(weight, emit.load(row, at), total)
            if mask is not None:
                total = builder.select(mask, total, was)
            emit.store(total, change, at)
            for row, weight in zip(y_rows, weights, strict=True):
                emit.store(emit.multiply_add(weight, h, emit.load(row, at)), row, at)

        emit.each_vector(size, add_gradients)

    _emit_groups(emit, n_outputs, size, emit_group)
    return context.get_dummy_value()


@intrinsic
def _apply_errors_of_few(typing, inputs, n_inputs, outputs, n_outputs, size, errors, stride):
    whole = types.int64
    return types.void(inputs, whole, outputs, whole, whole, errors, whole), _generate_few


def _generate_few(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
    emit = Emitter(context, builder)
    inputs, outputs, errors = (emit.data(signature.args[at], values[at]) for at in (0, 2, 5))
    n_inputs, n_outputs, size, stride = (values[at] for at in (1, 3, 4, 6))
    for (n,) in emit.choose([(n,) for n in range(1, MOST_FEW + 1)], [n_inputs]):
        rows = [emit.row(inputs, emit.count(i)) for i in range(n)]
        row_errors = [builder.gep(errors, [builder.mul(emit.count(i), stride)]) for i in range(n)]

        def add_gradients(
            at: ir.Value, mask: ir.Value | None, rows: Any = rows, row_errors: Any = row_errors
        ) -> None:
            x = [emit.load(row, at) for row in rows]
            changed = [emit.variable(value) for value in x]
            before = [emit.keep(mask, value) for value in x]
            with emit.loop(n_outputs) as k:
                row = emit.row(outputs, k)
                y = emit.load(row, at)
                kept = emit.keep(mask, y)
                for value, place, its_errors in zip(before, changed, row_errors, strict=True):
                    error = emit.splat(emit.element(its_errors, k))
                    emit.add_to(place, error, kept)
                    y = emit.multiply_add(error, value, y)
                emit.store(y, row, at)
            for place, row in zip(changed, rows, strict=True):
                emit.store(builder.load(place), row, at)

        with emit.wide():
            emit.each_vector(size, add_gradients)
    return context.get_dummy_value()


def _emit_groups(
    emit: Emitter,
    n_outputs: ir.Value,
    size: ir.Value,
    emit_group: Callable[[ir.Value, int], None],
) -> None:
    """Emit the loop over groups of outputs, with one branch for each size of a group."""
    for narrow in emit.each_width(size):
        most = 1 if narrow else GROUP
        with emit.split(n_outputs, most) as (first, width):
            for (n_group,) in emit.choose([(n,) for n in range(1, most + 1)], [width]):
                emit_group(first, n_group)
