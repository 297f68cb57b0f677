"""Phrases with dictionaries of words, as the papers tell it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence

Sentence = list[str]
Pair = tuple[str, ...]
MOST_CONNECTORS = 3


def walk_pairs(sentence: Sequence[str], connectors: Collection[str] = ()) -> Iterator[Pair]:
    """Each word that is no connector, the connectors after it, and the next that is none."""
    for i, word in enumerate(sentence):
        if word in connectors:
            continue
        for j in range(i + 1, min(len(sentence), i + MOST_CONNECTORS + 2)):
            if sentence[j] not in connectors:
                yield tuple(sentence[i : j + 1])
                break


def score(scoring: str, ab: int, a: int, b: int, n: int, min_count: int) -> float:
    """The two scores by their formulas; minus infinity below the minimum count."""
    if ab < min_count:
        return -math.inf
    if scoring == "default":
        return (ab - min_count) / (a * b) * n
    return math.log((ab / n) / ((a / n) * (b / n))) / -math.log(ab / n)


def find(
    sentences: list[Sentence],
    *,
    min_count: int,
    threshold: float,
    scoring: str,
    connectors: Collection[str] = (),
) -> dict[Pair, tuple[int, float]]:
    """Pairs above the threshold with their counts and scores."""
    words = Counter(word for sentence in sentences for word in sentence)
    pairs = Counter(pair for sentence in sentences for pair in walk_pairs(sentence, connectors))
    n = sum(words.values())
    scores = {
        pair: score(scoring, count, words[pair[0]], words[pair[-1]], n, min_count)
        for pair, count in pairs.items()
    }
    return {pair: (pairs[pair], scores[pair]) for pair in pairs if scores[pair] > threshold}


def join(
    sentence: Sentence,
    phrases: Collection[Pair],
    glue: Callable[[Pair], str],
    connectors: Collection[str] = (),
) -> Sentence:
    """From left to right; a word is part of one phrase at most."""
    result = []
    i = 0
    while i < len(sentence):
        # As far as a pair of this word may reach: no other begins before its end.
        pair = next(walk_pairs(sentence[i : i + MOST_CONNECTORS + 2], connectors), None)
        if sentence[i] not in connectors and pair in phrases:
            result.append(glue(pair))
            i += len(pair)
        else:
            result.append(sentence[i])
            i += 1
    return result


def join_corpus(
    sentences: list[Sentence],
    *,
    rounds: int,
    lowest: int,
    glue: Callable[[Pair], str],
    connectors: Collection[str] = (),
    **how: float | str,
) -> tuple[list[Sentence], list[dict[Pair, tuple[int, float]]]]:
    """All rounds: sentences without the words that are left rarer than `lowest`, and the phrases.

    A phrase that would be rarer itself, and is no word of the corpus, is given up, all such at
    once, until there is none.
    """
    found = []
    for _ in range(rounds):
        known = {word for sentence in sentences for word in sentence}
        phrases = find(sentences, connectors=connectors, **how)  # type: ignore[arg-type]
        while True:
            joined = [join(sentence, phrases, glue, connectors) for sentence in sentences]
            counts = Counter(word for sentence in joined for word in sentence)
            rare = {p for p in phrases if glue(p) not in known and counts[glue(p)] < lowest}
            if not rare:
                break
            phrases = {pair: value for pair, value in phrases.items() if pair not in rare}
        if not phrases:
            break
        sentences = joined
        found.append(phrases)
    counts = Counter(word for sentence in sentences for word in sentence)
    kept = [[word for word in sentence if counts[word] >= lowest] for sentence in sentences]
    return [sentence for sentence in kept if sentence], found
