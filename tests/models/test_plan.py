"""How a training's parameters become the kernels' plan."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.models.word2vec.parameters import Parameters
from embedrec.models.word2vec.plan import IN_CACHES, N_SHARING, build_plan

MOST_IN_CACHES = IN_CACHES // (4 * 200)


@pytest.mark.parametrize(
    ("architecture", "loss", "n_words", "expected"),
    [
        ("skipgram", "ns", MOST_IN_CACHES, (True, 1)),
        ("skipgram", "ns", MOST_IN_CACHES + 1, (True, N_SHARING)),
        ("cbow", "ns", MOST_IN_CACHES, (False, 1)),
        ("cbow", "ns", MOST_IN_CACHES + 1, (False, N_SHARING)),
        ("skipgram", "hs", MOST_IN_CACHES + 1, (False, 1)),
        ("cbow", "hs", MOST_IN_CACHES + 1, (False, 1)),
        ("skipgram", "both", MOST_IN_CACHES + 1, (False, 1)),
        ("cbow", "both", MOST_IN_CACHES + 1, (False, 1)),
    ],
)
def test_negatives_are_shared_where_that_spares_memory(
    architecture: str, loss: str, n_words: int, expected: tuple[bool, int]
) -> None:
    parameters = Parameters(architecture=architecture, loss=loss, vector_size=200)
    plan = build_plan(parameters, np.full(n_words, 7, np.uint64), 10)
    assert (plan.halved, plan.n_sharing) == expected
    assert plan.n_negative == (0 if loss == "hs" else 5)
