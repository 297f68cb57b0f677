"""What goes to stdout: tables for eyes, one JSON object for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from embedrec.cli.table import format_table


def print_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object on one line; Chinese stays readable."""
    click.echo(json.dumps(content, ensure_ascii=False, allow_nan=False))


def print_table(rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()) -> None:
    """Print rows with aligned columns; nothing if there is none."""
    if text := format_table(rows, right=right):
        click.echo(text)
