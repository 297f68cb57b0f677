import numpy as np

from embedrec.nn import GRU, LSTM, RNN, Bidirectional, Layer, Parameter, RecurrentStack
from tests.nn.cases import Case


def make_generator():
    return np.random.default_rng(11)


def draw(*shape):
    return make_generator().standard_normal(shape)


class Measured(Layer):
    """A recurrent layer on sequences of unequal length, one of them empty and one full."""

    def __init__(self, layer, lengths):
        self.layer, self.lengths = layer, np.array(lengths)

    def forward(self, x, train=False):
        return self.layer.forward(x, train, self.lengths)


class Carried(Layer):
    """A recurrent layer from given states, which are parameters; y and the last states come out."""

    def __init__(self, layer, states, lengths=None):
        self.layer, self.states = layer, [Parameter(state) for state in states]
        self.lengths = None if lengths is None else np.array(lengths)

    def forward(self, x, train=False):
        states = [state.value for state in self.states]
        is_single = len(states) == 1
        y, end, back = self.layer.run(x, states[0] if is_single else states, train, self.lengths)
        ends = [end] if is_single else end
        bounds = np.cumsum([y.size, *(state.size for state in ends)])

        def backward(gradient):
            parts = np.split(gradient, bounds[:-1])
            at_ends = [part.reshape(end.shape) for part, end in zip(parts[1:], ends, strict=True)]
            at_x, at_starts = back(parts[0].reshape(y.shape), at_ends[0] if is_single else at_ends)
            for state, at in zip(self.states, [at_starts] if is_single else at_starts, strict=True):
                state.add_gradient(at)
            return at_x

        return np.concatenate([y.ravel(), *(state.ravel() for state in ends)]), backward


def make_all(layer):
    """Give every parameter, biases and peepholes too, some value."""
    generator = np.random.default_rng(5)
    for value in vars(layer).values():
        if isinstance(value, Parameter):
            value.value = generator.standard_normal(value.value.shape) * 0.4
    return layer


def make(kind, n_inputs=3, n_hidden=4, **options):
    return make_all(kind(n_inputs, n_hidden, generator=make_generator(), **options))


def make_philox():
    return np.random.Generator(np.random.Philox(1))


SINGLE = {
    "rnn": lambda: make(RNN),
    "rnn-relu": lambda: make(RNN, activation="relu"),
    "gru": lambda: make(GRU),
    "gru-before": lambda: make(GRU, reset="before"),
    "lstm": lambda: make(LSTM),
    "lstm-peepholes": lambda: make(LSTM, has_peepholes=True),
}


def make_state(name):
    return draw(2, 3, 4) if "lstm" in name else draw(3, 4)


def make_cases(name, make_layer):
    dropout = {"train": make_philox}

    def make_dropped():
        layer = make_layer()
        layer.input_dropout, layer.recurrent_dropout = 0.4, 0.5
        return layer

    return [
        Case(name, lambda: (make_layer(), draw(3, 4, 3))),
        Case(f"{name}-lengths", lambda: (Measured(make_layer(), [2, 0, 4]), draw(3, 4, 3))),
        Case(f"{name}-state", lambda: (Carried(make_layer(), [make_state(name)]), draw(3, 4, 3))),
        Case(
            f"{name}-state-lengths",
            lambda: (Carried(make_layer(), [make_state(name)], [4, 1, 0]), draw(3, 4, 3)),
        ),
        Case(
            f"{name}-dropout",
            lambda: (Carried(make_dropped(), [make_state(name)], [4, 1, 3]), draw(3, 4, 3)),
            dropout,
        ),
    ]


ROWS = [
    *(case for name, make_layer in SINGLE.items() for case in make_cases(name, make_layer)),
    Case("lstm-wide", lambda: (make(LSTM, 5, 19, has_peepholes=True), draw(7, 3, 5))),
    Case(
        "bidirectional",
        lambda: (
            Carried(Bidirectional(make(LSTM), make(GRU)), [draw(2, 3, 4), draw(3, 4)], [3, 0, 4]),
            draw(3, 4, 3),
        ),
    ),
    Case(
        "bidirectional-sum",
        lambda: (
            Measured(Bidirectional(make(RNN), make(RNN), merge="sum"), [3, 1, 4]),
            draw(3, 4, 3),
        ),
    ),
    *(
        Case(
            f"stack-{mask}",
            lambda mask=mask: (
                Carried(
                    RecurrentStack(
                        make(LSTM), make(GRU, 4, 3), make(RNN, 3, 2), dropout=0.3, dropout_mask=mask
                    ),
                    [draw(2, 3, 4), draw(3, 3), draw(3, 2)],
                    [4, 2, 3],
                ),
                draw(3, 4, 3),
            ),
            {"train": make_philox},
        )
        for mask in ("step", "sequence")
    ),
    Case(
        "stack-bidirectional",
        lambda: (
            RecurrentStack(Bidirectional(make(LSTM), make(LSTM)), make(GRU, 8, 3)),
            draw(2, 4, 3),
        ),
    ),
]
# Many steps lie one behind another: with a smaller step of the differences rounding is in the way.
CASES = [row._replace(arguments={**row.arguments, "step": 1e-5}) for row in ROWS]
