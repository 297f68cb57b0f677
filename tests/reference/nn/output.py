"""Output layers for many words from their formulas, one word at a time, in float64."""

from __future__ import annotations

import math

from tests.reference.huffman import build_paths


def log_sigma(s):
    return -math.log1p(math.exp(-s)) if s > -30 else s


def compute_tree_log_probabilities(h, weight, bias, counts):
    """log p of each word: the sum of log sigma(+-score) on its way; counts are descending."""
    scores = [
        sum(float(a) * float(b) for a, b in zip(h, v, strict=True)) + float(c)
        for v, c in zip(weight, bias, strict=True)
    ]
    return [
        sum(log_sigma(scores[node] if code == 0 else -scores[node]) for node, code in path)
        for path in build_paths([int(count) for count in counts])
    ]


def compute_nce(h, weight, bias, q, word, drawn):
    """-log P(data | word) - sum log P(noise | drawn), with P(data | w) = e^z / (e^z + k q)."""
    k = len(drawn)

    def be_data(w):
        z = sum(float(a) * float(b) for a, b in zip(h, weight[w], strict=True)) + float(bias[w])
        return math.exp(z) / (math.exp(z) + k * q[w])

    return -math.log(be_data(word)) - sum(math.log(1 - be_data(w)) for w in drawn)


def compute_sampled(h, weight, bias, q, word, drawn):
    """Softmax cross-entropy among {word} and drawn, each logit less the log of its chance."""
    k = len(drawn)

    def adjust(w):
        z = sum(float(a) * float(b) for a, b in zip(h, weight[w], strict=True)) + float(bias[w])
        return z - math.log(1 - (1 - q[w]) ** k)

    candidates = {word, *(int(w) for w in drawn)}
    return math.log(sum(math.exp(adjust(w)) for w in candidates)) - adjust(word)
