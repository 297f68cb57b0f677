"""Optimisers beside their slow twins, dense and by rows; state; what can't be worked with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.errors import CorruptedError, ParameterError
from embedrec.nn import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Parameter,
    RMSProp,
    make_optimizer,
)
from embedrec.nn.optim import OPTIMIZERS
from tests.reference.nn import optimize as twin

MADE = {
    "sgd": SGD(0.1),
    "momentum": Momentum(0.1, momentum=0.8),
    "nesterov": Nesterov(0.1, momentum=0.8),
    "adagrad": AdaGrad(0.1, epsilon=1e-3),
    "rmsprop": RMSProp(0.1, decay=0.7, epsilon=1e-3),
    "adam": Adam(0.1, beta1=0.8, beta2=0.95, epsilon=1e-3),
    "adamw": AdamW(0.1, beta1=0.8, beta2=0.95, epsilon=1e-3, weight_decay=0.2),
}


def list_settings(optimizer):
    names = ("momentum", "decay", "beta1", "beta2", "epsilon", "weight_decay")
    settings = {name: getattr(optimizer, name) for name in names if hasattr(optimizer, name)}
    return {"rate": optimizer.learning_rate, **settings}


def draw(*shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 2e-6)])
def test_dense_steps_are_the_twin_s(kind, dtype, tolerance):
    value, gradients = draw(3, 5, dtype=dtype), draw(6, 3, 5, dtype=dtype, seed=1)
    parameter, optimizer = Parameter(value.copy()), MADE[kind].copy()
    settings = list_settings(optimizer)
    wanted = np.empty((6, 3, 5))
    for place in np.ndindex(3, 5):
        series = [float(g) for g in gradients[(slice(None), *place)]]
        wanted[(slice(None), *place)] = list(
            twin.descend(kind, float(value[place]), series, **settings)
        )
    for gradient, after in zip(gradients, wanted, strict=True):
        parameter.clear_gradient()
        parameter.add_gradient(gradient)
        optimizer.step([("w", parameter)])
        assert parameter.value.dtype == dtype
        np.testing.assert_allclose(parameter.value, after, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("kind", MADE)
@given(rows=st.lists(st.lists(st.integers(0, 3), max_size=5), min_size=1, max_size=5))
def test_rows_are_updated_lazily(kind, rows):
    # Each row lives in its own time, but for the corrections of Adam, which count all steps: with
    # the gradient in every step they agree with the twin, so rows are compared with a dense run of
    # the steps in which they took part, at the same count.
    value = draw(4, 2)
    parameter, optimizer = Parameter(value.copy()), MADE[kind].copy()
    alone = [Parameter(value[i : i + 1].copy()) for i in range(4)]
    singles = [MADE[kind].copy() for _ in range(4)]
    for number, step in enumerate(rows):
        values = draw(len(step), 2, seed=number)
        parameter.clear_gradient()
        parameter.add_rows(np.array(step, np.int64), values)
        optimizer.step([("w", parameter)])
        for i in range(4):
            alone[i].clear_gradient()
            if i in step:
                summed = sum(v for at, v in zip(step, values, strict=True) if at == i)
                alone[i].add_gradient(summed[None])
            singles[i].step([("w", alone[i])])
    together = np.concatenate([one.value for one in alone])
    np.testing.assert_allclose(parameter.value, together, rtol=1e-12, atol=1e-12)


def test_nesterov_is_the_published_rule_at_the_points_looked_ahead_to():
    def derive(w):
        return 3 * w - 1

    points = twin.look_ahead(2.0, derive, 20, rate=0.05, momentum=0.9)
    parameter, optimizer = Parameter(np.array([2.0])), Nesterov(0.05, momentum=0.9)
    for point in points:
        assert parameter.value[0] == pytest.approx(point, rel=1e-12)
        parameter.clear_gradient()
        parameter.add_gradient(derive(parameter.value))
        optimizer.step([("w", parameter)])


@pytest.mark.parametrize("kind", MADE)
def test_state_goes_by_name_and_comes_back_to_the_bit(kind):
    def run(optimizer, parameters, seeds):
        for seed in seeds:
            for at, (_, parameter) in enumerate(parameters):
                parameter.clear_gradient()
                parameter.add_gradient(draw(4, 3, dtype=np.float32, seed=10 * seed + at))
            optimizer.step(parameters)

    first = [(name, Parameter(draw(4, 3, dtype=np.float32))) for name in "ab"]
    whole = MADE[kind].copy()
    run(whole, first, range(6))
    second = [(name, Parameter(draw(4, 3, dtype=np.float32))) for name in "ab"]
    half = MADE[kind].copy()
    run(half, second, range(3))
    arrays, facts = half.export_state()
    rest = MADE[kind].copy()
    rest.restore_state({name: array.copy() for name, array in arrays.items()}, facts)
    run(rest, second, range(3, 6))
    for (_, a), (_, b) in zip(first, second, strict=True):
        assert a.value.tobytes() == b.value.tobytes()


def test_a_parameter_without_a_gradient_stays():
    parameter, optimizer = Parameter(draw(3)), AdamW(0.1)
    optimizer.step([("w", parameter)])
    np.testing.assert_array_equal(parameter.value, draw(3))
    assert not optimizer.slots["mean"]


def test_the_factor_multiplies_the_rate():
    parameters = [Parameter(draw(3)) for _ in range(2)]
    for parameter in parameters:
        parameter.add_gradient(np.ones(3))
    SGD(0.5).step([("w", parameters[0])], 0.1)
    SGD(0.05).step([("w", parameters[1])])
    np.testing.assert_allclose(parameters[0].value, parameters[1].value, rtol=1e-15)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_by_name(name):
    made = make_optimizer(name, 0.25)
    assert made.learning_rate == 0.25
    assert type(make_optimizer(made)) is type(made)
    assert make_optimizer(made) == made
    assert make_optimizer(made) is not made


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SGD(0), "learning_rate must be a number above 0"),
        (lambda: SGD(float("nan")), "learning_rate must be a number above 0"),
        (lambda: SGD(float("inf")), "learning_rate must be a number above 0"),
        (lambda: SGD("fast"), "learning_rate must be a number above 0, not 'fast'"),
        (lambda: Momentum(momentum=1), "momentum must be a number from 0 to below 1"),
        (lambda: Nesterov(momentum=-0.1), "Nesterov: momentum"),
        (lambda: AdaGrad(epsilon=0), "epsilon must be a number above 0"),
        (lambda: RMSProp(decay=1.5), "decay must be a number from 0"),
        (lambda: Adam(beta2=1), "beta2 must be a number from 0"),
        (lambda: AdamW(weight_decay=-1), "weight_decay must be a number 0 or more"),
        (lambda: make_optimizer("adamm"), "sgd, momentum, .* not 'adamm'"),
        (lambda: make_optimizer(3), "or an Optimizer, not 3"),
    ],
)
def test_settings_that_cannot_be(make, words):
    with pytest.raises(ParameterError, match=words):
        make()


def test_another_network_under_the_same_name():
    optimizer = Adam()
    for shape, fails in ((3, False), (4, True)):
        parameter = Parameter(np.zeros(shape))
        parameter.add_gradient(np.ones(shape))
        if fails:
            with pytest.raises(ParameterError, match=r"w is float64 \(4,\), and Adam has met it"):
                optimizer.step([("w", parameter)])
        else:
            optimizer.step([("w", parameter)])


def test_a_value_that_cannot_be_changed_in_place():
    parameter = Parameter(np.zeros((3, 4)).T)
    parameter.add_gradient(np.ones((4, 3)))
    with pytest.raises(ParameterError, match="w can't be updated"):
        SGD().step([("w", parameter)])


@pytest.mark.parametrize(
    ("arrays", "facts"),
    [
        ({}, {"optimizer": "SGD", "n_steps": 3}),
        ({}, {"optimizer": "Adam", "n_steps": "3"}),
        ({"speed.w": np.zeros(3)}, {"optimizer": "Adam", "n_steps": 3}),
        ({}, {}),
    ],
)
def test_state_of_another_optimiser(arrays, facts):
    with pytest.raises(CorruptedError):
        Adam().restore_state(arrays, facts)
