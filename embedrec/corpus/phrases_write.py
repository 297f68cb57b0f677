"""A corpus with its phrases joined, onto the disk."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from embedrec.corpus.phrases_found import PHRASES_NAME, Phrases
from embedrec.corpus.phrases_search import PhraseSearch
from embedrec.corpus.phrases_sweep import read_sentences
from embedrec.corpus.renumber import DROPPED, ShardRow, renumber_sentences
from embedrec.corpus.shardfile import ShardEntry
from embedrec.corpus.shards import USER_DICT_NAME, VOCABULARY_NAME
from embedrec.corpus.vocabulary import Vocabulary, order_words
from embedrec.files import compute_checksum, naming_write_errors, write_atomic
from embedrec.manifest import Manifest
from embedrec.progress import Progress


def write_joined(
    search: PhraseSearch, folder: Path, wanted: Manifest, progress: Progress, max_tokens: int
) -> None:
    """Write the corpus with the phrases of a search joined into `folder`, replacing what is there.

    Words are counted anew and limited as `wanted` says; `wanted` with files and facts is saved
    last.

    Raises:
        CorruptedError: if the corpus is damaged.
        StorageError: if the place can't be written.
    """
    corpus, limits = search.corpus, wanted.parameters
    order = order_words(
        search.words,
        search.counts.astype(np.uint64),
        min_count=limits["min_count"] or 1,
        max_size=limits["max_vocab"],
    )
    vocabulary = Vocabulary([search.words[i] for i in order.tolist()], search.counts[order])
    with naming_write_errors(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    entries = _write_shards(search, order, folder, progress, max_tokens)
    vocabulary.save(folder / VOCABULARY_NAME)
    _list_all_phrases(search).save(folder / PHRASES_NAME)
    names = [VOCABULARY_NAME, PHRASES_NAME]
    if corpus.user_dict is not None:
        with write_atomic(folder / USER_DICT_NAME) as file:
            file.write(corpus.user_dict.read_bytes())
        names.append(USER_DICT_NAME)
    files = {name: compute_checksum(folder / name) for name in names}
    for entry in entries:
        files.update(entry.files)
    before = corpus.manifest.facts
    n_joined = corpus.n_tokens - int(search.counts.sum())
    facts = {
        **before,
        "n_tokens": sum(entry.n_tokens for entry in entries),
        "n_tokens_raw": before.get("n_tokens_raw", corpus.n_tokens) - n_joined,
        "n_sentences": sum(entry.n_sentences for entry in entries),
        "vocabulary_size": len(vocabulary),
        "vocabulary_size_raw": before.get("vocabulary_size_raw", len(corpus.vocabulary))
        + len(search.words) - len(corpus.vocabulary),
        "n_phrases": len(search.phrases),
        "source_inputs": corpus.manifest.facts.get("source_inputs", corpus.manifest.inputs),
        "shards": [asdict(entry) for entry in entries],
    }  # fmt: skip
    replace(wanted, files=files, facts=facts).save(folder)


def _write_shards(
    search: PhraseSearch, order: np.ndarray, folder: Path, progress: Progress, max_tokens: int
) -> list[ShardEntry]:
    table = np.full(len(search.words), DROPPED, np.uint32)
    table[order] = np.arange(len(order), dtype=np.uint32)
    row = ShardRow(folder, max_tokens)
    corpus = search.corpus
    try:
        with progress.stage("write", total=corpus.n_tokens, unit="tokens") as stage:
            for ids, offsets, n_done in read_sentences(corpus, search.joinings):
                row.append(*renumber_sentences(ids, offsets, table))
                stage.update(n_done)
        return row.finish()
    except BaseException:
        row.discard()
        raise


def _list_all_phrases(search: PhraseSearch) -> Phrases:
    """Return the phrases, after those that the corpus had already been joined by."""
    if PHRASES_NAME not in search.corpus.manifest.files:
        return Phrases(search.phrases)
    before = list(Phrases.load(search.corpus.folder))
    n_rounds = max((phrase.round for phrase in before), default=0)
    new = [replace(phrase, round=phrase.round + n_rounds) for phrase in search.phrases]
    return Phrases([*before, *new])
