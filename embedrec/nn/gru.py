"""The gated recurrent unit (Cho et al. 2014), in both forms of its reset gate."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.kernels.recurrent.gru import backpropagate_gru, run_gru
from embedrec.kernels.recurrent.gru_before import backpropagate_gru_before, run_gru_before
from embedrec.kernels.recurrent.product import pack
from embedrec.nn.parameter import Array, Parameter
from embedrec.nn.recurrent import Recurrent, StepsBackward, take_last


class GRU(Recurrent):
    """Gated recurrent unit.

        r = sigmoid(x W_r + h' U_r + b_r)               h': state of the step before
        u = sigmoid(x W_u + h' U_u + b_u)
        n = tanh(x W_n + b_n + r (h' U_n + c))          reset="after" the product
        n = tanh(x W_n + b_n + (r h') U_n)              reset="before" the product
        h = (1 - u) n + u h'

    Cho et al. 2014 (eq. 5 to 8) reset before the product. After it is what cuDNN and PyTorch
    compute: one product with U at each step in place of two that wait for each other. The two are
    different functions, and weights of one are of no use to the other.

    Attributes:
        input_weight, hidden_weight, bias: W, U, b; gates side by side in the order r, u, n.
        hidden_bias: c (n_hidden,) with reset="after", else None.
        reset: "after" or "before".
    """

    n_gates = 3

    def __init__(
        self, n_inputs: int, n_hidden: int, *, reset: str = "after", **options: Any
    ) -> None:
        """Start; for `options` see the base."""
        if reset not in ("after", "before"):
            raise ParameterError(
                f"the reset gate of GRU acts 'after' or 'before' the product, not {reset!r}",
                value=reset,
            )
        super().__init__(n_inputs, n_hidden, **options)
        self.reset = reset
        zeros = np.zeros(n_hidden, self.bias.value.dtype)
        self.hidden_bias = Parameter(zeros, is_penalized=False) if reset == "after" else None

    def _run_steps(
        self, sums: Array, start: Array, mask: Array, lengths: Array
    ) -> tuple[Array, Array, StepsBackward]:
        U, gates, n = self.hidden_weight.value, sums, self.n_hidden
        previous = self._open_previous(start, mask, sums.shape[1])
        y, inner = np.empty_like(previous), np.empty_like(previous)  # inner: h' U_n + c, or r h'
        run = run_gru_before
        if self.hidden_bias is not None:
            inner[:], run = self.hidden_bias.value, run_gru
        packed, shared = (pack(U[:, : 2 * n]), pack(U[:, 2 * n :])), (mask, lengths, start)
        self._split(run, gates, inner, *packed, *shared, previous, y)

        def backward(gradient: Array, dh: Array) -> tuple[Array, Array]:
            packed, rows = (pack(U[:, : 2 * n].T), pack(U[:, 2 * n :].T)), previous.reshape(-1, n)
            if self.hidden_bias is not None:
                self._split(backpropagate_gru, gradient, dh, gates, inner, *packed, *shared, y)
                d = np.concatenate([gates[..., : 2 * n], inner], axis=2)
                self.hidden_weight.add_product(rows, d.reshape(-1, 3 * n))
                self.hidden_bias.add_gradient(inner.sum(axis=(0, 1)))
            else:
                back = gradient, dh, gates, *packed, *shared, previous, y
                self._split(backpropagate_gru_before, *back)
                d = gates.reshape(-1, 3 * n)
                products = rows.T @ d[:, : 2 * n], inner.reshape(-1, n).T @ d[:, 2 * n :]
                self.hidden_weight.add_gradient(np.concatenate(products, axis=1))
            return gates, dh

        return y, take_last(y, lengths, start), backward
