import numpy as np

from embedrec.nn import Chain, Dense, GaussianNoise, MaskingNoise, TiedDense
from tests.nn.cases import Case


def make_generator():
    return np.random.default_rng(11)


def draw(*shape):
    return make_generator().standard_normal(shape)


def make_tied():
    dense = Dense(5, 3, generator=make_generator())
    return Chain(dense, TiedDense(dense)), draw(4, 5)


CASES = [
    Case("tied", lambda: (TiedDense(Dense(5, 3, generator=make_generator())), draw(4, 3))),
    Case("tied-time", lambda: (TiedDense(Dense(5, 3, generator=make_generator())), draw(2, 4, 3))),
    Case("tied-both-ways", make_tied),
    Case("masking-noise", lambda: (MaskingNoise(0.4), draw(4, 5)), {"train": make_generator}),
    Case("gaussian-noise", lambda: (GaussianNoise(0.4), draw(4, 5)), {"train": make_generator}),
]
