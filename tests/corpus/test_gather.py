from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.corpus.gather import gather_batches, measure_characters


@given(st.lists(st.text(max_size=40)), st.integers(1, 500))
def test_all_documents_in_order_and_batches_bounded(documents: list[str], size: int) -> None:
    batches = [batch.documents for batch in gather_batches(documents, size=size)]
    assert [d for batch in batches for d in batch] == documents
    for batch in batches:
        assert sum(len(d) + 64 for d in batch[:-1]) < size
    for batch in batches[:-1]:
        assert sum(len(d) + 64 for d in batch) >= size


def test_reads_no_further_than_asked() -> None:
    read = []

    def documents():
        for i in range(100):
            read.append(i)
            yield "x" * 10

    batches = gather_batches(documents(), size=200, position=lambda: len(read))
    assert next(batches).position == 3
    assert next(batches).position == 6
    assert len(read) == 6


def test_without_position() -> None:
    assert [batch.position for batch in gather_batches(["a"], size=1)] == [None]


@dataclass
class Page:
    body: object


@pytest.mark.parametrize(
    ("document", "size"),
    [("abc", 3), (Page("abcd"), 4), (["ab", ["c"]], 3), (7, 0), (Page(None), 0)],
)
def test_measure(document: object, size: int) -> None:
    assert measure_characters(document) == size
