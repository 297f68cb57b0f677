"""Slow twin of the corpus build: everything at once, in plain Python, with one Counter."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class SlowCorpus:
    """What the build should give."""

    words: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    shards: list[tuple[list[int], list[int]]] = field(default_factory=list)
    n_tokens_raw: int = 0
    n_sentences_raw: int = 0
    vocabulary_size_raw: int = 0
    n_hapax: int = 0


def encode_slowly(
    documents: list[list[list[str]]],
    *,
    min_count: int,
    max_vocab: int | None = None,
    sentence_words: int = 10_000,
    shard_tokens: int = 1 << 24,
) -> SlowCorpus:
    """Encode documents of sentences of words."""
    pieces = []
    for document in documents:
        for sentence in document:
            rest = list(sentence)
            while rest:
                pieces.append(rest[:sentence_words])
                rest = rest[sentence_words:]
    tally = Counter(word for piece in pieces for word in piece)
    result = SlowCorpus(
        n_tokens_raw=sum(tally.values()),
        n_sentences_raw=len(pieces),
        vocabulary_size_raw=len(tally),
        n_hapax=sum(1 for count in tally.values() if count == 1),
    )
    ranked = sorted(tally.items(), key=lambda item: (-item[1], [ord(c) for c in item[0]]))
    ranked = [item for item in ranked if item[1] >= min_count]
    if max_vocab is not None:
        ranked = ranked[:max_vocab]
    result.words = [word for word, _ in ranked]
    result.counts = [count for _, count in ranked]
    for piece in pieces:
        ids = [result.words.index(word) for word in piece if word in result.words]
        if not ids:
            continue
        if not result.shards or len(result.shards[-1][0]) + len(ids) > shard_tokens:
            result.shards.append(([], [0]))
        result.shards[-1][0].extend(ids)
        result.shards[-1][1].append(len(result.shards[-1][0]))
    return result
