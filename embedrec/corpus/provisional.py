"""The first pass on disk: every token of the input under a provisional id.

Provisional ids number the words in order of first appearance, so they depend on the text alone. The
work so far is a row of shards, each with the list of the words that are new in it, and one state
file that says which of them count. The state file is replaced in one step after its shard stands:
a build killed at any moment goes on from the last one.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from embedrec.corpus.shardfile import ShardEntry, ShardFile, check_shard, map_shard
from embedrec.corpus.tokens import TokenBatch
from embedrec.corpus.vocabulary import MAX_WORDS
from embedrec.errors import CorruptedError, EmbedrecError, ParameterError
from embedrec.files import PathLike, compute_checksum, read_json, write_atomic, write_json

STATE_NAME = "state.json"
_REMEDY = "start the build afresh, without resume"


@dataclass(frozen=True)
class Checkpoint:
    """One provisional shard and the words that are new in it.

    Attributes:
        shard: the shard.
        n_documents: documents it holds.
        n_new_words: length of the word list.
        words_checksum: of the word list.
    """

    shard: ShardEntry
    n_documents: int
    n_new_words: int
    words_checksum: str

    @property
    def words_name(self) -> str:
        """Name of the word list."""
        return f"{self.shard.stem}.words"


class ProvisionalCorpus:
    """What the first pass has done so far.

    Attributes:
        folder: where it stands.
        index: word to provisional id, in the order of the ids.
        counts: uint64 (V,), how often each word occurs in the finished shards.
        checkpoints: the finished shards.
        complete: whether all documents are in.
        facts: what the caller had to tell about the documents when they ended.
    """

    def __init__(self, folder: PathLike) -> None:
        self.folder = Path(folder)
        self.index: defaultdict[str, int] = defaultdict()
        # A new word gets the next number in the very step that adds it: an interrupt finds the
        # index sound at any moment.
        self.index.default_factory = self.index.__len__
        self.counts = np.zeros(0, np.uint64)
        self.checkpoints: list[Checkpoint] = []
        self.complete = False
        self.facts: dict[str, Any] = {}
        self._waiting: list[tuple[np.ndarray, np.ndarray, int]] = []

    @property
    def n_documents(self) -> int:
        """Documents in the finished shards."""
        return sum(checkpoint.n_documents for checkpoint in self.checkpoints)

    @property
    def n_tokens(self) -> int:
        """Tokens in the finished shards."""
        return sum(checkpoint.shard.n_tokens for checkpoint in self.checkpoints)

    @property
    def n_sentences(self) -> int:
        """Sentences in the finished shards."""
        return sum(checkpoint.shard.n_sentences for checkpoint in self.checkpoints)

    @property
    def n_waiting(self) -> int:
        """Tokens added since the last checkpoint."""
        return sum(len(ids) for ids, _, _ in self._waiting)

    def add(self, batch: TokenBatch) -> None:
        """Take in a batch: one look-up for each distinct word of it.

        Raises:
            ParameterError: if there are more distinct words than ids.
        """
        words = batch.split_words()
        table = np.fromiter(map(self.index.__getitem__, words), np.uint32, len(words))
        if len(self.index) > MAX_WORDS:
            raise ParameterError(
                f"the input has more than {MAX_WORDS} distinct words; check how it is segmented",
                value=len(self.index),
            )
        self._waiting.append((table[batch.ids], batch.lengths, batch.n_documents))

    def save_checkpoint(self) -> None:
        """Bring what was added since the last checkpoint onto the disk.

        Raises:
            StorageError: if the disk is full; the checkpoints before stand.
        """
        if not self._waiting:
            return
        stem = f"provisional-{len(self.checkpoints):05d}"
        shard = ShardFile(self.folder, stem)
        for ids, lengths, _ in self._waiting:
            shard.append(ids, lengths)
        entry = shard.close()
        known = sum(checkpoint.n_new_words for checkpoint in self.checkpoints)
        new = list(self.index)[known:]
        content = "".join([f"{word}\n" for word in new]).encode()
        with write_atomic(self.folder / f"{stem}.words") as file:
            file.write(content)
        checksum = f"sha256:{hashlib.sha256(content).hexdigest()}"
        n_documents = sum(n for _, _, n in self._waiting)
        done = [*self.checkpoints, Checkpoint(entry, n_documents, len(new), checksum)]
        counts = np.zeros(len(self.index), np.uint64)
        counts[: len(self.counts)] = self.counts
        for ids, _, _ in self._waiting:
            _add_counts(counts, ids)
        self._save_state(done)
        self.checkpoints, self.counts, self._waiting = done, counts, []

    def finish(self, facts: dict[str, Any]) -> None:
        """Record that all documents are in, and what the caller tells about them."""
        self.save_checkpoint()
        self.facts, self.complete = facts, True
        self._save_state(self.checkpoints)

    def _save_state(self, checkpoints: list[Checkpoint]) -> None:
        content = {
            "complete": self.complete,
            "facts": self.facts,
            "checkpoints": [asdict(checkpoint) for checkpoint in checkpoints],
        }
        write_json(self.folder / STATE_NAME, content)

    @classmethod
    def load(cls, folder: PathLike) -> ProvisionalCorpus:
        """Take up an interrupted first pass; one without a state file has done nothing yet.

        Raises:
            CorruptedError: naming the file that is missing or damaged.
        """
        corpus = cls(folder)
        path = corpus.folder / STATE_NAME
        if not path.is_file():
            return corpus
        try:
            content = read_json(path)
            corpus.checkpoints = [_parse_checkpoint(entry) for entry in content["checkpoints"]]
            corpus.complete, corpus.facts = bool(content["complete"]), dict(content["facts"])
        except (EmbedrecError, KeyError, TypeError, ValueError) as error:
            raise CorruptedError(f"{path} is damaged ({error}); {_REMEDY}", value=path) from error
        for checkpoint in corpus.checkpoints:
            check_shard(corpus.folder, checkpoint.shard, verify=True, remedy=_REMEDY)
            corpus._load_words(checkpoint)
        corpus.counts = np.zeros(len(corpus.index), np.uint64)
        for checkpoint in corpus.checkpoints:
            _add_counts(corpus.counts, map_shard(corpus.folder, checkpoint.shard)[0])
        return corpus

    def _load_words(self, checkpoint: Checkpoint) -> None:
        path = self.folder / checkpoint.words_name
        if not path.is_file() or compute_checksum(path) != checkpoint.words_checksum:
            raise CorruptedError(f"{path} is missing or damaged; {_REMEDY}", value=path)
        text = path.read_bytes().decode()
        for word in text.split("\n")[:-1]:
            self.index[word]


def _add_counts(counts: np.ndarray, ids: np.ndarray) -> None:
    # A bincount as long as the vocabulary for each small batch would cost more than the batch.
    if len(ids) * 4 > len(counts):
        counts += np.bincount(ids, minlength=len(counts)).astype(np.uint64)
    else:
        words, numbers = np.unique(ids, return_counts=True)
        counts[words] += numbers.astype(np.uint64)


def _parse_checkpoint(content: dict[str, Any]) -> Checkpoint:
    return Checkpoint(
        ShardEntry.from_json(content["shard"]),
        int(content["n_documents"]),
        int(content["n_new_words"]),
        str(content["words_checksum"]),
    )
