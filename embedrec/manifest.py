"""What made an artefact: its inputs by hash, its parameters, the versions at work.

A stage writes its manifest last. It is skipped only when a manifest stands that matches what is
asked for, and it resumes only a run whose manifest matches.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embedrec.errors import CorruptedError, InputError, VersionError
from embedrec.files import PathLike, compute_checksum, read_json, write_json

MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """The record beside an artefact.

    Attributes:
        kind: what the artefact is, such as "corpus" or "vectors".
        format_version: version of the artefact's layout; a reader refuses a newer one.
        inputs: name of each input to its checksum.
        parameters: everything that decides the result, JSON values only.
        files: name of each file of the artefact to its checksum.
        facts: figures about the result (counts, sizes); they never decide a match.
        versions: versions of the packages at work; they never decide a match.
    """

    kind: str
    format_version: int
    inputs: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def save(self, folder: PathLike) -> None:
        """Write the manifest into `folder`, atomically."""
        write_json(Path(folder) / MANIFEST_NAME, self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def describe_difference(self, other: Manifest) -> str | None:
        """Say in words what decides the result and differs in `other`; None if nothing does.

        `self` is what is asked for, `other` is what stands on the disk.
        """
        if self.kind != other.kind:
            return f"it is a {other.kind}, not a {self.kind}"
        if self.format_version != other.format_version:
            return f"its format version is {other.format_version}, not {self.format_version}"
        for what, mine, theirs in (
            ("parameter", _read_back(self.parameters), _read_back(other.parameters)),
            ("input", self.inputs, other.inputs),
        ):
            for name in [*mine, *(n for n in theirs if n not in mine)]:
                if mine.get(name) != theirs.get(name):
                    return (
                        f"{what} {name} was {_shorten(theirs.get(name, 'absent'))} "
                        f"and is now {_shorten(mine.get(name, 'absent'))}"
                    )
        return None

    def verify_files(self, folder: PathLike) -> None:
        """Compare every file of the artefact with its recorded checksum.

        Raises:
            CorruptedError: naming the first file that is missing or differs.
        """
        for name, expected in self.files.items():
            path = Path(folder) / name
            if not path.is_file():
                raise CorruptedError(f"{path} is missing; build {folder} again", value=path)
            if compute_checksum(path) != expected:
                raise CorruptedError(
                    f"{path} is damaged (its checksum differs from the manifest's); "
                    f"build {os.fspath(folder)} again",
                    value=path,
                )


def load_manifest(folder: PathLike, kind: str, newest_version: int) -> Manifest:
    """Read the manifest in `folder`.

    Raises:
        InputError: if there is none, or it is of another kind.
        CorruptedError: if it can't be read as a manifest.
        VersionError: if its format version is newer than `newest_version`.
    """
    path = Path(folder) / MANIFEST_NAME
    if not os.path.lexists(folder):
        raise InputError(f"there is no {kind} at {os.fspath(folder)}: no such folder", value=folder)
    if not os.path.lexists(path):
        raise InputError(
            f"{os.fspath(folder)} is not a {kind}: it has no {MANIFEST_NAME}", value=folder
        )
    content = read_json(path)
    found, version = content.get("kind"), content.get("format_version")
    if not isinstance(found, str) or type(version) is not int:
        raise CorruptedError(f"{path} names no kind and format version", value=path)
    if found != kind:
        raise InputError(
            f"{os.fspath(folder)} is of the kind {found}, and the kind {kind} is needed",
            value=folder,
        )
    # Before anything else is looked at: a newer layout may hold what this reader can't know.
    if version > newest_version:
        raise VersionError(
            f"{os.fspath(folder)} has format version {version}, and this embedrec reads up to "
            f"{newest_version}; upgrade embedrec",
            value=version,
        )
    try:
        manifest = Manifest(**content)
    except TypeError as error:
        raise CorruptedError(f"{path} is not a readable manifest ({error})", value=path) from error
    for name in ("inputs", "parameters", "files", "facts", "versions"):
        if not isinstance(content.get(name, {}), dict):
            raise CorruptedError(
                f"{path} is not a readable manifest ({name!r} is no object)", value=path
            )
    return manifest


def peek_kind(folder: PathLike) -> str | None:
    """Return the kind of artefact in `folder`, or None if no manifest in it names one.

    Raises:
        InputError: if the manifest can't be read.
        CorruptedError: if it is not a JSON object.
    """
    path = Path(folder) / MANIFEST_NAME
    if not os.path.lexists(path):
        return None
    kind = read_json(path).get("kind")
    return kind if isinstance(kind, str) else None


def collect_versions(**more: str) -> dict[str, str]:
    """Return the versions of this package, Python and the packages named in `more`."""
    from embedrec import __version__

    return {"embedrec": __version__, "python": platform.python_version(), **more}


def hash_inputs(paths: Mapping[str, PathLike]) -> dict[str, str]:
    """Return name to checksum for the named files."""
    return {name: compute_checksum(path) for name, path in paths.items()}


def _read_back(values: dict[str, Any]) -> dict[str, Any]:
    # What comes from the disk has been through JSON, which knows no tuples; compare like with like.
    content: dict[str, Any] = json.loads(json.dumps(values))
    return content


def _shorten(value: Any) -> str:
    text = repr(value) if not isinstance(value, str) else value
    return text if len(text) <= 60 else text[:57] + "..."
