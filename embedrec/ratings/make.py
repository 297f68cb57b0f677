"""Ratings from what a program holds: triples, arrays, sparse matrices; and tables made to agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from embedrec.errors import InputError, ParameterError
from embedrec.ratings.gather import find_kept, gather_ratings
from embedrec.ratings.report import ReadReport
from embedrec.ratings.scale import describe_scale, find_off_scale, make_scale
from embedrec.ratings.table import Ratings

Array = np.ndarray[Any, Any]


def ratings_from_triples(
    triples: Iterable[Sequence[Any]], *, scale: Sequence[float] | Array | None = None
) -> Ratings:
    """Return the table of (user, item), (user, item, rating) or (user, item, rating, time) tuples.

    Args:
        triples: all of one length; ids are text or whole numbers, which become text. Of several
            ratings of a pair the last by time counts, without times the last given.
        scale: see `read_ratings`.

    Raises:
        InputError: if there is none, they differ in length, or one is wrong.
    """
    rows = list(triples)
    widths = {len(row) if isinstance(row, (tuple, list)) else 0 for row in rows}
    if not rows:
        raise InputError("there are no ratings: give at least one (user, item, rating)")
    if len(widths) > 1 or not widths <= {2, 3, 4}:
        odd = next((row for row in rows if len(row) != len(rows[0])), rows[0]) if 0 not in widths \
            else next(row for row in rows if not isinstance(row, (tuple, list)))  # fmt: skip
        raise InputError(
            f"{odd!r} is not like the others: give (user, item), (user, item, rating) or "
            "(user, item, rating, time), all alike",
            value=odd,
        )
    columns = list(zip(*rows, strict=True))
    values = columns[2] if len(columns) > 2 else None
    times = columns[3] if len(columns) > 3 else None
    return ratings_from_arrays(columns[0], columns[1], values, times, scale=scale)


def ratings_from_arrays(
    users: Sequence[Any] | Array,
    items: Sequence[Any] | Array,
    values: Sequence[Any] | Array | None = None,
    times: Sequence[Any] | Array | None = None,
    *,
    scale: Sequence[float] | Array | None = None,
) -> Ratings:
    """Return the table of columns of one length.

    Args:
        users, items: (N,) ids, text or whole numbers, which become text; numbered in the order of
            their first appearance.
        values: (N,) ratings, or None for clicks.
        times: (N,) whole numbers or dates (datetime64), or None.
        scale: see `read_ratings`.

    Raises:
        InputError: if lengths differ, there is none, an id is no text, or a rating is not finite
            or off the scale.
    """
    user_numbers, user_ids = _number(users, "user")
    item_numbers, item_ids = _number(items, "item")
    report = ReadReport(unit="row")
    checked = None if values is None else _check_values(values, scale)
    whole = None if times is None else _check_times(times)
    lengths = [len(c) for c in (user_numbers, item_numbers, checked, whole) if c is not None]
    if len(set(lengths)) > 1:
        raise InputError(
            f"users, items, values and times have different lengths {lengths}: give one of each "
            "for every rating",
            value=lengths,
        )
    if not lengths[0]:
        raise InputError("there are no ratings: give at least one")
    return gather_ratings(
        user_numbers, item_numbers, checked, whole, user_ids, item_ids, None, report
    )


def ratings_from_sparse(
    matrix: Any,
    user_ids: Sequence[str] | None = None,
    item_ids: Sequence[str] | None = None,
    *,
    scale: Sequence[float] | Array | None = None,
) -> Ratings:
    """Return the table of a SciPy sparse matrix: what is stored are the ratings, zeros too.

    Args:
        matrix: (n_users, n_items), any of SciPy's sparse forms; entries stored twice add up, as
            SciPy reads them.
        user_ids, item_ids: as many as rows and columns; None for their numbers from 0.
        scale: see `read_ratings`.

    Raises:
        InputError: if it is no sparse matrix, ids are too few or not different, or a value is not
            finite or off the scale.
    """
    if not hasattr(matrix, "tocoo") or not hasattr(matrix, "shape") or len(matrix.shape) != 2:
        raise InputError(
            f"a {type(matrix).__name__} is no sparse matrix of users and items: give one of "
            "SciPy's (scipy.sparse.csr_array(...))",
            value=type(matrix).__name__,
        )
    entries = matrix.tocoo(copy=True)
    entries.sum_duplicates()
    if not entries.nnz:
        raise InputError("the matrix stores no ratings", value=matrix.shape)
    values = entries.data
    if values.dtype == bool:
        values = values.astype(np.float32)
    return Ratings(
        entries.row,
        entries.col,
        _check_values(values, scale),
        _check_ids(user_ids, matrix.shape[0], "user"),
        _check_ids(item_ids, matrix.shape[1], "item"),
    )


def to_ratings(ratings: Any, *, scale: Sequence[float] | Array | None = None) -> Ratings:
    """Return a table as it is, and a table of a SciPy sparse matrix or of tuples.

    Raises:
        InputError: if it is none of these, or as `ratings_from_sparse` and `ratings_from_triples`.
    """
    if isinstance(ratings, Ratings):
        return ratings
    if hasattr(ratings, "tocoo"):
        return ratings_from_sparse(ratings, scale=scale)
    if isinstance(ratings, Iterable) and not isinstance(ratings, (str, bytes, np.ndarray)):
        return ratings_from_triples(ratings, scale=scale)
    raise InputError(
        f"a {type(ratings).__name__} holds no ratings: give a table (read_ratings), a SciPy sparse "
        "matrix, or (user, item, rating) tuples",
        value=type(ratings).__name__,
    )


def join_ids(*tables: Ratings) -> list[Ratings]:
    """Return the tables with ids in common, so that their numbers mean the same.

    Ids keep the order of the first table; what only later ones have comes after.
    """
    user_ids = tuple(dict.fromkeys(one for table in tables for one in table.user_ids))
    item_ids = tuple(dict.fromkeys(one for table in tables for one in table.item_ids))
    users = {one: i for i, one in enumerate(user_ids)}
    items = {one: i for i, one in enumerate(item_ids)}
    joined = []
    for table in tables:
        new_users = np.array([users[one] for one in table.user_ids], np.int32)
        new_items = np.array([items[one] for one in table.item_ids], np.int32)
        numbers = new_users[table.users], new_items[table.items]
        joined.append(Ratings(*numbers, table.values, user_ids, item_ids, table.times))
    return joined


def append_ratings(first: Ratings, second: Ratings) -> Ratings:
    """Return both tables' ratings in one; of a pair in both that of the second.

    Raises:
        InputError: if they don't share their ids (`join_ids`).
    """
    if first.user_ids != second.user_ids or first.item_ids != second.item_ids:
        raise InputError("two tables with different ids: bring them together by join_ids")
    times = None
    if first.times is not None and second.times is not None:
        times = np.concatenate([first.times, second.times])
    users = np.concatenate([first.users, second.users])
    items = np.concatenate([first.items, second.items])
    values = np.concatenate([first.values, second.values])
    kept = find_kept(users, items, None, max(1, first.n_items))
    table = Ratings(users, items, values, first.user_ids, first.item_ids, times)
    return table if kept is None else table.select(kept)


def make_clicks(ratings: Ratings, at_least: float | None = None) -> Ratings:
    """Return ratings as clicks: every value 1.

    Args:
        ratings: left as it is.
        at_least: lower ratings are no clicks and are left out; None takes all.

    Raises:
        ParameterError: if `at_least` is no number.
        InputError: if no rating is so high.
    """
    if at_least is not None:
        if isinstance(at_least, bool) or not np.isreal(at_least) or not np.isfinite(at_least):
            raise ParameterError(f"at_least is {at_least!r}; give a number", value=at_least)
        kept = ratings.values >= at_least
        if not kept.any():
            highest = f"{ratings.values.max():g}" if len(ratings) else "absent"
            raise InputError(
                f"no rating is at least {at_least:g}: the highest is {highest}", value=at_least
            )
        ratings = ratings.select(kept)
    return Ratings(
        ratings.users, ratings.items, np.ones(len(ratings), np.float32), ratings.user_ids,
        ratings.item_ids, ratings.times,
    )  # fmt: skip


def _number(column: Any, role: str) -> tuple[Array, tuple[str, ...]]:
    ids = column.tolist() if isinstance(column, np.ndarray) else list(column)
    known: dict[Any, int] = {}
    numbers = np.fromiter((known.setdefault(one, len(known)) for one in ids), np.int32, len(ids))
    names = tuple(_read_id(one, role) for one in known)
    if len(set(names)) < len(names):  # 1 and "1"
        return _number(list(map(str, ids)), role)
    return numbers, names


def _read_id(one: Any, role: str) -> str:
    if isinstance(one, str) and one:
        return one
    if isinstance(one, (int, np.integer)) and not isinstance(one, bool):
        return str(int(one))
    raise InputError(f"{one!r} is no id of {'an' if role == 'item' else 'a'} {role}: give text or "
                     "a whole number", value=one)  # fmt: skip


def _check_ids(ids: Sequence[str] | None, n: int, role: str) -> tuple[str, ...]:
    if ids is None:
        return tuple(map(str, range(n)))
    names = tuple(_read_id(one, role) for one in ids)
    if len(names) != n or len(set(names)) < n:
        raise InputError(
            f"{len(names)} {role} ids ({len(set(names))} different) for {n}: give one for each, "
            "all different",
            value=len(names),
        )
    return names


def _check_values(values: Any, scale: Sequence[float] | Array | None) -> Array:
    try:
        checked = np.asarray(values, np.float64).astype(np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"ratings must be numbers ({error})") from error
    if checked.ndim != 1:
        raise InputError(f"ratings must be 1-d, not of shape {checked.shape}", value=checked.shape)
    wrong = np.flatnonzero(~np.isfinite(checked))
    if len(wrong):
        raise InputError(
            f"rating {wrong[0]} is {checked[wrong[0]]}: ratings must be finite, leave it out",
            value=float(checked[wrong[0]]),
        )
    if scale is not None:
        levels = make_scale(scale)
        off = find_off_scale(checked, levels)
        if len(off):
            raise InputError(
                f"rating {off[0]} is {checked[off[0]]:g}, which is not on the scale "
                f"{describe_scale(levels)}",
                value=float(checked[off[0]]),
            )
    return checked


def _check_times(times: Any) -> Array:
    try:
        column = np.asarray(times)
        if column.dtype.kind == "M":
            if np.isnat(column).any():
                raise ValueError("one is not a time")
            column = column.astype("datetime64[us]")
        elif column.dtype.kind == "f" and not np.isfinite(column).all():
            raise ValueError("one is not finite")
        return column.astype(np.int64)
    except (TypeError, ValueError) as error:
        raise InputError(f"times must be whole numbers or dates ({error})") from error
