"""Contrastive divergence against the gradient of the exact likelihood."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.models.rbm.divergence import persist, reconstruct
from embedrec.models.rbm.sparsity import Sparsity
from tests.models.rbm.machines import KINDS, make_small
from tests.reference import rbm as slow

N = 40_000


def list_gradients(machine):
    return np.concatenate([p.get_dense_gradient().reshape(-1) for _, p in machine.parameters])


def list_exact_gradients(small, v):
    """The model's statistics, by enumeration, less the data's."""
    machine = small.machine
    visible, _ = slow.list_visible(small.kind, small.n_units, small.n_states)
    energies, _ = slow.tabulate_energies(small.kind, *small.parameters, visible)
    shares = np.exp(-energies).sum(axis=1)
    shares /= shares.sum()
    bias, parts = machine.visible_bias.value, []
    for rows, weights in ((visible, shares), (v, np.full(len(v), 1 / len(v)))):
        means = machine.compute_hidden_means(rows)
        slopes = machine.units.compute_bias_slope(rows, bias)
        statistics = rows.T @ (weights[:, None] * means), weights @ slopes, weights @ means
        parts.append(np.concatenate([each.reshape(-1) for each in statistics]))
    return parts[0] - parts[1]


@pytest.fixture(scope="module", params=KINDS)
def case(request):
    small = make_small(request.param)
    v = small.draw_samples(4)
    exact = slow.compute_gradients(request.param, *small.parameters, small.n_units, v,
                                   small.n_states)  # fmt: skip
    return small, v, np.concatenate([gradient.reshape(-1) for gradient in exact])


def clear(small):
    for _, parameter in small.machine.parameters:
        parameter.clear_gradient()


def test_statistics_by_enumeration_are_the_gradient(case):
    small, v, exact = case
    assert list_exact_gradients(small, v) == pytest.approx(exact, abs=1e-5)


def test_contrastive_divergence_nears_the_gradient(case):
    small, v, exact = case
    machine = small.machine
    many = np.repeat(v, N // len(v), axis=0)
    errors = {}
    for k in (1, 40):
        clear(small)
        hidden = machine.compute_hidden_means(many)
        model = reconstruct(machine, hidden, k, np.random.default_rng(k))
        machine.add_gradients((many, hidden), model)
        errors[k] = np.abs(list_gradients(machine) - exact).max()
    assert errors[40] < 0.03
    assert errors[1] > 2 * errors[40]  # so that the bound says something


def test_persistent_chains_near_the_gradient(case):
    small, v, exact = case
    machine = small.machine
    chains = np.repeat(v[:1], N, axis=0)
    hidden = machine.compute_hidden_means(v)
    for at in range(20):
        model = persist(machine, chains, 2, np.random.default_rng(at))
        chains = model[0]
    clear(small)
    machine.add_gradients((v, hidden), model)
    assert list_gradients(machine) == pytest.approx(exact, abs=0.03)


def test_means_in_place_of_draws():
    small = make_small("gaussian")
    hidden = small.machine.compute_hidden_means(small.draw_samples(5))
    one = reconstruct(small.machine, hidden, 1, np.random.default_rng(0), draws_visible=False)
    drawn = small.machine.draw_hidden(hidden, np.random.default_rng(0))
    np.testing.assert_array_equal(one[0], small.machine.compute_visible_means(drawn))
    np.testing.assert_array_equal(one[1], small.machine.compute_hidden_means(one[0]))


def test_sparsity_pushes_towards_its_target():
    small = make_small("binary")
    machine, v = small.machine, small.draw_samples(10)
    sparsity = Sparsity(0.1, strength=0.5, decay=0.75)
    hidden = machine.compute_hidden_means(v)
    first = sparsity.follow(None, hidden)
    assert first == pytest.approx(hidden.mean(axis=0))
    second = sparsity.follow(first, np.zeros_like(hidden))
    assert second == pytest.approx(0.75 * first)
    sparsity.add_gradients(machine, second, v)
    push = 0.5 * (second - 0.1)
    assert machine.hidden_bias.get_dense_gradient() == pytest.approx(push)
    assert machine.weight.get_dense_gradient() == pytest.approx(np.outer(v.mean(axis=0), push))
    assert machine.visible_bias.gradient is None
