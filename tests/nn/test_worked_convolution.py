"""Convolution and pooling by hand: numbers that the source texts work out."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.nn import Conv2D, MaxPool2D, MeanPool2D


def make_conv(kernel):
    kernel = np.asarray(kernel, np.float64)
    conv = Conv2D(
        1, 1, kernel.shape, generator=np.random.default_rng(0), has_bias=False, dtype=np.float64
    )
    conv.weight.value[:, :, 0, 0] = kernel
    return conv


def as_image(rows):
    return np.asarray(rows, np.float64)[None, :, :, None]


def test_five_by_five_with_three_by_three():
    image = [[int(digit) for digit in row] for row in ("11100", "01110", "00111", "00110", "01100")]
    y, _ = make_conv([[1, 0, 1], [0, 1, 0], [1, 0, 1]]).forward(as_image(image))
    np.testing.assert_array_equal(y[0, :, :, 0], [[4, 3, 4], [2, 4, 3], [2, 3, 4]])


def test_max_pooling_sends_the_gradient_to_the_maxima():
    image = np.zeros((4, 4))
    # The maxima of the four windows: top-left, bottom-right, top-right, bottom-left.
    for place in ((0, 0), (1, 3), (2, 1), (3, 2)):
        image[place] = 1
    _, back = MaxPool2D(2).forward(as_image(image))
    dx = back(as_image([[2, 8], [4, 6]]))
    expected = [[2, 0, 0, 0], [0, 0, 0, 8], [0, 4, 0, 0], [0, 0, 6, 0]]
    np.testing.assert_array_equal(dx[0, :, :, 0], expected)


def test_mean_pooling_shares_the_gradient():
    _, back = MeanPool2D(2).forward(as_image(np.zeros((4, 4))))
    dx = back(as_image([[2, 8], [4, 6]]))
    expected = [[0.5, 0.5, 2, 2], [0.5, 0.5, 2, 2], [1, 1, 1.5, 1.5], [1, 1, 1.5, 1.5]]
    np.testing.assert_array_equal(dx[0, :, :, 0], expected)


def test_input_gradient_is_full_convolution_with_the_turned_kernel():
    generator = np.random.default_rng(5)
    image, kernel = generator.standard_normal((3, 3)), generator.standard_normal((2, 2))
    y, back = make_conv(kernel).forward(as_image(image))
    assert y.shape == (1, 2, 2, 1)
    gradient = generator.standard_normal((2, 2))
    dx = back(as_image(gradient))
    turned = np.rot90(kernel, 2)
    padded = np.pad(gradient, 1)  # "full": every place where kernel and gradient touch
    full = [[(padded[i : i + 2, j : j + 2] * turned).sum() for j in range(3)] for i in range(3)]
    np.testing.assert_allclose(dx[0, :, :, 0], full, rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("n", "k", "p", "s", "positions"),
    [(32, 5, 0, 1, 28), (28, 2, 0, 2, 14), (5, 3, 0, 2, 2), (7, 7, 0, 3, 1), (224, 7, 5, 2, 112)],
)
def test_output_size(n, k, p, s, positions):
    padding = ((p // 2, p - p // 2), (0, 0))
    conv = Conv2D(1, 1, (k, 1), stride=(s, 1), padding=padding, generator=np.random.default_rng(0))
    y, _ = conv.forward(np.zeros((1, n, 2, 1), np.float32))
    assert y.shape == (1, positions, 2, 1)
