"""Histories of users: checked, and put together for models that score many at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import InputError
from embedrec.models.ratings.levels import encode_levels
from embedrec.nn.parameter import Array
from embedrec.ratings.table import Grouped


def check_history(items: Any, values: Any, n_items: int, scale: Array | None) -> Grouped:
    """Return one user's history as a group of its own, items ascending.

    Args:
        items: int (n,), numbers of items; none for an empty history.
        values: float (n,), their ratings; ignored for clicks, whose values are all 1.
        n_items: items that the model knows.
        scale: float64 (K,), the model's levels, or None for clicks.

    Raises:
        InputError: if lengths differ, an item is unknown or there twice, or a rating is NaN or not
            on the scale.
    """
    numbers = np.asarray(items if np.size(items) else np.empty(0, np.int32))
    ratings = np.asarray(values if np.size(values) else np.empty(0), np.float64)
    if numbers.ndim != 1 or numbers.shape != ratings.shape or numbers.dtype.kind not in "iu":
        raise InputError(
            f"a history is whole numbers of items (n,) and their ratings (n,), not {numbers.dtype} "
            f"{numbers.shape} and {ratings.shape}: give one rating for each item",
            value=numbers.shape,
        )
    order = np.argsort(numbers, kind="stable")
    history = Grouped(
        np.array([0, len(numbers)], np.int64),
        numbers[order].astype(np.int32),
        ratings[order].astype(np.float32),
        order.astype(np.int64),
    )
    if len(numbers) and (int(numbers.min()) < 0 or int(numbers.max()) >= n_items):
        wrong = int(numbers.min()) if numbers.min() < 0 else int(numbers.max())
        raise InputError(
            f"item {wrong} is unknown: the model's items are 0 to {n_items - 1}", value=wrong
        )
    return check_histories(history, n_items, scale)


def check_histories(histories: Grouped, n_items: int, scale: Array | None) -> Grouped:
    """Return histories of many users as they are, or with values 1 for clicks.

    Raises:
        InputError: as `check_history`.
    """
    items = histories.others
    if len(items) and (items.min() < 0 or items.max() >= n_items):
        wrong = int(items.min() if items.min() < 0 else items.max())
        raise InputError(
            f"item {wrong} is unknown: the model's items are 0 to {n_items - 1}", value=wrong
        )
    # Within a user items ascend; a user's first may be anything.
    is_first = np.zeros(len(items) + 1, bool)
    is_first[histories.offsets[:-1]] = True
    twice = (np.diff(items) <= 0) & ~is_first[1 : len(items)] if len(items) else np.zeros(0, bool)
    if twice.any():
        wrong = int(items[np.flatnonzero(twice)[0]])
        raise InputError(
            f"item {wrong} stands twice in a history, or before a smaller one: give each item "
            "once, ascending",
            value=wrong,
        )
    if scale is None:
        return histories._replace(values=np.ones(len(items), np.float32))
    encode_levels(histories.values, scale)
    return histories


def take_groups(groups: Grouped, begin: int, end: int) -> Grouped:
    """Return groups begin to end (without it) of many, arrays not copied."""
    first, last = groups.offsets[begin], groups.offsets[end]
    return Grouped(
        groups.offsets[begin : end + 1] - first,
        groups.others[first:last],
        groups.values[first:last],
        groups.rows[first:last],
    )


def pick_groups(groups: Grouped, which: Array) -> Grouped:
    """Return some groups of many, in the order of `which`, int (G,); arrays are copied."""
    starts, lengths = groups.offsets[which], np.diff(groups.offsets)[which]
    offsets = np.zeros(len(which) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    places = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
    return Grouped(offsets, groups.others[places], groups.values[places], groups.rows[places])


def join_mask(histories: Grouped, mask: Grouped) -> tuple[Grouped, Array]:
    """Return histories with items of which only that they were rated is known put behind.

    Args:
        histories: G groups.
        mask: G groups; items that stand in the history too are left out.

    Returns:
        Groups whose values of such items are NaN, and bool (N,), which items these are.
    """
    n_groups = len(histories.offsets) - 1
    owners = [np.repeat(np.arange(n_groups), np.diff(g.offsets)) for g in (histories, mask)]
    width = 1 + max((int(g.others.max()) for g in (histories, mask) if len(g.others)), default=0)
    keys = [owner * width + g.others for owner, g in zip(owners, (histories, mask), strict=True)]
    new = ~np.isin(keys[1], keys[0])
    owner = np.concatenate([owners[0], owners[1][new]])
    order = np.argsort(owner, kind="stable")
    others = np.concatenate([histories.others, mask.others[new]])[order]
    values = np.concatenate([histories.values, np.full(int(new.sum()), np.nan, np.float32)])[order]
    offsets = np.zeros(n_groups + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=n_groups), out=offsets[1:])
    return Grouped(offsets, others, values, order), np.isnan(values)


def drop_each(history: Grouped) -> Grouped:
    """Return n histories: one user's of n ratings, each time without one of them, in order."""
    n = len(history.others)
    places = np.tile(np.arange(n), (n, 1))
    places = places[~np.eye(n, dtype=bool)]
    offsets = np.arange(n + 1, dtype=np.int64) * max(n - 1, 0)
    return Grouped(offsets, history.others[places], history.values[places], history.rows[places])


def single_each(history: Grouped) -> Grouped:
    """Return n histories: one user's of n ratings, each time one of them alone, in order."""
    n = len(history.others)
    return history._replace(offsets=np.arange(n + 1, dtype=np.int64))
