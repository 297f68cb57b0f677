"""A synthetic corpus whose words are as common as Zipf says, with a vocabulary of any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.word2vec.slices import open_slice, write_corpus
from embedrec.corpus.shards import Corpus
from embedrec.corpus.vocabulary import Vocabulary
from embedrec.manifest import MANIFEST_NAME

SENTENCE = 20
OFFSET = 2.7  # Mandelbrot's: flattens the commonest words as in natural text
RAREST = 5  # what min_count leaves in practice


def count_words(n_words: int) -> np.ndarray:
    """Return the counts, int64 (V,), that the words of the whole (imagined) text have.

    Word r occurs in proportion to 1 / (r + 2.7), the rarest 5 times (Mandelbrot 1953).
    """
    shares = 1 / (np.arange(1, n_words + 1) + OFFSET)
    return np.round(shares / shares[-1] * RAREST).astype(np.int64)


def write_zipf(folder: Path, n_words: int, n_tokens: int, seed: int = 0) -> Corpus:
    """Write `n_tokens` independent draws in sentences of 20, with the whole text's counts.

    The vocabulary tells more occurrences than the folder holds: it is that of a text long enough
    for its rarest word to occur 5 times, of which only a piece is trained.
    """
    if not (folder / MANIFEST_NAME).exists():
        counts = count_words(n_words)
        ends = np.cumsum(counts / counts.sum())
        draws = np.random.Generator(np.random.Philox(seed)).random(n_tokens)
        ids = np.minimum(np.searchsorted(ends, draws), n_words - 1).astype(np.uint32)
        lengths = np.full(-(-n_tokens // SENTENCE), SENTENCE)
        lengths[-1] = n_tokens - SENTENCE * (len(lengths) - 1)
        names = [f"w{i:07d}" for i in range(n_words)]
        write_corpus(folder, ids, lengths, Vocabulary(names, counts))
    return open_slice(folder)
