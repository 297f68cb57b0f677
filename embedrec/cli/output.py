"""What goes to stdout: tables for eyes, one JSON object for programs."""

from __future__ import annotations

import json
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


def print_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object on one line; Chinese stays readable."""
    say(json.dumps(content, ensure_ascii=False, allow_nan=False))


def print_table(rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()) -> None:
    """Print rows with aligned columns; nothing if there is none."""
    if text := format_table(rows, right=right):
        say(text)
