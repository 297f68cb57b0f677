"""Histories of ratings or clicks as a person or a program writes them."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from embedrec.errors import EmbedrecError, ParameterError
from embedrec.ratings.scale import describe_scale, find_off_scale

Array = np.ndarray[Any, Any]
Id = str | int
RatingHistory = Mapping[Id, float] | Iterable[Id | tuple[Id, float]]
_SEPARATORS = str.maketrans({"，": ",", "、": ",", "＝": "="})


class UnknownIdError(EmbedrecError, KeyError):
    """A user or an item that the model does not know.

    Attributes:
        value: the id.
        suggestions: near spellings of it that are known; may be empty.
    """

    def __init__(self, role: str, name: str, known: Iterable[str]) -> None:
        near = difflib.get_close_matches(name, known, 3) if len(name) > 2 else []
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        super().__init__(f"the {role} {name!r} is not known to the model{hint}", value=name)
        self.suggestions = near


class ReadHistory(NamedTuple):
    """A history in a model's numbers.

    Attributes:
        items: int32 (n,), different, in the order given.
        values: float64 (n,), all 1 for clicks.
        names: of the items, as they were written.
        unknown: ids that the model does not know.
    """

    items: Array
    values: Array
    names: list[str]
    unknown: tuple[str, ...]


def read_history(
    history: RatingHistory, numbers: Mapping[str, int], scale: Array | None
) -> ReadHistory:
    """Return a history in numbers; of an item given twice the last counts.

    Args:
        history: {item: rating}, or (item, rating) pairs; for clicks also items alone.
        numbers: of the items that the model knows.
        scale: float64 (K,), levels of the model's ratings; None for clicks.

    Raises:
        ParameterError: if it is of another form, a rating is missing, no number or off the scale,
            or ratings are given to a model of clicks.
    """
    known: dict[str, float] = {}
    unknown: dict[str, None] = {}
    given = [_read_item(one, scale) for one in _list_items(history)]
    _check_scale(given, scale)
    for name, value in given:
        if name in numbers:
            known.pop(name, None)
            known[name] = value
        else:
            unknown[name] = None
    items = np.array([numbers[name] for name in known], np.int32)
    values = np.array(list(known.values()), np.float64)
    return ReadHistory(items, values, list(known), tuple(unknown))


def parse_rating_history(text: str) -> list[str | tuple[str, float]]:
    """Read a history written as `ID=RATING,ID=RATING`, or `ID,ID` for clicks.

    Full-width commas and signs do as well; empty places between commas are passed over.

    Raises:
        ParameterError: if a rating is no number, or nothing is there.
    """
    found: list[str | tuple[str, float]] = []
    for part in text.translate(_SEPARATORS).split(","):
        name, sign, rating = part.rpartition("=")
        if not part.strip():
            continue
        if not sign:
            found.append(part.strip())
            continue
        try:
            found.append((name.strip(), float(rating)))
        except ValueError:
            raise ParameterError(
                f"the rating of {name.strip()!r} in the history is {rating.strip()!r}; write "
                "ID=NUMBER, such as 50=4",
                value=part,
            ) from None
    if not found:
        raise ParameterError("the history is empty; write ID=RATING,ID=RATING", value=text)
    return found


def read_id(one: Any) -> str:
    """Return an id as text.

    Raises:
        ParameterError: if it is neither text nor a whole number.
    """
    if isinstance(one, str) and one:
        return one
    if isinstance(one, (int, np.integer)) and not isinstance(one, bool):
        return str(int(one))
    raise ParameterError(f"{one!r} is no id: give text or a whole number", value=one)


def _list_items(history: Any) -> list[Any]:
    if isinstance(history, Mapping):
        return list(history.items())
    if isinstance(history, (str, bytes)) or not isinstance(history, Iterable):
        raise ParameterError(
            f"a history holds (item, rating) pairs, or items for clicks, not {history!r}",
            value=history,
        )
    return list(history)


def _read_item(one: Any, scale: Array | None) -> tuple[str, float]:
    if isinstance(one, (tuple, list)):
        if len(one) != 2:
            raise ParameterError(f"a history holds (item, rating) pairs, not {one!r}", value=one)
        name, value = read_id(one[0]), one[1]
    else:
        name, value = read_id(one), None
    if value is None:
        if scale is not None:
            raise ParameterError(
                f"{name!r} in the history has no rating, and the model learned from ratings; give "
                f"({name!r}, rating) on the scale {describe_scale(scale)}",
                value=name,
            )
        return name, 1.0
    if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
        raise ParameterError(
            f"the rating of {name!r} in the history is {value!r}; give a number", value=value
        )
    if scale is None and value != 1:
        raise ParameterError(
            f"{name!r} in the history is rated {value:g}, and the model learned from clicks; "
            "give the item alone",
            value=value,
        )
    return name, float(value)


def _check_scale(given: list[tuple[str, float]], scale: Array | None) -> None:
    if scale is None or not given:
        return
    off = find_off_scale(np.array([value for _, value in given]), scale)
    if len(off):
        name, value = given[off[0]]
        raise ParameterError(
            f"the rating of {name!r} in the history is {value:g}, which is not on the model's "
            f"scale {describe_scale(scale)}",
            value=value,
        )
