"""Where a training works and where its model goes: what may stand there, what becomes of it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from embedrec.corpus.packed import PackedWords
from embedrec.errors import CorruptedError, InputError, ParameterError, ResumeError
from embedrec.files import naming_write_errors
from embedrec.manifest import MANIFEST_NAME, Manifest, load_manifest
from embedrec.models.word2vec import Parameters
from embedrec.models.word2vec.introduce import name_introduction
from embedrec.models.word2vec.subword import settle_lengths
from embedrec.progress import Progress
from embedrec.vectors.folder import FORMAT_VERSION as VECTORS_VERSION
from embedrec.vectors.folder import KIND as VECTORS_KIND
from embedrec.vectors.folder import load_folder

KIND = "training"
FORMAT_VERSION = 1
CHECKPOINT_NAME, CORPUS_NAME = "checkpoint", "corpus"
_CHECKPOINTS = (CHECKPOINT_NAME, name_introduction(CHECKPOINT_NAME).name)


def is_finished(folder: Path, request: Manifest) -> bool:
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
    wanted = _settle(folder, request, found)
    made = replace(
        wanted,
        inputs=found.parameters.get("inputs", {}),
        parameters={
            "text": found.parameters.get("text", {}),
            "corpus": found.parameters.get("corpus", {}),
            "training": Parameters.from_json(found.parameters.get("training", {})).to_json(),
            **_pick_start(found.parameters),
        },
    )
    if difference := describe_change(wanted, made):
        raise ParameterError(
            f"{folder} exists and was made otherwise ({difference}); choose another folder or "
            "remove it",
            value=folder,
        )
    return True


def _settle(folder: Path, request: Manifest, found: Manifest) -> Manifest:
    # A training that is not told the lengths of n-grams chooses them from its vocabulary, which is
    # the model's.
    parameters = Parameters.from_json(request.parameters["training"])
    if not parameters.subwords or parameters.min_n is not None or "subwords" not in found.facts:
        return request
    stored = load_folder(folder)
    if stored.counts is None:
        return request
    settled = settle_lengths(parameters, PackedWords.pack(stored.words), stored.counts)
    return replace(request, parameters={**request.parameters, "training": settled.to_json()})


def open_partial(partial: Path, request: Manifest, resume: bool, progress: Progress) -> None:
    """Make the folder to work in, or take up or clear the one that an interrupted run left.

    Raises:
        ResumeError: if that run was of something else.
        ParameterError: if something else is there.
    """
    found = load_request(partial) if partial.exists() else None
    if found is not None and resume:
        _check_resumable(partial, request, found)
    elif found is not None:
        if any((partial / name).exists() for name in _CHECKPOINTS):
            progress.notice(f"the unfinished training in {partial} was removed; resume would have "
                            "continued it")  # fmt: skip
        _remove_work(partial, keep_corpus=_have_same_corpus(request, found))
    with naming_write_errors(partial):
        partial.mkdir(parents=True, exist_ok=True)
    request.save(partial)


def _check_resumable(partial: Path, request: Manifest, found: Manifest) -> None:
    begun = any((partial / name).exists() for name in (*_CHECKPOINTS, CORPUS_NAME))
    if not begun:
        # Until there is a corpus, the limits of its vocabulary may still be chosen anew.
        parameters = {**found.parameters, "corpus": request.parameters["corpus"]}
        found = replace(found, parameters=parameters)
    if difference := describe_change(request, found):
        raise ResumeError(
            f"{partial} can't be continued: {difference}; ask for what it was started with, or "
            "start afresh without resume",
            value=str(partial),
        )


def _have_same_corpus(request: Manifest, found: Manifest) -> bool:
    # One that goes on from a model keeps words that a new training leaves out.
    begins = [bool(_pick_start(each.parameters)) for each in (request, found)]
    return (
        begins[0] == begins[1]
        and found.inputs == request.inputs
        and all(
            found.parameters.get(name) == request.parameters[name] for name in ("text", "corpus")
        )
    )


def _pick_start(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: parameters[name] for name in ("start_from",) if name in parameters}


def load_request(partial: Path) -> Manifest | None:
    """Return what was asked of the training in `partial`; None if it is empty.

    Raises:
        ParameterError: if something else is there.
    """
    if partial.is_dir() and all(path.name.startswith(".") for path in partial.iterdir()):
        return None
    try:
        return load_manifest(partial, KIND, FORMAT_VERSION)
    except (InputError, CorruptedError) as error:
        raise ParameterError(
            f"{partial} is in the way and no unfinished training ({error}); remove it or choose "
            "another folder for the model",
            value=partial,
        ) from error


def clear_partial(partial: Path, request: Manifest) -> None:
    """Remove what is left of a finished training; the work of another one stays."""
    with suppress(ParameterError):
        found = load_request(partial) if partial.is_dir() else None
        if found is not None and not describe_change(request, found):
            shutil.rmtree(partial, ignore_errors=True)


def describe_change(wanted: Manifest, found: Manifest) -> str | None:
    """Say what decides the result and differs, down to the single parameter."""
    parts = [replace(each, parameters=_flatten(each.parameters)) for each in (wanted, found)]
    return parts[0].describe_difference(parts[1])


def _remove_work(partial: Path, *, keep_corpus: bool) -> None:
    corpora = () if keep_corpus else (CORPUS_NAME, f"{CORPUS_NAME}.partial")
    for name in (*_CHECKPOINTS, *corpora):
        shutil.rmtree(partial / name, ignore_errors=True)


def _flatten(parameters: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in parameters.items():
        flat.update(_flatten(value) if isinstance(value, dict) else {name: value})
    return flat
