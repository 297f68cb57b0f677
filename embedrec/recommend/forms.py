"""From a word as a person writes it to the model's words: other forms, and pieces."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from embedrec.corpus.phrases_found import join_known, join_words
from embedrec.text.pipeline import TextPipeline

if TYPE_CHECKING:
    from embedrec.vectors.keyed import KeyedVectors

_MAX_REMEMBERED = 100_000


class WordForms:
    """Finds what a written word is in a vocabulary.

    Two words are forms of one (capitals, script) if the text pipeline spells them alike. A model's
    own pipeline, rebuilt from its metadata, is opened only when a word is not found as it stands,
    since its vocabulary went through that pipeline. A pipeline that is given may spell words of the
    vocabulary otherwise; then these are looked at too.

    Args:
        vectors: the vocabulary and how its text was made.
        pipeline: to use instead of the model's own.
    """

    def __init__(self, vectors: KeyedVectors, pipeline: TextPipeline | None = None) -> None:
        self._words = vectors.key_to_index
        self._description = vectors.metadata.get("text") or {}
        phrases = self._description.get("phrases")
        self._phrases = phrases if isinstance(phrases, dict) else None
        self._user_dict_text = vectors.user_dict_text
        self._pipeline = pipeline
        self._spelt: dict[str, str] = {}
        self.is_closed = pipeline is None or pipeline.describe() == self._description

    def find(self, word: str) -> int | None:
        """Return the rank of the word or of its form in the vocabulary, None if there is none."""
        if word in self._words:
            return self._words[word]
        rank = self._words.get(self.spell(word))
        if rank is None and self._phrases is not None and len(pieces := self._cut(word)) > 1:
            rank = self._words.get(join_words(pieces, self._phrases.get("delimiter")))
        return rank

    def cut(self, word: str) -> list[int]:
        """Return the ranks of the pieces of a word that are in the vocabulary."""
        pieces = self._cut(word)
        if self._phrases is not None:
            delimiter = self._phrases.get("delimiter")
            pieces = join_known(pieces, self._words.__contains__, delimiter)
        return sorted(self._words[piece] for piece in pieces if piece in self._words)

    def _cut(self, word: str) -> list[str]:
        pipeline = self._open()
        return pipeline.cut_query(word) if pipeline else []

    def spell(self, word: str) -> str:
        """Return the one spelling that all forms of a word share."""
        spelt = self._spelt.get(word)
        if spelt is None:
            pipeline = self._open()
            # A word of nothing but punctuation may leave nothing; it stays what it is.
            spelt = "".join(pipeline.cut_query(word)) or word if pipeline else word
            if len(self._spelt) < _MAX_REMEMBERED:
                self._spelt[word] = spelt
        return spelt

    def _open(self) -> TextPipeline | None:
        if self._pipeline is None and self._description:
            self._pipeline = self._reopen()
        return self._pipeline

    def _reopen(self) -> TextPipeline:
        if self._user_dict_text is None:
            return TextPipeline.from_description(self._description, None)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "user_dict.txt"
            path.write_text(self._user_dict_text, encoding="utf-8", newline="\n")
            return TextPipeline.from_description(self._description, path)
