import numpy as np

from embedrec.nn import (
    BinaryCrossEntropy,
    CrossEntropy,
    GaussianLogLikelihood,
    LogLikelihood,
    SoftmaxCrossEntropy,
    SquaredError,
)
from tests.nn.cases import Case
from tests.nn.cases.dense import draw, make_generator

CLASSES = np.array([[0, 3, 1], [2, 2, 4]])
WEIGHTS = np.array([[1.0, 0.0, 2.5], [0.5, 1.0, 0.0]])


def make_cases(name, make, x, target):
    return [
        Case(name, lambda: (make(), x), {"target": target}),
        Case(f"{name}-weighted", lambda: (make(), x), {"target": target, "weights": WEIGHTS}),
    ]


CASES = [
    *make_cases("softmax-cross-entropy", SoftmaxCrossEntropy, draw(2, 3, 5), CLASSES),
    *make_cases("squared-error", SquaredError, draw(2, 3, 4), 1 + draw(2, 3, 4)),
    *make_cases(
        "binary-cross-entropy", BinaryCrossEntropy, 3 * draw(2, 3, 4),
        make_generator().random((2, 3, 4)),
    ),
    *make_cases("cross-entropy", CrossEntropy, make_generator().random((2, 3, 5)), CLASSES),
    *make_cases("log-likelihood", LogLikelihood, -np.abs(draw(2, 3, 5)), CLASSES),
    *make_cases(
        "gaussian-log-likelihood", GaussianLogLikelihood, draw(2, 3, 4),
        0.5 - draw(2, 3, 2),
    ),
    Case("squared-error-line", lambda: (SquaredError(), draw(6)), {"target": 1 - draw(6)}),
]  # fmt: skip
