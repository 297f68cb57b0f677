"""Corpora with phrases in them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from embedrec.corpus.shards import Corpus
from tests.corpus.making import build, join


def make_sentences(seed: int, n: int = 300, n_words: int = 30) -> list[list[str]]:
    """Zipf-like words, in which some pairs and triples come far too often."""
    rng = random.Random(seed)
    fixed = [["new", "york"], ["new", "york", "city"], ["a1", "w0", "b1"], ["x", "x"], ["p", "q"]]
    sentences = []
    for _ in range(n):
        sentence: list[str] = []
        for _ in range(rng.randint(1, 7)):
            word = f"w{min(int(rng.paretovariate(0.7)) - 1, n_words)}"
            sentence += rng.choice(fixed) if rng.random() < 0.2 else [word]
        sentences.append(sentence)
    return sentences


def build_from(
    folder: Path, sentences: list[list[str]], min_count: int = 1, **options: Any
) -> Corpus:
    return build(folder, [join(sentences)], min_count=min_count, **options)
