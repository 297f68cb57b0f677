"""Ratings in parquet files, through pyarrow if it is there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from embedrec.errors import InputError, MissingExtraError
from embedrec.files import PathLike
from embedrec.ratings.form import place_names
from embedrec.ratings.gather import gather_ratings
from embedrec.ratings.report import ReadReport
from embedrec.ratings.scale import describe_scale, find_off_scale
from embedrec.ratings.table import Ratings

Array = np.ndarray[Any, Any]


def read_parquet(
    path: PathLike, columns: Sequence[str | int | None] | None, levels: Array | None
) -> tuple[Ratings, ReadReport]:
    """Read a parquet file; rows with a value missing or wrong are counted as bad.

    Args:
        path: the file.
        columns: names or places of user, item, rating and time, see `read_ratings`.
        levels: what ratings may be; None for anything finite.

    Raises:
        MissingExtraError: if pyarrow is not installed.
        InputError: if the file can't be read or has no such columns.
    """
    name = os.fspath(path)
    try:
        import pyarrow  # type: ignore[import-untyped, import-not-found, unused-ignore]
        import pyarrow.parquet  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError as error:
        raise MissingExtraError(
            f"{name} is parquet, which needs pyarrow: pip install 'embedrec[parquet]'", value=name
        ) from error
    try:
        file = pyarrow.parquet.ParquetFile(name)
        places = place_names(name, file.schema_arrow.names, columns)
        names = [None if p is None else file.schema_arrow.names[p] for p in places]
        table = file.read(columns=[one for one in names if one is not None])
    except (OSError, pyarrow.ArrowException) as error:
        raise InputError(f"can't read {name}: {error}", value=name) from error
    report = ReadReport(n_lines=table.num_rows, unit="row")
    taken = [None if one is None else table.column(one).combine_chunks() for one in names]
    bad = np.zeros(table.num_rows, bool)
    for column in taken:
        if column is not None and column.null_count:
            _mark(bad, np.asarray(column.is_null()), "a value is missing", report)
    user, item, rating, time = taken
    users, user_ids = _number(user, name, bad)
    items, item_ids = _number(item, name, bad)
    values = None if rating is None else _read_values(rating, name, levels, bad, report)
    times = None if time is None else _read_times(time, name)
    good = np.flatnonzero(~bad)
    ratings = gather_ratings(
        users[good], items[good], None if values is None else values[good],
        None if times is None else times[good], user_ids, item_ids, good + 1, report,
    )  # fmt: skip
    return ratings, report


def _mark(bad: Array, wrong: Array, reason: str, report: ReadReport) -> None:
    new = np.flatnonzero(wrong & ~bad)
    for row in new[:10].tolist():
        report.add_bad(row + 1, reason)
    report.add_more(len(new[10:]))
    bad[new] = True


def _number(column: Any, name: str, bad: Array) -> tuple[Array, tuple[str, ...]]:
    import pyarrow

    if pyarrow.types.is_floating(column.type):
        raise InputError(f"{name}: ids are text or whole numbers, not {column.type}", value=name)
    if not pyarrow.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    numbers = np.asarray(column.indices.fill_null(0)).astype(np.int64)
    held = column.dictionary.to_pylist()
    # In the order of first appearance, and only what appears.
    used, first, places = np.unique(numbers[~bad], return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(used), np.int32)
    rank[order] = np.arange(len(used), dtype=np.int32)
    new = np.zeros(len(numbers), np.int32)
    new[~bad] = rank[places]
    return new, tuple(str(held[number]) for number in used[order].tolist())


def _read_values(
    column: Any, name: str, levels: Array | None, bad: Array, report: ReadReport
) -> Array:
    try:
        values = np.asarray(column.cast("float64").fill_null(0.0)).astype(np.float32)
    except Exception as error:
        raise InputError(f"{name}: ratings must be numbers, not {column.type}", value=name) from (
            error
        )
    _mark(bad, ~np.isfinite(values), "the rating is not finite", report)
    if levels is not None:
        off = np.zeros(len(values), bool)
        off[find_off_scale(values, levels)] = True
        _mark(bad, off, f"the rating is not on the scale {describe_scale(levels)}", report)
    return values


def _read_times(column: Any, name: str) -> Array:
    import pyarrow

    try:
        if pyarrow.types.is_temporal(column.type):
            column = column.cast(pyarrow.timestamp("us"))
        if pyarrow.types.is_floating(column.type):
            return np.nan_to_num(np.asarray(column.fill_null(0.0))).astype(np.int64)
        return np.asarray(column.cast("int64").fill_null(0))
    except pyarrow.ArrowException as error:
        raise InputError(f"{name}: times must be numbers or dates, not {column.type}",
                         value=name) from error  # fmt: skip
