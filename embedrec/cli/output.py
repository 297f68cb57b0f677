"""What goes to stdout: tables for eyes, one JSON object for programs."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from embedrec.cli.table import format_table


class ReaderLeftError(Exception):
    """Nobody reads stdout any more, as with `| head`: not a failure, and nothing to say."""


def say(*lines: str) -> None:
    """Print lines on stdout.

    Raises:
        ReaderLeftError: if it is a pipe whose reader has gone.
    """
    try:
        # Where stdout is no terminal it is buffered; flushing is left to the end.
        sys.stdout.writelines(f"{line}\n" for line in lines)
        if sys.stdout.isatty():
            sys.stdout.flush()
    except BrokenPipeError as error:
        raise ReaderLeftError from error


def name_program() -> str:
    """Return what to type for this program, ready for a shell: as it was called, where need be."""
    called = sys.argv[0]
    if os.path.basename(called) == "__main__.py":
        return "python -m embedrec"
    # In a virtual environment that is not activated the bare name would not be found.
    on_path = shutil.which("embedrec") is not None or not os.path.isfile(called)
    return "embedrec" if on_path else shlex.quote(called)


def print_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object on one line; Chinese stays readable."""
    say(json.dumps(content, ensure_ascii=False, allow_nan=False))


def print_table(rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()) -> None:
    """Print rows with aligned columns; nothing if there is none."""
    if text := format_table(rows, right=right):
        say(text)
