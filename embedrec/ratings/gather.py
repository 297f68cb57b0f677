"""Columns gathered into a table of ratings: duplicates settled, ids decoded."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.ratings.ids import IdTable
from embedrec.ratings.report import ReadReport
from embedrec.ratings.table import Ratings

Array = np.ndarray[Any, Any]
_N_NAMED = 10


def find_kept(users: Array, items: Array, times: Array | None, n_items: int) -> Array | None:
    """Return which rows to keep so that a pair of user and item comes once; None for all.

    Of several the last by time is kept, of those of one time (or without times) the last row.

    Args:
        users, items: int32 (N,).
        times: int64 (N,) or None.
        n_items: above every number in `items`.

    Returns:
        Bool (N,), or None if no pair comes twice.
    """
    pairs = users.astype(np.int64) * n_items + items
    order = np.argsort(pairs)
    ranked = pairs[order]
    same = ranked[1:] == ranked[:-1]
    if not same.any():
        return None
    # Only rows of pairs that come again are put in order by time: they are few.
    several = np.zeros(len(pairs), bool)
    several[1:] |= same
    several[:-1] |= same
    rows = order[several]
    del order, ranked, same, several
    rows = rows[np.lexsort((rows, np.zeros(len(rows)) if times is None else times[rows],
                            pairs[rows]))]  # fmt: skip
    last = np.append(pairs[rows[1:]] != pairs[rows[:-1]], True)
    kept = np.ones(len(pairs), bool)
    kept[rows[~last]] = False
    return kept


def gather_ratings(
    users: Array,
    items: Array,
    values: Array | None,
    times: Array | None,
    user_ids: tuple[str, ...],
    item_ids: tuple[str, ...],
    lines: Array | None,
    report: ReadReport,
) -> Ratings:
    """Return the table; rows of a pair that comes again are left out and reported.

    Args:
        users, items: int32 (N,).
        values: float32 (N,), or None for clicks.
        times: int64 (N,) or None.
        lines: int64 (N,), numbers of rows in the source; None if row i is number i + 1.
        report: its duplicates are set.
    """
    if values is None:
        values = np.ones(len(users), np.float32)
    kept = find_kept(users, items, times, max(1, len(item_ids)))
    if kept is not None:
        lost = np.flatnonzero(~kept)
        report.n_duplicates = len(lost)
        first = lost[:_N_NAMED]
        report.duplicates = (first + 1 if lines is None else lines[first]).tolist()
        users, items, values = users[kept], items[kept], values[kept]
        times = None if times is None else times[kept]
    return Ratings(users, items, values, user_ids, item_ids, times)


def decode_ids(*tables: IdTable) -> list[tuple[str, ...]]:
    """Return the ids of tables as UTF-8, or all of them as Latin-1 if one is not UTF-8."""
    try:
        return [table.list_ids("utf-8") for table in tables]
    except UnicodeDecodeError:
        return [table.list_ids("latin-1") for table in tables]
