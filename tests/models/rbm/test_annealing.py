"""Annealed importance sampling against partition functions that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.models.rbm import compute_log_partition, estimate_log_partition
from embedrec.models.rbm.annealing import space_temperatures
from tests.models.rbm.machines import KINDS, make_small


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_estimates_agree_with_enumeration(kind, dtype):
    machine = make_small(kind, dtype=dtype).machine
    exact = compute_log_partition(machine)
    found = estimate_log_partition(machine, n_runs=400, n_temperatures=200)
    assert found.log_z == pytest.approx(exact, abs=0.05)
    assert found.low < exact < found.high
    assert found.low < found.log_z < found.high
    base = np.random.default_rng(0).standard_normal(machine.units.n_columns)
    other = estimate_log_partition(machine, n_runs=400, n_temperatures=200, base_bias=base)
    assert other.log_z == pytest.approx(exact, abs=0.1)
    assert other.log_z != found.log_z


def test_slow_annealing_spreads_less():
    machine = make_small("binary", scale=2.5).machine
    found = [estimate_log_partition(machine, n_temperatures=n) for n in (2, 50, 2000)]
    spreads = [estimate.spread for estimate in found]
    assert spreads[0] > 1.5 * spreads[1] > 5 * spreads[2]
    assert found[2].log_z == pytest.approx(compute_log_partition(machine), abs=0.1)


def test_without_weights_the_estimate_is_exact():
    machine = make_small("softmax").machine
    machine.weight.value[...] = 0
    machine.hidden_bias.value[...] = 0
    found = estimate_log_partition(machine, n_runs=5, n_temperatures=3)
    assert found.log_weights == pytest.approx(np.full(5, compute_log_partition(machine)))
    assert (found.low, found.high) == pytest.approx((found.log_z, found.log_z))


def test_one_seed_one_result():
    machine = make_small("binary").machine
    found = [estimate_log_partition(machine, n_temperatures=9, seed=s).log_z for s in (1, 1, 2)]
    assert found[0] == found[1] != found[2]


def test_one_run_says_nothing_of_its_error():
    found = estimate_log_partition(make_small("binary").machine, n_runs=1, n_temperatures=5)
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert math.isnan(found.spread)


def test_temperatures_are_spaced_as_in_the_paper():
    t = space_temperatures(14_500)
    assert (t[0], t[500], t[4500], t[-1]) == pytest.approx((0, 0.5, 0.9, 1))
    assert (np.diff(t) > 0).all()
    assert space_temperatures(1).tolist() == [0, 1]


@pytest.mark.parametrize("counts", [{"n_runs": 0}, {"n_temperatures": 0}, {"n_runs": 1.5}])
def test_bad_counts(counts):
    with pytest.raises(ParameterError, match="must be a whole number of at least 1"):
        estimate_log_partition(make_small("binary").machine, **counts)
