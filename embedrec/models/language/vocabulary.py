"""The words that a language model predicts, with one for all others and one for sentence ends."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from embedrec.corpus.vocabulary import find_repeated
from embedrec.errors import InputError, ParameterError
from embedrec.nn.parameter import Array

UNKNOWN, END = "<unk>", "<eos>"


class LanguageVocabulary:
    """Words by id.

    Attributes:
        words: all words.
        index: word to id.
        unknown: id of "<unk>", or None: then texts may hold known words only.
        end: id of "<eos>", which closes every sentence and is predicted like a word.
    """

    def __init__(self, words: Sequence[str]) -> None:
        """Take words in the order of their ids; "<eos>" must be among them.

        Raises:
            ParameterError: if a word stands twice, or there is no "<eos>".
        """
        repeated = find_repeated(words)
        if repeated is not None:
            raise ParameterError(f"the word {repeated!r} is there twice", value=repeated)
        self.words = list(words)
        self.index = {word: at for at, word in enumerate(self.words)}
        if END not in self.index:
            raise ParameterError(f"the words of a language model must hold {END!r}", value=END)
        self.end = self.index[END]
        self.unknown = self.index.get(UNKNOWN)

    @classmethod
    def from_ordered(
        cls, words: Iterable[str], *, max_size: int | None = None, has_unknown: bool = True
    ) -> LanguageVocabulary:
        """Take the first of some words, most frequent first, beside "<eos>" and "<unk>".

        Args:
            max_size: most words, the two marks included; None for all.
        """
        marks = [END, UNKNOWN] if has_unknown else [END]
        if max_size is not None and max_size <= len(marks):
            raise ParameterError(f"max_size must be at least {len(marks) + 1}, not {max_size}",
                                 value=max_size)  # fmt: skip
        others = [word for word in words if word not in (END, UNKNOWN)]
        return cls([*marks, *others][:max_size])

    def __len__(self) -> int:
        return len(self.words)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LanguageVocabulary) and self.words == other.words

    def __hash__(self) -> int:
        return hash((len(self.words), self.end))

    def __repr__(self) -> str:
        return f"LanguageVocabulary({len(self.words)} words)"

    def encode(self, words: Iterable[str], *, unknown: str = "map") -> Array:
        """Return ids, int32 (N,).

        Args:
            unknown: "map" to take "<unk>" for words that are not there, "reject" to refuse them.

        Raises:
            InputError: naming the first unknown word, if it is rejected or there is no "<unk>".
        """
        if unknown not in ("map", "reject"):
            raise ParameterError(f"unknown must be 'map' or 'reject', not {unknown!r}",
                                 value=unknown)  # fmt: skip
        given = list(words)
        fallback = -1 if self.unknown is None or unknown == "reject" else self.unknown
        ids = np.array([self.index.get(word, fallback) for word in given], np.int32)
        if (ids < 0).any():
            word = given[int(np.argmax(ids < 0))]
            raise InputError(
                f"the word {word!r} is not among the model's {len(self.words)} words: leave it out "
                f"or use a model with {UNKNOWN!r}, and unknown='map'",
                value=word,
            )
        return ids

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Return the words of ids."""
        return [self.words[int(at)] for at in ids]

    def to_json(self) -> str:
        """Return the words as a JSON list: a word may hold anything but a line's end."""
        return json.dumps(self.words, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> LanguageVocabulary:
        """Read what `to_json` wrote.

        Raises:
            InputError: if it is no list of words.
        """
        words: Any = json.loads(text)
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise InputError("the model's words are no list of words", value=None)
        return cls(words)
