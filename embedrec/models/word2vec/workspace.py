"""How many bytes the tables and threads of a training take: what kernels look up and work in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from embedrec.corpus.packed import PackedWords
from embedrec.models.word2vec.block import BLOCK_WORDS
from embedrec.models.word2vec.parameters import Parameters
from embedrec.models.word2vec.subword import count_rows

# Of each word: keep, count and where its bytes begin, some 9 bytes, and some of its text on its way
# to the disk. What building tables takes is given back before there are weights.
_WORD_BYTES = 32
_ALIAS_BYTES = 8
# Characters that a word is taken to have, and what its path is longer than in a balanced tree,
# where the words are not known.
_USUAL_CHARACTERS, _USUAL_EXCESS = 12, 4
# Stack, queue and state of a thread.
_THREAD_BYTES = 4_000_000
_MOST_LANES = 16
_WINDOWS_DRAWN, _WINDOWS_APART = 256, 32


class TableSizes(NamedTuple):
    """How much kernels have to look up of the first words, for each number of them.

    Attributes:
        steps: int64 (V,), steps of the paths of all words up to each; (0,) without paths.
        longest_path: steps of the longest path; 0 without paths.
        rows: int64 (V,), rows that make up all words up to each; (0,) without subwords.
    """

    steps: np.ndarray
    longest_path: int
    rows: np.ndarray


def measure_tables(parameters: Parameters, counts: np.ndarray, words: PackedWords) -> TableSizes:
    """Return the sizes of the tables for a vocabulary.

    Args:
        parameters: the training's parameters, the lengths of n-grams settled.
        counts: uint64 (V,), in descending order.
        words: V words.
    """
    steps = rows = np.zeros(0, np.int64)
    longest_path = 0
    if parameters.uses_paths:
        lengths = _measure_paths(counts)
        steps, longest_path = np.cumsum(lengths), int(lengths.max())
    if parameters.subwords:
        rows = np.cumsum(count_rows(parameters, words))
    return TableSizes(steps, longest_path, rows)


def guess_tables(parameters: Parameters, n_words: int) -> TableSizes:
    """Return the sizes of the tables for words of which only the number is known."""
    each = np.arange(1, n_words + 1)
    steps = rows = np.zeros(0, np.int64)
    longest_path = 0
    if parameters.uses_paths:
        longest_path = n_words.bit_length() + _USUAL_EXCESS
        steps = each * longest_path
    if parameters.subwords:
        word = PackedWords.pack(["x" * _USUAL_CHARACTERS])
        settled = parameters.min_n is not None
        known = parameters if settled else parameters.change(min_n=3, max_n=6)
        rows = each * count_rows(known, word)[0]
    return TableSizes(steps, longest_path, rows)


def count_table_bytes(parameters: Parameters, sizes: TableSizes, n_words: int) -> int:
    """Return the bytes of what kernels look up of the first words, with their text and counts."""
    n_bytes = (_WORD_BYTES + _ALIAS_BYTES * parameters.uses_negatives) * n_words
    if parameters.uses_paths:
        n_bytes += 8 * n_words + 4 * int(sizes.steps[n_words - 1])
    if parameters.subwords:
        n_bytes += 8 * n_words + 4 * int(sizes.rows[n_words - 1])
    return n_bytes


def count_thread_bytes(
    parameters: Parameters, longest_path: int, longest_sentence: int, n_threads: int
) -> int:
    """Return the bytes of what the threads work in, besides the weights and tables.

    Args:
        parameters: the training's parameters.
        longest_path: steps of the longest Huffman path; 0 without paths.
        longest_sentence: in words.
        n_threads: how many.
    """
    row = 4 * parameters.vector_size
    n_context = 2 * parameters.window
    n_negative = parameters.n_negative * parameters.uses_negatives
    n_targets = 1 + n_negative + longest_path
    stride = -(-n_targets // _MOST_LANES) * _MOST_LANES
    # See `kernels.word2vec.room` and `windows`; with subwords two rows for each place of `ring`.
    room = 304 + (n_context + n_targets + 2) * (row + 16) + 4 * n_context * stride
    windows = 20 + 8 * n_targets + 4 * stride
    shared = 8 * _WINDOWS_APART * n_negative
    each = _THREAD_BYTES + room + shared + _WINDOWS_DRAWN * (8 + windows) + 8 * longest_sentence
    if parameters.subwords:
        each += (1 << n_context.bit_length()) * (2 * row + 20) + 4 * n_context
    if not parameters.deterministic:
        return n_threads * each
    from embedrec.models.word2vec.rounds import N_DRAWN, N_WINDOWS, N_WORKERS

    n_threads = min(n_threads, N_WORKERS)
    # See `kernels.word2vec.rounds_crew`: copies of rows, what is kept of each, hash tables, owners;
    # and of texts the next ones beside those that are done.
    n_entries = N_WORKERS * (N_WINDOWS + 2 * n_context + N_WINDOWS * n_targets)
    n_owners = 1 << (n_threads - 1).bit_length()
    crew = n_entries * (2 * row + 41 + 4 * 4 + 8) + 2 * row
    owners = n_owners * n_entries * (24 + 4 * 4)
    texts = N_WORKERS * (2 * 12 * (BLOCK_WORDS + longest_sentence) + 32 * longest_sentence)
    drawn = N_WORKERS * (N_DRAWN * (32 + windows) + 8 * N_WINDOWS * n_targets + 150 + shared)
    return n_threads * (_THREAD_BYTES + room) + crew + owners + texts + drawn


def _measure_paths(counts: np.ndarray) -> np.ndarray:
    """Return the length of each word's Huffman path, int64 (V,)."""
    from embedrec.kernels.huffman import build_huffman_parents

    parent, _ = build_huffman_parents(counts.astype(np.int64))
    # Each node knows a node above it and how far; both double until all are at the root.
    above = np.where(parent >= 0, parent + len(counts), len(parent) - 1)
    depth = (parent >= 0).astype(np.int64)
    while (more := depth[above]).any():
        depth += more
        above = above[above]
    return depth[: len(counts)]
