"""The kernels of real-valued visible units against the formulas and central differences."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.kernels.ratings.real import encode_owners, train_leaving_out
from tests.reference.ratings import real as slow
from tests.reference.ratings.softmax import differentiate

NAMES = ("weights", "rated", "bias", "hidden_bias")
N, SIZE = 5, 9


def draw(seed: int):
    generator = np.random.default_rng(seed)
    shapes = {"weights": (N, SIZE), "rated": (N, SIZE), "bias": (N,), "hidden_bias": (SIZE,)}
    return {name: generator.normal(0, 0.4, shape) for name, shape in shapes.items()}


def test_hidden_units_as_in_the_formula() -> None:
    weights = draw(0)
    offsets, others = np.array([0, 3, 3, 4]), np.array([0, 2, 4, 1], np.int32)
    values = np.array([0.5, -1.0, 2.0, 0.3], np.float32)
    small = [weights[name].astype(np.float32) for name in NAMES]
    out = np.empty((3, SIZE), np.float32)
    encode_owners(offsets, others, values, *small, 0.5, out)
    for g in range(3):
        mine = slice(offsets[g], offsets[g + 1])
        wanted = slow.encode(others[mine], values[mine], weights, 0.5)
        np.testing.assert_allclose(out[g], wanted, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("conditional", [True, False])
def test_one_step_goes_down_the_gradient(conditional: bool) -> None:
    weights = draw(1)
    small = {name: weights[name].astype(np.float32) for name in NAMES}
    others, values = np.array([0, 2, 4], np.int32), np.array([0.5, -1.0, 2.0], np.float32)
    decay = np.array([0, 0, 0, 0, 0.2], np.float32)
    rates = np.float32(0.01), np.float32(0.02), np.float32(0.03)
    loss = train_leaving_out(
        np.array([0]), np.array([0, 3]), others, values, *(small[n] for n in NAMES), decay,
        np.float32(0.1), *rates, 0.5, conditional, 3,
    )  # fmt: skip

    def compute(moved):
        return slow.compute_loss(others, values, moved, 0.5, weights["bias"])

    assert loss == pytest.approx(2 * compute(weights), rel=1e-5)
    for name, rate in zip(NAMES, (rates[0], rates[0], rates[2], rates[1]), strict=True):
        gradient = differentiate(compute, weights, name)
        if name in ("weights", "rated"):
            gradient[4] += 0.2 * weights[name][4]
        if name == "bias":
            gradient[others] += 0.1 * weights[name][others]
        if name == "rated" and not conditional:
            gradient[:] = 0
        moved = (weights[name] - small[name]) / rate
        np.testing.assert_allclose(moved, gradient, atol=3e-4, err_msg=name)


def test_a_single_value_says_nothing_of_itself() -> None:
    small = [value.astype(np.float32) for value in draw(2).values()]
    before = [value.copy() for value in small]
    rate = np.float32(0.1)
    loss = train_leaving_out(
        np.array([0]), np.array([0, 1]), np.array([1], np.int32), np.ones(1, np.float32), *small,
        np.ones(N, np.float32), rate, rate, rate, rate, 0.5, True, 1,
    )  # fmt: skip
    assert loss == 0
    assert all((a == b).all() for a, b in zip(small, before, strict=True))
