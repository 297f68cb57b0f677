"""Small models of text and what they learn from, for tests."""

from __future__ import annotations

import numpy as np

from embedrec.models.language.text import collect_vocabulary, encode_sentences
from embedrec.models.nnlm import NNLM
from embedrec.models.rnnlm import RNNLM

N_KINDS = 6
SMALL = {"vector_size": 8, "hidden_size": 8, "epochs": 3, "dropout": 0.0, "seed": 3}


def make_sentences(
    n: int, seed: int, *, n_kinds: int = N_KINDS, n_middle: tuple[int, int] = (3, 4)
) -> list[list[str]]:
    """Sentences whose last word repeats the first's kind: beyond what three words tell.

    Between them stand from n_middle[0] to below n_middle[1] words that tell nothing.
    """
    generator = np.random.default_rng(seed)
    sentences = []
    for _ in range(n):
        kind = int(generator.integers(n_kinds))
        middle = [
            f"m{int(generator.integers(3))}" for _ in range(int(generator.integers(*n_middle)))
        ]
        sentences.append([f"a{kind}", *middle, f"b{kind}"])
    return sentences


TRAIN = make_sentences(400, 0)
VOCABULARY = collect_vocabulary(TRAIN)
TEXT = encode_sentences(TRAIN, VOCABULARY)
HELD_OUT = encode_sentences(make_sentences(60, 1), VOCABULARY)

MAKERS = {
    "nnlm": lambda **more: NNLM(4, **{**SMALL, "batch_size": 64, **more}),
    "nnlm-direct": lambda **more: NNLM(4, direct=True, **{**SMALL, "batch_size": 64, **more}),
    **{
        kind: lambda kind=kind, **more: RNNLM(
            kind, **{"n_layers": 2, "batch_size": 8, "n_steps": 7, **SMALL, **more}
        )
        for kind in ("rnn", "gru", "lstm")
    },
}
