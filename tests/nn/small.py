"""Small samples and networks that tests of training share."""

from __future__ import annotations

import numpy as np

from embedrec.nn import Chain, Dense, Dropout, Relu, iterate_parameters


def make_samples(n=120, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 4)).astype(np.float32)
    return x, (x @ rng.standard_normal((4, 3))).argmax(axis=1)


def make_network(seed=0, dropout=0.0):
    rng = np.random.default_rng(seed)
    return Chain(Dense(4, 8, generator=rng), Relu(), Dropout(dropout), Dense(8, 3, generator=rng))


def make_line(n=64, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 2)).astype(np.float32)
    return x, (x @ np.array([[2.0], [-1.0]], np.float32) + 0.5).astype(np.float32)


def copy_values(network):
    return {name: p.value.copy() for name, p in iterate_parameters(network)}


def assert_same_bits(a, b):
    ours, theirs = copy_values(a), copy_values(b)
    assert ours.keys() == theirs.keys()
    assert all(ours[name].tobytes() == theirs[name].tobytes() for name in ours)
