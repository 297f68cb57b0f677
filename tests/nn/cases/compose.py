import numpy as np

from embedrec.nn import (
    AuxiliaryOutput,
    Chain,
    Concatenation,
    Dense,
    Dropout,
    Residual,
    SoftmaxCrossEntropy,
    SquaredError,
    Tanh,
)
from tests.nn.cases import Case
from tests.nn.cases.dense import draw, make_generator


def make_dense(n_inputs, n_outputs):
    return Dense(n_inputs, n_outputs, generator=make_generator())


def make_auxiliary():
    lower = Chain(make_dense(4, 5), Tanh())
    side = Chain(Dropout(0.3), make_dense(5, 2))
    losses = SoftmaxCrossEntropy(), SquaredError()
    loss = AuxiliaryOutput(Chain(lower, make_dense(5, 3)), losses[0], side, losses[1], weight=0.4)
    loss.side.layers.insert(0, lower)  # a layer in both branches: gradients add up
    return loss


CASES = [
    Case("residual", lambda: (Residual(Chain(make_dense(4, 4), Tanh())), draw(3, 4))),
    Case("residual-shortcut", lambda: (Residual(make_dense(4, 5), make_dense(4, 5)), draw(3, 4))),
    Case(
        "concatenation",
        lambda: (
            Concatenation(make_dense(4, 2), Chain(make_dense(4, 3), Tanh()), Tanh()),
            draw(2, 3, 4),
        ),
    ),
    Case(
        "auxiliary-output",
        lambda: (make_auxiliary(), draw(3, 4)),
        {
            "target": (np.array([0, 2, 1]), draw(3, 2)),
            "weights": np.array([1.0, 0.5, 2.0]),
            "train": lambda: np.random.default_rng(3),
        },
    ),
]
