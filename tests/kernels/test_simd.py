"""The vector loops over rows against NumPy's matrix products, for every shape of block."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.kernels.simd.dot import (
    MOST_MULTIPLIED,
    compute_products,
    compute_scores,
    compute_scores_alone,
)
from embedrec.kernels.simd.emitter import Emitter
from embedrec.kernels.simd.logistic import (
    turn_scores_into_errors,
    turn_scores_into_errors_in_turn,
)
from embedrec.kernels.simd.machine import LANES, REGISTERS
from embedrec.kernels.simd.rows import (
    add_to_rows,
    copy_rows,
    locate_all,
    may_repeat,
    sum_rows,
)
from embedrec.kernels.simd.update import (
    MOST_FEW,
    apply_errors,
    apply_errors_alone,
    apply_errors_of_few,
    fit_at_once,
)

# Below one vector, whole vectors, and all that can be left over; sizes that people use.
SIZES = [1, 2, LANES - 1, LANES, LANES + 1, 2 * LANES, 3 * LANES - 1, 50, 100, 200]
STRIDE = 48


def locate_rows(matrix: np.ndarray, rows: object = None) -> np.ndarray:
    addresses = locate_all(matrix)
    return addresses if rows is None else addresses[np.asarray(rows, np.int64)]


def draw(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)


shapes = {
    "size": st.sampled_from(SIZES),
    "n_inputs": st.integers(1, 2 * REGISTERS.n_inputs + 1),
    "n_outputs": st.integers(1, 40),
    "seed": st.integers(0, 1000),
}


@settings(max_examples=150)
@given(**shapes)
def test_scores_are_the_matrix_product(size: int, n_inputs: int, n_outputs: int, seed: int) -> None:
    x, y = draw(seed, n_inputs + 1, size), draw(seed + 1, n_outputs + 1, size)
    scores = np.full((n_inputs + 1, STRIDE), np.float32(7))
    compute_scores(
        locate_rows(x), n_inputs, locate_rows(y), n_outputs, size, scores.ravel(), STRIDE
    )
    expected = x[:n_inputs].astype(float) @ y[:n_outputs].T.astype(float)
    np.testing.assert_allclose(scores[:n_inputs, :n_outputs], expected, atol=1e-4)
    assert (scores[n_inputs:] == 7).all()
    assert (scores[:, n_outputs:] == 7).all()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("n_outputs", range(1, 2 * REGISTERS.n_alone + 2))
def test_scores_of_a_row_alone(size: int, n_outputs: int) -> None:
    x, y = draw(1, 1, size), draw(2, n_outputs, size)
    scores = np.full(STRIDE, np.float32(7))
    compute_scores_alone(locate_all(x)[0], locate_all(y), n_outputs, size, scores)
    np.testing.assert_allclose(scores[:n_outputs], y.astype(float) @ x[0], atol=1e-4)
    assert (scores[n_outputs:] == 7).all()


@settings(max_examples=150)
@given(**shapes)
def test_errors_reach_both_sides(size: int, n_inputs: int, n_outputs: int, seed: int) -> None:
    x, y = draw(seed, n_inputs + 1, size), draw(seed + 1, n_outputs + 1, size)
    errors = draw(seed + 2, n_inputs, STRIDE)
    new_x, new_y, before = x.copy(), y.copy(), x.copy()
    inputs = locate_rows(new_x)
    unchanged = inputs if fit_at_once(n_outputs, size) else locate_rows(before)
    outputs = locate_rows(new_y)
    apply_errors(
        unchanged, inputs, n_inputs, outputs, outputs, n_outputs, size, errors.ravel(), STRIDE
    )
    used = errors[:, :n_outputs].astype(float)
    np.testing.assert_allclose(
        new_x[:n_inputs], x[:n_inputs] + used @ y[:n_outputs].astype(float), atol=1e-4
    )
    np.testing.assert_allclose(
        new_y[:n_outputs], y[:n_outputs] + used.T @ x[:n_inputs].astype(float), atol=1e-4
    )
    np.testing.assert_array_equal(new_x[n_inputs:], x[n_inputs:])
    np.testing.assert_array_equal(new_y[n_outputs:], y[n_outputs:])


@given(size=st.sampled_from(SIZES), seed=st.integers(0, 100), data=st.data())
def test_rows_listed_twice_get_both_changes(size: int, seed: int, data: st.DataObject) -> None:
    x, y = draw(seed, 3, size), draw(seed + 1, 3, size)
    at_x = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=6))
    at_y = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=14))
    errors = draw(seed + 2, len(at_x), STRIDE)
    new_x, new_y, x_before, y_before = x.copy(), y.copy(), x[at_x], y[at_y]
    outputs = locate_rows(new_y, at_y)
    outputs_before = outputs if fit_at_once(len(at_y), size) else locate_rows(y_before)
    apply_errors(
        locate_rows(x_before), locate_rows(new_x, at_x), len(at_x),
        outputs_before, outputs, len(at_y), size, errors.ravel(), STRIDE,
    )  # fmt: skip
    assert may_repeat(locate_rows(new_y, at_y), len(at_y)) == (len(set(at_y)) < len(at_y))
    expected_x, expected_y = x.astype(float), y.astype(float)
    for i, row in enumerate(at_x):
        expected_x[row] += errors[i, : len(at_y)] @ y[at_y]
    for k, row in enumerate(at_y):
        expected_y[row] += errors[:, k] @ x[at_x]
    np.testing.assert_allclose(new_x, expected_x, atol=1e-4)
    np.testing.assert_allclose(new_y, expected_y, atol=1e-4)


@given(
    size=st.sampled_from(SIZES),
    at=st.lists(st.integers(0, 20), min_size=1, max_size=40),
    seed=st.integers(0, 100),
)
def test_errors_of_one_input(size: int, at: list[int], seed: int) -> None:
    hidden, y, errors = draw(seed, 2, size), draw(seed + 1, 21, size), draw(seed + 2, STRIDE)
    rows, new_y = hidden.copy(), y.copy()
    here, there = locate_rows(rows)
    outputs, copies = locate_rows(new_y, at), y[at]
    outputs_before = outputs if fit_at_once(len(at), size) else locate_rows(copies)
    apply_errors_alone(here, there, outputs_before, outputs, len(at), size, errors)
    expected = y.astype(float)
    for k, row in enumerate(at):
        expected[row] += errors[k] * hidden[0].astype(float)
    np.testing.assert_allclose(new_y, expected, atol=1e-4)
    np.testing.assert_allclose(rows[1], errors[: len(at)].astype(float) @ y[at], atol=1e-4)
    np.testing.assert_array_equal(rows[0], hidden[0])


@given(
    size=st.sampled_from(SIZES),
    at=st.lists(st.integers(0, 5), min_size=1, max_size=30),
    scale=st.floats(-2, 2, width=32),
)
def test_sums_additions_and_copies(size: int, at: list[int], scale: float) -> None:
    x, total, change = draw(1, 6, size), draw(2, 1, size), draw(3, 1, size)
    new = x.copy()
    sum_rows(locate_rows(new, at), len(at), np.float32(scale), size, locate_rows(total)[0])
    np.testing.assert_allclose(total[0], scale * x[at].astype(float).sum(0), atol=1e-4)
    np.testing.assert_array_equal(new, x)
    add_to_rows(locate_rows(change)[0], np.float32(scale), locate_rows(new, at), len(at), size)
    times = np.bincount(np.array(at, int), minlength=6)[:, None]
    np.testing.assert_allclose(new, x + scale * times * change.astype(float), atol=1e-4)
    copies = np.zeros((len(at) + 1, size), np.float32)
    copy_rows(locate_rows(x, at), len(at), size, locate_rows(copies))
    np.testing.assert_array_equal(copies[:-1], x[at])
    assert not copies[-1].any()


@given(
    n_inputs=st.integers(1, 5),
    n_outputs=st.integers(1, 40),
    spread=st.sampled_from([0.1, 3.0, 100.0]),
    seed=st.integers(0, 1000),
)
def test_errors_and_loss(n_inputs: int, n_outputs: int, spread: float, seed: int) -> None:
    stride = -(-n_outputs // LANES) * LANES
    scores = draw(seed, n_inputs, stride) * np.float32(spread)
    labels = (draw(seed + 1, stride) > 0).astype(np.float32)
    errors = scores.ravel().copy()
    loss = turn_scores_into_errors(errors, n_inputs, n_outputs, stride, labels, np.float32(0.5))
    s, label = scores[:, :n_outputs].astype(float), labels[:n_outputs]
    with np.errstate(over="ignore"):
        expected = 0.5 * (label - 1 / (1 + np.exp(-s)))
    got = errors.reshape(n_inputs, stride)[:, :n_outputs]
    np.testing.assert_allclose(got, expected, atol=1e-7)
    assert loss == pytest.approx(np.logaddexp(0, np.where(label == 1, -s, s)).sum(), rel=2e-6)


@pytest.mark.parametrize("size", [size for size in SIZES if size >= LANES])
@pytest.mark.parametrize("n_inputs", range(1, MOST_FEW + 1))
@pytest.mark.parametrize("n_outputs", [1, 2, 7, 20])
def test_errors_of_few_reach_all_rows_and_nothing_else(
    n_inputs: int, n_outputs: int, size: int
) -> None:
    x, y = draw(1, n_inputs + 1, size), draw(2, n_outputs + 1, size)
    errors = draw(3, n_inputs, STRIDE)
    e = errors[:, :n_outputs].astype(float)
    expected_x = x[:-1] + e @ y[:-1]
    expected_y = y[:-1] + e.T @ x[:-1]
    last = x[-1].copy(), y[-1].copy()
    apply_errors_of_few(
        locate_all(x), n_inputs, locate_all(y), n_outputs, size, errors.ravel(), STRIDE
    )
    np.testing.assert_allclose(x[:-1], expected_x, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(y[:-1], expected_y, rtol=1e-4, atol=1e-4)
    assert (x[-1] == last[0]).all()
    assert (y[-1] == last[1]).all()


@given(n_rows=st.integers(0, MOST_MULTIPLIED), size=st.integers(1, 40))
def test_products_of_rows_with_each_other(n_rows: int, size: int) -> None:
    rows = draw(3, MOST_MULTIPLIED, size)
    products = np.full(MOST_MULTIPLIED**2, np.nan, np.float32)
    compute_products(locate_all(rows), n_rows, size, products)
    for i in range(n_rows):
        for j in range(i):
            assert products[j * n_rows + i] == pytest.approx(rows[j] @ rows[i], abs=1e-4)
    assert np.isnan(products).sum() == MOST_MULTIPLIED**2 - n_rows * max(0, n_rows - 1) // 2


@given(
    n_inputs=st.integers(1, 8),
    n_outputs=st.integers(1, 20),
    data=st.data(),
    seed=st.integers(0, 1000),
)
def test_errors_in_turn_meet_what_earlier_inputs_left(
    n_inputs: int, n_outputs: int, data: st.DataObject, seed: int
) -> None:
    first = data.draw(st.integers(0, n_outputs))
    stride = -(-n_outputs // LANES) * LANES
    x, y = draw(seed, n_inputs, 6), draw(seed + 1, n_outputs, 6)
    labels = (draw(seed + 2, stride) > 0).astype(np.float32)
    scores = np.zeros((n_inputs, stride), np.float32)
    scores[:, :n_outputs] = x @ y.T
    errors, rate = scores.ravel().copy(), np.float32(0.1)
    loss = turn_scores_into_errors_in_turn(
        errors, n_inputs, n_outputs, stride, labels, rate, (x @ x.T).ravel(), first
    )
    expected_loss, now = 0.0, y.astype(float)
    for i in range(n_inputs):
        for k in range(n_outputs):
            score = x[i].astype(float) @ (now if k >= first else y.astype(float))[k]
            error = 0.1 * (labels[k] - 1 / (1 + np.exp(-score)))
            assert errors[i * stride + k] == pytest.approx(error, abs=1e-6)
            expected_loss += np.logaddexp(0, -score if labels[k] else score)
            now[k] += error * x[i]
    assert loss == pytest.approx(expected_loss, rel=1e-5)


def test_loss_and_sigma_are_exact_to_float32_at_every_score() -> None:
    scores = np.linspace(-90, 90, 200_000 // LANES * LANES).astype(np.float32)
    # With label 0 and rate -1 the error is sigma itself: small values tell its relative error.
    sigma = scores.copy()
    label = np.zeros(len(scores), np.float32)
    turn_scores_into_errors(sigma, 1, len(scores), len(scores), label, np.float32(-1))
    exact = 1 / (1 + np.exp(-scores.astype(float)))
    # log2(e) and its product with a score are rounded: an error that grows as sigma vanishes.
    shown = np.abs(scores) < 87
    assert (np.abs(sigma / exact - 1) / (2.0**-24 * (6 + 1.5 * np.abs(scores))))[shown].max() < 1
    for begin in range(0, len(scores), 1000 * LANES):
        one = scores[begin : begin + LANES].copy()
        expected = np.logaddexp(0, one.astype(float)).sum()
        loss = turn_scores_into_errors(one, 1, LANES, LANES, label, np.float32(0))
        assert loss == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_goes_on_into_the_errors(bad: float) -> None:
    scores = np.full(LANES, np.float32(bad))
    turn_scores_into_errors(scores, 1, LANES, LANES, np.ones(LANES, np.float32), np.float32(0.1))
    assert np.isnan(scores).all()


def test_no_code_for_rows_of_unknown_width() -> None:
    # What is emitted for wide rows writes beyond narrow ones, where other threads may be.
    with pytest.raises(RuntimeError, match="narrow"):
        Emitter(None, None).each_vector(None, lambda at, mask: None)
