"""Energies, conditionals and partition functions against all states, one by one."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.models.rbm import BinaryUnits, Machine, SoftmaxUnits, compute_log_partition
from embedrec.models.rbm.joined import JoinedUnits
from embedrec.models.rbm.pseudo import compute_pseudo_likelihood
from tests.models.rbm.machines import KINDS, N_HIDDEN, make_small
from tests.reference import rbm as slow

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
class TestEnumeration:
    def test_energy_and_free_energy(self, kind, dtype):
        small = make_small(kind, dtype=dtype)
        v = small.draw_samples(7)
        h = np.random.default_rng(3).integers(0, 2, (7, N_HIDDEN)).astype(dtype)
        W, b, c = small.parameters
        tolerance = {"rel": 1e-5, "abs": 1e-5} if dtype == np.float32 else {"rel": 1e-12}
        energies = [slow.compute_energy(kind, W, b, c, v[i], h[i]) for i in range(7)]
        assert small.machine.compute_energy(v, h) == pytest.approx(np.array(energies), **tolerance)
        free = [slow.compute_free_energy(kind, W, b, c, row) for row in v]
        assert small.machine.compute_free_energy(v) == pytest.approx(np.array(free), **tolerance)

    def test_conditionals(self, kind, dtype):
        small = make_small(kind, dtype=dtype)
        v = small.draw_samples(4)
        h = np.random.default_rng(3).integers(0, 2, (4, N_HIDDEN)).astype(dtype)
        hidden = small.machine.compute_hidden_means(v)
        visible = small.machine.compute_visible_means(h)
        for i in range(4):
            expected = slow.compute_conditionals(
                kind, *small.parameters, small.n_units, v[i], h[i], small.n_states
            )
            assert hidden[i] == pytest.approx(expected[0], rel=1e-5)
            assert visible[i] == pytest.approx(expected[1], rel=1e-5)

    def test_partition(self, kind, dtype):
        small = make_small(kind, dtype=dtype)
        expected = slow.compute_log_partition(
            kind, *small.parameters, small.n_units, small.n_states
        )
        assert compute_log_partition(small.machine) == pytest.approx(expected, rel=2e-6)


@pytest.mark.parametrize("kind", ["binary", "softmax"])
def test_partition_from_either_side(kind):
    # More hidden states than visible ones: 2**9 and 32 or 27.
    small = make_small(kind, n_hidden=9)
    expected = slow.compute_log_partition(kind, *small.parameters, small.n_units, small.n_states)
    assert compute_log_partition(small.machine) == pytest.approx(expected, rel=1e-12)
    total = np.exp(-small.machine.compute_free_energy(slow.list_visible(
        kind, small.n_units, small.n_states)[0]) - expected).sum()  # fmt: skip
    assert total == pytest.approx(1)


def test_partition_is_added_up_in_parts():
    # 2**14 states: four blocks.
    generator = np.random.default_rng(0)
    W, b, c = (generator.standard_normal(shape) for shape in ((20, 14), 20, 14))
    machine = Machine(BinaryUnits(20), W, b, c)
    flipped = Machine(BinaryUnits(14), W.T.copy(), c, b)
    assert compute_log_partition(machine) == pytest.approx(compute_log_partition(flipped))
    states = np.array(slow.list_states(14), float)
    logs = states @ c + np.logaddexp(0, states @ W.T + b).sum(axis=1)
    assert compute_log_partition(machine) == pytest.approx(np.logaddexp.reduce(logs))


def test_partition_of_a_large_machine_is_refused():
    machine = Machine(SoftmaxUnits(40, 5), np.zeros((200, 30)), np.zeros(200), np.zeros(30))
    with pytest.raises(ParameterError, match=r"2\*\*30 hidden and 2\*\*92\.8.* by annealing"):
        compute_log_partition(machine)


@pytest.mark.parametrize("kind", ["binary", "softmax"])
def test_pseudo_likelihood(kind):
    small = make_small(kind)
    v = small.draw_samples(300)
    expected = [
        slow.compute_pseudo_likelihood(kind, *small.parameters, row, small.n_states or 1)
        for row in v[:20].tolist()
    ]
    found = compute_pseudo_likelihood(small.machine, v)
    assert found[:20] == pytest.approx(np.array(expected), rel=1e-10)
    assert found[280:] == pytest.approx(compute_pseudo_likelihood(small.machine, v[280:]))


def test_pseudo_likelihood_of_a_probability_is_a_mean():
    # With one unit there are no others that it could change.
    generator = np.random.default_rng(0)
    machine = Machine(BinaryUnits(1), *(generator.standard_normal(n) for n in ((1, 3), 1, 3)))
    ends = compute_pseudo_likelihood(machine, np.array([[0.0], [1.0], [0.25]]))
    assert ends[2] == pytest.approx(0.75 * ends[0] + 0.25 * ends[1])
    assert np.exp(ends[:2]).sum() == pytest.approx(1)


def test_pseudo_likelihood_of_gaussian_units_is_refused():
    small = make_small("gaussian")
    with pytest.raises(ParameterError, match="not of gaussian ones: take the reconstruction"):
        compute_pseudo_likelihood(small.machine, small.draw_samples(2))


@pytest.mark.parametrize("kind", KINDS)
def test_long_walks_end_in_the_machines_distribution(kind):
    small = make_small(kind)
    v = np.repeat(small.draw_samples(1), 20_000, axis=0)
    v, h = small.machine.walk(v, 40, np.random.default_rng(0))
    visible, _ = slow.list_visible(kind, small.n_units, small.n_states)
    energies, hidden = slow.tabulate_energies(kind, *small.parameters, visible)
    weights = np.exp(-(energies - energies.min()))
    weights /= weights.sum()
    assert v.mean(axis=0) == pytest.approx(weights.sum(axis=1) @ visible, abs=0.04)
    assert h.mean(axis=0) == pytest.approx(weights.sum(axis=0) @ hidden, abs=0.02)
    assert v.T @ v / len(v) == pytest.approx(
        visible.T @ (weights.sum(axis=1)[:, None] * visible), abs=0.15
    )


def test_units_side_by_side_are_one_machine():
    generator = np.random.default_rng(0)
    parts = [make_small(kind).machine.units for kind in KINDS]
    units = JoinedUnits(parts)
    assert (units.n_features, units.n_columns) == (10, 16)
    samples = np.concatenate([
        generator.integers(0, 2, (4, 5)), generator.standard_normal((4, 2)),
        generator.integers(0, 3, (4, 3)),
    ], axis=1)  # fmt: skip
    states = units.encode(samples)
    np.testing.assert_array_equal(units.decode(states), samples)
    W, b, c = (generator.standard_normal(shape) for shape in ((16, 3), 16, 3))
    machine = Machine(units, W, b, c)
    h = generator.integers(0, 2, (4, 3)).astype(float)
    # The energy is the sum of the three machines' energies, with the hidden biases once.
    columns = [slice(0, 5), slice(5, 7), slice(7, 16)]
    alone = [
        Machine(part, W[at], b[at], np.zeros(3)) for part, at in zip(parts, columns, strict=True)
    ]
    total = sum(m.compute_energy(states[:, at], h) for m, at in zip(alone, columns, strict=True))
    assert machine.compute_energy(states, h) == pytest.approx(total - h @ c)
    means = machine.compute_visible_means(h)
    for one, at in zip(alone, columns, strict=True):
        assert means[:, at] == pytest.approx(one.compute_visible_means(h))
    drawn = machine.draw_visible(means, np.random.default_rng(1))
    assert set(np.unique(drawn[:, :5])) <= {0, 1}
    assert (drawn[:, 7:].reshape(4, 3, 3).sum(axis=2) == 1).all()
    # And Z is what the hidden states weigh with all three.
    logs = [
        sum(m.units.compute_log_sum(row[None] @ m.weight.value.T, m.visible_bias.value)[0]
            for m in alone) + row @ c
        for row in np.array(slow.list_states(3), float)
    ]  # fmt: skip
    assert compute_log_partition(machine) == pytest.approx(np.logaddexp.reduce(logs))


def test_scikit_learn_says_the_same():
    network = pytest.importorskip("sklearn.neural_network")
    small = make_small("binary", n_hidden=4)
    W, b, c = small.parameters
    theirs = network.BernoulliRBM(4, random_state=0)
    theirs.components_, theirs.intercept_visible_, theirs.intercept_hidden_ = W.T, b, c
    theirs.n_features_in_ = theirs._n_features_out = 5
    v = small.draw_samples(6)
    assert small.machine.compute_free_energy(v) == pytest.approx(theirs._free_energy(v))
    assert small.machine.compute_hidden_means(v) == pytest.approx(theirs.transform(v))
    # It draws one unit for each sample: the mean over draws is the sum over units.
    many = np.repeat(v, 20_000, axis=0)
    drawn = theirs.score_samples(many).reshape(6, -1).mean(axis=1)
    assert compute_pseudo_likelihood(small.machine, v) == pytest.approx(drawn, abs=0.1)
