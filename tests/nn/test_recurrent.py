"""Recurrent layers against their slow twins, and what must hold whatever the weights are."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.nn import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    Parameter,
    RecurrentStack,
    iterate_parameters,
)
from embedrec.nn.bidirectional import reverse_steps
from embedrec.nn.layer import cast_parameters, clear_gradients
from tests.reference.nn import recurrent as reference

KINDS = {
    "rnn": (RNN, {}),
    "rnn-relu": (RNN, {"activation": "relu"}),
    "gru": (GRU, {}),
    "gru-before": (GRU, {"reset": "before"}),
    "lstm": (LSTM, {}),
    "lstm-peepholes": (LSTM, {"has_peepholes": True}),
}
LENGTHS = np.array([5, 1, 0, 4, 3, 5, 2])


def make_generator(seed=3):
    return np.random.default_rng(seed)


def make(name, n_inputs=3, n_hidden=4, **options):
    kind, more = KINDS[name]
    generator = make_generator()
    layer = kind(n_inputs, n_hidden, generator=generator, **more, **options)
    for value in vars(layer).values():
        if isinstance(value, Parameter):
            value.value += generator.standard_normal(value.value.shape).astype(np.float32) * 0.1
    return layer


def draw(*shape, seed=1):
    return make_generator(seed).standard_normal(shape).astype(np.float32)


def draw_state(layer, n_rows, seed=8):
    shape = (n_rows, layer.n_hidden)
    return draw(*((layer.n_states, *shape) if layer.n_states > 1 else shape), seed=seed)


def make_twin_step(name, layer):
    """Return step(x, *state) of the slow twin, with the layer's weights."""
    gates = {"rnn": "h", "gru": "run", "lstm": "ifog"}[name.split("-")[0]]
    W, U, b = (
        reference.split_gates(parameter.value, gates, layer.n_hidden)
        for parameter in (layer.input_weight, layer.hidden_weight, layer.bias)
    )
    if name.startswith("rnn"):
        return lambda x, h: reference.step_rnn(x, h, W, U, b, layer.activation)
    if name == "gru":
        c = layer.hidden_bias.value.astype(np.float64)
        return lambda x, h: reference.step_gru_after(x, h, W, U, b, c)
    if name == "gru-before":
        return lambda x, h: reference.step_gru_before(x, h, W, U, b)
    zeros = np.zeros((3, layer.n_hidden))
    p = zeros if layer.peepholes is None else layer.peepholes.value.astype(np.float64)
    return lambda x, h, c: reference.step_lstm(x, h, c, W, U, b, p)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_hidden", [1, 4, 16, 37])
@pytest.mark.parametrize("name", KINDS)
def test_values_are_the_twin_s(name, n_hidden, dtype):
    layer = make(name, 3, n_hidden)
    cast_parameters(layer, dtype)
    x, state = draw(7, 5, 3).astype(dtype), draw_state(layer, 7).astype(dtype)
    y, end, _ = layer.run(x, state, False, LENGTHS)
    states = state if layer.n_states > 1 else [state]
    expected, ends = reference.run_sequences(
        make_twin_step(name, layer), x, states, LENGTHS, n_hidden
    )
    tolerance = 2e-6 if dtype == np.float32 else 1e-13
    assert y.dtype == end.dtype == dtype
    np.testing.assert_allclose(y, expected, atol=tolerance)
    np.testing.assert_allclose(end, ends if layer.n_states > 1 else ends[0], atol=tolerance)


def collect_gradients(layer, x, state, gradient, at_end, lengths=LENGTHS):
    clear_gradients(layer)
    y, _, back = layer.run(x, state, False, lengths)
    at_x, at_start = back(gradient, at_end)
    found = {name: p.gradient.copy() for name, p in iterate_parameters(layer)}
    return {"y": y, "x": at_x, "state": at_start, **found}


@pytest.mark.parametrize("n_hidden", [5, 16, 37])
@pytest.mark.parametrize("name", KINDS)
def test_gradients_in_float32_are_those_in_float64(name, n_hidden):
    layer = make(name, 3, n_hidden)
    x, state = draw(7, 5, 3), draw_state(layer, 7)
    gradient, at_end = draw(7, 5, n_hidden, seed=4), draw_state(layer, 7, seed=5)
    arrays = x, state, gradient, at_end
    small = collect_gradients(layer, *arrays)
    cast_parameters(layer, np.float64)
    large = collect_gradients(layer, *(array.astype(np.float64) for array in arrays))
    for key, value in small.items():
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, large[key], atol=2e-5, err_msg=key)


@pytest.mark.parametrize("name", KINDS)
def test_what_fills_a_sequence_up_changes_nothing(name):
    layer = make(name)
    x, state, at_end = draw(7, 5, 3), draw_state(layer, 7), draw_state(layer, 7, seed=5)
    gradient = draw(7, 5, 4, seed=4)
    found = collect_gradients(layer, x, state, gradient, at_end)
    is_filling = np.arange(5) >= LENGTHS[:, None]
    x[is_filling], gradient[is_filling] = np.nan, np.inf
    filled = collect_gradients(layer, x, state, gradient, at_end)
    longer = np.concatenate([x, np.full((7, 3, 3), np.nan, np.float32)], axis=1)
    gradient = np.concatenate([gradient, np.ones((7, 3, 4), np.float32)], axis=1)
    extended = collect_gradients(layer, longer, state, gradient, at_end)
    for key, value in found.items():
        np.testing.assert_array_equal(filled[key], value, err_msg=key)
        cut = extended[key][:, :5] if key in "xy" else extended[key]
        np.testing.assert_allclose(cut, value, atol=1e-6, err_msg=key)
    assert not filled["y"][is_filling].any()
    assert not filled["x"][is_filling].any()


@pytest.mark.parametrize("name", KINDS)
def test_each_sequence_by_itself_gives_the_same(name):
    layer = make(name)
    x, state = draw(7, 5, 3), draw_state(layer, 7)
    y, end, _ = layer.run(x, state, False, LENGTHS)
    for b, length in enumerate(LENGTHS):
        if length:
            alone, last, _ = layer.run(x[b : b + 1, :length], state[..., b : b + 1, :])
            np.testing.assert_allclose(y[b : b + 1, :length], alone, atol=1e-6)
            np.testing.assert_allclose(end[..., b : b + 1, :], last, atol=1e-6)
        else:
            np.testing.assert_array_equal(end[..., b, :], state[..., b, :])


@pytest.mark.parametrize("name", KINDS)
def test_two_pieces_with_carried_state_are_one_run(name):
    layer = make(name)
    x, gradient = draw(4, 6, 3), draw(4, 6, 4, seed=4)
    whole = collect_gradients(layer, x, None, gradient, None, None)
    clear_gradients(layer)
    first, state, back = layer.run(x[:, :2])
    second, end, later_back = layer.run(x[:, 2:], state)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole["y"], atol=1e-6)
    np.testing.assert_allclose(end, layer.run(x)[1], atol=1e-6)
    at_second, at_state = later_back(gradient[:, 2:])
    at_first, _ = back(gradient[:, :2], at_state)
    np.testing.assert_allclose(np.concatenate([at_first, at_second], 1), whole["x"], atol=2e-6)
    for key, parameter in iterate_parameters(layer):
        np.testing.assert_allclose(parameter.gradient, whole[key], atol=1e-5, err_msg=key)


@pytest.mark.parametrize("name", KINDS)
def test_nothing_given_is_changed(name):
    layer = make(name)
    x, state, gradient, at_end = draw(3, 5, 3), draw_state(layer, 3), draw(3, 5, 4), None
    at_end = draw_state(layer, 3, seed=5)
    copies = [array.copy() for array in (x, state, gradient, at_end)]
    y, end, back = layer.run(x, state)
    kept = y.copy(), end.copy()
    back(gradient, at_end)
    for array, copy in zip((x, state, gradient, at_end, y, end), (*copies, *kept), strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("name", KINDS)
def test_dropout_is_the_same_at_all_steps(name):
    layer = make(name, input_dropout=0.5, recurrent_dropout=0.5)
    x = np.ones((2, 6, 3), np.float32)
    y, _, back = layer.run(x, None, make_generator())
    again, _, _ = layer.run(x, None, make_generator())
    np.testing.assert_array_equal(y, again)
    at_x, _ = back(np.ones_like(y))
    is_dropped = (at_x == 0).all(axis=1)  # (B, I)
    np.testing.assert_array_equal(np.repeat(is_dropped[:, None], 6, 1), at_x == 0)
    assert 0 < is_dropped.sum() < 6
    assert np.abs(layer.forward(x)[0] - y).max() > 1e-3
    with pytest.raises(ParameterError, match="train=True"):
        layer.forward(x, True)


def test_a_layer_may_leave_out_the_gradient_at_its_input():
    layer = make("lstm")
    layer.needs_input_gradient = False
    y, back = layer.forward(draw(2, 4, 3))
    assert back(np.ones_like(y)).size == 0
    assert layer.input_weight.gradient.any()


@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_bidirectional_reverses_by_length(lengths):
    layer = Bidirectional(make("lstm"), make("gru"))
    x = draw(7, 5, 3)
    y, _ = layer.forward(x, False, lengths)
    np.testing.assert_array_equal(y[..., :4], layer.forwards.forward(x, False, lengths)[0])
    for b, length in enumerate([5] * 7 if lengths is None else lengths):
        if length:
            back_to_front = np.ascontiguousarray(x[b : b + 1, :length][:, ::-1])
            expected = layer.backwards.forward(back_to_front)[0][:, ::-1]
            np.testing.assert_allclose(y[b : b + 1, :length, 4:], expected, atol=1e-6)
        assert not y[b, length:].any()


def test_reversal_twice_is_none():
    x = draw(7, 5, 3)
    once = reverse_steps(x, LENGTHS)
    np.testing.assert_array_equal(reverse_steps(once, LENGTHS), x)
    np.testing.assert_array_equal(once[0], x[0, ::-1])
    np.testing.assert_array_equal(once[4, :3], x[4, 2::-1])
    np.testing.assert_array_equal(once[4, 3:], x[4, 3:])


def test_stack_is_its_layers_one_on_another():
    lower, upper = make("lstm", 3, 4), make("gru", 4, 2)
    x = draw(7, 5, 3)
    y, states, _ = RecurrentStack(lower, upper, dropout=0.5).run(x, None, False, LENGTHS)
    below, state, _ = lower.run(x, None, False, LENGTHS)
    expected, other, _ = upper.run(below, None, False, LENGTHS)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(states[0], state)
    np.testing.assert_array_equal(states[1], other)


def test_stack_drops_between_layers_only():
    layers = [make("rnn", 3, 50), make("rnn", 50, 4)]
    x = draw(2, 5, 3)
    _, states, _ = RecurrentStack(*layers, dropout=0.5).run(x, None, make_generator())
    np.testing.assert_array_equal(states[0], layers[0].run(x)[1])
    assert np.abs(states[1] - RecurrentStack(*layers).run(x)[1][1]).max() > 1e-3
    with pytest.raises(ParameterError, match=r"RecurrentStack.*train=True"):
        RecurrentStack(*layers, dropout=0.5).forward(x, True)
