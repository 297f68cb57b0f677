"""Where the files of `corpora` lie: in the wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

import embedrec
from embedrec.errors import InputError

SAMPLE_NAME = "sample.xml.bz2"


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
