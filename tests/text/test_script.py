"""Script conversion: both ways, untouched stretches, odd input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.errors import ParameterError
from embedrec.text.conversion import PROTECT_END, PROTECT_START
from embedrec.text.script import ScriptConverter


@pytest.mark.parametrize(
    ("script", "text", "expected"),
    [
        ("simplified", "周杰倫與方文山，臺灣的軟體", "周杰伦与方文山，台湾的软体"),
        ("simplified", "皇后與後來，頭髮與發展", "皇后与后来，头发与发展"),
        ("simplified", "已经是简体", "已经是简体"),
        ("traditional", "周杰伦的头发与发展", "周杰倫的頭髮與發展"),
        ("keep", "周杰倫与方文山", "周杰倫与方文山"),
        ("simplified", "", ""),
        ("simplified", "plain ascii, 漢字", "plain ascii, 汉字"),
    ],
)
def test_conversion(script: str, text: str, expected: str) -> None:
    assert ScriptConverter(script).convert(text) == expected


@pytest.mark.parametrize("script", ["simplified", "traditional", "keep"])
def test_protected_stretches_stay(script: str) -> None:
    text = f"臺灣{PROTECT_START}臺灣台湾{PROTECT_END}"
    converted = ScriptConverter(script).convert(text)
    assert converted.endswith("臺灣台湾")
    assert len(converted) == 6
    assert PROTECT_START not in converted
    assert PROTECT_END not in converted


def test_lone_surrogates_do_no_harm() -> None:
    assert ScriptConverter().convert("漢\ud800字").replace("?", "") == "汉字"


def test_unknown_script() -> None:
    with pytest.raises(ParameterError, match="latin"):
        ScriptConverter("latin")


@given(st.text(st.characters(codec="utf-8", exclude_characters=[PROTECT_START, PROTECT_END])))
def test_conversion_to_simplified_is_stable(text: str) -> None:
    converter = ScriptConverter()
    once = converter.convert(text)
    assert isinstance(once, str)
    assert ScriptConverter("keep").convert(text) == text


@given(st.lists(st.sampled_from(["周杰倫", "。", "臺灣", "頭髮", "\n", "abc", "与"])))
def test_lines_convert_alike_alone_and_together(pieces: list[str]) -> None:
    text = "".join(pieces)
    converter = ScriptConverter()
    assert converter.convert(text) == "\n".join(map(converter.convert, text.split("\n")))
