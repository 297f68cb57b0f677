"""Lines of delimited text as arrays: places of fields, decimal numbers, ids numbered by bytes.

Nothing here decodes text: a field is a stretch of bytes, and two ids are the same if their bytes
are.
"""

from __future__ import annotations

import numpy as np

from embedrec.kernels.compile import kernel
from embedrec.kernels.random import mix

GOOD, BLANK, SHORT, ESCAPED = np.uint8(0), np.uint8(1), np.uint8(2), np.uint8(3)
"""States of a line: has its fields; empty; too few fields; a quoted field needs another reader."""

NOT_READ = np.int8(-1)

_FEED, _RETURN, _BLANK, _TAB, _QUOTE = 10, 13, 32, 9, 34
_POINT, _MINUS, _PLUS, _ZERO, _NINE = 46, 45, 43, 48, 57
_MOST_DIGITS = 18  # fit into 63 bits
_PRIME = np.uint64(0x100000001B3)
_BASIS = np.uint64(0xCBF29CE484222325)
_U0, _U1 = np.uint64(0), np.uint64(1)


@kernel
def find_fields(text, delimiter, slots, quoted, merged, spans, states):
    """Find the wanted fields of each line.

    Lines end with a line feed, which the last may lack; a carriage return before it, and blanks
    around a field, are no part of it. A field between double quotes may hold the delimiter.

    Args:
        text: uint8 (B,), whole lines.
        delimiter: uint8 (d,), d >= 1.
        slots: int64 (M,), for each column the slot its field goes to, or -1.
        quoted: whether double quotes mean anything.
        merged: whether delimiters in a row count as one, and none as ones at a line's ends.
        spans: int64 (L, S, 2), changed in place: first byte and the one after the last; only of
            lines whose state becomes GOOD. S is the number of slots.
        states: uint8 (L,), changed in place; L is at least the number of lines.

    Returns:
        The number of lines.
    """
    n_slots = spans.shape[1]
    size, width = text.shape[0], delimiter.shape[0]
    first = delimiter[0]
    line, at = 0, 0
    while at < size:
        column, n_found, escaped, empty = 0, 0, False, True
        ended = False
        while not ended:
            while at < size and (
                (merged and text[at] == first)
                or ((text[at] == _BLANK or text[at] == _TAB) and text[at] != first)
            ):
                at += 1
            start, stop = at, -1
            if quoted and at < size and text[at] == _QUOTE:
                at += 1
                while at < size and text[at] != _QUOTE and text[at] != _FEED:
                    at += 1
                if at < size and text[at] == _QUOTE:
                    start, stop = start + 1, at
                    at += 1
                    # Two quotes stand for one; anything else after the last is an error.
                    escaped = escaped or (
                        at < size
                        and text[at] != first
                        and text[at] != _FEED
                        and text[at] != _RETURN
                        and text[at] != _BLANK
                        and text[at] != _TAB
                    )
                else:
                    escaped = True
                empty = False
            # To the delimiter or the end of the line.
            while at < size and text[at] != _FEED:
                if text[at] == first and at + width <= size:
                    k = 1
                    while k < width and text[at + k] == delimiter[k]:
                        k += 1
                    if k == width:
                        break
                at += 1
            ended = at >= size or text[at] == _FEED
            if stop < 0:
                stop = at
                if ended and stop > start and text[stop - 1] == _RETURN:
                    stop -= 1
                while stop > start and (text[stop - 1] == _BLANK or text[stop - 1] == _TAB):
                    stop -= 1
            if stop > start or not ended:
                empty = False
            if merged and ended and stop == start:
                pass
            elif column < slots.shape[0]:
                slot = slots[column]
                if slot >= 0:
                    spans[line, slot, 0] = start
                    spans[line, slot, 1] = stop
                    n_found += 1
            column += 1
            at += 1 if ended else width
        if empty:
            states[line] = BLANK
        elif escaped:
            states[line] = ESCAPED
        elif n_found < n_slots:
            states[line] = SHORT
        else:
            states[line] = GOOD
        line += 1
    return line


@kernel
def read_decimals(text, spans, mantissas, places):
    """Read fields as decimal numbers: a sign, at most 18 digits, a point among them.

    Args:
        text: uint8 (B,).
        spans: int64 (L, 2).
        mantissas: int64 (L,), changed in place: the digits as a whole number.
        places: int8 (L,), changed in place: how many digits stood after the point; NOT_READ where
            the field is anything else, even if it is a number in another writing.
    """
    for i in range(spans.shape[0]):
        at, stop = spans[i, 0], spans[i, 1]
        negative = False
        if at < stop and (text[at] == _MINUS or text[at] == _PLUS):
            negative = text[at] == _MINUS
            at += 1
        number, n_digits, n_after, after = np.int64(0), 0, 0, False
        good = True
        while at < stop and good:
            byte = text[at]
            if byte == _POINT and not after:
                after = True
            elif _ZERO <= byte <= _NINE and n_digits < _MOST_DIGITS:
                number = number * 10 + (byte - _ZERO)
                n_digits += 1
                if after:
                    n_after += 1
            else:
                good = False
            at += 1
        if good and n_digits > 0:
            mantissas[i] = -number if negative else number
            places[i] = n_after
        else:
            mantissas[i] = 0
            places[i] = NOT_READ


@kernel
def number_ids(text, spans, table, hashes, offsets, arena, n_ids, numbers):
    """Give each field a number: its old one, or the next if it is new.

    A table of open addresses with linear steps; the host sees to it that there is room for every
    field to be new.

    Args:
        text: uint8 (B,).
        spans: int64 (L, 2).
        table: int32 (2**k,), changed in place: the number of an id plus one, 0 for a free place.
        hashes: uint64 (C,), changed in place: of each id.
        offsets: int64 (C + 1,), changed in place: id i is arena[offsets[i]:offsets[i + 1]].
        arena: uint8 (A,), changed in place.
        n_ids: how many there are so far.
        numbers: int32 (L,), changed in place.

    Returns:
        How many ids there are now.
    """
    mask = np.uint64(table.shape[0] - 1)
    for i in range(spans.shape[0]):
        start, stop = spans[i, 0], spans[i, 1]
        value = _BASIS
        for at in range(start, stop):
            value = (value ^ np.uint64(text[at])) * _PRIME
        value = mix(value)
        place = value & mask
        number = np.int64(-1)
        while number < 0:
            held = np.int64(table[place]) - 1
            if held < 0:
                number = np.int64(n_ids)
                table[place] = n_ids + 1
                hashes[n_ids] = value
                begin = offsets[n_ids]
                for at in range(start, stop):
                    arena[begin + at - start] = text[at]
                offsets[n_ids + 1] = begin + stop - start
                n_ids += 1
            elif hashes[held] == value and offsets[held + 1] - offsets[held] == stop - start:
                begin = offsets[held] - start
                at = start
                while at < stop and arena[begin + at] == text[at]:
                    at += 1
                if at == stop:
                    number = held
            place = (place + _U1) & mask
        numbers[i] = number
    return n_ids


@kernel
def fill_table(hashes, n_ids, table):
    """Put ids into an empty table of another size.

    Args:
        hashes: uint64 (C,), of each id.
        n_ids: how many there are.
        table: int32 (2**k,) of zeros, more places than ids, changed in place.
    """
    mask = np.uint64(table.shape[0] - 1)
    for i in range(n_ids):
        place = hashes[i] & mask
        while table[place] != 0:
            place = (place + _U1) & mask
        table[place] = i + 1
