"""A block of lines as arrays of user, item, rating and time, with what is wrong in it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from embedrec.ratings.form import Form, split_line
from embedrec.ratings.ids import IdTable
from embedrec.ratings.report import ReadReport
from embedrec.ratings.scale import describe_scale, find_off_scale

Array = np.ndarray[Any, Any]
_EXACT = 2**53
_SHOWN = 30


class Rows(NamedTuple):
    """The good lines of a block.

    Attributes:
        users, items: int32 (n,).
        values: float32 (n,), or None if there is no such column.
        times: int64 (n,), or None.
        lines: int64 (n,), their numbers in the file.
    """

    users: Array
    items: Array
    values: Array | None
    times: Array | None
    lines: Array


class BlockReader:
    """Reads blocks one after another; ids keep their numbers.

    Args:
        form: how lines are to be read.
        levels: what ratings may be, see `scale`; None for anything finite.
        report: told what is wrong, and counts lines.
    """

    def __init__(self, form: Form, levels: Array | None, report: ReadReport) -> None:
        self.users, self.items = IdTable(), IdTable()
        self._form, self._levels, self._report = form, levels, report
        self._delimiter = np.frombuffer(form.delimiter.encode(), np.uint8)
        wanted = [place for place in form.columns if place is not None]
        self._slots = np.full(max(wanted) + 1, -1, np.int64)
        self._slots[wanted] = np.arange(len(wanted))
        self._n_slots = len(wanted)

    def read(self, block: bytes) -> Rows:
        """Return the good lines of a block of whole lines."""
        from embedrec.kernels.delimited import BLANK, GOOD, find_fields

        n = block.count(b"\n") + 1
        text = np.frombuffer(block, np.uint8)
        spans = np.zeros((n, self._n_slots, 2), np.int64)
        states = np.empty(n, np.uint8)
        n = find_fields(
            text, self._delimiter, self._slots, self._form.quoted, self._form.delimiter == " ",
            spans, states,
        )  # fmt: skip
        spans, states = spans[:n], states[:n]
        first = self._report.n_lines + 1
        self._report.n_lines += n
        if first == 1 and self._form.header:
            states[0] = BLANK
        reasons: dict[int, str] = {}
        odd = np.flatnonzero((states != GOOD) & (states != BLANK))
        if len(odd):
            text = self._read_slowly(block, text, spans, states, odd, reasons)
        good = states == GOOD
        good[good] = (spans[good, :2, 1] > spans[good, :2, 0]).all(axis=1)
        empty = np.flatnonzero((states == GOOD) & ~good)
        reasons.update((int(row), "the user or the item is empty") for row in empty)
        rows = np.flatnonzero(good)
        values, times, bad = self._read_numbers(text, spans, rows, reasons)
        for row in sorted(reasons):
            self._report.add_bad(first + row, reasons[row])
        if bad.any():
            rows = rows[~bad]
            values = None if values is None else values[~bad]
            times = None if times is None else times[~bad]
        return Rows(
            self.users.number(text, spans[rows, 0]),
            self.items.number(text, spans[rows, 1]),
            values,
            times,
            first + rows,
        )

    def _read_slowly(
        self, block: bytes, text: Array, spans: Array, states: Array, odd: Array,
        reasons: dict[int, str],
    ) -> Array:  # fmt: skip
        """Read lines with escaped quotes by the `csv` module; their fields go behind the text."""
        from embedrec.kernels.delimited import ESCAPED, GOOD

        lines = block.split(b"\n")
        extra, length = [], len(text)
        for row in odd.tolist():
            line = lines[row].decode("utf-8", "surrogateescape").rstrip("\r")
            fields = split_line(line, self._form.delimiter)
            wanted = [place for place in self._form.columns if place is not None]
            if states[row] == ESCAPED and fields and len(fields) > max(wanted):
                states[row] = GOOD
                for slot, place in enumerate(wanted):
                    coded = fields[place].encode("utf-8", "surrogateescape")
                    spans[row, slot] = length, length + len(coded)
                    extra.append(coded)
                    length += len(coded)
            elif states[row] == ESCAPED and len(fields) <= 1:
                reasons[row] = f"a quoted field does not end: {_shorten(line)}"
            else:
                n = len(fields)
                fewest = max(wanted) + 1
                reasons[row] = (
                    f"{n} field{'s' if n != 1 else ''} where {fewest} are needed: {_shorten(line)}"
                )
        return np.concatenate([text, np.frombuffer(b"".join(extra), np.uint8)]) if extra else text

    def _read_numbers(
        self, text: Array, spans: Array, rows: Array, reasons: dict[int, str]
    ) -> tuple[Array | None, Array | None, Array]:
        bad = np.zeros(len(rows), bool)
        values = times = None
        slot = 2
        if self._form.columns[2] is not None:
            values = self._read_values(text, spans[rows, slot], rows, bad, reasons)
            slot += 1
        if self._form.columns[3] is not None:
            times = self._read_times(text, spans[rows, slot], rows, bad, reasons)
        return values, times, bad

    def _read_values(
        self, text: Array, spans: Array, rows: Array, bad: Array, reasons: dict[int, str]
    ) -> Array:
        mantissas, places = _read_decimals(text, spans)
        exact = (places >= 0) & (np.abs(mantissas) < _EXACT)
        values = mantissas / 10.0 ** np.maximum(places, 0)
        for i in np.flatnonzero(~exact).tolist():
            field = _decode(text, spans[i])
            try:
                values[i] = float(field)
            except ValueError:
                values[i] = np.nan
                reasons[int(rows[i])] = f"the rating {_shorten(field)!r} is no number"
                bad[i] = True
        with np.errstate(over="ignore"):
            values = values.astype(np.float32)
        for i in np.flatnonzero(~np.isfinite(values) & ~bad).tolist():
            field = _decode(text, spans[i])
            reasons[int(rows[i])] = f"the rating {_shorten(field)!r} is not finite"
            bad[i] = True
        if self._levels is not None:
            for i in find_off_scale(values, self._levels).tolist():
                if not bad[i]:
                    reasons[int(rows[i])] = (
                        f"the rating {values[i]:g} is not on the scale "
                        f"{describe_scale(self._levels)}"
                    )
                    bad[i] = True
        return values

    def _read_times(
        self, text: Array, spans: Array, rows: Array, bad: Array, reasons: dict[int, str]
    ) -> Array:
        mantissas, places = _read_decimals(text, spans)
        times = mantissas // 10 ** np.maximum(places, 0).astype(np.int64)
        for i in np.flatnonzero(places < 0).tolist():
            field = _decode(text, spans[i])
            time = read_time(field)
            if time is not None:
                times[i] = time
            elif not bad[i]:
                reasons[int(rows[i])] = f"the time {_shorten(field)!r} is no number and no date"
                bad[i] = True
        return times


def read_time(field: str) -> int | None:
    """Return a number cut to a whole one, or a date as seconds since 1970; None for neither."""
    try:
        whole = int(field) if field.strip("+- ").isdecimal() else int(float(field))
        return whole if abs(whole) < 2**63 else None
    except (ValueError, OverflowError):
        pass
    try:
        # A zone at the end is cut off: NumPy warns of it, and all of a file share theirs.
        plain = field.strip().removesuffix("Z").removesuffix("UTC").strip()
        time = np.datetime64(plain, "s") if plain[:4].isdigit() else np.datetime64("NaT", "s")
    except ValueError:
        return None
    return None if np.isnat(time) else int(time.astype(np.int64))


def _read_decimals(text: Array, spans: Array) -> tuple[Array, Array]:
    from embedrec.kernels.delimited import read_decimals

    mantissas, places = np.empty(len(spans), np.int64), np.empty(len(spans), np.int8)
    read_decimals(text, np.ascontiguousarray(spans), mantissas, places)
    return mantissas, places


def _decode(text: Array, span: Array) -> str:
    return text[span[0] : span[1]].tobytes().decode("utf-8", "replace")


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
