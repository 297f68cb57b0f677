"""Convolution and pooling against their slow twins, at any size, stride and padding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.errors import ParameterError
from embedrec.nn import (
    Conv1D,
    Conv2D,
    ConvMaxOverTime,
    MaxOverTime,
    MaxPool1D,
    MaxPool2D,
    MeanPool1D,
    MeanPool2D,
    Subsampling,
)
from tests.reference.nn import convolution as slow

SMALL = st.integers(1, 3)


@st.composite
def draw_convolution(draw):
    padding = tuple((draw(st.integers(0, 3)), draw(st.integers(0, 3))) for _ in range(2))
    kernel = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    size = [draw(st.integers(max(1, k - sum(p)), 6)) for k, p in zip(kernel, padding, strict=True)]
    return (
        (draw(SMALL), *size, draw(SMALL)),
        kernel,
        draw(SMALL),
        (draw(SMALL), draw(SMALL)),
        padding,
    )


@settings(max_examples=60)
@given(draw_convolution(), st.integers(0, 2**32), st.booleans())
def test_conv2d_is_its_formula(drawn, seed, is_contiguous):
    shape, kernel, n_outputs, stride, padding = drawn
    generator = np.random.default_rng(seed)
    x = generator.standard_normal(shape)
    if not is_contiguous:
        x = np.asfortranarray(x)
    conv = Conv2D(
        shape[-1], n_outputs, kernel, stride=stride, padding=padding, generator=generator,
        dtype=np.float64,
    )  # fmt: skip
    conv.bias.value[:] = generator.standard_normal(n_outputs)
    kept = x.copy()
    y, back = conv.forward(x)
    weight = conv.weight.value
    expected = slow.convolve(x, weight, conv.bias.value, stride, padding)
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-12)
    gradient = generator.standard_normal(y.shape)
    dx, dw = slow.convolve_back(x, weight, gradient, stride, padding)
    np.testing.assert_allclose(back(gradient), dx, rtol=0, atol=1e-12)
    np.testing.assert_allclose(conv.weight.gradient, dw, rtol=0, atol=1e-12)
    np.testing.assert_allclose(conv.bias.gradient, gradient.sum((0, 1, 2)), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(x, kept)


@settings(max_examples=30)
@given(draw_convolution(), st.integers(0, 2**32))
def test_conv1d_is_conv2d_of_one_row(drawn, seed):
    shape, (_, kernel), n_outputs, (_, stride), (_, padding) = drawn
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((shape[0], *shape[2:]))
    conv = Conv1D(
        shape[-1], n_outputs, kernel, stride=stride, padding=padding, generator=generator,
        dtype=np.float64,
    )  # fmt: skip
    y, back = conv.forward(x)
    weight = conv.weight.value[None]
    arguments = (1, stride), ((0, 0), padding)
    expected = slow.convolve(x[:, None], weight, conv.bias.value, *arguments)
    np.testing.assert_allclose(y, expected[:, 0], rtol=0, atol=1e-12)
    gradient = generator.standard_normal(y.shape)
    dx, dw = slow.convolve_back(x[:, None], weight, gradient[:, None], *arguments)
    np.testing.assert_allclose(back(gradient), dx[:, 0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(conv.weight.gradient, dw[0], rtol=0, atol=1e-12)


def test_gradients_of_two_passes_add_up():
    generator = np.random.default_rng(0)
    conv = Conv2D(2, 3, 2, generator=generator)
    x = generator.standard_normal((2, 4, 4, 2)).astype(np.float32)
    y, back = conv.forward(x)
    back(np.ones_like(y))
    once = conv.weight.gradient.copy()
    _, back = conv.forward(x)
    back(np.ones_like(y))
    np.testing.assert_allclose(conv.weight.gradient, 2 * once, rtol=1e-6)


def test_maps_that_are_not_connected_learn_nothing():
    generator = np.random.default_rng(1)
    table = np.array([[1, 0], [0, 1], [1, 1]], bool)
    conv = Conv2D(3, 2, 3, connections=table, generator=generator)
    x = generator.standard_normal((2, 5, 5, 3)).astype(np.float32)
    y, back = conv.forward(x)
    back(np.ones_like(y))
    assert not conv.weight.value[:, :, ~table].any()
    assert not conv.weight.gradient[:, :, ~table].any()
    other = x.copy()
    other[..., 1] += 1  # not read by output map 0
    moved, _ = conv.forward(other)
    np.testing.assert_array_equal(moved[..., 0], y[..., 0])
    assert (moved[..., 1] != y[..., 1]).any()


@st.composite
def draw_pooling(draw):
    window = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    size = [draw(st.integers(k, 7)) for k in window]
    return (draw(SMALL), *size, draw(SMALL)), window, (draw(SMALL), draw(SMALL))


@settings(max_examples=60)
@given(draw_pooling(), st.integers(0, 2**32), st.sampled_from(["max", "mean"]))
def test_pooling_is_its_formula(drawn, seed, kind):
    shape, window, stride = drawn
    generator = np.random.default_rng(seed)
    x = generator.integers(-2, 3, shape).astype(np.float64)  # ties too
    layer = (MaxPool2D if kind == "max" else MeanPool2D)(window, stride=stride)
    y, back = layer.forward(x)
    np.testing.assert_allclose(y, slow.pool(x, window, stride, kind), rtol=0, atol=1e-15)
    gradient = generator.standard_normal(y.shape)
    expected = slow.pool_back(x, gradient, window, stride, kind)
    np.testing.assert_allclose(back(gradient), expected, rtol=0, atol=1e-14)


@settings(max_examples=30)
@given(draw_pooling(), st.integers(0, 2**32), st.sampled_from(["max", "mean"]))
def test_pooling_of_sequences(drawn, seed, kind):
    shape, (_, window), (_, stride) = drawn
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((shape[0], *shape[2:]))
    layer = (MaxPool1D if kind == "max" else MeanPool1D)(window, stride=stride)
    y, back = layer.forward(x)
    expected = slow.pool(x[:, None], (1, window), (1, stride), kind)[:, 0]
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-15)
    gradient = generator.standard_normal(y.shape)
    expected = slow.pool_back(x[:, None], gradient[:, None], (1, window), (1, stride), kind)
    np.testing.assert_allclose(back(gradient), expected[:, 0], rtol=0, atol=1e-14)


@settings(max_examples=40)
@given(SMALL, st.integers(1, 6), SMALL, st.data())
def test_max_over_time_is_its_formula(n, time, depth, data):
    lengths = np.array(data.draw(st.lists(st.integers(0, time), min_size=n, max_size=n)))
    x = np.random.default_rng(time).standard_normal((n, time, depth))
    y, back = MaxOverTime().forward(x, lengths=lengths)
    np.testing.assert_array_equal(y, slow.max_over_time(x, lengths))
    dx = back(np.ones_like(y))
    np.testing.assert_array_equal(dx.sum(axis=1), np.repeat(lengths[:, None] > 0, depth, axis=1))
    for b, length in enumerate(lengths):
        assert not dx[b, length:].any()
        np.testing.assert_array_equal(np.where(dx[b] > 0, x[b], 0).sum(axis=0), y[b])


def test_the_first_layer_may_leave_out_the_gradient_at_its_input():
    generator = np.random.default_rng(1)
    for conv, shape in (
        (Conv2D(2, 3, 2, generator=generator), (2, 4, 4, 2)),
        (Conv1D(2, 3, 2, generator=generator), (2, 4, 2)),
    ):
        x = generator.standard_normal(shape).astype(np.float32)
        y, back = conv.forward(x)
        back(np.ones_like(y))
        whole = conv.weight.gradient.copy()
        conv.weight.clear_gradient()
        conv.needs_input_gradient = False
        _, back = conv.forward(x)
        assert back(np.ones_like(y)).size == 0
        np.testing.assert_array_equal(conv.weight.gradient, whole)


@settings(max_examples=40)
@given(SMALL, SMALL, SMALL, st.integers(1, 4), st.data())
def test_windows_and_their_maximum_are_convolution_and_maximum(n, depth, n_outputs, width, data):
    """At all positions where the window fits into the sequence, or at one, filled up by zeros."""
    lengths = np.array(data.draw(st.lists(st.integers(0, 6), min_size=n, max_size=n)))
    generator = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    x = generator.standard_normal((n, 6, depth))
    layer = ConvMaxOverTime(depth, n_outputs, width, generator=generator, dtype=np.float64)
    layer.bias.value[:] = generator.standard_normal(n_outputs)
    y, back = layer.forward(x, True, lengths)
    gradient = generator.standard_normal(y.shape)
    dx = back(gradient)
    best, expected, dw = slow.max_of_windows(x, lengths, layer.weight.value, gradient)
    np.testing.assert_allclose(y, best + layer.bias.value, rtol=0, atol=1e-12)
    np.testing.assert_allclose(dx, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(layer.weight.gradient, dw, rtol=0, atol=1e-12)
    np.testing.assert_allclose(layer.bias.gradient, gradient.sum(axis=0), rtol=0, atol=1e-12)


def test_windows_of_several_blocks_are_the_same(monkeypatch):
    generator = np.random.default_rng(3)
    layer = ConvMaxOverTime(3, 4, 2, generator=generator, dtype=np.float64)
    x, lengths = generator.standard_normal((6, 5, 3)), np.array([5, 0, 2, 4, 5, 1])
    whole, back = layer.forward(x, True, lengths)
    gradient = generator.standard_normal(whole.shape)
    dx, dw = back(gradient), layer.weight.gradient.copy()
    layer.weight.clear_gradient()
    monkeypatch.setattr("embedrec.nn.conv_max._BLOCK_NUMBERS", 7 * 2 * 4)  # seven positions
    y, back = layer.forward(x, True, lengths)
    np.testing.assert_allclose(y, whole, rtol=0, atol=1e-13)
    np.testing.assert_allclose(back(gradient), dx, rtol=0, atol=1e-13)
    np.testing.assert_allclose(layer.weight.gradient, dw, rtol=0, atol=1e-13)


def test_a_batch_of_several_blocks_is_the_same_as_its_parts(monkeypatch):
    generator = np.random.default_rng(3)
    conv = Conv2D(2, 3, 3, generator=generator, dtype=np.float64)
    x = generator.standard_normal((5, 6, 6, 2))
    whole, back = conv.forward(x)
    gradient = generator.standard_normal(whole.shape)
    dx, dw = back(gradient), conv.weight.gradient.copy()
    conv.weight.clear_gradient()
    monkeypatch.setattr("embedrec.nn.conv._BLOCK_NUMBERS", 2 * 16 * 18)  # two images
    y, back = conv.forward(x)
    np.testing.assert_allclose(y, whole, rtol=0, atol=1e-13)
    np.testing.assert_allclose(back(gradient), dx, rtol=0, atol=1e-13)
    np.testing.assert_allclose(conv.weight.gradient, dw, rtol=0, atol=1e-12)


def make_conv(**options):
    return Conv2D(2, 3, 3, generator=np.random.default_rng(0), **options)


def make_windows():
    return ConvMaxOverTime(2, 3, 3, generator=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make_conv().forward(np.zeros((1, 5, 5, 4), np.float32)),
         r"Conv2D\(2, 3, \(3, 3\)\) takes input of shape \(B, H, W, 2\), not \(1, 5, 5, 4\)"),
        (lambda: make_conv().forward(np.zeros((5, 5, 2), np.float32)), r"not \(5, 5, 2\)"),
        (lambda: make_conv().forward(np.zeros((0, 5, 5, 2), np.float32)), "empty"),
        (lambda: make_conv().forward(np.zeros((1, 5, 5, 2))), "float32.*float64"),
        (lambda: make_conv().forward(np.zeros((1, 2, 5, 2), np.float32)),
         r"the window \(3, 3\) does not fit into \(2, 5\)"),
        (lambda: make_conv(stride=0), "stride must be a whole number of at least 1, not 0"),
        (lambda: make_conv(stride=(1, 2, 3)), "stride must be one number or 2"),
        (lambda: make_conv(padding=-1), "padding must be a whole number of at least 0, not -1"),
        (lambda: make_conv(padding=((1, 2, 3), 0)), "padding must be one number, or"),
        (lambda: make_conv(connections=np.ones((2, 3))), "bool array of shape .2, 3., input by"),
        (lambda: make_conv(connections=np.ones((3, 2), bool)), "not bool of shape .3, 2."),
        (lambda: MaxPool2D(3).forward(np.zeros((1, 2, 2, 1))), "does not fit"),
        (lambda: MaxPool2D(0), "window_size must be"),
        (lambda: MaxPool1D(2).forward(np.zeros((1, 2, 2, 1))), r"MaxPool1D.*\(B, T, C\)"),
        (lambda: Subsampling(3).forward(np.zeros((1, 4, 4, 2), np.float32)), "Subsampling"),
        (lambda: MaxOverTime().forward(np.zeros((2, 4, 3)), lengths=np.array([4, 5])),
         "the length 5 .of sequence 1.: lengths go from 0 to 4"),
        (lambda: make_windows().forward(np.zeros((1, 5, 4), np.float32)),
         r"ConvMaxOverTime\(2, 3, 3\) takes input of shape \(B, T, 2\), not \(1, 5, 4\)"),
        (lambda: make_windows().forward(np.zeros((1, 5, 2), np.float32), lengths=np.array([6])),
         "the length 6"),
        (lambda: MaxOverTime().forward(np.zeros((2, 4, 3)), lengths=np.array([4])),
         "2 whole numbers, one for each sequence"),
        (lambda: MaxOverTime().forward(np.zeros((2, 4, 3)), lengths=np.array([4.0, 1.0])),
         "whole numbers"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call, message):
    with pytest.raises(ParameterError, match=message):
        call()
