import numpy as np

from embedrec.nn import Chain, Dense
from tests.nn.cases import Case


def make_generator():
    return np.random.default_rng(7)


def draw(*shape):
    return make_generator().standard_normal(shape)


CASES = [
    Case("dense", lambda: (Dense(4, 3, generator=make_generator()), draw(5, 4))),
    Case("dense-time", lambda: (Dense(4, 3, generator=make_generator()), draw(2, 5, 4))),
    Case(
        "dense-without-bias",
        lambda: (Dense(4, 3, generator=make_generator(), has_bias=False), draw(5, 4)),
    ),
    Case(
        "chain",
        lambda: (
            Chain(Dense(4, 6, generator=make_generator()), Dense(6, 2, generator=make_generator())),
            draw(3, 4),
        ),
    ),
]
