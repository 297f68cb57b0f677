"""Slow twins of the kernels that read delimited lines, with Python's own strings."""

from __future__ import annotations

import re

_BLANKS = b" \t"


def split_line(line: bytes, delimiter: bytes, quoted: bool, merged: bool) -> list[bytes] | None:
    """Return the fields of a line, or None where a quoted field needs another reader."""
    if line.endswith(b"\r"):
        line = line[:-1]
    if merged:
        return [field for field in line.split(delimiter) if field]
    fields, rest, more = [], line, True
    blanks = bytes(b for b in _BLANKS if b != delimiter[0])
    while more:
        rest = rest.lstrip(blanks)
        if quoted and rest.startswith(b'"'):
            inner, quote, rest = rest[1:].partition(b'"')
            if not quote or rest[:1] not in (b"", delimiter[:1], b" ", b"\t", b"\r"):
                return None
            _, found, rest = rest.partition(delimiter)
            fields.append(inner)
        else:
            field, found, rest = rest.partition(delimiter)
            fields.append(field.rstrip(_BLANKS))
        more = bool(found)
    return fields


def find_fields(
    text: bytes, delimiter: bytes, slots: list[int], quoted: bool, merged: bool
) -> list[tuple[str, list[bytes]]]:
    """Return the state of each line, and of good ones the fields by slot."""
    found: list[tuple[str, list[bytes]]] = []
    n_slots = 1 + max(slots)
    for line in text.removesuffix(b"\n").split(b"\n") if text else []:
        fields = split_line(line, delimiter, quoted, merged)
        wanted: dict[int, bytes] = {}
        for slot, field in zip(slots, fields or [], strict=False):
            if slot >= 0:
                wanted[slot] = field
        if fields is None:
            found.append(("escaped", []))
        elif not fields or (fields == [b""] and not line.strip(b"\r \t")):
            found.append(("blank", []))
        elif len(wanted) < n_slots:
            found.append(("short", []))
        else:
            found.append(("good", [wanted[slot] for slot in range(n_slots)]))
    return found


def read_decimal(field: bytes) -> tuple[int, int] | None:
    """Return the digits as a whole number and how many stood after the point."""
    match = re.fullmatch(rb"([+-]?)([0-9]*)(?:\.([0-9]*))?", field)
    if match is None:
        return None
    sign, before, after = match[1], match[2], match[3] or b""
    if not 1 <= len(before + after) <= 18:
        return None
    number = int(before + after)
    return (-number if sign == b"-" else number), len(after)


def number_ids(ids: list[bytes]) -> list[int]:
    """Number ids in the order of first appearance."""
    known: dict[bytes, int] = {}
    return [known.setdefault(one, len(known)) for one in ids]
