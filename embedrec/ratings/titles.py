"""Titles of items: MovieLens' u.item, movies.dat and movies.csv, and files of that kind."""

from __future__ import annotations

from embedrec.errors import InputError, ParameterError
from embedrec.files import PathLike
from embedrec.ratings.form import find_delimiter, split_line
from embedrec.ratings.stream import open_stream

_DELIMITERS = ("::", "\t", "|", ";", ",")
_ID_NAMES = {"id", "item", "itemid", "movieid", "movie", "isbn", "bookid", "productid", "asin"}
_TITLE_NAMES = {"title", "name", "booktitle", "movietitle", "itemname", "titel"}
_MOST_BYTES = 1 << 30


def read_titles(path: PathLike, *, delimiter: str | None = None) -> dict[str, str]:
    """Read a title for each item id: the first two fields of a line, or the columns so named.

    Known are `|` (u.item), `::` (movies.dat), tab, `;` and `,` (movies.csv, quotes as in csv),
    with a header or without; in UTF-8, or else Latin-1; packed, or in a zip file
    (`ml-100k.zip:ml-100k/u.item`). Of an id that comes twice the first title counts.

    Args:
        path: the file.
        delimiter: what parts fields; None for the one that parts most lines.

    Raises:
        ParameterError: if `delimiter` is empty or no text.
        InputError: if the file can't be read, or a line has no title (by number).
    """
    if delimiter is not None and (not isinstance(delimiter, str) or not delimiter):
        raise ParameterError(f"delimiter is {delimiter!r}; give a text such as '|'",
                             value=delimiter)  # fmt: skip
    with open_stream(path) as stream:
        name = stream.name
        content = stream.read(_MOST_BYTES)
    if b"\0" in content[:4096]:
        raise InputError(f"{name} is no text (it has bytes of 0)", value=name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    lines = [(i, line.rstrip("\r")) for i, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise InputError(f"{name} is empty: it holds no titles", value=name)
    parting = delimiter or find_delimiter([line for _, line in lines[:50]], _DELIMITERS)
    if parting is None:
        raise InputError(f"the lines of {name} have a single field: {lines[0][1][:40]!r}",
                         value=name)  # fmt: skip
    first = split_line(lines[0][1], parting)
    places = _find_columns(first)
    titles: dict[str, str] = {}
    for number, line in lines[places is not None :]:
        fields = split_line(line, parting)
        place, title_place = places or (0, 1)
        if len(fields) <= max(place, title_place) or not fields[place]:
            raise InputError(f"line {number} of {name} has no id and title: {line[:40]!r}",
                             value=number)  # fmt: skip
        titles.setdefault(fields[place], fields[title_place])
    return titles


def _find_columns(row: list[str]) -> tuple[int, int] | None:
    plain = ["".join(c for c in field.lower() if c.isalnum()) for field in row]
    place = next((i for i, field in enumerate(plain) if field in _ID_NAMES), None)
    title = next((i for i, field in enumerate(plain) if field in _TITLE_NAMES), None)
    return None if place is None or title is None else (place, title)
