"""Ratings as arrays: who gave what to which item, and when."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from embedrec.errors import InputError

Array = np.ndarray[Any, Any]


class Grouped(NamedTuple):
    """Ratings of each user (or item), one after another.

    Attributes:
        offsets: int64 (G + 1,): those of user g are offsets[g]:offsets[g + 1].
        others: int32 (N,), the items (or users), ascending within a group.
        values: float32 (N,), the ratings.
        rows: int64 (N,), where each stands in the table.
    """

    offsets: Array
    others: Array
    values: Array
    rows: Array


class Ratings:
    """A table of ratings; users and items are numbers, with the names they have outside.

    At most one rating for a pair of user and item. Tables cut from one another (`select`) share
    their ids, so their numbers mean the same.

    Attributes:
        users: int32 (N,), numbers into `user_ids`.
        items: int32 (N,), numbers into `item_ids`.
        values: float32 (N,), finite; all 1 for clicks.
        times: int64 (N,) of anything that rises with time, or None.
        user_ids, item_ids: str, by number, each once.
    """

    def __init__(
        self,
        users: Array,
        items: Array,
        values: Array,
        user_ids: tuple[str, ...],
        item_ids: tuple[str, ...],
        times: Array | None = None,
    ) -> None:
        """Take arrays as they are (copied only to change their type).

        Raises:
            InputError: if lengths differ, a number is out of range, or a value is not finite.
        """
        self.users = np.ascontiguousarray(users, np.int32)
        self.items = np.ascontiguousarray(items, np.int32)
        self.values = np.ascontiguousarray(values, np.float32)
        self.times = None if times is None else np.ascontiguousarray(times, np.int64)
        self.user_ids, self.item_ids = user_ids, item_ids
        self._check()

    @property
    def n_users(self) -> int:
        """Users with an id, whether or not they rated anything here."""
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        """Items with an id, whether or not anyone rated them here."""
        return len(self.item_ids)

    def __len__(self) -> int:
        return len(self.values)

    def select(self, which: Array) -> Ratings:
        """Return some rows, bool (N,) or integer numbers of rows, with the same ids."""
        times = None if self.times is None else self.times[which]
        return Ratings(
            self.users[which], self.items[which], self.values[which],
            self.user_ids, self.item_ids, times,
        )  # fmt: skip

    def group_by_user(self) -> Grouped:
        """Return each user's items and values."""
        return _group(self.users, self.items, self.values, self.n_users)

    def group_by_item(self) -> Grouped:
        """Return each item's users and values."""
        return _group(self.items, self.users, self.values, self.n_items)

    def _check(self) -> None:
        lengths = [len(self.users), len(self.items), len(self.values)]
        if self.times is not None:
            lengths.append(len(self.times))
        if len(set(lengths)) > 1:
            raise InputError(
                f"users, items, values and times have different lengths {lengths}: give one of "
                "each for every rating",
                value=lengths,
            )
        for name, numbers, n in (
            ("users", self.users, self.n_users),
            ("items", self.items, self.n_items),
        ):
            if len(numbers) and not (numbers.min() >= 0 and numbers.max() < n):
                raise InputError(
                    f"{name} holds numbers from {numbers.min()} to {numbers.max()}, and there are "
                    f"{n} ids: numbers must lie from 0 to below that",
                    value=int(numbers.max()),
                )
        if not np.isfinite(self.values).all():
            row = int(np.flatnonzero(~np.isfinite(self.values))[0])
            raise InputError(
                f"rating {row} is {self.values[row]}: ratings must be finite, leave it out",
                value=float(self.values[row]),
            )


def _group(first: Array, second: Array, values: Array, n: int) -> Grouped:
    rows = np.lexsort((second, first))
    offsets = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(first, minlength=n), out=offsets[1:])
    return Grouped(offsets, second[rows], values[rows], rows)
