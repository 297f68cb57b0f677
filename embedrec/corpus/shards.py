"""A finished corpus: memory-mapped shards of word ids, and the vocabulary.

A folder holds `manifest.json`, `vocabulary.txt`, `shard-00000.ids`, `shard-00000.offsets` and so
on, and `user_dict.txt` if a user dictionary was at work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from embedrec.corpus.shardfile import ShardEntry, check_shard, map_shard
from embedrec.corpus.vocabulary import Vocabulary
from embedrec.errors import CorruptedError
from embedrec.files import PathLike
from embedrec.manifest import MANIFEST_NAME, Manifest, load_manifest

KIND = "corpus"
FORMAT_VERSION = 1
VOCABULARY_NAME = "vocabulary.txt"
USER_DICT_NAME = "user_dict.txt"

_SENTENCES_AT_ONCE = 10_000


class Corpus:
    """Sentences of word ids on disk.

    Attributes:
        folder: where it stands.
        manifest: what made it.
        vocabulary: the words by id.
        n_tokens: number of tokens in all shards.
        n_sentences: number of sentences in all shards.
        n_shards: number of shards.
        text: how text became words (the description given to `build_corpus`), {} if unknown.
        user_dict: the user dictionary kept in the folder, or None.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        vocabulary: Vocabulary,
        entries: Sequence[ShardEntry],
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self.vocabulary = vocabulary
        self.n_tokens = sum(entry.n_tokens for entry in entries)
        self.n_sentences = sum(entry.n_sentences for entry in entries)
        self.n_shards = len(entries)
        self.text: dict[str, Any] = manifest.parameters.get("text") or {}
        self.user_dict = folder / USER_DICT_NAME if USER_DICT_NAME in manifest.files else None
        self._entries = list(entries)

    @classmethod
    def open(cls, folder: PathLike, *, verify: bool = False) -> Corpus:
        """Open a corpus; sizes are checked always.

        Args:
            folder: what `build_corpus` made.
            verify: also compare every file with its checksum (reads all of it).

        Raises:
            InputError: if the folder holds no corpus.
            CorruptedError: naming the file that is missing or damaged.
            VersionError: if a newer embedrec wrote it.
        """
        folder = Path(folder)
        manifest = load_manifest(folder, KIND, FORMAT_VERSION)
        remedy = f"build {folder} again"
        try:
            entries = [ShardEntry.from_json(entry) for entry in manifest.facts["shards"]]
            size, n_tokens = (int(manifest.facts[n]) for n in ("vocabulary_size", "n_tokens"))
            names = [name for entry in entries for name in entry.files]
            if any(name not in manifest.files for name in [VOCABULARY_NAME, *names]):
                raise ValueError("it does not name all files")
            if sum(entry.n_tokens for entry in entries) != n_tokens or not entries:
                raise ValueError("the shards do not add up")
            if not isinstance(manifest.parameters.get("text", {}), dict):
                raise ValueError("its description of the text stage is no object")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            path = folder / MANIFEST_NAME
            raise CorruptedError(f"{path} is damaged ({error}); {remedy}", value=path) from error
        if verify:
            manifest.verify_files(folder)
        for entry in entries:
            check_shard(folder, entry, verify=False, remedy=remedy)
        path = folder / VOCABULARY_NAME
        if not path.is_file():
            raise CorruptedError(f"{path} is missing; {remedy}", value=path)
        vocabulary = Vocabulary.load(path)
        if len(vocabulary) != size or vocabulary.n_tokens != n_tokens:
            raise CorruptedError(
                f"{path} is damaged: it has {len(vocabulary)} words of {vocabulary.n_tokens} "
                f"tokens and should have {size} of {n_tokens}; {remedy}",
                value=path,
            )
        return cls(folder, manifest, vocabulary, entries)

    def __repr__(self) -> str:
        return (
            f"Corpus({str(self.folder)!r}: {self.n_tokens} tokens, {self.n_sentences} sentences, "
            f"{len(self.vocabulary)} words)"
        )

    def shard(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """Map shard `i`, from 0 to `n_shards` - 1.

        Returns:
            ids, uint32 (N,), and offsets, int64 (S + 1,): sentence s is
            `ids[offsets[s]:offsets[s + 1]]`. Both are memory-mapped and read-only.

        Raises:
            IndexError: if there is no such shard.
        """
        return map_shard(self.folder, self._entries[i])

    def iter_sentences(self) -> Iterator[list[str]]:
        """Yield the sentences as words, in order: for eyes and comparisons, not for training."""
        words = self.vocabulary.words
        for i in range(self.n_shards):
            ids, offsets = self.shard(i)
            for first in range(0, len(offsets) - 1, _SENTENCES_AT_ONCE):
                ends = offsets[first : first + _SENTENCES_AT_ONCE + 1]
                tokens = [words[j] for j in ids[ends[0] : ends[-1]].tolist()]
                places = (ends - ends[0]).tolist()
                for start, stop in pairwise(places):
                    yield tokens[start:stop]

    def describe(self) -> dict[str, Any]:
        """Return figures worth showing to a person, JSON values only.

        `coverage` tells, for a number of commonest words, their share of all tokens of the input
        that were words of the vocabulary; `n_tokens_raw` and `vocabulary_size_raw` count before
        rare words were dropped, and so does `hapax_share`: the part of the distinct words that
        occur once.
        """
        facts = {name: value for name, value in self.manifest.facts.items() if name != "shards"}
        running = np.cumsum(self.vocabulary.counts)
        tops = [n for n in (10, 100, 1_000, 10_000, 100_000) if n < len(running)]
        raw = facts.get("vocabulary_size_raw") or 0
        return {
            **facts,
            "n_shards": self.n_shards,
            "mean_sentence_length": self.n_tokens / self.n_sentences,
            "kept_share": self.n_tokens / max(1, facts.get("n_tokens_raw") or self.n_tokens),
            "hapax_share": facts.get("n_hapax", 0) / raw if raw else None,
            "coverage": {str(n): int(running[n - 1]) / self.n_tokens for n in tops},
            "text": self.text,
        }
