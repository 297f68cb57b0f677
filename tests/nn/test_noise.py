"""Noise in training only, with the statistics it says; tied weights are one parameter."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.nn import Dense, GaussianNoise, MaskingNoise, TiedDense, iterate_parameters

NOISES = [MaskingNoise(0.3), GaussianNoise(0.3)]


@pytest.mark.parametrize("noise", NOISES, ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_only_in_training_and_the_same_for_a_seed(noise, dtype):
    x = np.ones((5, 4), dtype)
    assert noise.forward(x)[0] is x
    first, second = (noise.forward(x, np.random.default_rng(2))[0] for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, x)
    assert first.dtype == dtype
    assert (x == 1).all()


@pytest.mark.parametrize("noise", NOISES, ids=repr)
def test_it_needs_a_stream_of_random_numbers(noise):
    with pytest.raises(ParameterError, match=r"Noise\(0\.3\).*random numbers"):
        noise.forward(np.ones((5, 4)), True)


def test_masking_keeps_what_it_keeps():
    y, _ = MaskingNoise(0.3).forward(np.full((200, 200), 7.0), np.random.default_rng(0))
    assert set(np.unique(y)) == {0, 7}
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.01)


def test_gaussian_has_its_deviation():
    y, _ = GaussianNoise(0.3).forward(np.full((200, 200), 7.0), np.random.default_rng(0))
    assert y.mean() == pytest.approx(7, abs=0.01)
    assert y.std() == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("noise", [MaskingNoise(0), GaussianNoise(0)], ids=repr)
def test_no_noise_is_none(noise):
    x = np.ones((5, 4))
    assert noise.forward(x, np.random.default_rng(0))[0] is x


@pytest.mark.parametrize(
    ("kind", "value"), [(MaskingNoise, 1), (MaskingNoise, -0.1), (GaussianNoise, -1)]
)
def test_bad_noise(kind, value):
    with pytest.raises(ParameterError, match=f"{kind.__name__} must be .*not {value}"):
        kind(value)


def test_tied_is_the_way_back_with_one_parameter():
    dense = Dense(5, 3, generator=np.random.default_rng(0))
    tied = TiedDense(dense)
    x = np.random.default_rng(1).standard_normal((4, 3)).astype(np.float32)
    np.testing.assert_allclose(tied.forward(x)[0], x @ dense.weight.value.T, rtol=1e-6)
    assert [name for name, _ in iterate_parameters([dense, tied])] == [
        "0.weight", "0.bias", "1.bias"
    ]  # fmt: skip
    assert repr(tied) == "TiedDense(3, 5)"
    with pytest.raises(ParameterError, match=r"TiedDense\(3, 5\).*not \(4, 5\)"):
        tied.forward(np.zeros((4, 5), np.float32))
