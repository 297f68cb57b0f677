"""The kernels of softmax visible units against the formulas, differences and enumeration."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.kernels.ratings.dot import dot
from embedrec.kernels.ratings.softmax import encode_users, predict_levels
from embedrec.kernels.ratings.softmax_contrast import contrast_users
from embedrec.kernels.ratings.softmax_leave import train_leaving_out
from tests.reference.ratings import softmax as slow

NAMES = ("shared", "own", "rated", "item_bias", "hidden_bias")
N_ITEMS, N_LEVELS, SIZE = 4, 3, 5


def draw(seed: int, n_codes: int = 2, size: int = SIZE, spread: float = 0.4):
    generator = np.random.default_rng(seed)
    shapes = {
        "shared": (N_LEVELS, size),
        "own": (N_ITEMS, n_codes, size),
        "rated": (N_ITEMS, size),
        "item_bias": (N_ITEMS, N_LEVELS),
        "hidden_bias": (size,),
    }
    weights = {name: generator.normal(0, spread, shape) for name, shape in shapes.items()}
    return weights, generator.normal(0, 1, (N_LEVELS, n_codes))


def single(weights):
    return {name: value.astype(np.float32) for name, value in weights.items()}


def test_dot_is_the_sum_of_products() -> None:
    generator = np.random.default_rng(0)
    for n in (0, 1, 7, 8, 9, 16, 50):
        x, y = generator.normal(size=(2, n))
        assert dot(x, y) == pytest.approx(float(x @ y), abs=1e-12)


@pytest.mark.parametrize("power", [0.0, 0.5])
def test_hidden_units_as_in_the_formula(power: float) -> None:
    weights, codes = draw(1)
    offsets = np.array([0, 3, 3, 5])
    items, levels = np.array([0, 1, 3, 2, 3], np.int32), np.array([2, 0, 1, 1, 2], np.int32)
    out = np.empty((3, SIZE), np.float32)
    small = single(weights)
    encode_users(
        offsets, items, levels, small["shared"], small["own"], small["rated"],
        small["hidden_bias"], codes.astype(np.float32), power, out,
    )  # fmt: skip
    for g in range(3):
        mine = slice(offsets[g], offsets[g + 1])
        wanted = slow.encode(items[mine], levels[mine], weights, codes, power)
        np.testing.assert_allclose(out[g], wanted, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("mode", [False, True])
def test_mean_and_mode_of_the_chances(mode: bool) -> None:
    weights, codes = draw(2, spread=1.0)
    scale = np.array([1.0, 2.5, 4.0])
    hidden = np.tanh(np.random.default_rng(3).normal(size=(2, SIZE)))
    small = single(weights)
    at_own = np.einsum("ich,gh->cgi", weights["own"], hidden).astype(np.float32)
    at_shared = (hidden @ weights["shared"].T).astype(np.float32)
    out = np.empty((2, N_ITEMS))
    predict_levels(
        small["item_bias"], at_shared, at_own, codes.astype(np.float32), scale, mode, out
    )
    for g in range(2):
        chances = slow.compute_chances(hidden[g], weights, codes)
        wanted = scale[chances.argmax(axis=1)] if mode else chances @ scale
        np.testing.assert_allclose(out[g], wanted, rtol=1e-5)


@pytest.mark.parametrize("power", [0.0, 0.5])
@pytest.mark.parametrize("n_codes", [1, 2])
def test_one_step_goes_down_the_gradient_of_the_pseudo_likelihood(
    n_codes: int, power: float
) -> None:
    weights, codes = draw(4, n_codes)
    items, levels = np.array([0, 2, 3], np.int32), np.array([2, 0, 1], np.int32)
    small, decay = single(weights), np.array([0.0, 0.0, 0.3, 0.0], np.float32)
    rates = np.float32(0.01), np.float32(0.02), np.float32(0.03)
    loss = train_leaving_out(
        np.array([0]), np.array([0, 3]), items, levels, *(small[n] for n in NAMES),
        codes.astype(np.float32), decay, *rates, power, True, 3,
    )  # fmt: skip

    def compute(moved):
        return slow.compute_loss(items, levels, moved, codes, power)

    assert loss == pytest.approx(compute(weights), rel=1e-5)
    rate_of = dict(zip(NAMES, (rates[1], rates[0], rates[0], rates[2], rates[1]), strict=True))
    degrees = (1 + np.arange(n_codes))[:, None] ** 2
    for name in NAMES:
        gradient = slow.differentiate(compute, weights, name)
        if name == "own":
            gradient[2] += 0.3 * degrees * weights["own"][2]
        if name == "rated":
            gradient[2] += 0.3 * weights["rated"][2]
        moved = (weights[name] - small[name]) / rate_of[name]
        np.testing.assert_allclose(moved, gradient, atol=3e-4, err_msg=name)


def test_users_with_one_rating_and_rated_without_conditional_stay() -> None:
    weights, codes = draw(5)
    small = single(weights)
    before = {name: value.copy() for name, value in small.items()}
    order, offsets = np.array([0, 1]), np.array([0, 1, 3])
    items, levels = np.array([1, 0, 2], np.int32), np.array([0, 1, 2], np.int32)
    rate = np.float32(0.1)
    arguments = (offsets, items, levels, *(small[n] for n in NAMES), codes.astype(np.float32))
    decay = np.zeros(N_ITEMS, np.float32)
    assert train_leaving_out(order[:1], *arguments, decay, rate, rate, rate, 0.5, False, 2) == 0
    assert all((small[name] == before[name]).all() for name in NAMES)
    assert train_leaving_out(order, *arguments, decay, rate, rate, rate, 0.5, False, 2) > 0
    assert (small["rated"] == before["rated"]).all()
    assert (small["own"][1] == before["own"][1]).all()
    assert (small["own"][0] != before["own"][0]).any()


def contrast(weights, codes, items, levels, n_steps, state, persistent=False, chains=None):
    small = single(weights)
    gradients = {name: np.zeros_like(value) for name, value in small.items()}
    counts = np.zeros(N_ITEMS, np.float32)
    chains = levels.copy() if chains is None else chains
    contrast_users(
        np.array([0]), np.array([0, len(items)]), items, levels, *(small[n] for n in NAMES),
        codes.astype(np.float32), 0.0, n_steps, np.uint64(state), chains, persistent,
        *(gradients[n] for n in NAMES), counts,
    )  # fmt: skip
    return gradients, counts, chains


def test_long_contrast_is_the_exact_gradient_of_the_likelihood() -> None:
    weights, codes = draw(6, n_codes=1, size=2)
    items, levels = np.array([0, 2, 3], np.int32), np.array([2, 0, 1], np.int32)
    n_chains = 4000
    total = {name: np.zeros_like(value) for name, value in weights.items()}
    for chain in range(n_chains):
        gradients, counts, _ = contrast(weights, codes, items, levels, 12, 977 * chain + 5)
        for name in NAMES:
            total[name] += gradients[name]
    assert counts.tolist() == [1, 0, 1, 1]
    model = slow.enumerate_expectation(items, weights, codes)
    data = slow.compute_statistics(items, levels, weights, codes)
    for name in NAMES:
        wanted = model[name] - data[name]  # of the loss, which is minus the log-likelihood
        assert np.abs(wanted).max() > 0.1
        np.testing.assert_allclose(total[name] / n_chains, wanted, atol=0.06, err_msg=name)


def test_persistent_chains_go_on_from_where_they_were() -> None:
    weights, codes = draw(7)
    items, levels = np.array([0, 1, 2, 3], np.int32), np.array([2, 0, 1, 2], np.int32)
    others = np.array([0, 2, 2, 0], np.int32)
    fresh, _, drawn = contrast(weights, codes, items, levels, 1, 3)
    again, _, same = contrast(weights, codes, items, levels, 1, 3, True, levels.copy())
    assert (drawn == same).all()
    assert all((fresh[name] == again[name]).all() for name in NAMES)
    results = [contrast(weights, codes, items, levels, 1, s, True, others.copy())[0]["shared"]
               for s in range(40)]  # fmt: skip
    starts = [contrast(weights, codes, items, levels, 1, s)[0]["shared"] for s in range(40)]
    assert any((a != b).any() for a, b in zip(results, starts, strict=True))
