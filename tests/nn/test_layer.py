"""The walk over parameters: names, order, shared ones once."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.nn import (
    Chain,
    Dense,
    Layer,
    Parameter,
    cast_parameters,
    clear_gradients,
    count_parameters,
    iterate_parameters,
)


@pytest.fixture
def generator():
    return np.random.default_rng(0)


class Holder(Layer):
    def __init__(self, generator):
        self.size = 3
        self.first = Dense(2, 3, generator=generator)
        self.nothing = None
        self.pair = (Parameter(np.zeros(2)), Parameter(np.zeros(4)))
        self.by_name = {"in": Dense(3, 1, generator=generator, has_bias=False)}


def test_names_are_the_way_in_the_order_they_were_set(generator):
    names = [name for name, _ in iterate_parameters(Holder(generator))]
    assert names == ["first.weight", "first.bias", "pair.0", "pair.1", "by_name.in.weight"]


def test_a_prefix_and_a_list_of_layers(generator):
    layers = [Dense(2, 1, generator=generator), Dense(1, 1, generator=generator)]
    names = [name for name, _ in iterate_parameters(layers, "net")]
    assert names == ["net.0.weight", "net.0.bias", "net.1.weight", "net.1.bias"]


def test_shared_parameters_come_once_by_the_first_way(generator):
    shared = Dense(3, 3, generator=generator)
    tied = Dense(3, 3, generator=generator, has_bias=False)
    tied.weight = shared.weight
    network = Chain(shared, tied, shared)
    found = dict(iterate_parameters(network))
    assert list(found) == ["layers.0.weight", "layers.0.bias"]
    assert found["layers.0.weight"] is shared.weight
    assert count_parameters(network) == 12


def test_a_shared_layer_gets_the_gradient_of_both_uses(generator):
    shared = Dense(3, 3, generator=generator, dtype=np.float64)
    x = generator.standard_normal((4, 3))
    y, back = Chain(shared, shared).forward(x)
    back(np.ones_like(y))
    d = np.ones((4, 3)) @ shared.weight.value.T  # at the middle
    middle, _ = shared.forward(x)
    expected = middle.T @ np.ones((4, 3)) + x.T @ d
    np.testing.assert_allclose(shared.weight.gradient, expected)


def test_cast_changes_all_and_forgets_gradients(generator):
    network = Holder(generator)
    network.first.weight.add_gradient(np.ones((2, 3), np.float32))
    cast_parameters(network, np.float64)
    for _, parameter in iterate_parameters(network):
        assert parameter.value.dtype == np.float64
        assert parameter.gradient is None
    y, _ = network.first.forward(np.ones((1, 2)))
    assert y.dtype == np.float64


def test_clear_takes_several_layers(generator):
    one, two = Dense(2, 1, generator=generator), Dense(2, 1, generator=generator)
    for layer in (one, two):
        y, back = layer.forward(np.ones((3, 2), np.float32))
        back(np.ones_like(y))
    clear_gradients(one, two)
    assert all(p.gradient is None for _, p in iterate_parameters([one, two]))


def test_a_layer_itself_computes_nothing():
    with pytest.raises(NotImplementedError):
        Layer().forward(np.zeros(1))
    assert repr(Layer()) == "Layer()"
