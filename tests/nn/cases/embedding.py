import numpy as np

from embedrec.nn import Chain, Dense, Embedding
from tests.nn.cases import Case
from tests.nn.cases.dense import make_generator

IDS = np.array([[1, 4, 4, 0], [2, 0, 1, 4]])


def make_embedding(padding=None):
    return Embedding(6, 3, generator=make_generator(), padding=padding)


CASES = [
    Case("embedding", lambda: (make_embedding(), IDS)),
    Case("embedding-padding", lambda: (make_embedding(0), IDS)),
    Case(
        "embedding-dense",
        lambda: (Chain(make_embedding(), Dense(3, 2, generator=make_generator())), IDS),
    ),
]
