"""A simple recurrent step that can be followed with pencil and paper."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.nn import RNN, Dense

WEIGHTS = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])  # rows: state, state, input


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_state_and_output(dtype):
    generator = np.random.default_rng(0)
    layer = RNN(1, 2, generator=generator, dtype=dtype)
    layer.hidden_weight.value = WEIGHTS[:2].astype(dtype)
    layer.input_weight.value = WEIGHTS[2:].astype(dtype)
    layer.bias.value[:] = 0.1, -0.1
    output = Dense(2, 1, generator=generator, dtype=dtype)
    output.weight.value[:], output.bias.value[:] = [[1], [2]], 0.1

    y, state, _ = layer.run(np.ones((1, 1, 1), dtype), np.zeros((1, 2), dtype))
    np.testing.assert_allclose(state, [[0.537, 0.462]], atol=5e-4)
    np.testing.assert_array_equal(y[:, -1], state)
    np.testing.assert_allclose(output.forward(y)[0], [[[1.56]]], atol=5e-3)

    # The second step: tanh(0.0537 + 0.1386 + 0.6) and tanh(0.1074 + 0.1848 + 0.5).
    _, later, _ = layer.run(np.ones((1, 1, 1), dtype), state)
    exact = np.tanh([0.1 * 0.53705 + 0.3 * 0.46212 + 0.6, 0.2 * 0.53705 + 0.4 * 0.46212 + 0.5])
    np.testing.assert_allclose(later, [exact], atol=1e-5)
