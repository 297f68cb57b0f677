"""What recurrent layers say of input that does not fit."""

from __future__ import annotations

import re

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.nn import GRU, LSTM, RNN, Bidirectional, RecurrentStack


def make(kind=LSTM, n_inputs=3, n_hidden=4, **options):
    return kind(n_inputs, n_hidden, generator=np.random.default_rng(0), **options)


X = np.zeros((2, 5, 3), np.float32)
LAYERS = [make(), make(GRU), make(RNN), Bidirectional(make(), make()), RecurrentStack(make())]
by_layer = pytest.mark.parametrize("layer", LAYERS, ids=repr)


def expect(message):
    return pytest.raises(ParameterError, match=message)


@by_layer
def test_input_of_another_shape(layer):
    with expect(r"\) takes input of shape \(B, T, 3\), not \(2, 5, 7\)"):
        layer.forward(np.zeros((2, 5, 7), np.float32))
    with expect(r"\) takes input of shape \(B, T, 3\), not \(2, 3\)"):
        layer.forward(np.zeros((2, 3), np.float32))
    with expect("which is empty"):
        layer.forward(np.zeros((0, 5, 3), np.float32))
    with expect("which is empty"):
        layer.forward(np.zeros((2, 0, 3), np.float32))


@by_layer
def test_input_of_another_dtype(layer):
    with expect(r"computes in float32, and its input is float64: give x.astype\('float32'\)"):
        layer.forward(X.astype(np.float64))


@by_layer
def test_lengths_that_do_not_fit(layer):
    with expect(r"\) was given a batch of 5 positions, and the length 6 \(of sequence 1\)"):
        layer.forward(X, False, np.array([5, 6]))
    with expect(r"the length -1 \(of sequence 0\)"):
        layer.forward(X, False, np.array([-1, 2]))
    with expect("takes lengths as 2 whole numbers"):
        layer.forward(X, False, np.array([1, 2, 3]))
    with expect("takes lengths as 2 whole numbers"):
        layer.forward(X, False, np.array([1.0, 2.0]))


@by_layer
def test_length_0_is_no_fault_and_leaves_zeros(layer):
    y, _ = layer.forward(X + 1, False, np.array([0, 5]))
    assert not y[0].any()
    assert y[1].all()


def test_state_of_another_batch_size():
    for layer, shape in ((make(), "(2, 2, 4)"), (make(GRU), "(2, 4)"), (make(RNN), "(2, 4)")):
        state = layer.run(np.zeros((3, 5, 3), np.float32))[1]
        message = f"{layer!r} takes state of shape {shape}, not {state.shape}"
        with expect(re.escape(message)):
            layer.run(X, state)
    with expect("its state is float64"):
        layer.run(X, np.zeros((2, 4)))
    stack = RecurrentStack(make(), make(GRU, 4))
    with expect(r"has 2 layers, and was given 1 states"):
        stack.run(X, [None])
    two = Bidirectional(make(), make())
    with expect(r"has 2 layers, and was given 1 states"):
        two.run(X, [None])


def test_gradient_of_another_shape():
    _, _, back = make().run(X)
    with expect(r"takes gradient at the output of shape \(2, 5, 4\), not \(2, 5, 3\)"):
        back(X)


def test_options_that_there_are_not():
    with expect("'tanh' or 'relu', not 'sigmoid'"):
        make(RNN, activation="sigmoid")
    with expect("'after' or 'before' the product, not True"):
        make(GRU, reset=True)
    with expect("recurrent_dropout must be from 0 to below 1, not 1"):
        make(recurrent_dropout=1)
    with expect("n_hidden must be a whole number of at least 1, not 0"):
        make(n_hidden=0)
    with expect("'concatenate' or 'sum', not 'mean'"):
        Bidirectional(make(), make(), merge="mean")
    with expect(r"not LSTM\(3, 4\) and LSTM\(2, 4\)"):
        Bidirectional(make(), make(n_inputs=2))
    layer = make()
    with expect(r"not LSTM\(3, 4\) and the same"):
        Bidirectional(layer, layer)
    with expect("at least one layer"):
        RecurrentStack()
    with expect("'step' or 'sequence', not 'word'"):
        RecurrentStack(make(), dropout_mask="word")
    with expect(r"LSTM\(3, 4\) gives 4 numbers a step, and GRU\(3, 4\) takes 3"):
        RecurrentStack(make(), make(GRU))
