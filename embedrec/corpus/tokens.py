"""What a worker does with a batch: words of sentences into small local numbers."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from embedrec.errors import ParameterError

MAX_SENTENCE_WORDS = 10_000
"""Longer sentences are cut into pieces of so many words (the limit gensim's Word2Vec has)."""


@dataclass(frozen=True)
class TokenBatch:
    """The sentences of a batch, numbered by words of its own.

    Attributes:
        words: the distinct words, in order of first appearance, joined by line feeds: one string
            travels between processes several times faster than a list of them.
        ids: uint32 (N,), places in `words`.
        lengths: uint32 (S,), words in each sentence, none 0, none above the limit.
        n_documents: how many documents they come from.
    """

    words: str
    ids: np.ndarray
    lengths: np.ndarray
    n_documents: int

    def split_words(self) -> list[str]:
        """Return the distinct words in order."""
        return self.words.split("\n") if self.words else []


def number_batch(
    documents: Iterable[Any],
    tokenize: Callable[[Any], Iterable[Iterable[str]]],
    sentence_limit: int = MAX_SENTENCE_WORDS,
) -> TokenBatch:
    """Cut documents into sentences of words, and number the words in order of first appearance.

    Sentences without a word are left out.

    Raises:
        ParameterError: if `tokenize` gives a string for a sentence, or a word that is no string,
            is empty, holds white space, or can't be written as UTF-8.
    """
    index: defaultdict[str, int] = defaultdict()
    index.default_factory = index.__len__
    ids = array("I")
    lengths = array("I")
    n_documents = 0
    done = 0
    for document in documents:
        n_documents += 1
        for sentence in tokenize(document):
            if isinstance(sentence, str):
                raise ParameterError(
                    f"tokenize gave the string {sentence[:40]!r} where a sentence (a list of "
                    "words) is needed",
                    value=sentence,
                )
            ids.extend(map(index.__getitem__, sentence))
            rest = len(ids) - done
            done = len(ids)
            while rest > sentence_limit:
                lengths.append(sentence_limit)
                rest -= sentence_limit
            if rest:
                lengths.append(rest)
    joined = join_words(list(index))
    return TokenBatch(joined, _to_array(ids), _to_array(lengths), n_documents)


def join_words(words: list[str]) -> str:
    """Join words with line feeds.

    Raises:
        ParameterError: naming the first word that is no string, is empty, holds white space, or
            can't be written as UTF-8: it would break the word list.
    """
    try:
        joined = "\n".join(words)
        joined.encode()
        # Splitting at any white space must give the words back.
        if joined.split() == words:
            return joined
    except (TypeError, UnicodeEncodeError):
        pass
    for word in words:
        fault = _find_fault(word)
        if fault:
            raise ParameterError(f"tokenize gave the word {word!r}, {fault}", value=word)
    raise AssertionError("unreachable: each word is sound, all together are not")


def _find_fault(word: Any) -> str | None:
    if not isinstance(word, str):
        return f"a {type(word).__name__}, not a string"
    if not word:
        return "which is empty; leave empty words out"
    if word.split() != [word]:
        return "which holds white space; split words there"
    try:
        word.encode()
    except UnicodeEncodeError:
        return "which can't be written as UTF-8; clean the text"
    return None


def _to_array(values: array[int]) -> np.ndarray:
    return np.frombuffer(values, dtype=np.uintc).astype(np.uint32, copy=False)
