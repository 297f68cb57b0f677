"""The form of a file of ratings: what parts its fields, and which of them are what."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from embedrec.errors import InputError, ParameterError

DELIMITERS = ("\t", "::", ",", ";", "|", " ")
ROLES = ("user", "item", "rating", "time")
_NAMES = {
    "user": {"user", "userid", "uid", "users", "reviewerid", "userno", "customer", "customerid",
             "visitorid", "sessionid", "session"},
    "item": {"item", "itemid", "iid", "items", "movie", "movieid", "book", "bookid", "isbn",
             "product", "productid", "asin", "artist", "artistid", "song", "songid", "track",
             "trackid", "businessid", "anime", "animeid", "recipeid", "gameid"},
    "rating": {"rating", "ratings", "score", "stars", "value", "bookrating", "preference", "weight",
               "count", "plays", "overall"},
    "time": {"time", "timestamp", "date", "datetime", "unixreviewtime", "ts"},
}  # fmt: skip
_SAMPLE_LINES = 30


@dataclass(frozen=True)
class Form:
    """How to read a line.

    Attributes:
        delimiter: what parts fields; " " stands for any number of blanks.
        columns: place of user, item, rating and time, from 0; None where there is none.
        header: whether the first line names the columns.
    """

    delimiter: str
    columns: tuple[int, int, int | None, int | None]
    header: bool

    @property
    def quoted(self) -> bool:
        """Whether double quotes mean anything."""
        return self.delimiter in (",", ";")


def detect_form(
    head: bytes,
    name: str,
    *,
    delimiter: str | None = None,
    columns: Sequence[str | int | None] | None = None,
    header: bool | None = None,
) -> Form:
    """Find out the form of a file from its first lines.

    The delimiter is the one that parts most of the first lines into the same number of fields. A
    header is known by its names (userId, movieId, rating, timestamp and the like), or because the
    first line's rating is no number while the second's is. Without names the columns are user,
    item, rating, time, as many as there are; two are user and item.

    Args:
        head: the beginning of the file.
        name: how messages call it.
        delimiter: one of `DELIMITERS`, or any other text; None to find out.
        columns: user, item, and, if wanted, rating and time: names in the header, or places
            from 0; None for one that is not there.
        header: whether there is one; None to find out.

    Raises:
        ParameterError: if `columns` is wrong.
        InputError: if there is no line, the lines have a single field, or a named column is absent.
    """
    lines = _list_lines(head, name)
    if delimiter is not None and (not isinstance(delimiter, str) or not delimiter):
        raise ParameterError(f"delimiter is {delimiter!r}; give a text such as ','",
                             value=delimiter)  # fmt: skip
    parting = delimiter or find_delimiter(lines)
    if parting is None:
        raise InputError(
            f"the lines of {name} have a single field ({_shorten(lines[0])!r}): give the "
            "delimiter, or a file of user, item and rating",
            value=name,
        )
    rows = [split_line(line, parting) for line in lines]
    if columns is not None:
        return _apply_columns(name, parting, rows, columns, header)
    named = _match_names(rows[0]) if header is not False else None
    if named is not None:
        return Form(parting, named, True)
    width = Counter(len(row) for row in rows[1:] or rows).most_common(1)[0][0]
    if width < 2:
        raise InputError(f"the lines of {name} have a single field; give the delimiter", value=name)
    places = (0, 1, 2 if width > 2 else None, 3 if width > 3 else None)
    if header is None:
        header = width > 2 and len(rows) > 1 and not _is_number(rows[0]) and _is_number(rows[1])
    if places[3] is not None and not _has_time(rows[header:]):
        places = (0, 1, 2, None)
    return Form(parting, places, header)


def split_line(line: str, delimiter: str) -> list[str]:
    """Return the fields of a line without the blanks around them, quotes resolved."""
    if delimiter == " ":
        return line.split()
    if delimiter in (",", ";") and '"' in line:
        try:
            row = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True))
        except (csv.Error, StopIteration):
            return []
        return [field.strip() for field in row]
    return [field.strip() for field in line.split(delimiter)]


def _list_lines(head: bytes, name: str) -> list[str]:
    if b"\0" in head[:4096]:
        raise InputError(
            f"{name} is no text in UTF-8 (it has bytes of 0): save it as UTF-8, or unpack it",
            value=name,
        )
    text = head.decode("utf-8", "replace").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > 1:
        lines = lines[:-1] if not text.endswith("\n") and len(head) >= 1 << 15 else lines
    if not lines:
        raise InputError(f"{name} is empty: it holds no ratings", value=name)
    return [line.rstrip("\r") for line in lines[:_SAMPLE_LINES]]


def find_delimiter(lines: Sequence[str], delimiters: Sequence[str] = DELIMITERS) -> str | None:
    """Return what parts most lines into one number of fields, at least two; None if nothing does.

    The first of equals.
    """
    best, best_share = None, 0.0
    for delimiter in delimiters:
        widths = Counter(len(split_line(line, delimiter)) for line in lines)
        width, n = max(((w, n) for w, n in widths.items() if w > 1), default=(0, 0),
                       key=lambda pair: pair[1])  # fmt: skip
        if width > 1 and n / len(lines) > best_share:
            best, best_share = delimiter, n / len(lines)
    return best


def _match_names(row: list[str]) -> tuple[int, int, int | None, int | None] | None:
    plain = ["".join(c for c in field.lower() if c.isalnum()) for field in row]
    found: list[int | None] = []
    for role in ROLES:
        found.append(next((i for i, field in enumerate(plain) if field in _NAMES[role]), None))
    user, item, rating, time = found
    return None if user is None or item is None else (user, item, rating, time)


def place_names(
    name: str, names: Sequence[str], columns: Sequence[str | int | None] | None
) -> tuple[int, int, int | None, int | None]:
    """Return the places of user, item, rating and time among named columns.

    Args:
        name: of the file, for messages.
        names: of all columns.
        columns: names or places; None for the names that are usual, else the first columns.

    Raises:
        ParameterError, InputError: as `detect_form`.
    """
    if columns is None:
        found = _match_names(list(names))
        if found is not None:
            return found
        if len(names) < 2:
            raise InputError(f"{name} has a single column; two are needed, user and item",
                             value=name)  # fmt: skip
        return (0, 1, 2 if len(names) > 2 else None, 3 if len(names) > 3 else None)
    chosen = list(columns) if not isinstance(columns, str) else []
    if not 2 <= len(chosen) <= 4 or chosen[0] is None or chosen[1] is None:
        raise ParameterError(
            f"columns is {columns!r}; give two to four: user, item, rating, time", value=columns
        )
    user, item, rating, time = (
        _place_column(name, names, column) for column in (*chosen, None, None)[:4]
    )
    assert user is not None
    assert item is not None
    given = [place for place in (user, item, rating, time) if place is not None]
    if len(set(given)) < len(given):
        raise ParameterError(f"columns names one column twice: {columns!r}", value=columns)
    return user, item, rating, time


def _place_column(name: str, names: Sequence[str], column: str | int | None) -> int | None:
    if isinstance(column, str):
        if column not in names:
            raise InputError(
                f"{name} has no column {column!r}; there are {', '.join(names)}", value=column
            )
        return names.index(column)
    if column is None:
        return None
    if not isinstance(column, int) or isinstance(column, bool) or column < 0:
        raise ParameterError(f"{column!r} is no column: give a name, or a place from 0",
                             value=column)  # fmt: skip
    if column >= len(names):
        raise InputError(
            f"{name} has {len(names)} columns, so none at place {column} (from 0)", value=column
        )
    return column


def _apply_columns(
    name: str, delimiter: str, rows: list[list[str]], columns: Sequence[str | int | None],
    header: bool | None,
) -> Form:  # fmt: skip
    places = place_names(name, rows[0], columns)
    rating = places[2]
    if header is None:
        header = any(isinstance(column, str) for column in columns) or (
            rating is not None
            and len(rows) > 1
            and not _is_number(rows[0], rating)
            and _is_number(rows[1], rating)
        )
    return Form(delimiter, places, header)


def _is_number(row: list[str], place: int = 2) -> bool:
    try:
        float(row[place])
    except (ValueError, IndexError):
        return False
    return True


def _has_time(rows: list[list[str]]) -> bool:
    # Of most lines: one that is broken does not change the form.
    times = [_is_number(row, 3) or row[3][:4].isdigit() for row in rows if len(row) > 3]
    return 2 * sum(times) >= len(times)


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
