"""From parameters and a vocabulary's counts to the kernels' plan."""

from __future__ import annotations

import numpy as np

from embedrec.corpus.packed import PackedWords
from embedrec.kernels.alias import build_alias_table
from embedrec.kernels.huffman import build_huffman_paths
from embedrec.kernels.word2vec import Plan
from embedrec.models.word2vec.parameters import Parameters, compute_keep
from embedrec.models.word2vec.subword import list_rows

# Windows that have the same negatives, if the rows of those come from memory. An output matrix of
# so many bytes stays in the caches, and sharing would only cost it variety.
N_SHARING = 4
IN_CACHES = 16 << 20


def build_plan(
    parameters: Parameters,
    counts: np.ndarray,
    longest_sentence: int,
    words: PackedWords | None = None,
) -> Plan:
    """Build everything that kernels look up.

    Args:
        parameters: the training's parameters.
        counts: uint64 (V,), in descending order.
        longest_sentence: in words.
        words: V words; only needed with subwords.
    """
    n_words = len(counts)
    weights = counts.astype(np.float64) ** parameters.negative_exponent
    if parameters.uses_paths:
        path_offsets, path_steps = build_huffman_paths(counts.astype(np.int64))
    else:
        path_offsets, path_steps = np.zeros(0, np.int64), np.zeros(0, np.uint32)
    halved, n_sharing = choose_sharing(parameters, n_words)
    subword_offsets, subword_rows = np.zeros(0, np.int64), np.zeros(0, np.uint32)
    if parameters.subwords:
        assert words is not None
        subword_offsets, subword_rows = list_rows(parameters, words)
    return Plan(
        keep=compute_keep(counts, parameters.sample),
        window=int(parameters.window),
        shrink=bool(parameters.shrink_window),
        halved=halved,
        n_negative=int(parameters.n_negative) if parameters.uses_negatives else 0,
        n_sharing=n_sharing,
        alias_table=build_alias_table(weights)
        if parameters.uses_negatives
        else np.zeros(0, np.uint64),
        path_offsets=path_offsets,
        path_steps=path_steps,
        path_base=n_words if parameters.uses_negatives else 0,
        max_path=int(np.diff(path_offsets).max()) if parameters.uses_paths else 0,
        max_sentence=max(1, longest_sentence),
        mean=bool(parameters.cbow_mean),
        full_error=bool(parameters.cbow_full_error),
        subword_offsets=subword_offsets,
        subword_rows=subword_rows,
    )


def choose_sharing(parameters: Parameters, n_words: int) -> tuple[bool, int]:
    """Choose how windows come by their negatives: see `halved` and `n_sharing` of a Plan.

    Skip-gram's inputs of one window share its negatives, which makes a matrix product of them; but
    ten inputs for five negatives are so many that vectors of rare words suffer (Chinese analogies
    8.8 % instead of 9.6), and half a window's are not. Negatives of several windows far apart make
    up for the time.
    """
    if not parameters.uses_negatives:
        return False, 1
    in_caches = 4 * n_words * parameters.vector_size <= IN_CACHES
    halved = parameters.architecture == "skipgram" and not parameters.uses_paths
    return halved, 1 if in_caches or parameters.uses_paths else N_SHARING
