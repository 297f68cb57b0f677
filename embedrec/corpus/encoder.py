"""Documents into a corpus: text is segmented once, everything after reads ids.

The first pass (`provisional`) cuts documents into words in several processes and writes provisional
ids; the second (`renumber`) puts ids in order of frequency. The finished files are the same bytes
whatever the number of workers, and whether or not the build was interrupted.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from embedrec.corpus.first_pass import BuildSizes, Source, run_first_pass
from embedrec.corpus.gather import measure_characters
from embedrec.corpus.provisional import ProvisionalCorpus
from embedrec.corpus.renumber import write_final_shards
from embedrec.corpus.shards import FORMAT_VERSION, KIND, USER_DICT_NAME, VOCABULARY_NAME, Corpus
from embedrec.corpus.vocabulary import Vocabulary, check_limits, order_words
from embedrec.corpus.workplace import (
    PARTIAL_KIND,
    check_resumable,
    find_finished,
    name_partial,
    open_provisional,
    remove_partial,
)
from embedrec.errors import EmbedrecError, InputError, ParameterError
from embedrec.files import (
    PathLike,
    compute_checksum,
    naming_write_errors,
    replace_folder,
    write_atomic,
)
from embedrec.manifest import MANIFEST_NAME, Manifest, collect_versions
from embedrec.progress import Progress, SilentProgress, Stage

T = TypeVar("T")

_FINAL_NAME = "finished"


def build_corpus(
    documents: Iterable[T],
    tokenize: Callable[[T], Iterable[list[str]]],
    folder: PathLike,
    *,
    description: dict[str, Any],
    inputs: dict[str, str],
    user_dict_text: str | None = None,
    min_count: int = 5,
    max_vocab: int | None = None,
    n_workers: int = 1,
    resume: bool = False,
    progress: Progress | None = None,
    measure: Callable[[T], int] = measure_characters,
    position: Callable[[], float] | None = None,
    total: float | None = None,
    unit: str = "B",
    facts: Callable[[], dict[str, Any]] | None = None,
    sizes: BuildSizes | None = None,
) -> Corpus:
    """Build a corpus in `folder`, or return the one that stands there if it is the same.

    The work is done in `<folder>.partial`. Interrupted at any moment, a call with `resume` goes on
    from the last checkpoint, reading the documents that are done without cutting them into words;
    without `resume` an unfinished build is removed. `min_count` and `max_vocab` may differ when
    resuming: they concern the second pass only.

    Args:
        documents: read once, in order; must come in the same order when resuming.
        tokenize: turns a document into sentences of words; a word is not empty and holds no white
            space. With several workers it and the documents are pickled.
        folder: where the corpus goes; must not hold anything else.
        description: what decides how `tokenize` works; JSON values.
        inputs: name of each input to its checksum, in reading order.
        user_dict_text: the user dictionary, to be kept with the corpus.
        min_count: words that occur less often are dropped, and then sentences without a word.
        max_vocab: at most so many words are kept; None keeps all.
        n_workers: processes that cut text; 1 works in this process. Does not change the result.
        resume: continue an unfinished build, if there is one.
        progress: told what goes on.
        measure: characters of a document; decides how documents are put together for a worker.
        position: how far the reader of `documents` is, for `progress`; else documents are counted.
        total: where `position` ends.
        unit: unit of `position` and `total`.
        facts: asked when the documents have ended; goes into the manifest's facts.
        sizes: how the work is cut; only for tests.

    Raises:
        ParameterError: if a parameter is out of range, `folder` holds something else, `tokenize`
            gives a faulty word, or `min_count` leaves no word (the first pass is kept).
        InputError: if the documents hold no word.
        ResumeError: if the unfinished build was started with something else.
        CorruptedError: if the unfinished build or the finished corpus is damaged.
        StorageError: if the disk is full; what is done is kept for `resume`.
    """
    check_limits(min_count, max_vocab)
    if isinstance(n_workers, bool) or not isinstance(n_workers, int) or n_workers < 1:
        raise ParameterError(
            f"n_workers must be a whole number from 1, not {n_workers!r}", value=n_workers
        )
    progress, sizes = progress or SilentProgress(), sizes or BuildSizes()
    folder = Path(os.path.abspath(folder))
    partial = name_partial(folder)
    text = _copy_json("description", description)
    wanted = Manifest(
        KIND,
        FORMAT_VERSION,
        inputs=dict(inputs),
        parameters={
            "text": text,
            "min_count": int(min_count),
            "max_vocab": max_vocab and int(max_vocab),
        },
        versions=collect_versions(numpy=np.__version__),
    )
    first = Manifest(
        PARTIAL_KIND,
        FORMAT_VERSION,
        inputs=dict(inputs),
        parameters={"text": text, "sentence_words": sizes.sentence_words},
    )
    finished = find_finished(folder, wanted)
    if finished is not None:
        _remove_leftover(partial, first)
        progress.notice(f"{folder} is there already, built from the same; it is used as it is")
        return finished
    provisional = open_provisional(partial, first, resume=resume, progress=progress)
    if not provisional.complete:
        run_first_pass(
            provisional,
            Source(documents, measure, position, total, unit),
            tokenize,
            n_workers=n_workers,
            sizes=sizes,
            progress=progress,
        )
        provisional.finish(_copy_json("facts", facts() if facts else {}))
    if not provisional.n_tokens:
        remove_partial(partial)
        raise InputError(
            f"the input of {folder} holds no word in {provisional.n_documents} documents; "
            "check the input and the settings of the text stage",
            value=0,
        )
    with progress.stage("number", total=provisional.n_tokens, unit="tokens") as stage:
        write_corpus(provisional, partial / _FINAL_NAME, wanted, user_dict_text, sizes, stage)
    with naming_write_errors(folder):
        replace_folder(partial / _FINAL_NAME, folder)
    remove_partial(partial)
    return Corpus.open(folder)


def write_corpus(
    provisional: ProvisionalCorpus,
    folder: Path,
    wanted: Manifest,
    user_dict_text: str | None,
    sizes: BuildSizes,
    stage: Stage,
) -> None:
    """Write the finished corpus of a complete first pass into `folder`, replacing what is there.

    Raises:
        ParameterError: if `min_count` leaves no word.
        StorageError: if the disk is full.
    """
    words = list(provisional.index)
    order = order_words(
        words,
        provisional.counts,
        min_count=wanted.parameters["min_count"],
        max_size=wanted.parameters["max_vocab"],
    )
    vocabulary = Vocabulary([words[i] for i in order.tolist()], provisional.counts[order])
    with naming_write_errors(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    entries = write_final_shards(provisional, order, folder, stage, sizes.shard_tokens)
    vocabulary.save(folder / VOCABULARY_NAME)
    files = {VOCABULARY_NAME: compute_checksum(folder / VOCABULARY_NAME)}
    for entry in entries:
        files.update(entry.files)
    if user_dict_text is not None:
        with write_atomic(folder / USER_DICT_NAME, "w") as file:
            file.write(user_dict_text)
        files[USER_DICT_NAME] = compute_checksum(folder / USER_DICT_NAME)
    facts = {
        **provisional.facts,
        "n_tokens": sum(entry.n_tokens for entry in entries),
        "n_tokens_raw": provisional.n_tokens,
        "n_sentences": sum(entry.n_sentences for entry in entries),
        "n_sentences_raw": provisional.n_sentences,
        "n_documents": provisional.n_documents,
        "vocabulary_size": len(vocabulary),
        "vocabulary_size_raw": len(words),
        "n_hapax": int(np.count_nonzero(provisional.counts == 1)),
        "shards": [asdict(entry) for entry in entries],
    }
    replace(wanted, files=files, facts=facts).save(folder)


def _remove_leftover(partial: Path, first: Manifest) -> None:
    # A kill between naming the corpus and clearing up leaves the work behind; another build's
    # work is not touched.
    with suppress(EmbedrecError):
        if (partial / MANIFEST_NAME).exists():
            check_resumable(partial, first)
        if partial.is_dir():
            remove_partial(partial)


def _copy_json(name: str, content: dict[str, Any]) -> dict[str, Any]:
    # What is compared later comes from a file: tuples must be lists on both sides.
    try:
        copy: dict[str, Any] = json.loads(json.dumps(content))
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name} holds what JSON can't ({error})", value=content) from error
    return copy
