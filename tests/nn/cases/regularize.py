import numpy as np

from embedrec.nn import (
    ActivationKL,
    ActivationL1,
    AuxiliaryOutput,
    Chain,
    Dense,
    Embedding,
    Identity,
    Layer,
    Loss,
    Penalized,
    Sigmoid,
    SoftmaxCrossEntropy,
    SquaredError,
)
from tests.nn.cases import Case
from tests.nn.cases.dense import draw, make_generator


def make_dense(n_inputs, n_outputs):
    return Dense(n_inputs, n_outputs, generator=make_generator())


class _Whole(Loss):
    """A network and its loss as one loss: so penalties are checked on real weights."""

    def __init__(self, network: Layer, loss: Loss):
        self.network = network
        self.loss = loss

    def forward(self, y, target, weights=None, train=False):
        z, back = self.network.forward(y, train)
        value, back_of_loss = self.loss.forward(z, target, weights, train)
        return value, lambda scale=1.0: back(back_of_loss(scale))


def make_penalized(layer):
    return _Whole(layer, Penalized(SoftmaxCrossEntropy(), [layer], l1=0.01, l2=0.1))


def make_sparse(penalty):
    hidden = Chain(make_dense(4, 5), Sigmoid())
    return _Whole(
        hidden, AuxiliaryOutput(make_dense(5, 4), SquaredError(), Identity(), penalty, weight=1)
    )


CLASSES = np.array([0, 2, 1])
CASES = [
    Case("penalized", lambda: (make_penalized(make_dense(4, 3)), draw(3, 4)), {"target": CLASSES}),
    Case(
        "penalized-embedding",
        lambda: (make_penalized(Embedding(5, 3, generator=make_generator())), CLASSES),
        {"target": CLASSES},
    ),
    Case("activation-l1", lambda: (ActivationL1(0.5), draw(2, 3, 4))),
    Case(
        "activation-l1-weighted",
        lambda: (ActivationL1(0.5), draw(3, 4)),
        {"weights": np.array([1.0, 0.0, 2.0])},
    ),
    Case("activation-kl", lambda: (ActivationKL(0.1, 2.0), make_generator().random((3, 4)))),
    Case(
        "activation-kl-weighted",
        lambda: (ActivationKL(0.1, 2.0), make_generator().random((3, 4))),
        {"weights": np.array([1.0, 0.0, 2.0])},
    ),
    Case(
        "sparse-autoencoder",
        lambda: (make_sparse(ActivationKL(0.05, 3.0)), draw(3, 4)),
        {"target": (draw(3, 4), None)},
    ),
]
