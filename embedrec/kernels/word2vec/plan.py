"""What a kernel needs to know besides the text and the weights, as one named tuple."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Plan(NamedTuple):
    """The settled parameters of a training run, in the form kernels take.

    Attributes:
        keep: float32 (V,), probability that an occurrence of a word survives subsampling.
        window: largest distance between centre and context word, >= 1.
        shrink: draw the window of each centre word from 1 to `window`, else always `window`.
        halved: the words left and right of a centre word are two windows, each with its negatives.
        n_negative: negatives of each window; 0 for no negative sampling.
        n_sharing: windows that have the same negatives, each `windows.APART` after the one before.
        alias_table: uint64 (V,), see `kernels.alias`; (0,) without negative sampling.
        path_offsets: int64 (V + 1,), see `kernels.huffman`; (0,) without hierarchical softmax.
        path_steps: uint32, likewise.
        path_base: row of inner node 0 in the output matrix: V with negative sampling, else 0.
        max_path: length of the longest path; 0 without hierarchical softmax.
        max_sentence: words in the longest sentence.
        mean: CBOW's hidden layer is the mean of the context vectors, else their sum.
        full_error: CBOW with `mean` adds the whole error to each context vector, as word2vec.c and
            gensim do, in place of its share 1/C (Rong, eq. 23), which is the exact gradient.
        subword_offsets: int64 (V + 1,), see `vectors.subword_rows`; (0,) if each word has one row.
        subword_rows: uint32, likewise.
    """

    keep: np.ndarray
    window: int
    shrink: bool
    halved: bool
    n_negative: int
    n_sharing: int
    alias_table: np.ndarray
    path_offsets: np.ndarray
    path_steps: np.ndarray
    path_base: int
    max_path: int
    max_sentence: int
    mean: bool
    full_error: bool
    subword_offsets: np.ndarray = np.zeros(0, np.int64)
    subword_rows: np.ndarray = np.zeros(0, np.uint32)
