"""Raw text or a corpus to a trained model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedrec.corpus.shards import KIND as CORPUS_KIND
from embedrec.corpus.shards import Corpus
from embedrec.corpus.workplace import PARTIAL_KIND
from embedrec.errors import InputError, ParameterError
from embedrec.files import PathLike
from embedrec.manifest import MANIFEST_NAME, Manifest, collect_versions, peek_kind
from embedrec.models.word2vec import Callback, Parameters, Word2Vec
from embedrec.models.word2vec.preset import find_preset
from embedrec.models.word2vec.state import CHECKPOINT_KIND
from embedrec.pipeline.narrow import describe_narrowed, narrow_corpus
from embedrec.pipeline.raw import MIN_COUNT, encode_raw, open_raw, take_plain
from embedrec.pipeline.start import Start, open_start
from embedrec.pipeline.workplace import (
    CHECKPOINT_NAME,
    CORPUS_NAME,
    FORMAT_VERSION,
    KIND,
    clear_partial,
    is_finished,
    open_partial,
)
from embedrec.progress import Progress, SilentProgress
from embedrec.vectors.folder import KIND as VECTORS_KIND
from embedrec.vectors.keyed import KeyedVectors

if TYPE_CHECKING:
    from embedrec.text.pipeline import TextSettings

_OTHER_KINDS = {
    VECTORS_KIND: "a model",
    KIND: "an unfinished training",
    CHECKPOINT_KIND: "a checkpoint of a training",
    PARTIAL_KIND: "an unfinished corpus",
}


def train(
    inputs: PathLike | Sequence[PathLike],
    folder: PathLike,
    *,
    preset: str | None = None,
    start_from: PathLike | None = None,
    settings: TextSettings | None = None,
    min_count: int | None = None,
    max_vocab: int | None = None,
    n_workers: int | None = None,
    keep_corpus: PathLike | None = None,
    n_threads: int = 1,
    resume: bool = False,
    progress: Progress | None = None,
    callbacks: Sequence[Callback] = (),
    **parameters: Any,
) -> KeyedVectors:
    """Train word2vec on raw text or on a corpus, and write the model to `folder`.

    The work is done in `<folder>.partial`, which is removed at the end. Interrupted at any moment,
    a call with `resume` continues the stage that was under way. A finished model in `folder` that
    was made from the same is returned as it is.

    Args:
        inputs: a corpus folder, or raw inputs as for `build_corpus`. A folder of files is raw.
        folder: where the model goes.
        preset: "word" or "items": values to take where none is given; see
            `models.word2vec.preset`.
        start_from: a model to go on from, with new text; see `Word2Vec.grow`. It stays as it is.
            The text is cut as the model's was, and its parameters hold where none is given.
        settings: as for `build_corpus`; only for raw inputs.
        min_count: as for `build_corpus`, by default 5; with a corpus by default its own, and not
            smaller than that. With `start_from` it is for new words, by default the model's own.
        max_vocab: as for `build_corpus`; with a corpus by default its own, and not larger. With
            `start_from` it is for all words, by default no limit.
        n_workers: as for `build_corpus`.
        keep_corpus: keep the corpus of raw inputs in this folder; else it is removed in the end.
        n_threads: threads that train; 1 gives the same bits for a seed.
        resume: continue an interrupted call.
        progress: told what goes on.
        callbacks: as for `Word2Vec.fit`.
        **parameters: parameters of `Word2Vec`.

    Returns:
        The vectors, mapped from `folder`. Their metadata tell how they were made: "text",
        "corpus", "inputs", "training", and "damages" of the input.

    Raises:
        ParameterError: for a parameter that can't be worked with, or if `folder` holds something
            else; nothing there is changed.
        InputError, ResumeError, CorruptedError, StorageError, DivergenceError: as the stages.
    """
    progress = progress or SilentProgress()
    min_count, max_vocab = take_plain(min_count), take_plain(max_vocab)
    folder = Path(os.path.abspath(folder))
    partial = folder.with_name(f"{folder.name}.partial")
    paths = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    chosen = find_preset(preset or "word")
    start: Start | None = None
    if start_from is not None:
        if preset is not None or settings is not None:
            name = "preset" if preset is not None else "settings"
            raise ParameterError(
                f"{name} is for a new training, and start_from takes the model's own; leave one out"
            )
        start = open_start(start_from, folder, n_threads)
        wish = start.choose_parameters(parameters)
    else:
        model = Word2Vec(n_threads=n_threads, **{**chosen.parameters, **parameters})
        wish = model.parameters
    corpus = find_corpus(paths)
    if corpus is None:
        if start is not None:
            # Words that the model knows count however rare they are here.
            raw = open_raw(paths, start.open_settings(), 1, None)
        else:
            least = chosen.min_count or MIN_COUNT if min_count is None else min_count
            raw = open_raw(paths, settings or chosen.text, least, max_vocab)
        wanted = raw.describe()
    else:
        if settings is not None or keep_corpus is not None:
            raise ParameterError(
                f"{corpus.folder} is a corpus already: settings and keep_corpus are for raw input; "
                "leave them out, or train on the raw input"
            )
        limits = (None, None) if start else (min_count, max_vocab)
        wanted = describe_narrowed(corpus, *limits)
    request = describe_training(wanted, wish)
    if start is not None:
        start.check_text(wanted)
        min_count = start.choose_min_count(min_count)
        request.parameters["corpus"] = {"min_count": min_count, "max_vocab": max_vocab}
        request.parameters["start_from"] = start.checksum
    if is_finished(folder, request):
        progress.notice(f"{folder} is there already, made from the same; it is used as it is")
        clear_partial(partial, request)
        return KeyedVectors.load(folder)
    open_partial(partial, request, resume, progress)
    if corpus is None:
        place = partial / CORPUS_NAME if keep_corpus is None else keep_corpus
        corpus = encode_raw(raw, place, n_workers, resume, progress)
    elif wanted is not corpus.manifest:
        place = partial / CORPUS_NAME
        made = (place / MANIFEST_NAME).is_file()
        corpus = Corpus.open(place) if made else narrow_corpus(corpus, place, wanted, progress)
    run: dict[str, Any] = {
        "checkpoint": partial / CHECKPOINT_NAME,
        "resume": resume,
        "progress": progress,
        "callbacks": callbacks,
    }
    facts = {
        "inputs": request.inputs,
        "corpus": request.parameters["corpus"],
        "n_tokens": corpus.n_tokens,
        "damages": corpus.manifest.facts.get("damages", []),
    }
    if start is None:
        model.fit(corpus, **run)
    else:
        run.update(min_count=min_count, max_vocab=max_vocab)
        model = start.model.grow(corpus, **run, **parameters)
        facts = {**facts, "start_from": start.checksum}
        del facts["n_tokens"]  # fewer: what is left out of the text stands in the model's own
    model.save(folder, **facts)
    # The weights go before the saved ones are opened: the words of both would not fit beside them.
    del model
    clear_partial(partial, request)
    return KeyedVectors.load(folder)


def find_corpus(inputs: Sequence[PathLike]) -> Corpus | None:
    """Open the corpus that `inputs` name; None if they are raw.

    Raises:
        ParameterError: if a corpus is given together with anything else.
        InputError: if a folder holds another artefact.
    """
    kinds = {os.fspath(path): peek_kind(path) for path in inputs if Path(path).is_dir()}
    for path, kind in kinds.items():
        if kind in _OTHER_KINDS:
            raise InputError(
                f"{path} is {_OTHER_KINDS[kind]}; give raw text or a corpus", value=path
            )
        if kind == CORPUS_KIND and len(inputs) > 1:
            raise ParameterError(
                f"{path} is a corpus and can't be joined with other inputs; build one corpus from "
                "all raw inputs",
                value=path,
            )
    return Corpus.open(inputs[0]) if CORPUS_KIND in kinds.values() else None


def describe_training(corpus: Manifest, parameters: Parameters) -> Manifest:
    """Return what decides the model: the corpus's own inputs and parameters, and the training's."""
    return Manifest(
        KIND,
        FORMAT_VERSION,
        inputs=corpus.inputs or corpus.files,
        parameters={
            "text": corpus.parameters.get("text", {}),
            "corpus": {name: corpus.parameters.get(name) for name in ("min_count", "max_vocab")},
            "training": parameters.to_json(),
        },
        versions=collect_versions(),
    )
