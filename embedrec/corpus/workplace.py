"""Where a corpus is built: what may stand there already, and what becomes of it.

A build works in `<folder>.partial` and gives the corpus its name in one step at the end.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from embedrec.corpus.provisional import STATE_NAME, ProvisionalCorpus
from embedrec.corpus.shards import FORMAT_VERSION, KIND, Corpus
from embedrec.errors import CorruptedError, InputError, ParameterError, ResumeError
from embedrec.files import naming_write_errors
from embedrec.manifest import MANIFEST_NAME, Manifest, load_manifest, peek_kind
from embedrec.progress import Progress

PARTIAL_KIND = "corpus-build"


def name_partial(folder: Path) -> Path:
    """Return the name of the folder a build of `folder` works in."""
    return folder.with_name(f"{folder.name}.partial")


def find_finished(folder: Path, wanted: Manifest) -> Corpus | None:
    """Open the corpus that stands in `folder`, if it is the wanted one; None if nothing is there.

    Raises:
        ParameterError: if something else stands there; it is left as it is.
        CorruptedError: if it is the wanted corpus and damaged.
    """
    if not folder.exists():
        return None
    if not folder.is_dir():
        raise ParameterError(
            f"{folder} is a file; choose another place for the corpus", value=folder
        )
    if not (folder / MANIFEST_NAME).is_file():
        if any(folder.iterdir()):
            raise ParameterError(
                f"{folder} exists and is not a corpus; choose another folder", value=folder
            )
        return None
    try:
        found = load_manifest(folder, KIND, FORMAT_VERSION)
    except InputError as error:
        raise ParameterError(
            f"{folder} exists and is no corpus but a {peek_kind(folder)}; choose another folder",
            value=folder,
        ) from error
    difference = describe_change(wanted, found)
    if difference:
        raise ParameterError(
            f"{folder} exists and was built otherwise ({difference}); choose another folder or "
            "remove it",
            value=folder,
        )
    return Corpus.open(folder)


def open_provisional(
    partial: Path, wanted: Manifest, *, resume: bool, progress: Progress
) -> ProvisionalCorpus:
    """Take up the first pass that stands in `partial`, or start a new one there.

    Raises:
        ResumeError: if the build that stands there was started with something else.
        ParameterError: if something else than a build stands there.
        CorruptedError: if what stands there is damaged.
        StorageError: if the place can't be written.
    """
    if partial.exists() and not partial.is_dir():
        raise ParameterError(f"{partial} is a file; remove it or choose another folder")
    if resume and (partial / MANIFEST_NAME).is_file():
        check_resumable(partial, wanted)
        return ProvisionalCorpus.load(partial)
    if partial.exists():
        remove_partial(partial, progress)
    with naming_write_errors(partial):
        partial.mkdir(parents=True)
    wanted.save(partial)
    return ProvisionalCorpus(partial)


def check_resumable(partial: Path, wanted: Manifest) -> None:
    """Check that the unfinished build in `partial` is of what is wanted now.

    Raises:
        ResumeError: naming the first difference.
    """
    try:
        found = load_manifest(partial, wanted.kind, wanted.format_version)
    except (InputError, CorruptedError) as error:
        raise ResumeError(
            f"{partial} can't be continued: {error}; remove it or start without resume",
            value=partial,
        ) from error
    difference = describe_change(wanted, found)
    if difference:
        raise ResumeError(
            f"{partial} can't be continued: {difference}; ask for what it was started with, or "
            "start afresh without resume",
            value=partial,
        )


def remove_partial(partial: Path, progress: Progress | None = None) -> None:
    """Remove an unfinished build; the manifest goes last, so that a kill leaves it recognisable.

    Raises:
        ParameterError: if the folder is not an unfinished build.
        StorageError: if it can't be removed.
    """
    names = [path.name for path in partial.iterdir()]
    ours = (partial / MANIFEST_NAME).is_file() and _peek_quietly(partial) == PARTIAL_KIND
    if not ours and any(not name.startswith(f".{MANIFEST_NAME}.") for name in names):
        raise ParameterError(
            f"{partial} exists and is no unfinished corpus; remove it or choose another folder",
            value=partial,
        )
    if progress is not None and STATE_NAME in names:
        progress.notice(f"the unfinished build in {partial} was removed; resume would continue it")
    with naming_write_errors(partial):
        (partial / STATE_NAME).unlink(missing_ok=True)
        for path in partial.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != MANIFEST_NAME:
                path.unlink()
        (partial / MANIFEST_NAME).unlink(missing_ok=True)
        partial.rmdir()


def describe_change(wanted: Manifest, found: Manifest) -> str | None:
    """Say what decides the result and differs, down to the single setting; None if nothing does."""
    change = _flatten(wanted).describe_difference(_flatten(found))
    if change is None and list(wanted.inputs) != list(found.inputs):
        return f"the inputs were {', '.join(found.inputs)} in this order"
    return change


def _flatten(manifest: Manifest) -> Manifest:
    flat: dict[str, Any] = {}

    def visit(prefix: str, content: Mapping[str, Any]) -> None:
        for name, value in content.items():
            if isinstance(value, Mapping) and value:
                visit(f"{prefix}{name}.", value)
            else:
                flat[f"{prefix}{name}"] = value

    with suppress(AttributeError):
        visit("", manifest.parameters)
    return replace(manifest, parameters=flat)


def _peek_quietly(folder: Path) -> str | None:
    try:
        return peek_kind(folder)
    except (CorruptedError, InputError):
        return None
