"""What all recurrent layers share: inputs of all steps at once, state, lengths, dropout.

x W + b does not wait for the state, so it is one product for all steps; and so are the gradients at
x, W and U, after the way back through time. Between them runs one compiled loop over the steps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.check import check_floating, check_lengths, check_shape, check_size
from embedrec.nn.dropout import draw_mask
from embedrec.nn.init import Initializer, draw_glorot_uniform, draw_orthogonal
from embedrec.nn.layer import Backward, Layer, Train, require_generator
from embedrec.nn.parameter import Array, Parameter
from embedrec.nn.threads import split_rows

# From the gradients at y and at the last state (None for 0) to those at x and at the first state.
RunBackward = Callable[..., tuple[Array, Any]]
# The same between x W + b and y; it adds the gradients of all parameters but W and b.
StepsBackward = Callable[[Array, Array], tuple[Array, Array]]


class SequenceLayer(Layer, ABC):
    """Base of all layers from sequences to sequences that can be started from a state.

    Attributes:
        n_inputs, n_outputs: numbers a step of x and of y has.
    """

    n_inputs: int
    n_outputs: int

    def forward(
        self, x: Array, train: Train = False, lengths: Array | None = None
    ) -> tuple[Array, Backward]:
        """Return the outputs y (B, T, O) of x (B, T, n_inputs), from a state of zeros.

        Args:
            x: floating, of the parameters' dtype.
            train: the stream of random numbers, where the layer has dropout.
            lengths: whole numbers (B,), from 0 to T, or None for T: from there on, y and the
                gradient at x are 0, and what x holds counts for nothing.

        Raises:
            ParameterError: for another shape or dtype, and for lengths that don't fit.
        """
        y, _, back = self.run(x, None, train, lengths)
        return y, lambda gradient: back(gradient)[0]

    @abstractmethod
    def run(
        self, x: Array, state: Any = None, train: Train = False, lengths: Array | None = None
    ) -> tuple[Array, Any, RunBackward]:
        """Run from a given state, and return the last one too.

        For truncated back-propagation through time, cut a long sequence into pieces, start each
        from the state the one before ended with, and don't pass on the gradient at that state.

        Args:
            x, train, lengths: as for `forward`.
            state: what `run` returned before, or None for zeros.

        Returns:
            y, the state after each sequence's last step (where the length is 0, the first state),
            and ``backward(gradient_y, gradient_state=None) -> (gradient_x, gradient_of_state)``.

        Raises:
            ParameterError: as `forward`, and for the state of another batch size.
        """


class Recurrent(SequenceLayer):
    """Base of the layers that go through a sequence step by step: RNN, GRU, LSTM.

    Attributes:
        input_weight: W (n_inputs, n_gates * n_hidden), the gates side by side.
        hidden_weight: U (n_hidden, n_gates * n_hidden).
        bias: b (n_gates * n_hidden,).
        n_gates: of the class.
        n_states: arrays (B, n_hidden) in the class's state. A state of one is (B, n_hidden), of
            more (n_states, B, n_hidden), so that `h, c = state`.
    """

    n_gates: int
    n_states = 1

    def __init__(
        self,
        n_inputs: int,
        n_hidden: int,
        *,
        generator: np.random.Generator,
        input_dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        init: Initializer = draw_glorot_uniform,
        hidden_init: Initializer = draw_orthogonal,
        dtype: Any = np.float32,
    ) -> None:
        """Draw weights, each gate's by itself.

        Args:
            n_inputs, n_hidden: sizes of a step's input and of the state.
            generator: where weights are drawn from.
            input_dropout, recurrent_dropout: how much of x and of the recurrent input is left out
                in training. What is left out of a sequence is the same at all its steps (Gal and
                Ghahramani 2016, section 4), and drawn anew for each batch.
            init, hidden_init: how W and U start.
            dtype: float32 or float64.
        """
        self.n_inputs = check_size("n_inputs", n_inputs)
        self.n_hidden = self.n_outputs = check_size("n_hidden", n_hidden)
        self.input_dropout = check_rate("input_dropout", input_dropout)
        self.recurrent_dropout = check_rate("recurrent_dropout", recurrent_dropout)

        def draw_gates(draw: Initializer, n_rows: int) -> Array:
            gates = [draw(generator, (n_rows, n_hidden), dtype) for _ in range(self.n_gates)]
            return np.concatenate(gates, axis=1)

        self.input_weight = Parameter(draw_gates(init, n_inputs))
        self.hidden_weight = Parameter(draw_gates(hidden_init, n_hidden))
        self.bias = Parameter(np.zeros(self.n_gates * n_hidden, dtype), is_penalized=False)

    def run(
        self, x: Array, state: Any = None, train: Train = False, lengths: Array | None = None
    ) -> tuple[Array, Array, RunBackward]:
        """Return y (B, T, n_hidden), the last state and the way back; see `SequenceLayer.run`."""
        weight, dtype = self.input_weight.value, self.input_weight.value.dtype
        check_shape(self, x, ("B", "T", self.n_inputs))
        check_floating(self, x, dtype)
        n_rows, n_steps, _ = x.shape
        n_each = check_lengths(self, lengths, n_rows, n_steps)
        start = self._check_state(state, n_rows, "state")
        input_mask, mask = self._draw_masks(train, n_rows)
        if lengths is not None:  # 0 times NaN is no 0
            x = np.where(np.arange(n_steps)[:, None] < n_each[:, None, None], x, dtype.type(0))
        if len(input_mask):
            x = x * input_mask[:, None]
        rows = x.reshape(-1, self.n_inputs)  # (B T, I)
        sums = rows @ weight
        sums += self.bias.value
        sums = sums.reshape(n_rows, n_steps, -1)  # (B, T, G H)
        y, end, back = self._run_steps(sums, start, mask, n_each)

        def backward(gradient_y: Array, gradient_state: Array | None = None) -> Any:
            check_shape(self, gradient_y, y.shape, "gradient at the output")
            at_end = self._check_state(gradient_state, n_rows, "gradient at the state")
            gradient_y = np.ascontiguousarray(gradient_y, dtype)
            d, at_start = back(gradient_y, at_end.copy())
            d = d.reshape(len(rows), -1)  # (B T, G H)
            self.input_weight.add_product(rows, d)
            self.bias.add_gradient(d.sum(axis=0))
            if not self.needs_input_gradient:
                return np.empty(0, dtype), at_start
            gradient_x = (d @ weight.T).reshape(x.shape)
            if len(input_mask):
                gradient_x *= input_mask[:, None]
            return gradient_x, at_start

        return y, end, backward

    @abstractmethod
    def _run_steps(
        self, sums: Array, start: Array, mask: Array, lengths: Array
    ) -> tuple[Array, Array, StepsBackward]:
        """Go through the steps.

        Args:
            sums: (B, T, n_gates * n_hidden), x W + b; may be changed in place.
            start: the first state; not changed.
            mask: (B, n_hidden), what the recurrent input is multiplied by, or (0, 0).
            lengths: int64 (B,).

        Returns:
            y, the last state, and the way back, which may change the second gradient given to it.
        """

    def _split(self, loop: Callable[..., None], *arrays: Any) -> None:
        """Call a compiled loop over the steps for parts of the batch, in threads.

        Args:
            loop: is called as loop(*arrays, begin, end).
            arrays: the first of them (B, T, ...).
        """
        n_rows, n_steps = arrays[0].shape[:2]
        work = n_steps * self.hidden_weight.value.size
        split_rows(n_rows, work, lambda begin, end: loop(*arrays, begin, end))

    def _open_previous(self, start: Array, mask: Array, n_steps: int) -> Array:
        """Return room (B, T, H) for the recurrent inputs; that of the first step is set."""
        previous = np.empty((len(start), n_steps, self.n_hidden), start.dtype)
        previous[:, 0] = start * mask if len(mask) else start
        return previous

    def _draw_masks(self, train: Train, n_rows: int) -> tuple[Array, Array]:
        masks = []
        for rate, size in (
            (self.input_dropout, self.n_inputs),
            (self.recurrent_dropout, self.n_hidden),
        ):
            dtype = self.input_weight.value.dtype
            if rate and train is not False:
                generator = require_generator(self, train)
                masks.append(draw_mask(generator, (n_rows, size), rate, dtype))
            else:
                masks.append(np.empty((0, 0), dtype))
        return masks[0], masks[1]

    def _check_state(self, state: Array | None, n_rows: int, what: str) -> Array:
        dtype = self.input_weight.value.dtype
        shape: tuple[int, ...] = (n_rows, self.n_hidden)
        if self.n_states > 1:
            shape = (self.n_states, *shape)
        if state is None:
            return np.zeros(shape, dtype)
        check_shape(self, state, shape, what)
        check_floating(self, state, dtype, what)
        return np.ascontiguousarray(state)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n_inputs}, {self.n_hidden})"


def take_last(y: Array, lengths: Array, start: Array) -> Array:
    """Return each sequence's output at its last step (B, H), or its start where it has none."""
    last = y[np.arange(len(y)), lengths - 1]  # (B, H), a copy
    is_empty = lengths == 0
    last[is_empty] = start[is_empty]
    return last


def split_states(layer: Layer, states: Any, n_layers: int, what: str) -> list[Any]:
    """Return the states of the layers within a layer; None for each if there are none.

    Raises:
        ParameterError: if they are not as many as the layers.
    """
    if states is None:
        return [None] * n_layers
    if len(states) != n_layers:
        raise ParameterError(
            f"{layer!r} has {n_layers} layers, and was given {len(states)} {what}",
            value=len(states),
        )
    return list(states)


def check_rate(name: str, rate: float) -> float:
    """Return a rate of dropout.

    Raises:
        ParameterError: if it is not from 0 to below 1.
    """
    if not 0 <= rate < 1:
        raise ParameterError(f"{name} must be from 0 to below 1, not {rate}", value=rate)
    return float(rate)
