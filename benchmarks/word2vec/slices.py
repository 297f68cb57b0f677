"""Pieces of a corpus to train on, each as a corpus folder and as lines of words for the peers.

A slice is taken in runs spread evenly over the whole corpus, so that its vocabulary and its share
of rare words are like the whole's, and has a vocabulary of its own: so every tool, whether it reads
a vocabulary or counts the text, trains the same words.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from embedrec.corpus.shardfile import ShardEntry, ShardFile
from embedrec.corpus.shards import FORMAT_VERSION, KIND, VOCABULARY_NAME, Corpus
from embedrec.corpus.vocabulary import Vocabulary, order_words
from embedrec.files import compute_checksum, write_atomic
from embedrec.manifest import MANIFEST_NAME, Manifest, load_manifest

N_RUNS = 200
_SENTENCES_AT_ONCE = 10_000


def write_slice(corpus: Corpus, folder: Path, n_words: int, n_runs: int = N_RUNS) -> Corpus:
    """Write about `n_words` words of a corpus, in whole sentences, as a corpus of its own."""
    if not (folder / MANIFEST_NAME).exists():
        ids, lengths = take_runs(corpus, n_words, n_runs)
        counts = np.bincount(ids, minlength=len(corpus.vocabulary)).astype(np.uint64)
        order = order_words(corpus.vocabulary.words, counts, min_count=1)
        renumber = np.zeros(len(counts), np.uint32)
        renumber[order] = np.arange(len(order), dtype=np.uint32)
        words = [corpus.vocabulary.words[i] for i in order.tolist()]
        write_corpus(folder, renumber[ids], lengths, Vocabulary(words, counts[order]))
    return open_slice(folder)


def take_runs(corpus: Corpus, n_words: int, n_runs: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ids, uint32 (N,), and lengths, int64 (S,), of whole sentences of `n_runs` places."""
    pieces, lengths = [], []
    share = min(1.0, n_words / corpus.n_tokens)
    for number in range(corpus.n_shards):
        ids, offsets = corpus.shard(number)
        n_here = max(1, round(n_runs * len(ids) / corpus.n_tokens))
        for start in np.linspace(0, len(ids), n_here, endpoint=False):
            ends = np.searchsorted(offsets, [start, start + share * len(ids) / n_here])
            begin, end = np.minimum(ends, len(offsets) - 1)
            pieces.append(np.asarray(ids[offsets[begin] : offsets[end]]))
            lengths.append(np.diff(offsets[begin : end + 1]))
    return np.concatenate(pieces), np.concatenate(lengths)


def write_corpus(
    folder: Path, ids: np.ndarray, lengths: np.ndarray, vocabulary: Vocabulary
) -> None:
    """Write ids, (N,), of sentences of some lengths, (S,), as a corpus folder of one shard."""
    folder.mkdir(parents=True, exist_ok=True)
    shard = ShardFile(folder, "shard-00000")
    shard.append(ids, lengths)
    entry = shard.close()
    vocabulary.save(folder / VOCABULARY_NAME)
    Manifest(
        KIND,
        FORMAT_VERSION,
        files={**entry.files, VOCABULARY_NAME: compute_checksum(folder / VOCABULARY_NAME)},
        facts={
            "shards": [vars(entry)],
            "vocabulary_size": len(vocabulary),
            "n_tokens": entry.n_tokens,
        },
    ).save(folder)


def open_slice(folder: str | Path) -> Corpus:
    """Open a corpus folder, also one whose vocabulary counts more text than it holds."""
    manifest = load_manifest(folder, KIND, FORMAT_VERSION)
    entries = [ShardEntry.from_json(entry) for entry in manifest.facts["shards"]]
    vocabulary = Vocabulary.load(Path(folder) / VOCABULARY_NAME)
    return Corpus(Path(folder), manifest, vocabulary, entries)


def write_text(corpus: Corpus, path: Path) -> Path:
    """Write a corpus as lines of words if `path` is not there yet; return it."""
    words = np.array(corpus.vocabulary.words, object)
    if not path.exists():
        with write_atomic(path, "w") as file:
            for number in range(corpus.n_shards):
                ids, offsets = corpus.shard(number)
                for first in range(0, len(offsets) - 1, _SENTENCES_AT_ONCE):
                    ends = offsets[first : first + _SENTENCES_AT_ONCE + 1]
                    part = words[ids[ends[0] : ends[-1]]]
                    for begin, end in pairwise((ends - ends[0]).tolist()):
                        file.write(" ".join(part[begin:end]) + "\n")
    return path
