"""The LSTM layer: a cell that keeps, and gates that say what it takes, keeps and shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.kernels.recurrent.lstm import backpropagate_lstm, run_lstm
from embedrec.kernels.recurrent.product import pack
from embedrec.nn.parameter import Array, Parameter
from embedrec.nn.recurrent import Recurrent, StepsBackward, take_last


class LSTM(Recurrent):
    """Long short-term memory, with forget gate (Gers, Schmidhuber and Cummins 2000).

        i = sigmoid(x W_i + h' U_i + p_i c' + b_i)      h', c': state of the step before
        f = sigmoid(x W_f + h' U_f + p_f c' + b_f)      p: peepholes, or none
        g =    tanh(x W_g + h' U_g          + b_g)
        c = f c' + i g
        o = sigmoid(x W_o + h' U_o + p_o c  + b_o)
        h = o tanh(c)                                   the step's output; state = h, c

    Attributes:
        input_weight, hidden_weight, bias: W, U, b; gates side by side in the order i, f, o, g.
        peepholes: p (3, n_hidden) of i, f and o (Gers, Schraudolph and Schmidhuber 2002), or None.
    """

    n_gates, n_states = 4, 2

    def __init__(
        self, n_inputs: int, n_hidden: int, *, has_peepholes: bool = False,
        forget_bias: float = 1.0, **options: Any,
    ) -> None:  # fmt: skip
        """Draw weights; b_f starts at `forget_bias`, so that cells keep. Options: see the base."""
        super().__init__(n_inputs, n_hidden, **options)
        self.bias.value[n_hidden : 2 * n_hidden] = forget_bias
        zeros = np.zeros((3, n_hidden), self.bias.value.dtype)
        self.peepholes = Parameter(zeros) if has_peepholes else None

    def _run_steps(
        self, sums: Array, start: Array, mask: Array, lengths: Array
    ) -> tuple[Array, Array, StepsBackward]:
        (n_rows, n_steps, _), n = sums.shape, self.n_hidden
        U, gates, (h, c) = self.hidden_weight.value, sums, start
        p = np.empty((0, n), U.dtype) if self.peepholes is None else self.peepholes.value
        y, previous = np.empty((n_rows, n_steps, n), U.dtype), self._open_previous(h, mask, n_steps)
        cells = np.empty((n_rows, n_steps + 1, n), U.dtype)
        cells[:, 0] = c
        self._split(run_lstm, gates, pack(U), p, mask, lengths, previous, cells, y)
        state = np.stack([take_last(y, lengths, h), cells[np.arange(n_rows), lengths]])

        def backward(gradient: Array, at_state: Array) -> tuple[Array, Array]:
            back = gradient, *at_state, gates, pack(U.T), p, mask, lengths, cells
            self._split(backpropagate_lstm, *back)
            self.hidden_weight.add_product(previous.reshape(-1, n), gates.reshape(-1, 4 * n))
            if self.peepholes is not None:  # the gates i and f see the cell before, o the new one
                i, f, o, _ = np.split(gates, 4, axis=2)
                products = i * cells[:, :-1], f * cells[:, :-1], o * cells[:, 1:]
                self.peepholes.add_gradient(np.stack([each.sum((0, 1)) for each in products]))
            return gates, at_state

        return y, state, backward
