"""What a trained word costs: operations and rows of each kernel, from a text and its settings.

Counts are for the formulas (Mikolov et al. 2013a, b), not for one program; multiplications and
additions are an operation each. For a pair of hidden layer h and target t, D dimensions: the dot
product h.t, the error e += g t, and the update t += g h take 2 D each. Then

- skip-gram: for each context word its pairs with the centre's targets, and D for the update of its
  row with e;
- CBOW: for each centre its pairs once, D to scale the mean, and 2 C D to sum C context rows and to
  update them;
- targets: 1 + K with negative sampling, the length of the Huffman path with hierarchical softmax,
  both with both.

Rows: each is read and written once, 8 D bytes. What must come from afar for each centre, if a
sentence's words stay near while the window passes over them, is one new input row and the targets;
of negatives that several windows share, each has its part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

FLOAT = 4


@dataclass(frozen=True)
class Profile:
    """What a text asks of a kernel, each figure for one word of the text before subsampling.

    Attributes:
        centres: centre words (kept words in sentences where another word is kept too).
        halves: sides of those with any context.
        pairs: expected pairs of context and centre word.
        centre_nodes: path lengths, summed over centres.
        pair_nodes: path lengths of the centre, summed over pairs.
    """

    centres: float
    halves: float
    pairs: float
    centre_nodes: float
    pair_nodes: float


def compute_profile(
    ids: np.ndarray,
    lengths: np.ndarray,
    keep: np.ndarray,
    path_lengths: np.ndarray,
    window: int,
    seed: int = 0,
) -> Profile:
    """Thin a text once, and compute what its windows hold in the mean of their sizes.

    Args:
        ids: (N,), words.
        lengths: (S,), words of each sentence.
        keep: (V,), probability that a word is kept.
        path_lengths: (V,), length of a word's Huffman path.
        window: largest distance; sizes are drawn from 1 to it.
        seed: of the thinning.
    """
    kept_ids, kept_lengths = thin(ids, lengths, keep, seed)
    place = np.arange(len(kept_ids)) - np.repeat(
        np.cumsum(kept_lengths) - kept_lengths, kept_lengths
    )
    behind = np.repeat(kept_lengths, kept_lengths) - 1 - place
    contexts = np.zeros(len(kept_ids))
    for distance in range(1, window + 1):
        reached = (window - distance + 1) / window
        contexts += reached * ((place >= distance) + 0.0 + (behind >= distance))
    centre = contexts > 0
    nodes = path_lengths[kept_ids]
    return Profile(
        centres=float(centre.sum() / len(ids)),
        halves=float(((place > 0).sum() + (behind > 0).sum()) / len(ids)),
        pairs=float(contexts.sum() / len(ids)),
        centre_nodes=float(nodes[centre].sum() / len(ids)),
        pair_nodes=float((contexts * nodes).sum() / len(ids)),
    )


def thin(
    ids: np.ndarray, lengths: np.ndarray, keep: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the words that subsampling leaves, and how many it leaves of each sentence."""
    draws = np.random.Generator(np.random.Philox(seed)).random(len(ids))
    kept = draws < keep[ids]
    sentences = np.repeat(np.arange(len(lengths)), lengths)
    return ids[kept], np.bincount(sentences[kept], minlength=len(lengths))


def count_cost(
    profile: Profile,
    architecture: str,
    loss: str,
    vector_size: int,
    n_negative: int,
    *,
    halved: bool = False,
    n_sharing: int = 1,
) -> dict[str, Any]:
    """Return operations and rows for one word of the text.

    Args:
        profile: of the text.
        architecture: "skipgram" or "cbow".
        loss: "ns", "hs" or "both".
        vector_size: D.
        n_negative: K.
        halved: whether the halves of a window have their own negatives, as in `Plan`.
        n_sharing: windows that have the same negatives, likewise.

    Returns:
        flops: operations.
        rows: input and output rows that are read and written, each once a window.
        fresh_rows: those that can't be near already: one input row and the targets.
        fresh_bytes: what these are, read and written.
    """
    per_centre = 1 + n_negative if loss != "hs" else 0
    with_paths = loss != "ns"
    targets = per_centre * profile.centres + with_paths * profile.centre_nodes
    if architecture == "skipgram":
        products = per_centre * profile.pairs + with_paths * profile.pair_nodes
        flops = vector_size * (6 * products + profile.pairs)
    else:
        flops = vector_size * (6 * targets + profile.centres + 2 * profile.pairs)
    negatives = (loss != "hs") * n_negative * (profile.halves if halved else profile.centres)
    others = (loss != "hs") * profile.centres + with_paths * profile.centre_nodes
    fresh = profile.centres + others + negatives / n_sharing
    return {
        "flops": flops,
        "rows": profile.pairs + others + negatives,
        "fresh_rows": fresh,
        "fresh_bytes": fresh * 2 * FLOAT * vector_size,
    }
