"""Arrays that are lent: nobody's memory is another's, and what is given back is used again."""

from __future__ import annotations

import threading

import numpy as np

from embedrec.nn import SoftmaxOutput
from embedrec.nn.scratch import borrow, give_back, take


def test_taken_arrays_are_their_takers_alone() -> None:
    a, b = take((3, 4), np.float32), take((3, 4), np.float32)
    a[...], b[...] = 1, 2
    c = take((3, 4), np.float32)
    c[...] = 3
    assert (a == 1).all()
    assert (b == 2).all()


def test_what_is_given_back_is_taken_again_if_it_fits() -> None:
    a = take((50, 40), np.float32)
    address = a.ctypes.data
    give_back(a)
    assert take((5, 4), np.float32).ctypes.data != address  # far too large for that
    b = take((40, 40), np.float32)
    assert b.ctypes.data == address
    assert b.shape == (40, 40)
    give_back(b)
    assert take((50, 40), np.float64).ctypes.data != address  # too small for that


def test_few_are_kept() -> None:
    taken = [take((31, 33), np.float32) for _ in range(5)]
    addresses = [array.ctypes.data for array in taken]
    for array in taken:
        give_back(array)
    again = {take((31, 33), np.float32).ctypes.data for _ in range(2)}
    assert again == set(addresses[-2:])


def test_only_taken_arrays_are_kept() -> None:
    own = np.zeros((21, 23), np.float32)
    give_back(own)
    give_back(own[1:])
    assert take((20, 23), np.float32).base is not own


def test_threads_do_not_share() -> None:
    a = take((61, 7), np.float32)
    give_back(a)
    found: list[int] = []
    other = threading.Thread(
        target=lambda: found.extend(
            [take((61, 7), np.float32).ctypes.data, borrow("x", (2,), np.float32).ctypes.data]
        )
    )
    other.start()
    other.join()
    assert a.ctypes.data not in found


def test_two_passes_of_one_output_layer_at_a_time() -> None:
    """Forward, forward, backward, backward: as each would be alone; and a backward called twice."""
    draw = np.random.default_rng(0)
    layer = SoftmaxOutput(4, 30, generator=draw)
    inputs = [draw.normal(size=(n, 4)).astype(np.float32) for n in (6, 6, 5)]
    words = [draw.integers(0, 30, len(h)) for h in inputs]
    alone = [layer.forward(h, w)[1]() for h, w in zip(inputs, words, strict=True)]
    backs = [layer.forward(h, w)[1] for h, w in zip(inputs, words, strict=True)]
    for back, expected in zip(backs, alone, strict=True):
        assert np.array_equal(back(), expected)
    for back, expected in zip(backs[::-1], alone[::-1], strict=True):
        assert np.array_equal(back(), expected)
