"""Sequences of unequal length as one array."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.nn import Padded, pad_sequences


def test_rows_are_filled_up_and_come_back():
    sequences = [[1, 2, 3], [], [4]]
    padded = pad_sequences(sequences, fill=-1, dtype=np.int64)
    np.testing.assert_array_equal(padded.values, [[1, 2, 3], [-1, -1, -1], [4, -1, -1]])
    assert [list(row) for row in padded] == sequences
    assert len(padded) == 3


def test_some_rows_are_cut_to_their_longest():
    padded = pad_sequences([np.ones((n, 2), np.float32) for n in (1, 4, 2)])
    part = padded[np.array([2, 0])]
    assert part.shape == (2, 2, 2)
    np.testing.assert_array_equal(part.lengths, [2, 1])
    assert padded[np.array([1])].shape == (1, 4, 2)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Padded(np.zeros((2, 3)), np.array([1])), r"not \(2, 3\) and \(1,\)"),
        (lambda: Padded(np.zeros(2), np.array([1, 1])), r"values \(B, T"),
        (lambda: Padded(np.zeros((2, 3)), np.array([1, 4])), "from 0 to 3, .* from 1 to 4"),
        (lambda: Padded(np.zeros((2, 3)), np.array([-1, 2])), "from 0 to 3"),
        (lambda: pad_sequences([]), "no sequences"),
        (lambda: pad_sequences([np.ones((2, 3)), np.ones((1, 2))]), r"sequence 1 .* \(2,\)"),
    ],
)
def test_what_does_not_fit(make, words):
    with pytest.raises(ParameterError, match=words):
        make()
