"""The partition function of a large machine, by annealed importance sampling.

Neal 2001; Salakhutdinov and Murray 2008, section 4.1: from machines without weights, whose Z is
known, through machines in between, to the one asked about. With b_A the biases of the first,

    b_t = (1 - t) b_A + t b,   c_t = t c,   W_t = t W,        0 = t_0 < t_1 < ... < t_K = 1

and for each run w = prod_k exp(F_(k-1)(v_k) - F_k(v_k)), v_(k+1) being drawn from v_k by a step of
Gibbs sampling in machine k. The mean of w is Z / Z_A.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from embedrec.models.rbm.machine import Machine, draw_binary
from embedrec.models.rbm.partition import add_logs
from embedrec.nn.activation import compute_sigmoid, compute_softplus
from embedrec.nn.check import check_size
from embedrec.nn.parameter import Array
from embedrec.progress import Progress, SilentProgress
from embedrec.seeding import make_generator

# Salakhutdinov and Murray (section 5.2) space 14,500 temperatures so: up to 0.5, to 0.9, to 1.
_SHARES = ((0.5, 500 / 14_500), (0.9, 4_000 / 14_500), (1.0, 10_000 / 14_500))


class PartitionEstimate(NamedTuple):
    """What annealed importance sampling says of Z.

    Attributes:
        log_z: the estimate of log Z.
        low, high: log of Z less and plus three standard errors of the mean of w, as Salakhutdinov
            and Murray give them; -inf where less than nothing would be left.
        log_weights: float64 (runs,), log w + log Z_A: each run's own estimate of log Z.
    """

    log_z: float
    low: float
    high: float
    log_weights: Array

    @property
    def spread(self) -> float:
        """The standard deviation of the runs' own estimates: small where annealing was slow."""
        return float(self.log_weights.std(ddof=1)) if len(self.log_weights) > 1 else math.nan


def estimate_log_partition(
    machine: Machine,
    *,
    n_runs: int = 100,
    n_temperatures: int = 10_000,
    base_bias: Array | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> PartitionEstimate:
    """Estimate log Z.

    It takes two products of (n_runs, D) with the weights for each temperature.

    Args:
        machine: asked about.
        n_runs: independent runs.
        n_temperatures: K, machines on the way; with more the spread is less.
        base_bias: b_A (D,), best as `compute_start` gives it for training samples; None for the
            machine's own visible bias.
        seed: of the draws.
        progress: told how it goes.

    Raises:
        ParameterError: if a count is not a whole number of at least 1.
    """
    check_size("n_runs", n_runs)
    temperatures = space_temperatures(n_temperatures)
    generator = make_generator(seed, "annealing")
    units, own, dtype = machine.units, machine.visible_bias.value, machine.dtype
    base = own if base_bias is None else np.asarray(base_bias, dtype)
    no_fields = np.zeros((n_runs, units.n_columns), dtype)
    # The first machine: visible units by themselves, and hidden ones that are on half the time.
    log_base = float(units.compute_log_sum(no_fields[:1], base)[0])
    log_base += machine.n_hidden * math.log(2)
    visible = units.draw(units.compute_means(no_fields, base), generator)
    log_weights = np.zeros(n_runs)
    with (progress or SilentProgress()).stage("anneal", total=float(n_temperatures)) as stage:
        for at in range(1, len(temperatures)):
            before, now = dtype.type(temperatures[at - 1]), dtype.type(temperatures[at])
            fields = machine.compute_hidden_fields(visible) + machine.hidden_bias.value
            biases = [base + t * (own - base) for t in (before, now)]
            log_weights += _measure_free(machine, visible, fields, biases[0], before)
            log_weights -= _measure_free(machine, visible, fields, biases[1], now)
            hidden = draw_binary(compute_sigmoid(now * fields), generator)
            below = now * machine.compute_visible_fields(hidden)
            visible = units.draw(units.compute_means(below, biases[1]), generator)
            stage.update(float(at))
    return _summarize(log_weights + log_base)


def space_temperatures(n: int) -> Array:
    """Return n + 1 temperatures float64 from 0 to 1, closer together towards 1.

    Raises:
        ParameterError: if n is not a whole number of at least 1.
    """
    n = check_size("n_temperatures", n)
    ends = np.cumsum([0.0, *(share for _, share in _SHARES)])
    places = np.array([0.0, *(end for end, _ in _SHARES)])
    return np.interp(np.linspace(0, 1, n + 1), ends / ends[-1], places)


def _measure_free(
    machine: Machine, visible: Array, fields: Array, bias: Array, temperature: Array
) -> Array:
    own = machine.units.compute_energy(visible, bias)
    free: Array = own - compute_softplus(temperature * fields).sum(axis=1, dtype=np.float64)
    return free


def _summarize(logs: Array) -> PartitionEstimate:
    n = len(logs)
    log_z = add_logs(logs) - math.log(n)
    ratios = np.exp(logs - log_z)  # w over its mean
    error = 3 * float(ratios.std(ddof=1)) / math.sqrt(n) if n > 1 else math.inf
    low = log_z + math.log1p(-error) if error < 1 else -math.inf
    return PartitionEstimate(log_z, low, log_z + math.log1p(error), logs)
