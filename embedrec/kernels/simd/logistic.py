"""From scores to errors and loss, for all logistic units of a block at once.

With z = exp(-|s|), sigma(s) is 1 / (1 + z) for s >= 0 and z / (1 + z) below, and
-log sigma(s) = max(-s, 0) + log(1 + z). So one exponential gives both the error and the exact loss.
No table of sigma and no cut-off at 6.

exp(x) for x <= 0 is 2**n 2**r with |r| <= 1/2: the power of two is written into the exponent bits,
the rest is its Taylor polynomial, whose eighth term is below float32 rounding. log(1 + z) is
2 artanh(z / (2 + z)), whose series in steps of w**2 <= 1/9 ends below rounding after eight terms.
"""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from embedrec.kernels.simd.emitter import INT32, INT_VECTOR, VECTOR, Emitter
from embedrec.kernels.simd.machine import LANES

_LOG2_E = 1.0 / math.log(2.0)
_LEAST = -87.0  # exp(-87) is the smallest normal float32, up to a factor of 1.4
_BIAS, _MANTISSA = 127, 23


@njit(nogil=True)
def turn_scores_into_errors(scores, n_inputs, n_outputs, stride, labels, rate):
    """Replace scores by rate * (label - sigma(score)), and return their loss.

    Args:
        scores: float32 (>= n_inputs * stride,): element i * stride + k of input i and output k is
            changed in place. What stands between n_outputs and stride is overwritten too.
        n_inputs, n_outputs: shape of the block.
        stride: a multiple of LANES, at least n_outputs.
        labels: float32 (>= n_outputs rounded up to LANES,), 0 or 1.
        rate: float32, learning rate.

    Returns:
        float64, the sum of -log sigma(score) over label 1 and -log sigma(-score) over label 0
        (Rong 2014, eq. 45 and 55).
    """
    return _turn_scores_into_errors(scores, n_inputs, n_outputs, stride, labels, rate)


@njit(nogil=True)
def turn_scores_into_errors_in_turn(
    scores, n_inputs, n_outputs, stride, labels, rate, products, first_output
):
    """As `turn_scores_into_errors`, but as if the inputs were trained one after another.

    From output `first_output` on, the score of an input is taken with the output as the inputs
    before it have changed it: s_ik + sum over j < i of error_jk x_j x_i. That costs the products of
    the inputs with each other, and no further pass over rows.

    Args:
        scores, n_inputs, n_outputs, stride, labels, rate: as for `turn_scores_into_errors`.
        products: float32 (>= n_inputs * n_inputs,): products of the inputs with each other.
        first_output: outputs before it are treated as in `turn_scores_into_errors`.
    """
    return _turn_scores_into_errors_in_turn(
        scores, n_inputs, n_outputs, stride, labels, rate, products, first_output
    )


@intrinsic
def _turn_scores_into_errors(typing, scores, n_inputs, n_outputs, stride, labels, rate):
    whole = types.int64
    arguments = scores, whole, whole, whole, labels, types.float32
    return types.float64(*arguments), _generate


def _generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
    emit = Emitter(context, builder)
    scores, labels = (emit.data(signature.args[at], values[at]) for at in (0, 4))
    n_inputs, n_outputs, stride, rate = (values[at] for at in (1, 2, 3, 5))
    losses = emit.variable(emit.constant(0.0))
    rates = emit.splat(rate)
    lane = ir.Constant(INT_VECTOR, list(range(LANES)))
    with emit.loop(n_outputs, LANES) as k:
        left = emit.splat(builder.trunc(builder.sub(n_outputs, k), INT32))
        mask = builder.icmp_signed("<", lane, left)
        label = emit.load(labels, k)
        positive = builder.fcmp_ordered(">", label, emit.constant(0.5))
        with emit.loop(n_inputs) as i:
            at = builder.add(builder.mul(i, stride), k)
            score = emit.load(scores, at)
            error, loss = _emit_unit(emit, score, label, positive)
            emit.store(builder.fmul(error, rates), scores, at)
            builder.store(builder.fadd(builder.load(losses), emit.keep(mask, loss)), losses)
    return builder.fpext(emit.reduce([builder.load(losses)])[0], ir.DoubleType())


@intrinsic
def _turn_scores_into_errors_in_turn(
    typing, scores, n_inputs, n_outputs, stride, labels, rate, products, first_output
):
    whole = types.int64
    arguments = scores, whole, whole, whole, labels, types.float32, products, whole
    return types.float64(*arguments), _generate_in_turn


def _generate_in_turn(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
    emit = Emitter(context, builder)
    scores, labels, products = (emit.data(signature.args[at], values[at]) for at in (0, 4, 6))
    n_inputs, n_outputs, stride, rate, first_output = (values[at] for at in (1, 2, 3, 5, 7))
    losses = emit.variable(emit.constant(0.0))
    rates = emit.splat(rate)
    lane = ir.Constant(INT_VECTOR, list(range(LANES)))
    # Inputs outside, outputs inside: the chains from input to input of several vectors overlap.
    with emit.loop(n_inputs) as i:
        row = builder.mul(i, stride)
        with emit.loop(n_outputs, LANES) as k:
            output = builder.add(emit.splat(builder.trunc(k, INT32)), lane)
            mask = builder.icmp_signed("<", output, emit.splat(builder.trunc(n_outputs, INT32)))
            turned = builder.icmp_signed(
                ">=", output, emit.splat(builder.trunc(first_output, INT32))
            )
            label = emit.load(labels, k)
            positive = builder.fcmp_ordered(">", label, emit.constant(0.5))
            at = builder.add(row, k)
            moved = emit.variable(emit.constant(0.0))
            with emit.loop(i) as j:
                product = emit.element(products, builder.add(builder.mul(j, n_inputs), i))
                error = emit.load(scores, builder.add(builder.mul(j, stride), k))
                emit.add_to(moved, error, emit.splat(product))
            score = builder.fadd(emit.load(scores, at), emit.keep(turned, builder.load(moved)))
            error, loss = _emit_unit(emit, score, label, positive)
            emit.store(builder.fmul(error, rates), scores, at)
            builder.store(builder.fadd(builder.load(losses), emit.keep(mask, loss)), losses)
    return builder.fpext(emit.reduce([builder.load(losses)])[0], ir.DoubleType())


def _emit_unit(
    emit: Emitter, score: ir.Value, label: ir.Value, positive: ir.Value
) -> tuple[ir.Value, ir.Value]:
    """Return label - sigma(score) and the loss, lane by lane."""
    builder = emit.builder
    one, zero = emit.constant(1.0), emit.constant(0.0)
    above = builder.fcmp_ordered(">=", score, zero)
    negated = builder.fneg(score)
    z = _emit_exp(emit, builder.select(above, negated, score))
    sigma = builder.fdiv(builder.select(above, one, z), builder.fadd(one, z))
    # Nothing is assumed finite: 0 * score carries a NaN or an infinity on into the weights.
    error = builder.fsub(builder.fsub(label, sigma), builder.fmul(score, zero))
    against = builder.select(positive, negated, score)
    linear = builder.select(builder.fcmp_unordered(">", against, zero), against, zero)
    w = builder.fdiv(z, builder.fadd(z, emit.constant(2.0)))
    square = builder.fmul(w, w)
    series = emit.constant(2.0 / 15)
    for power in range(13, 0, -2):
        series = emit.multiply_add(series, square, emit.constant(2.0 / power))
    return error, emit.multiply_add(w, series, linear)


def _emit_exp(emit: Emitter, x: ir.Value) -> ir.Value:
    """Return exp(x) for x <= 0, with a relative error below 2**-24 (4 + 1.5 |x|)."""
    builder = emit.builder
    least = emit.constant(_LEAST)
    x = builder.select(builder.fcmp_ordered(">", x, least), x, least)
    y = builder.fmul(x, emit.constant(_LOG2_E))
    # Truncation toward zero rounds y <= 0 to nearest.
    n = builder.fptosi(builder.fsub(y, emit.constant(0.5)), INT_VECTOR)
    r = builder.fsub(y, builder.sitofp(n, VECTOR))
    p = emit.constant(math.log(2.0) ** 7 / math.factorial(7))
    for power in range(6, -1, -1):
        p = emit.multiply_add(p, r, emit.constant(math.log(2.0) ** power / math.factorial(power)))
    exponent = builder.shl(builder.add(n, emit.whole(_BIAS)), emit.whole(_MANTISSA))
    return builder.fmul(p, builder.bitcast(exponent, VECTOR))
