"""Widths on a terminal: Chinese characters take two cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from embedrec.cli.table import format_table, measure_width, pad_text


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("abc", 3),
        ("周杰伦", 6),
        ("a周", 3),
        ("，", 2),
        ("ＡＢ", 4),
        ("é", 1),
        ("e\u0301", 1),
    ],
)
def test_width_in_cells(text: str, width: int) -> None:
    assert measure_width(text) == width


@given(
    st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5) | st.sampled_from("abc12"))
)
def test_width_agrees_with_another_implementation(text: str) -> None:
    assert measure_width(text) == cell_len(text)


def test_padding_fills_cells_not_characters() -> None:
    assert pad_text("北京", 6) == "北京  "
    assert pad_text("北京", 6, right=True) == "  北京"
    assert pad_text("哈尔滨", 4) == "哈尔滨"


def test_columns_line_up_on_the_terminal() -> None:
    text = format_table([("周杰伦", 0.5), ("R", 0.25), ("哈尔滨市", 12345)], right=[1])
    assert text.splitlines() == ["周杰伦    0.5000", "R         0.2500", "哈尔滨市  12,345"]
    assert len({measure_width(line) for line in text.splitlines()}) == 1


def test_a_line_feed_in_a_word_does_not_break_the_table() -> None:
    assert format_table([("a\nb\x1b[31m", 1)]).count("\n") == 0
    assert "\x1b" not in format_table([("a\nb\x1b[31m", 1)])


def test_rows_of_different_length_and_no_rows() -> None:
    assert format_table([("a",), ("bb", "c")]) == "a\nbb  c"
    assert format_table([]) == ""
