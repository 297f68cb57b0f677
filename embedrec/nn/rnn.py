"""The simple recurrent layer (Elman 1990): h = tanh(x W + h' U + b)."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.kernels.recurrent.product import pack
from embedrec.kernels.recurrent.rnn import backpropagate_rnn, run_rnn
from embedrec.nn.parameter import Array
from embedrec.nn.recurrent import Recurrent, StepsBackward, take_last


class RNN(Recurrent):
    """h = tanh(x W + h' U + b), or max(0, x W + h' U + b); h' is the state of the step before.

    Attributes:
        input_weight, hidden_weight, bias: W (n_inputs, n_hidden), U (n_hidden, n_hidden), b.
        activation: "tanh" or "relu".
    """

    n_gates = 1

    def __init__(
        self, n_inputs: int, n_hidden: int, *, activation: str = "tanh", **options: Any
    ) -> None:
        """Start; for `options` see the base."""
        if activation not in ("tanh", "relu"):
            raise ParameterError(
                f"the activation of RNN is 'tanh' or 'relu', not {activation!r}", value=activation
            )
        super().__init__(n_inputs, n_hidden, **options)
        self.activation = activation

    def _run_steps(
        self, sums: Array, start: Array, mask: Array, lengths: Array
    ) -> tuple[Array, Array, StepsBackward]:
        U, rectifies, y, n = (
            self.hidden_weight.value,
            self.activation == "relu",
            sums,
            self.n_hidden,
        )
        previous = self._open_previous(start, mask, y.shape[1])
        self._split(run_rnn, y, pack(U), rectifies, mask, lengths, previous)

        def backward(gradient: Array, at_state: Array) -> tuple[Array, Array]:
            d = np.empty_like(y)
            back = gradient, at_state, y, pack(U.T), rectifies, mask, lengths, d
            self._split(backpropagate_rnn, *back)
            self.hidden_weight.add_product(previous.reshape(-1, n), d.reshape(-1, n))
            return d, at_state

        return y, take_last(y, lengths, start), backward
