"""A small corpus to cut and train."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.word2vec.slices import open_slice, write_corpus
from embedrec.corpus.shards import Corpus
from embedrec.corpus.vocabulary import Vocabulary


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """1,200 words in sentences of 1 to 9, over 60 words."""
    generator = np.random.Generator(np.random.Philox(3))
    ids = np.sort(generator.integers(0, 60, (2, 1_200)), axis=0)[0]
    lengths = []
    while sum(lengths) < len(ids):
        lengths.append(min(int(generator.integers(1, 10)), len(ids) - sum(lengths)))
    counts = np.bincount(ids, minlength=60)
    vocabulary = Vocabulary.from_counts([f"词{i}" for i in range(60)], counts, min_count=1)
    order = [vocabulary.key_to_index[f"词{i}"] for i in range(60)]
    write_corpus(
        tmp_path / "corpus", np.array(order, np.uint32)[ids], np.array(lengths), vocabulary
    )
    return open_slice(tmp_path / "corpus")
