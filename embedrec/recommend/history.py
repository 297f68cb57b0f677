"""What a person has seen: words with weights, times and their decay."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from numbers import Real
from typing import Any, NamedTuple

from embedrec.errors import InputError, ParameterError
from embedrec.files import PathLike

Time = float | datetime
_SEPARATORS = str.maketrans({"，": ",", "、": ",", "：": ":"})
_MAX_LINE = 10_000  # bytes; a longer line is no word but another kind of file


class Event(NamedTuple):
    """A word seen once.

    Attributes:
        word: the word as the person wrote it.
        weight: how much it counts, from 0; a word of weight 0 is seen, and asks for nothing.
        time: when it was seen: seconds (or any unit that `half_life` shares) or a datetime.
    """

    word: str
    weight: float = 1.0
    time: Time | None = None


HistoryItem = str | tuple[str, float] | tuple[str, float, Time | None] | Event


@dataclass(frozen=True)
class History:
    """Different words in the order they were first seen, each with its whole weight.

    Attributes:
        words: the words.
        weights: as many finite numbers from 0, at least one of them above 0.
    """

    words: tuple[str, ...]
    weights: tuple[float, ...]

    @classmethod
    def from_items(
        cls,
        items: str | Iterable[HistoryItem] | History,
        *,
        half_life: float | timedelta | None = None,
    ) -> History:
        """Gather words, (word, weight) pairs and (word, weight, time) triples.

        With `half_life`, a weight counts `weight * 0.5 ** (age / half_life)`, where the age is
        reckoned from the newest event; reckoned from any later moment all weights would shrink
        alike, and recommendations don't change when they do. The weights of a word that comes
        several times add up.

        Args:
            items: the events, or one word, or a `History`, which is returned as it is.
            half_life: in the unit of the times (seconds, if they are datetimes), or a timedelta;
                None for no decay, times then play no part.

        Raises:
            ParameterError: if there is no event, an item is of another form, a word is empty, a
                weight is negative or not finite, all weights are 0, or `half_life` is given and not
                above 0 or a time is missing.
        """
        if isinstance(items, History):
            if half_life is not None:
                raise ParameterError(
                    "a finished history has no times for half_life; give its events instead",
                    value=half_life,
                )
            return items
        events = [_read_item(item) for item in ([items] if isinstance(items, str) else items)]
        if not events:
            raise ParameterError("the history is empty; give at least one word", value=items)
        weights = [event.weight for event in events]
        if half_life is not None:
            weights = _decay(events, _read_half_life(half_life))
        gathered: dict[str, list[float]] = {}
        for event, weight in zip(events, weights, strict=True):
            gathered.setdefault(event.word, []).append(weight)
        # fsum rounds once, so that the order of events can't show in the last bit.
        return cls._check(tuple(gathered), tuple(map(_add_up, gathered.values())))

    @classmethod
    def _check(cls, words: tuple[str, ...], weights: tuple[float, ...]) -> History:
        if max(weights) <= 0:
            raise ParameterError(
                "every weight of the history is 0; give at least one word a weight above 0",
                value=weights,
            )
        if math.isinf(max(weights)):
            raise ParameterError("the weights of the history add up to infinity; give smaller ones")
        return cls(words, weights)

    def __len__(self) -> int:
        return len(self.words)


def parse_history(text: str, *, half_life: float | None = None) -> History:
    """Read a history written as `WORD,WORD:2.5,...`, the newest last.

    A weight follows its word after a colon and is 1 where none is given. Full-width commas and
    colons (as Chinese keyboards give) and the enumeration comma do as well; blanks around words and
    empty places between commas are passed over.

    Args:
        text: what was written.
        half_life: in places: a word counts half as much as one this many places after it.

    Raises:
        ParameterError: as `History.from_items`, and if a weight is not a number.
    """
    items = [_parse_item(part) for part in text.translate(_SEPARATORS).split(",") if part.strip()]
    placed = [item._replace(time=float(place)) for place, item in enumerate(items)]
    return History.from_items(placed, half_life=half_life)


def _parse_item(part: str) -> Event:
    word, colon, weight = part.strip().rpartition(":")
    if not colon:
        return Event(weight)
    try:
        return Event(word.strip(), float(weight))
    except ValueError:
        raise ParameterError(
            f"the weight of {word!r} in the history is {weight.strip()!r}; "
            "write WORD or WORD:NUMBER, such as 北京:2.5",
            value=part,
        ) from None


def read_exclusions(path: PathLike) -> list[str]:
    """Read words to leave out: UTF-8 text, one a line; blank lines are passed over.

    Raises:
        InputError: if the file is missing, unreadable, not UTF-8, or not a list of words.
    """
    words = []
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(_MAX_LINE + 1), b""), 1):
                if len(line) > _MAX_LINE or b"\0" in line:
                    raise InputError(
                        f"line {number} of {path} is no word; give a text file, one word a line",
                        value=path,
                    )
                if word := line.decode("utf-8-sig" if number == 1 else "utf-8").strip():
                    words.append(word)
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}", value=path) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"line {number} of {path} is not UTF-8; save the file as UTF-8, one word a line",
            value=path,
        ) from error
    return words


def _read_item(item: Any) -> Event:
    if isinstance(item, str):
        event = Event(item)
    elif isinstance(item, tuple | list) and 2 <= len(item) <= 3:
        event = Event(*item)
    else:
        raise ParameterError(
            f"a history holds words, (word, weight) or (word, weight, time), not {item!r}",
            value=item,
        )
    if not isinstance(event.word, str) or not event.word.strip():
        raise ParameterError(f"{event.word!r} in the history is not a word", value=event.word)
    return event._replace(weight=_read_weight(event.word, event.weight))


def _read_weight(word: str, weight: Any) -> float:
    number = _read_number(weight)
    if number is None:
        raise ParameterError(f"the weight of {word!r} is {weight!r}, not a number", value=weight)
    if not 0 <= number < math.inf:
        raise ParameterError(
            f"the weight of {word!r} is {weight}; weights are finite numbers from 0", value=weight
        )
    return number


def _read_half_life(half_life: Any) -> float:
    value = half_life.total_seconds() if isinstance(half_life, timedelta) else half_life
    number = _read_number(value)
    if number is None or not 0 < number < math.inf:
        raise ParameterError(f"half_life is {half_life!r}; give a number above 0", value=half_life)
    return number


def _read_number(value: Any) -> float | None:
    return float(value) if isinstance(value, Real) and not isinstance(value, bool) else None


def _decay(events: list[Event], half_life: float) -> list[float]:
    times = [_read_time(event) for event in events]
    newest = max(times)
    return [
        event.weight * 0.5 ** ((newest - time) / half_life)
        for event, time in zip(events, times, strict=True)
    ]


def _read_time(event: Event) -> float:
    time = event.time
    if time is None:
        raise ParameterError(
            f"{event.word!r} in the history has no time, and half_life needs one; "
            "give (word, weight, time), or leave half_life out",
            value=event.word,
        )
    number = time.timestamp() if isinstance(time, datetime) else _read_number(time)
    if number is None or not math.isfinite(number):
        raise ParameterError(f"the time of {event.word!r} is {time!r}, not a number", value=time)
    return number


def _add_up(weights: list[float]) -> float:
    try:
        return math.fsum(weights)
    except OverflowError:
        return math.inf
