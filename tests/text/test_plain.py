"""Plain text: the cuts are a function of the content alone, and nothing is lost or split."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.text.document import BrokenStream
from embedrec.text.plain import MAX_PIECE, read_paragraphs
from embedrec.text.source import DocumentReader


def cut(
    data: bytes, chunk_size: int = 1 << 16, max_piece: int = MAX_PIECE
) -> tuple[list[str], str]:
    """The pieces, and the reason why they end early ("" if they don't)."""
    pieces: list[str] = []
    chunks = (data[i : i + chunk_size] for i in range(0, len(data), chunk_size))
    try:
        for piece in read_paragraphs(chunks, max_piece):
            pieces.append(piece)
    except BrokenStream as broken:
        return pieces, f"{broken.unit} {broken.position}: {broken.reason}"
    return pieces, ""


# Texts with many line ends and blanks of all kinds, few words.
TEXTS = st.text(st.sampled_from("ab词𠮷 \n\n\n\t\r\u3000"), max_size=300)


def test_documents_end_at_blank_lines():
    text = "\n \n甲\n乙\r\n\r\n丙 \n\u3000\t\n\n\n丁\n  戊"
    assert cut(text.encode()) == (["甲\n乙", "丙", "丁\n  戊"], "")


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.integers(1, 40), st.integers(3, 60))
def test_chunks_do_not_move_the_cuts(text, chunk_size, max_piece):
    data = text.encode()
    assert cut(data, chunk_size, max_piece) == cut(data, 1 << 20, max_piece)


@pytest.mark.parametrize("end", [b"", b"\xff"])
@pytest.mark.parametrize(
    "text",
    ["a\n\n  \n  bb cc dd ee", "aa bb cc dd ee ff gg hh", "aa\n bb\n\n\n\n   \ncc dd\nee ff gg"],
)
def test_no_chunk_size_and_no_bound_moves_a_cut(text, end):
    data = text.encode() + end
    for max_piece in range(3, 25):
        once = cut(data, 1 << 20, max_piece)
        assert all(cut(data, size, max_piece) == once for size in range(1, len(data)))


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.integers(3, 60))
def test_nothing_but_white_space_is_lost_and_the_bound_holds(text, max_piece):
    pieces, _ = cut(text.encode(), max_piece=max_piece)
    assert re.sub(r"\s", "", "".join(pieces)) == re.sub(r"\s", "", text)
    assert all(0 < len(piece) <= max_piece for piece in pieces)
    assert all(piece == piece.strip() for piece in pieces)
    assert not any(re.search(r"\n\s*\n", piece) for piece in pieces)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("ab词", min_size=1, max_size=9), min_size=1), st.integers(10, 30))
def test_words_stay_whole_where_a_blank_lies_within_the_bound(words, max_piece):
    pieces, _ = cut(" ".join(words).encode(), max_piece=max_piece)
    assert " ".join(pieces).split() == words


def test_lines_stay_whole_where_a_line_end_lies_within_the_bound():
    pieces, _ = cut(b"aa bb\ncc dd\nee ff\n", max_piece=13)
    assert pieces == ["aa bb\ncc dd", "ee ff"]


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS, st.integers(1, 40), st.integers(5, 40), st.data())
def test_before_a_bad_byte_every_complete_line_is_kept(before, after, chunk_size, max_piece, data):
    bad = data.draw(st.sampled_from([b"\xff", b"\xe8\x28", b"\xed\xa0\x80", b"\xc0\x80"]))
    raw = before.encode() + bad + after.encode()
    pieces, reason = cut(raw, chunk_size, max_piece)
    assert (pieces, reason) == cut(raw, 1 << 20, max_piece)
    normal = before.replace("\r\n", "\n").replace("\r", "\n")
    lines = normal[: normal.rfind("\n") + 1]
    kept = re.sub(r"\s", "", "".join(pieces))
    everything = re.sub(r"\s", "", normal)
    assert everything.startswith(kept)  # nothing from behind the bad byte
    assert kept.startswith(re.sub(r"\s", "", lines))
    assert reason == f"line {lines.count(chr(10)) + 1}: text that is not UTF-8"


def test_a_character_cut_at_the_end_is_reported():
    assert cut("甲\n乙".encode()[:-1]) == (["甲"], "line 2: a character cut in the middle")


@pytest.mark.parametrize("unit", ["wordword", "word ", "字", " ", "字\n", "\n"])
def test_memory_does_not_grow_with_the_input(unit, tmp_path: Path):
    n_repeats, per_write = 50_000_000 // len(unit.encode()) // 10_000, 10_000
    path = tmp_path / "long.txt"
    with open(path, "wb") as file:
        file.write("始 ".encode())
        for _ in range(n_repeats):
            file.write(unit.encode() * per_write)
    reader = DocumentReader([path])
    n_found = 0
    tracemalloc.start()
    for document in reader:
        n_found += document.body.count(unit.strip() or "始")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16_000_000
    if unit != "wordword":  # which is cut anywhere
        assert n_found == (n_repeats * per_write if unit.strip() else 1)
