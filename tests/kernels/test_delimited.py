"""Delimited lines as arrays: against the slow twins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.kernels import delimited
from embedrec.ratings.ids import IdTable
from tests.reference import delimited as twin

STATES = {0: "good", 1: "blank", 2: "short", 3: "escaped"}
SETTINGS = [
    (b",", True, False),
    (b"\t", False, False),
    (b"::", False, False),
    (b";", True, False),
    (b" ", False, True),
    (b"|", False, False),
]


def find_fields(
    text: bytes, delimiter: bytes, slots: Sequence[int], quoted: bool, merged: bool
) -> list[tuple[str, list[bytes]]]:
    n = text.count(b"\n") + 1
    n_slots = 1 + max(slots)
    spans = np.full((n, n_slots, 2), -9, np.int64)
    states = np.full(n, 99, np.uint8)
    array = np.frombuffer(text, np.uint8)
    pattern = np.frombuffer(delimiter, np.uint8)
    n_lines = delimited.find_fields(
        array, pattern, np.array(slots), quoted, merged, spans, states
    )  # fmt: skip
    return [
        (
            STATES[int(states[i])],
            [text[a:b] for a, b in spans[i].tolist()] if states[i] == 0 else [],
        )
        for i in range(n_lines)
    ]


@pytest.mark.parametrize(("delimiter", "quoted", "merged"), SETTINGS)
@given(data=st.data())
def test_fields_agree_with_the_slow_twin(
    delimiter: bytes, quoted: bool, merged: bool, data: st.DataObject
) -> None:
    pieces = [delimiter, delimiter[:1], b"\n", b"\r\n", b"a", b"bc", b'"', b'"x"', b'"d,e"', b"1"]
    if not merged:  # a tab between blanks is no field in one reading and one in the other
        pieces += [b" ", b"\t"]
    text = b"".join(data.draw(st.lists(st.sampled_from(pieces), max_size=30)))
    slots = data.draw(st.sampled_from([[0, 1], [1, 0, 2], [0, -1, 1], [-1, 2, 0, 1]]))
    assert find_fields(text, delimiter, slots, quoted, merged) == twin.find_fields(
        text, delimiter, slots, quoted, merged
    )


def test_fields_by_hand() -> None:
    text = b'1,"a, b",5\r\n\n2, c ,4,9\n3,d\n"say ""hi""",e,1\n4,"f,2\n  \n5,g,3'
    assert find_fields(text, b",", [0, 1, 2], True, False) == [
        ("good", [b"1", b"a, b", b"5"]),
        ("blank", []),
        ("good", [b"2", b"c", b"4"]),
        ("short", []),
        ("escaped", []),
        ("escaped", []),
        ("blank", []),
        ("good", [b"5", b"g", b"3"]),
    ]
    assert find_fields(b"1::2::3::4", b"::", [0, 1, 2], False, False) == [
        ("good", [b"1", b"2", b"3"])
    ]
    assert find_fields(b"  1   2 3 \r\n", b" ", [0, 1, 2], False, True) == [
        ("good", [b"1", b"2", b"3"])
    ]


@given(
    fields=st.lists(
        st.one_of(
            st.text("0123456789.+-e ", max_size=21),
            st.integers(-(10**19), 10**19).map(str),
            st.floats(allow_nan=False, allow_infinity=False).map(lambda x: f"{x:.5f}"),
        ),
        max_size=8,
    )
)
def test_decimals_agree_with_the_slow_twin(fields: list[str]) -> None:
    coded = [field.encode() for field in fields]
    ends = np.cumsum([0, *map(len, coded)])
    spans = np.stack([ends[:-1], ends[1:]], axis=1)
    mantissas, places = np.zeros(len(fields), np.int64), np.zeros(len(fields), np.int8)
    text = np.frombuffer(b"".join(coded), np.uint8)
    delimited.read_decimals(text, spans, mantissas, places)
    found = [
        None if p == delimited.NOT_READ else (m, p)
        for m, p in zip(mantissas.tolist(), places.tolist(), strict=True)
    ]
    assert found == [twin.read_decimal(field) for field in coded]


@given(
    ids=st.lists(st.one_of(st.text(max_size=6), st.integers(0, 50).map(str)), max_size=80),
    cuts=st.lists(st.integers(0, 80), max_size=3),
)
def test_ids_are_numbered_as_they_come(ids: list[str], cuts: list[int]) -> None:
    coded = [one.encode() for one in ids]
    table = IdTable()
    found: list[int] = []
    bounds = sorted({0, len(ids), *(min(cut, len(ids)) for cut in cuts)})
    for start, stop in pairwise(bounds):
        part = coded[start:stop]
        ends = np.cumsum([0, *map(len, part)])
        spans = np.stack([ends[:-1], ends[1:]], axis=1)
        found += table.number(np.frombuffer(b"".join(part), np.uint8), spans).tolist()
    assert found == twin.number_ids(coded)
    assert table.list_ids("utf-8") == tuple(dict.fromkeys(ids))
    assert len(table) == len(set(ids))


def test_the_table_of_ids_grows() -> None:
    ids = [f"id-{i * 7919}" for i in range(20_000)]
    table = IdTable()
    for _ in range(2):
        for start in range(0, len(ids), 1500):
            part = [one.encode() for one in ids[start : start + 1500]]
            ends = np.cumsum([0, *map(len, part)])
            spans = np.stack([ends[:-1], ends[1:]], axis=1)
            numbers = table.number(np.frombuffer(b"".join(part), np.uint8), spans)
            np.testing.assert_array_equal(numbers, np.arange(start, start + len(part)))
    assert table.list_ids("ascii") == tuple(ids)
