import numpy as np

from embedrec.nn import Dropout, Prelu, make_activation
from tests.nn.cases import Case
from tests.nn.cases.dense import draw

SMOOTH_OR_KINKED = [
    "identity", "step", "sigmoid", "tanh", "relu", "leaky_relu", "softplus", "softmax",
    "log_softmax",
]  # fmt: skip


def make_activation_case(name):
    return Case(name, lambda: (make_activation(name), 3 * draw(4, 5)))


CASES = [
    *map(make_activation_case, SMOOTH_OR_KINKED),
    Case("prelu-shared", lambda: (Prelu(), draw(4, 5))),
    Case("prelu-per-channel", lambda: (Prelu(5), draw(2, 3, 5))),
    Case(
        "dropout",
        lambda: (Dropout(0.4), draw(6, 7)),
        {"train": lambda: np.random.default_rng(3)},
    ),
]
