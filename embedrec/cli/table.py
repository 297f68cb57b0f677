"""Columns that line up although a Chinese character is two cells wide."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence


def measure_width(text: str) -> int:
    """Return how many cells of a terminal `text` takes (Unicode Standard Annex 11).

    Wide and full-width characters take two cells, combining and format characters none, all
    others one (ambiguous ones too, as terminals do unless told otherwise).
    """
    return sum(_measure_character(character) for character in text)


def _measure_character(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def pad_text(text: str, width: int, *, right: bool = False) -> str:
    """Fill `text` with blanks up to `width` cells; on the left if `right` aligned."""
    blanks = " " * max(0, width - measure_width(text))
    return blanks + text if right else text + blanks


def format_table(rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()) -> str:
    """Return the rows as lines with aligned columns, two blanks between them.

    Args:
        rows: cells; floats are shown with four decimals, whole numbers with thousands separators.
        right: the columns that are right-aligned.
    """
    cells = [[_format_cell(cell) for cell in row] for row in rows]
    widths = [
        max(measure_width(row[i]) for row in cells if i < len(row))
        for i in range(max(map(len, cells), default=0))
    ]
    return "\n".join(
        "  ".join(
            pad_text(cell, widths[i], right=i in right) for i, cell in enumerate(row)
        ).rstrip()
        for row in cells
    )


def _format_cell(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.4f}"
    if isinstance(cell, int) and not isinstance(cell, bool):
        return f"{cell:,}"
    # A stray line feed or control character in a word must not break the table.
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(cell))
