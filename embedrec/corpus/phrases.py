"""Phrases: words that stand together more often than chance lets them become one word.

    join_phrases("corpus", "corpus-phrases")  # new york -> new_york, 人工 智能 -> 人工智能
    find_phrases("corpus", threshold=50)      # only look at them

A round goes through the ids of the corpus to count adjacent pairs, chooses those whose score is
above the threshold, and joins them from left to right, so that a word is part of one phrase at
most; a further round finds phrases of phrases. What word2phrase and gensim's Phrases do, on ids.

Memory: the vocabulary, 1 byte a token to sift pairs (at most 256 MiB), and 16 bytes for each place
in a table of the pairs that pass (at most 256 MiB, and 128 more while it grows). Beyond that pairs
are counted in parts, which takes time and changes nothing. Counting is exact always.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from embedrec.corpus.phrases_found import PHRASES_NAME, Phrase, Phrases, join_words
from embedrec.corpus.phrases_scoring import (
    CHINESE_CONNECTOR_WORDS,
    ENGLISH_CONNECTOR_WORDS,
    SCORINGS,
    PhraseParameters,
)
from embedrec.corpus.phrases_search import PhraseSearch
from embedrec.corpus.phrases_write import write_joined
from embedrec.corpus.renumber import MAX_SHARD_TOKENS
from embedrec.corpus.shards import FORMAT_VERSION, KIND, Corpus
from embedrec.corpus.workplace import (
    PARTIAL_KIND,
    check_resumable,
    find_finished,
    name_partial,
    remove_partial,
)
from embedrec.errors import EmbedrecError, ParameterError
from embedrec.files import PathLike, naming_write_errors, replace_folder
from embedrec.manifest import MANIFEST_NAME, Manifest, collect_versions
from embedrec.progress import Progress, SilentProgress

__all__ = [
    "CHINESE_CONNECTOR_WORDS",
    "ENGLISH_CONNECTOR_WORDS",
    "SCORINGS",
    "Phrase",
    "PhraseParameters",
    "Phrases",
    "find_phrases",
    "join_phrases",
    "join_words",
]

_FINAL_NAME = "finished"


def join_phrases(
    corpus: Corpus | PathLike,
    folder: PathLike,
    *,
    min_count: int = 5,
    threshold: float | None = None,
    scoring: str = "default",
    rounds: int = 1,
    delimiter: str | None = None,
    connector_words: Iterable[str] = (),
    resume: bool = False,
    progress: Progress | None = None,
    max_shard_tokens: int = MAX_SHARD_TOKENS,
) -> Corpus:
    """Write a corpus like `corpus` with its phrases joined, or return the one that stands there.

    Words are counted anew: the `min_count` and `max_vocab` that the corpus was built with hold for
    the new one too. A phrase that would be dropped by them is not joined, so that its words stay.
    The work is done in `<folder>.partial`; interrupted, a call with `resume` goes on after the last
    finished round.

    Args:
        corpus: what `build_corpus` or this made, or its folder. Words that were dropped when it was
            built leave no gap: the words beside them count as adjacent.
        folder: where the new corpus goes; must not hold anything else.
        min_count: pairs that occur less often are no phrases; also the discount of "default".
        threshold: pairs with a score above it are phrases; fewer the higher it is. By default 100
            for "default", 0.5 for "npmi".
        scoring: "default" is word2phrase's score, "npmi" normalised pointwise mutual information
            from -1 to 1; see `phrases_scoring.score_pairs`. (gensim's "default" multiplies by the
            size of its vocabulary, pairs included, in place of the number of tokens.)
        rounds: a round joins two words (or phrases of the rounds before), so `rounds` of 2 finds
            phrases of up to four words, and so on.
        delimiter: goes between the words of a phrase; None is "_", and nothing beside a Chinese
            character or kana. If the joined form is a word of the corpus already, it is that word.
        connector_words: words that may stand inside a phrase and neither start nor end one, up to
            three in a row, such as `ENGLISH_CONNECTOR_WORDS`.
        resume: continue an unfinished call.
        progress: told what goes on.
        max_shard_tokens: most tokens in a shard; only for tests.

    Returns:
        The new corpus. `Phrases.load` on its folder gives its phrases.

    Raises:
        ParameterError: if a parameter can't be worked with, or `folder` holds something else.
        InputError, CorruptedError: if `corpus` can't be opened or is damaged.
        ResumeError: if the unfinished work was started with something else.
        StorageError: if the place can't be written.
    """
    parameters = PhraseParameters(min_count, threshold, scoring, rounds, delimiter, connector_words)
    progress = progress or SilentProgress()
    corpus = corpus if isinstance(corpus, Corpus) else Corpus.open(corpus)
    folder = Path(os.path.abspath(folder))
    partial = name_partial(folder)
    wanted = describe_joined(corpus, parameters)
    first = Manifest(
        PARTIAL_KIND, FORMAT_VERSION, inputs=wanted.inputs, parameters=wanted.parameters
    )
    finished = find_finished(folder, wanted)
    if finished is not None:
        _remove_leftover(partial, first)
        progress.notice(f"{folder} is there already, made from the same; it is used as it is")
        return finished
    before = _open_partial(partial, first, resume, progress)
    search = _search(corpus, parameters, progress, before, partial / PHRASES_NAME)
    if not search.phrases:
        progress.notice(
            f"no pair of words of {corpus.folder} scores above {parameters.threshold:g}, so "
            f"{folder} has the same words; give a lower threshold or min_count for phrases"
        )
    write_joined(search, partial / _FINAL_NAME, wanted, progress, max_shard_tokens)
    with naming_write_errors(folder):
        replace_folder(partial / _FINAL_NAME, folder)
    remove_partial(partial)
    return Corpus.open(folder)


def find_phrases(
    corpus: Corpus | PathLike,
    *,
    min_count: int = 5,
    threshold: float | None = None,
    scoring: str = "default",
    rounds: int = 1,
    delimiter: str | None = None,
    connector_words: Iterable[str] = (),
    progress: Progress | None = None,
) -> Phrases:
    """Find the phrases that `join_phrases` would join, and write nothing.

    Raises:
        ParameterError, InputError, CorruptedError: as `join_phrases`.
    """
    parameters = PhraseParameters(min_count, threshold, scoring, rounds, delimiter, connector_words)
    corpus = corpus if isinstance(corpus, Corpus) else Corpus.open(corpus)
    return Phrases(_search(corpus, parameters, progress or SilentProgress()).phrases)


def describe_joined(corpus: Corpus, parameters: PhraseParameters) -> Manifest:
    """Return what decides the corpus that `join_phrases` makes.

    The parameters stand in the description of the text, which every model keeps: with other phrases
    it is another text.
    """
    built = corpus.manifest.parameters
    phrases: dict[str, Any] = parameters.to_json()
    if "phrases" in corpus.text:
        phrases["before"] = corpus.text["phrases"]
    content = json.dumps(corpus.manifest.files, sort_keys=True).encode()
    return Manifest(
        KIND,
        FORMAT_VERSION,
        inputs={str(corpus.folder): f"sha256:{hashlib.sha256(content).hexdigest()}"},
        parameters={
            "text": {**corpus.text, "phrases": phrases},
            "min_count": built.get("min_count"),
            "max_vocab": built.get("max_vocab"),
        },
        versions=collect_versions(numpy=np.__version__),
    )


def _search(
    corpus: Corpus,
    parameters: PhraseParameters,
    progress: Progress,
    before: Iterable[Phrase] = (),
    place: Path | None = None,
) -> PhraseSearch:
    search = PhraseSearch(corpus, parameters)
    n_done = search.restore(before, progress)
    for number in range(n_done + 1, parameters.rounds + 1):
        if not search.run_round(number, progress):
            break
        if place is not None:
            Phrases(search.phrases).save(place)
    return search


def _open_partial(
    partial: Path, wanted: Manifest, resume: bool, progress: Progress
) -> list[Phrase]:
    """Take up or clear the work that stands in `partial`; return the phrases found by it."""
    if partial.exists() and not partial.is_dir():
        raise ParameterError(f"{partial} is a file; remove it or choose another folder")
    done = partial / PHRASES_NAME
    if resume and (partial / MANIFEST_NAME).is_file():
        check_resumable(partial, wanted)
        return list(Phrases.load(done)) if done.is_file() else []
    if partial.exists():
        found = done.is_file()
        remove_partial(partial, progress)
        if found:
            progress.notice(
                f"the unfinished work in {partial} was removed; resume would continue it"
            )
    with naming_write_errors(partial):
        partial.mkdir(parents=True)
    wanted.save(partial)
    return []


def _remove_leftover(partial: Path, first: Manifest) -> None:
    # A kill between naming the corpus and clearing up leaves the work behind.
    try:
        if partial.is_dir():
            check_resumable(partial, first)
            remove_partial(partial)
    except EmbedrecError:
        pass
