"""A corpus with fewer words: what a larger min_count or a smaller max_vocab leaves of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from embedrec.corpus.renumber import DROPPED, ShardRow, renumber_sentences
from embedrec.corpus.shards import USER_DICT_NAME, VOCABULARY_NAME, Corpus
from embedrec.corpus.vocabulary import Vocabulary, check_limits
from embedrec.errors import ParameterError
from embedrec.files import PathLike, compute_checksum, release_pages, write_folder
from embedrec.manifest import Manifest
from embedrec.progress import Progress

_WORDS_AT_ONCE = 1 << 19


def describe_narrowed(corpus: Corpus, min_count: int | None, max_vocab: int | None) -> Manifest:
    """Return the corpus's manifest with the limits asked for; as it is, if none is.

    Raises:
        ParameterError: if a limit would need words that the corpus does not hold any more, or
            leaves none.
    """
    built = corpus.manifest.parameters
    wanted = {"min_count": min_count, "max_vocab": max_vocab}
    limits = {name: built.get(name) if value is None else value for name, value in wanted.items()}
    if limits == {name: built.get(name) for name in limits}:
        return corpus.manifest
    check_limits(limits["min_count"] or 1, limits["max_vocab"])
    for name, value in limits.items():
        before = built.get(name)
        wider = value < before if name == "min_count" and before else before and value > before
        if wider:
            raise ParameterError(
                f"{corpus.folder} was built with {name} {before}, and {value} needs words that it "
                "does not hold; build it again, or train on the raw input",
                value=value,
            )
    if not count_kept(corpus, limits):
        raise ParameterError(
            f"min_count {limits['min_count']} leaves no word of {corpus.folder}: the commonest "
            f"occurs {int(corpus.vocabulary.counts[0])} times; give a smaller min_count",
            value=limits["min_count"],
        )
    return replace(corpus.manifest, parameters={**built, **limits})


def count_kept(corpus: Corpus, limits: dict[str, Any]) -> int:
    """Return how many words stay; they are the first ones, as words stand in order of counts."""
    kept = int(np.count_nonzero(corpus.vocabulary.counts >= np.uint64(limits["min_count"] or 1)))
    return min(kept, limits["max_vocab"] or kept)


def narrow_corpus(corpus: Corpus, folder: PathLike, wanted: Manifest, progress: Progress) -> Corpus:
    """Write the corpus that `wanted` (from `describe_narrowed`) describes into `folder`.

    Raises:
        StorageError: if the place can't be written.
    """
    n_kept = count_kept(corpus, wanted.parameters)
    table = np.full(len(corpus.vocabulary), DROPPED, np.uint32)
    table[:n_kept] = np.arange(n_kept, dtype=np.uint32)
    kept = corpus.vocabulary
    vocabulary = Vocabulary.from_packed(kept.packed.take_first(n_kept), kept.counts[:n_kept])
    n_done = 0
    with (
        progress.stage("drop rare words", total=corpus.n_tokens, unit="tokens") as stage,
        write_folder(folder) as work,
    ):
        row = ShardRow(work)
        try:
            for ids, offsets in _iterate_parts(corpus):
                row.append(*renumber_sentences(ids, offsets, table))
                n_done += len(ids)
                stage.update(n_done)
            entries = row.finish()
        except BaseException:
            row.discard()
            raise
        vocabulary.save(work / VOCABULARY_NAME)
        if corpus.user_dict is not None:
            (work / USER_DICT_NAME).write_bytes(corpus.user_dict.read_bytes())
        names = [path.name for path in sorted(Path(work).iterdir())]
        facts = {
            **corpus.manifest.facts,
            "n_tokens": sum(entry.n_tokens for entry in entries),
            "n_sentences": sum(entry.n_sentences for entry in entries),
            "vocabulary_size": len(vocabulary),
            "shards": [asdict(entry) for entry in entries],
        }
        files = {name: compute_checksum(work / name) for name in names}
        replace(wanted, files=files, facts=facts).save(work)
    return Corpus.open(folder)


def _iterate_parts(corpus: Corpus) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    # Some sentences at a time, each part's offsets from 0: a shard's worth of arrays on the way
    # would be many times what the shard takes.
    for number in range(corpus.n_shards):
        ids, offsets = corpus.shard(number)
        starts = np.arange(0, int(offsets[-1]), _WORDS_AT_ONCE)
        cuts = np.unique(np.append(np.searchsorted(offsets, starts), len(offsets) - 1))
        for begin, end in pairwise(cuts.tolist()):
            part = offsets[begin : end + 1]
            yield ids[part[0] : part[-1]], part - part[0]
            release_pages(ids, int(part[-1]))
