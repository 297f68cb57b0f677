"""Where the files of `corpora` lie: in the wheel, or beside the package in a checkout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import embedrec
from embedrec.errors import InputError

SAMPLE_NAME = "sample.xml.bz2"
SOURCES_NAME = "sources.toml"


def find_corpora(name: str) -> Path:
    """Return the path of a file of the project's `corpora` folder.

    A wheel carries the folder inside the package; a checkout has it beside the package.

    Raises:
        InputError: if neither has the file.
    """
    package = Path(embedrec.__file__).resolve().parent
    for folder in (package / "corpora", package.parent / "corpora"):
        if (folder / name).is_file():
            return folder / name
    raise InputError(
        f"the file corpora/{name} is missing from this installation; install embedrec again",
        value=name,
    )


def load_sources() -> dict[str, Any]:
    """Return the content of corpora/sources.toml: where larger corpora come from."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    with open(find_corpora(SOURCES_NAME), "rb") as file:
        return tomllib.load(file)
