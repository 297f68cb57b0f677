import numpy as np

from embedrec.nn import Embedding, Layer, SoftmaxOutput
from tests.nn.cases import Case
from tests.nn.cases.dense import draw, make_generator

TARGET = np.array([[1, 4, 1], [2, 6, 3]])
WEIGHTS = np.array([[1.0, 0.0, 2.5], [0.5, 1.0, 0.0]])
COUNTS = np.array([3, 50, 20, 1, 9, 9, 4])


def make(**options):
    return SoftmaxOutput(4, 7, generator=make_generator(), **options)


class TiedModel(Layer):
    """The loss of words given the embedding of others, by the same vectors."""

    def __init__(self):
        self.embedding = Embedding(7, 4, generator=make_generator())
        self.output = SoftmaxOutput(4, 7, tied_to=self.embedding)

    def forward(self, x, train=False):
        h, back = self.embedding.forward(x, train)
        value, back_of_loss = self.output.forward(h, TARGET, WEIGHTS, train)
        return np.array([value]), lambda gradient: back(back_of_loss(float(gradient[0])))


CASES = [
    Case("softmax-output", lambda: (make(), draw(2, 3, 4)), {"target": TARGET}),
    Case(
        "softmax-output-weighted",
        lambda: (make(counts=COUNTS), draw(2, 3, 4)),
        {"target": TARGET, "weights": WEIGHTS},
    ),
    Case("softmax-output-tied", lambda: (TiedModel(), np.array([[0, 1, 1], [2, 5, 0]]))),
]
