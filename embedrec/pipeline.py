"""The main job in two calls: raw text to a corpus, and raw text or a corpus to a trained model.

Here the rooms meet: `text` reads and cuts, `corpus` writes ids, `models` trains, `vectors` keeps
the result. Each stage leaves an artefact with a manifest; a finished one is used again if it was
made from the same, and an interrupted one continues with `resume`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from embedrec.corpus.encoder import build_corpus as encode_documents
from embedrec.corpus.shards import KIND as CORPUS_KIND
from embedrec.corpus.shards import Corpus
from embedrec.corpus.workplace import PARTIAL_KIND
from embedrec.errors import CorruptedError, InputError, ParameterError, ResumeError
from embedrec.files import PathLike, naming_write_errors
from embedrec.manifest import MANIFEST_NAME, Manifest, collect_versions, load_manifest, peek_kind
from embedrec.models.word2vec import Callback, Parameters, Word2Vec
from embedrec.models.word2vec.state import CHECKPOINT_KIND
from embedrec.progress import Progress, SilentProgress
from embedrec.text.pipeline import TextPipeline, TextSettings
from embedrec.text.source import DocumentReader, hash_sources
from embedrec.vectors.folder import FORMAT_VERSION as VECTORS_VERSION
from embedrec.vectors.folder import KIND as VECTORS_KIND
from embedrec.vectors.keyed import KeyedVectors

MIN_COUNT = 5
TRAINING_KIND = "training"
_TRAINING_VERSION = 1
_CHECKPOINT, _CORPUS = "checkpoint", "corpus"
_OTHER_KINDS = {
    VECTORS_KIND: "a model",
    TRAINING_KIND: "an unfinished training",
    CHECKPOINT_KIND: "a checkpoint of a training",
    PARTIAL_KIND: "an unfinished corpus",
}


def build_corpus(
    inputs: Sequence[PathLike],
    folder: PathLike,
    *,
    settings: TextSettings | None = None,
    min_count: int = MIN_COUNT,
    max_vocab: int | None = None,
    n_workers: int | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Corpus:
    """Read, cut and count raw text once, and keep it as word ids in `folder`.

    Damaged places do not end the work: everything before one is kept, a notice tells it, and it
    stands in `corpus.manifest.facts["damages"]`.

    Args:
        inputs: dumps, texts and folders of them; see `text.source.DocumentReader`.
        folder: where the corpus goes; must not hold anything else.
        settings: how text becomes words; by default jieba, simplified script.
        min_count: words that occur less often are dropped.
        max_vocab: at most so many words are kept, the most frequent; None keeps all.
        n_workers: processes that cut text, by default one a core. Does not change the result.
        resume: continue an unfinished build.
        progress: told what goes on.

    Raises:
        InputError, ParameterError, ResumeError, CorruptedError, StorageError: as
            `DocumentReader`, `TextPipeline` and `corpus.encoder.build_corpus`.
    """
    raw = _open_raw(inputs, settings, min_count, max_vocab)
    return _encode(raw, folder, n_workers, resume, progress or SilentProgress())


def train(
    inputs: PathLike | Sequence[PathLike],
    folder: PathLike,
    *,
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
        settings: as for `build_corpus`; only for raw inputs.
        min_count: as for `build_corpus`, by default 5; a corpus has its own, and no other will do.
        max_vocab: as for `build_corpus`; a corpus has its own, and no other will do.
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
    model = Word2Vec(n_threads=n_threads, **parameters)
    folder = Path(os.path.abspath(folder))
    paths = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    corpus = find_corpus(paths)
    if corpus is None:
        raw = _open_raw(paths, settings, MIN_COUNT if min_count is None else min_count, max_vocab)
        request = _describe_training(raw.describe(), model)
    else:
        _check_built(corpus, settings, min_count, max_vocab)
        request = _describe_training(corpus.manifest, model)
    partial = folder.with_name(f"{folder.name}.partial")
    if _is_finished(folder, request):
        progress.notice(f"{folder} is there already, made from the same; it is used as it is")
        _clear_partial(partial, request)
        return KeyedVectors.load(folder)
    _open_partial(partial, request, resume, progress)
    if corpus is None:
        place = partial / _CORPUS if keep_corpus is None else Path(keep_corpus)
        corpus = _encode(raw, place, n_workers, resume, progress)
    checkpoint = partial / _CHECKPOINT
    model.fit(corpus, checkpoint=checkpoint, resume=resume, progress=progress, callbacks=callbacks)
    model.vectors_.metadata.update(
        inputs=request.inputs,
        corpus=request.parameters["corpus"],
        n_tokens=corpus.n_tokens,
        damages=corpus.manifest.facts.get("damages", []),
    )
    model.save(folder)
    _clear_partial(partial, request)
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


@dataclass(frozen=True)
class _Raw:
    """Raw input with what decides the corpus that it becomes."""

    reader: DocumentReader
    text: TextPipeline
    hashes: dict[str, str]
    min_count: int
    max_vocab: int | None

    def describe(self) -> Manifest:
        """Return what the corpus's manifest will hold of inputs and parameters."""
        parameters = {
            "text": self.text.describe(),
            "min_count": self.min_count,
            "max_vocab": self.max_vocab,
        }
        return Manifest(CORPUS_KIND, 1, inputs=self.hashes, parameters=parameters)


def _open_raw(
    inputs: Sequence[PathLike],
    settings: TextSettings | None,
    min_count: int,
    max_vocab: int | None,
) -> _Raw:
    settings = settings or TextSettings()
    text = TextPipeline(settings)
    reader = DocumentReader(inputs, segmented=settings.segmenter == "whitespace")
    return _Raw(reader, text, hash_sources(reader.files), min_count, max_vocab)


def _encode(
    raw: _Raw, folder: PathLike, n_workers: int | None, resume: bool, progress: Progress
) -> Corpus:
    if raw.text.segmenter.notice:
        progress.notice(raw.text.segmenter.notice)
    reader = raw.reader
    corpus = encode_documents(
        reader,
        raw.text,
        folder,
        description=raw.text.describe(),
        inputs=raw.hashes,
        user_dict_text=raw.text.user_dict_text,
        min_count=raw.min_count,
        max_vocab=raw.max_vocab,
        n_workers=n_workers or count_cores(),
        resume=resume,
        progress=progress,
        position=lambda: reader.n_bytes_read,
        total=reader.n_bytes,
        unit="B",
        facts=lambda: {
            **raw.text.collect_facts(),
            "reader": dict(reader.counts),
            "damages": list_damages(reader),
        },
    )
    # Told from the manifest: a resumed build may not have read the damaged place itself.
    for damage in corpus.manifest.facts.get("damages", []):
        progress.notice(damage)
    return corpus


def list_damages(reader: DocumentReader) -> list[str]:
    """Return a line for each place of the input that could not be read."""
    lines = [damage.describe() for damage in reader.damages]
    if n_broken := reader.counts.get("broken_lines"):
        lines.append(f"{n_broken:,} lines that are no JSON were left out of the input")
    return lines


def count_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_built(
    corpus: Corpus, settings: TextSettings | None, min_count: int | None, max_vocab: int | None
) -> None:
    if settings is not None:
        raise ParameterError(
            f"{corpus.folder} is a corpus: how text becomes words was settled when it was built; "
            "leave these settings out, or train on the raw input"
        )
    for name, value in (("min_count", min_count), ("max_vocab", max_vocab)):
        built = corpus.manifest.parameters.get(name)
        if value is not None and value != built:
            raise ParameterError(
                f"{corpus.folder} was built with {name} {built}, not {value}; build it again with "
                f"{name} {value}, or train on the raw input",
                value=value,
            )


def _describe_training(corpus: Manifest, model: Word2Vec) -> Manifest:
    return Manifest(
        TRAINING_KIND,
        _TRAINING_VERSION,
        inputs=corpus.inputs or corpus.files,
        parameters={
            "text": corpus.parameters.get("text", {}),
            "corpus": {name: corpus.parameters.get(name) for name in ("min_count", "max_vocab")},
            "training": model.parameters.to_json(),
        },
        versions=collect_versions(),
    )


def _describe_change(wanted: Manifest, found: Manifest) -> str | None:
    """Say what decides the result and differs, down to the single parameter."""
    parts = [replace(each, parameters=_flatten(each.parameters)) for each in (wanted, found)]
    return parts[0].describe_difference(parts[1])


def _flatten(parameters: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in parameters.items():
        flat.update(_flatten(value) if isinstance(value, dict) else {name: value})
    return flat


def _is_finished(folder: Path, request: Manifest) -> bool:
    """Tell whether the model in `folder` is the one asked for; False if there is nothing.

    Raises:
        ParameterError: if something else is there.
    """
    if not folder.exists():
        return False
    if not folder.is_dir():
        raise ParameterError(f"{folder} is a file; choose another place for the model")
    if not any(folder.iterdir()):
        return False
    if not (folder / MANIFEST_NAME).is_file():
        raise ParameterError(f"{folder} exists and is not a model; choose another folder")
    try:
        found = load_manifest(folder, VECTORS_KIND, VECTORS_VERSION)
    except InputError as error:
        raise ParameterError(f"{error}; choose another folder", value=folder) from error
    made = replace(
        request,
        inputs=found.parameters.get("inputs", {}),
        parameters={
            "text": found.parameters.get("text", {}),
            "corpus": found.parameters.get("corpus", {}),
            "training": Parameters.from_json(found.parameters.get("training", {})).to_json(),
        },
    )
    if difference := _describe_change(request, made):
        raise ParameterError(
            f"{folder} exists and was made otherwise ({difference}); choose another folder or "
            "remove it",
            value=folder,
        )
    return True


def _open_partial(partial: Path, request: Manifest, resume: bool, progress: Progress) -> None:
    """Make the folder to work in, or take up or clear the one that an interrupted run left.

    Raises:
        ResumeError: if that run was of something else.
        ParameterError: if something else is there.
    """
    found = _load_request(partial) if partial.exists() else None
    if found is not None:
        difference = _describe_change(request, found)
        if resume and difference:
            raise ResumeError(
                f"{partial} can't be continued: {difference}; ask for what it was started with, "
                "or start afresh without resume",
                value=partial,
            )
        if resume:
            return
        if (partial / _CHECKPOINT).exists():
            progress.notice(f"the unfinished training in {partial} is removed, as resume was not "
                            "asked for")  # fmt: skip
        same_corpus = found.inputs == request.inputs and all(
            found.parameters.get(name) == request.parameters[name] for name in ("text", "corpus")
        )
        _remove_work(partial, keep_corpus=same_corpus)
    with naming_write_errors(partial):
        partial.mkdir(parents=True, exist_ok=True)
    request.save(partial)


def _load_request(partial: Path) -> Manifest | None:
    if partial.is_dir() and all(path.name.startswith(".") for path in partial.iterdir()):
        return None
    try:
        return load_manifest(partial, TRAINING_KIND, _TRAINING_VERSION)
    except (InputError, CorruptedError) as error:
        raise ParameterError(
            f"{partial} is in the way and no unfinished training ({error}); remove it or choose "
            "another folder for the model",
            value=partial,
        ) from error


def _clear_partial(partial: Path, request: Manifest) -> None:
    """Remove what is left of a finished training; the work of another one stays."""
    with suppress(ParameterError):
        found = _load_request(partial) if partial.is_dir() else None
        if found is not None and not _describe_change(request, found):
            shutil.rmtree(partial, ignore_errors=True)


def _remove_work(partial: Path, *, keep_corpus: bool) -> None:
    names = [_CHECKPOINT] if keep_corpus else [_CHECKPOINT, _CORPUS, f"{_CORPUS}.partial"]
    for name in names:
        shutil.rmtree(partial / name, ignore_errors=True)
