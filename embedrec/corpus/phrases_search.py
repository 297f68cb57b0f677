"""Round after round: count pairs, choose those that are phrases, join them, count again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from embedrec.corpus.phrases_found import Phrase, join_words
from embedrec.corpus.phrases_scoring import (
    MAX_CONNECTORS_IN_A_ROW,
    PhraseParameters,
    compute_limits,
    score_pairs,
)
from embedrec.corpus.phrases_sweep import (
    MAX_PLACES,
    Joining,
    PairCounter,
    count_words,
    split_pairs,
)
from embedrec.corpus.shards import Corpus
from embedrec.corpus.vocabulary import MAX_WORDS
from embedrec.errors import CorruptedError, ParameterError
from embedrec.progress import Progress


class PhraseSearch:
    """The phrases of a corpus so far, with all that is needed to join them and to go on.

    Words keep the corpus's ids; a phrase whose joined form is a word already has that word's id,
    and other phrases get the ids that follow.

    Args:
        corpus: what is searched.
        parameters: how.
        max_places: see `phrases_sweep.MAX_PLACES`.

    Attributes:
        words: by id, phrases included.
        counts: how often each word occurs now, int64 (V,).
        joinings: what joins the phrases of each finished round.
        phrases: of all finished rounds.
    """

    def __init__(
        self, corpus: Corpus, parameters: PhraseParameters, max_places: int = MAX_PLACES
    ) -> None:
        self.corpus, self.parameters = corpus, parameters
        self.words = list(corpus.vocabulary.words)
        self.counts = corpus.vocabulary.counts.astype(np.int64)
        self.joinings: list[Joining] = []
        self.phrases: list[Phrase] = []
        self._index = {word: index for index, word in enumerate(self.words)}
        self._connectors = [
            self._index[word] for word in parameters.connector_words if word in self._index
        ]
        self._n_codes = (len(self._connectors) + 1) ** MAX_CONNECTORS_IN_A_ROW
        self._max_places = max_places
        self._check_size()

    def _check_size(self) -> None:
        if self._n_codes * len(self.words) ** 2 >= 2**64 or len(self.words) >= MAX_WORDS:
            raise ParameterError(
                f"{len(self._connectors)} connector words with a vocabulary of {len(self.words)} "
                "are more than pairs can be numbered for; give fewer connector words or a corpus "
                "with a larger min_count",
                value=len(self._connectors),
            )

    def _number_connectors(self) -> np.ndarray:
        codes = np.zeros(len(self.words), np.uint8)
        codes[self._connectors] = np.arange(1, len(self._connectors) + 1, dtype=np.uint8)
        return codes

    def run_round(self, number: int, progress: Progress) -> bool:
        """Find the phrases of one round; tell whether there are any.

        Raises:
            ParameterError: if there are more words than ids.
        """
        name = f"phrases {number}"
        codes = self._number_connectors()
        pairs, counts, scores = self._select(codes, progress, name)
        n_words = len(self.words)
        places = [part.tolist() for part in split_pairs(pairs, n_words, self._n_codes)]
        found = [
            Phrase(words, join_words(words, self.parameters.delimiter), count, score, number)
            for words, count, score in zip(
                (self._spell(*place) for place in zip(*places, strict=True)),
                counts.tolist(),
                scores.tolist(),
                strict=True,
            )
        ]
        # In this order ids are given: it depends on the phrases alone.
        order = sorted(range(len(found)), key=lambda i: (-found[i].score, found[i].words))
        found, pairs = [found[i] for i in order], pairs[order]
        kept = np.ones(len(found), bool)
        while kept.any():
            chosen = [phrase for phrase, keep in zip(found, kept, strict=True) if keep]
            ids = self._give_ids(chosen)
            joining = Joining.make(codes, self._n_codes, pairs[kept], ids)
            joinings = [*self.joinings, joining]
            occurring = count_words(
                self.corpus, joinings, len(self.words), progress, f"{name}, join"
            )
            # A phrase that other phrases leave no place would be dropped as a rare word, and its
            # words with it: it is not joined, and its words stay.
            rare = (ids >= n_words) & (occurring[ids] < self._find_lowest(occurring))
            if not rare.any():
                self.joinings, self.counts = joinings, occurring
                self.phrases += chosen
                return True
            self._forget_words(n_words)
            kept[np.flatnonzero(kept)[rare]] = False
        return False

    def restore(self, phrases: Iterable[Phrase], progress: Progress) -> int:
        """Take over the phrases of earlier rounds as they were found; return how many rounds.

        Raises:
            CorruptedError: if they are not of this corpus.
        """
        rounds: dict[int, list[Phrase]] = {}
        for phrase in phrases:
            rounds.setdefault(phrase.round, []).append(phrase)
        for chosen in rounds.values():
            codes = self._number_connectors()
            try:
                pairs = np.array(
                    [self._encode(phrase.words, codes) for phrase in chosen], np.uint64
                )
            except (KeyError, OverflowError) as error:
                raise CorruptedError(
                    f"the phrases found before are not of {self.corpus.folder} ({error}); start "
                    "afresh without resume"
                ) from error
            ids = self._give_ids(chosen)
            self.joinings.append(Joining.make(codes, self._n_codes, pairs, ids))
            self.phrases += chosen
        if self.joinings:
            self.counts = count_words(
                self.corpus, self.joinings, len(self.words), progress, "join what was found"
            )
        return len(rounds)

    def _select(
        self, codes: np.ndarray, progress: Progress, name: str
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        n_tokens = int(self.counts.sum())
        limits = compute_limits(self.parameters, self.counts, n_tokens)
        counter = PairCounter(
            self.corpus, self.joinings, codes, self._n_codes, self.counts, limits,
            self.parameters.min_count, self._max_places,
        )  # fmt: skip
        parts: list[tuple[Any, ...]] = []
        for pairs, counts in counter.count(progress, name):
            first, _, last = split_pairs(pairs, len(self.words), self._n_codes)
            ends = self.counts[first], self.counts[last]
            scores = score_pairs(self.parameters, counts, *ends, n_tokens)
            high = scores > self.parameters.threshold
            parts.append((pairs[high], counts[high], scores[high]))
        pairs, counts, scores = (np.concatenate(column) for column in zip(*parts, strict=True))
        return pairs, counts, scores

    def _spell(self, first: int, middle: int, last: int) -> tuple[str, ...]:
        between = []
        while middle:
            middle, code = divmod(middle, len(self._connectors) + 1)
            between.append(self.words[self._connectors[code - 1]])
        return (self.words[first], *reversed(between), self.words[last])

    def _encode(self, words: tuple[str, ...], codes: np.ndarray) -> int:
        first, *between, last = (self._index[word] for word in words)
        middle = 0
        for word in between:
            if not codes[word]:
                raise KeyError(self.words[word])
            middle = middle * (len(self._connectors) + 1) + int(codes[word])
        return (first * self._n_codes + middle) * len(codes) + last

    def _give_ids(self, chosen: list[Phrase]) -> np.ndarray:
        ids = []
        for phrase in chosen:
            index = self._index.setdefault(phrase.joined, len(self.words))
            if index == len(self.words):
                self.words.append(phrase.joined)
            ids.append(index)
        self._check_size()
        return np.array(ids, np.int64)

    def _forget_words(self, n_words: int) -> None:
        for word in self.words[n_words:]:
            del self._index[word]
        del self.words[n_words:]

    def _find_lowest(self, counts: np.ndarray) -> int:
        # How often a word must occur to have a place in the new vocabulary.
        limits = self.corpus.manifest.parameters
        lowest, max_vocab = int(limits.get("min_count") or 1), limits.get("max_vocab")
        if max_vocab and max_vocab < len(counts):
            last = int(np.partition(counts, len(counts) - max_vocab)[len(counts) - max_vocab])
            too_many = np.count_nonzero(counts >= last) > max_vocab
            lowest = max(lowest, last + too_many)
        return lowest
