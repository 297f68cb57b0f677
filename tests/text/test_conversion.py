"""Conversion marks: what they show in each variant, and what they teach their page."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.errors import ParameterError
from embedrec.text.conversion import (
    PROTECT_END,
    PROTECT_START,
    convert_marks,
    drop_protection,
    split_protected,
)
from embedrec.text.markup.variant import FALLBACKS, VARIANTS, list_pairs, parse_mark

S, E = PROTECT_START, PROTECT_END


def show(text: str, variant: str = "zh-cn") -> str:
    return drop_protection(convert_marks(text, variant))


# The order is MediaWiki's, ZhConverter::getVariantsFallbacks.
@pytest.mark.parametrize(
    ("variant", "order"),
    [
        ("zh-cn", ["zh-cn", "zh-hans", "zh-sg", "zh-my"]),
        ("zh-sg", ["zh-sg", "zh-my", "zh-hans", "zh-cn"]),
        ("zh-my", ["zh-my", "zh-sg", "zh-hans", "zh-cn"]),
        ("zh-tw", ["zh-tw", "zh-hant", "zh-hk", "zh-mo"]),
        ("zh-hk", ["zh-hk", "zh-mo", "zh-hant", "zh-tw"]),
        ("zh-mo", ["zh-mo", "zh-hk", "zh-hant", "zh-tw"]),
        ("zh-hans", ["zh-hans", "zh-cn", "zh-sg", "zh-my"]),
        ("zh-hant", ["zh-hant", "zh-tw", "zh-hk", "zh-mo"]),
        ("zh", ["zh", "zh-hans", "zh-hant", "zh-cn", "zh-tw", "zh-hk", "zh-sg", "zh-mo", "zh-my"]),
    ],
)
def test_fall_back_order(variant: str, order: list[str]) -> None:
    # Listed worst first, so that the order of writing can't help.
    while order:
        mark = ";".join(f"{code}:<{code}>" for code in reversed(order))
        assert show(f"-{{{mark}}}-", variant) == f"<{order[0]}>"
        order = order[1:]


@pytest.mark.parametrize(
    ("source", "simplified", "traditional"),
    [
        ("甲-{zh-hans:计算机;zh-hant:電腦}-乙", "甲计算机乙", "甲電腦乙"),
        ("-{zh-hans:联邦州; zh-hant:邦}-", "联邦州", "邦"),
        ("-{ zh-cn : 甲 ;\n zh-tw : 乙 ; }-", "甲", "乙"),
        ("-{ZH-CN:甲;Zh-Tw:乙}-", "甲", "乙"),
        ("-{zh-Hans-CN:甲;zh-Hant-TW:乙}-", "甲", "乙"),
        ("-{乾}-隆", "乾隆", "乾隆"),
        ("联-{}-邦", "联邦", "联邦"),
        ("-{R|zh-hans:x;zh-hant:y}-", "zh-hans:x;zh-hant:y", "zh-hans:x;zh-hant:y"),
        ("甲-{H|zh-cn:软件;zh-tw:軟體}-乙", "甲乙", "甲乙"),
        ("-{T|zh-cn:软件;zh-tw:軟體}-文", "文", "文"),
        ("-{T|题}-文", "文", "文"),
        ("-{-|zh-cn:软件;zh-tw:軟體}-文", "文", "文"),
        ("-{N|zh-tw}-", "臺灣", "臺灣"),
        ("-{N|xx}-", "", ""),
        ("-{D|zh-cn:甲;zh-tw:乙}-", "大陆：甲；臺灣：乙；", "大陆：甲；臺灣：乙；"),
        ("-{D|巨集=>zh-cn:宏}-", "巨集⇒大陆：宏；", "巨集⇒大陆：宏；"),
        ("-{zh-hans;zh-hant|文}-", "文", "文"),
        ("-{zh;zh-hk|文}-", "文", "文"),
        # Semicolons and colons that belong to the text, and to entities.
        ("-{zh-hans:a;b;zh-hant:c;d}-", "a;b", "c;d"),
        ("-{zh-hans:a&nbsp;zh-hant:b;zh-hant:c}-", "a&nbsp;zh-hant:b", "c"),
        ("-{zh-hans:http://a;zh-hant:b:c}-", "http://a", "b:c"),
        # A mistake in one rule makes all of it text.
        ("-{xx:甲;zh-hant:乙}-", "xx:甲;zh-hant:乙", "xx:甲;zh-hant:乙"),
        # One-way rules.
        ("-{巨集=>zh-cn:宏}-", "宏", "宏"),
        ("-{巨集=>zh-cn:宏;巨集=>zh-tw:巨集;}-", "宏", "巨集"),
        ("-{巨集=&gt;zh-cn:宏}-", "宏", "宏"),
        # No rule fits: the first is taken.
        ("-{zh-hant:乙;zh-hk:丙}-", "乙", "乙"),
        ("-{zh-sg:甲}-", "甲", "甲"),
        # Unknown flags are passed over.
        ("-{Q|zh-hans:甲;zh-hant:乙}-", "甲", "乙"),
        ("-{|zh-hans:甲;zh-hant:乙}-", "甲", "乙"),
        ("-{A;T|zh-hans:甲;zh-hant:乙}-", "甲", "乙"),
        # Nesting.
        ("-{a-{zh-hans:甲;zh-hant:乙}-b}-", "a甲b", "a乙b"),
        ("-{zh-hans:-{甲}-;zh-hant:-{乙}-}-", "甲", "乙"),
        ("-{ -{}- }-", "  ", "  "),
        # Unclosed, and closed without having been opened.
        ("前-{zh-hans:甲", "前zh-hans:甲", "前zh-hans:甲"),
        ("前-{ -{zh-hans:甲;zh-hant:乙}- 后", "前 甲 后", "前 乙 后"),
        ("{a}-b", "{a}-b", "{a}-b"),
        ("a}-b-{c}-", "a}-bc", "a}-bc"),
    ],
)
def test_mark_shows(source: str, simplified: str, traditional: str) -> None:
    assert show(source, "zh-cn") == simplified
    assert show(source, "zh-tw") == traditional


def test_unknown_code_starts_no_rule() -> None:
    assert show("-{zh-hans:甲;zh-xx:乙}-") == "甲;zh-xx:乙"


@pytest.mark.parametrize("flag", ["A", "H"])
def test_rule_holds_for_the_whole_page(flag: str) -> None:
    shown = "软件" if flag == "A" else ""
    text = f"軟體甲。-{{{flag}|zh-cn:软件;zh-tw:軟體}}-軟體乙。"
    assert show(text) == f"软件甲。{shown}软件乙。"
    assert show(text, "zh-hk") == text.replace("-{A|zh-cn:软件;zh-tw:軟體}-", "軟體").replace(
        "-{H|zh-cn:软件;zh-tw:軟體}-", ""
    )


def test_rule_ends_where_it_is_removed() -> None:
    rule = "zh-cn:软件;zh-tw:軟體"
    assert show(f"-{{H|{rule}}}-軟體-{{-|{rule}}}-軟體-{{A|{rule}}}-軟體") == "软件軟體软件软件"


def test_longest_source_wins_and_output_is_not_converted_again() -> None:
    rules = "-{H|甲=>zh-cn:乙;甲甲=>zh-cn:丙;乙=>zh-cn:丁}-"
    assert show(rules + "甲乙甲甲甲") == "乙丁丙乙"


def test_rule_without_variants_keeps_its_word_everywhere() -> None:
    text = "-{A|乾隆}-与乾隆"
    assert convert_marks(text) == f"{S}乾隆{E}与{S}乾隆{E}"


def test_marked_text_is_out_of_reach_of_page_rules() -> None:
    text = "-{H|zh-cn:软件;zh-tw:軟體}--{軟體}-軟體"
    assert convert_marks(text) == f"{S}軟體{E}{S}软件{E}"
    # An empty mark keeps a rule from seeing one word.
    assert show("-{H|zh-cn:软件;zh-tw:軟體}-軟-{}-體") == "軟體"


def test_flagged_variants_convert_only_there() -> None:
    rule = "-{H|zh-cn:软件;zh-tw:軟體}-"
    assert show(rule + "-{zh-hans|軟體}-") == "软件"
    assert show(rule + "-{zh-hant|軟體}-") == "軟體"


def test_unconverted_pages_keep_their_words() -> None:
    text = "-{A|zh-cn:软件;zh-tw:軟體}-軟體-{zh-hant:乙;zh-hans:甲}-"
    assert show(text, "zh") == "软件軟體甲"
    assert show("-{zh-tw:乙}-", "zh") == "乙"


def test_script_variants_take_one_way_rules_only() -> None:
    assert show("-{H|zh-cn:软件;zh-tw:軟體;巨集=>zh-hans:宏}-軟體巨集", "zh-hans") == "軟體宏"


def test_pairs_of_a_rule() -> None:
    mark = parse_mark("H|zh-cn:a;zh-tw:b;zh-hk:c")
    assert list_pairs(mark, "zh-cn") == {"b": "a", "c": "a", "a": "a"}
    assert list_pairs(mark, "zh-mo") == {"a": "c", "b": "c", "c": "c"}
    assert list_pairs(mark, "zh") == {}


def test_over_long_source_is_no_rule() -> None:
    long = "长" * 41
    assert show(f"-{{H|{long}=>zh-cn:短}}-{long}") == long


def test_split_protected() -> None:
    text = convert_marks("甲-{乙}-丙-{丁}--{戊}-")
    assert split_protected(text) == [
        ("甲", False),
        ("乙", True),
        ("丙", False),
        ("丁", True),
        ("戊", True),
    ]
    assert split_protected("甲乙") == [("甲乙", False)]
    assert split_protected("") == []
    assert split_protected(f"{E}甲{S}") == [("甲", False)]
    assert split_protected(f"{S}甲{S}乙{E}") == [("甲", False), ("乙", True)]


def test_unknown_variant() -> None:
    with pytest.raises(ParameterError, match="zh-xx"):
        convert_marks("文", "zh-xx")


UNITS = [
    *("-{", "}-", "|", ";", ":", "=>", "A", "H", "T", "-", "R", "D", "N", "甲", "乙", "\n", " "),
    *("zh-cn", "zh-hans", "zh-tw", "zh", "&amp;", S, E),
]
MARKS = st.lists(st.sampled_from(UNITS), max_size=60).map("".join)


@given(MARKS, st.sampled_from(VARIANTS))
@settings(max_examples=400, deadline=None)
def test_any_marks(text: str, variant: str) -> None:
    converted = convert_marks(text, variant)
    stretches = split_protected(converted)
    assert all(stretch for stretch, _ in stretches)
    assert "".join(stretch for stretch, _ in stretches) == drop_protection(converted)
    if "-{" not in text:
        assert converted == text


@given(st.dictionaries(st.sampled_from(VARIANTS), st.sampled_from("甲乙丙丁"), min_size=1))
def test_any_rules_choose_the_first_that_fits(rules: dict[str, str]) -> None:
    mark = "-{" + ";".join(f"{code}:{text}" for code, text in rules.items()) + "}-"
    for variant in VARIANTS:
        fitting = [rules[code] for code in (variant, *FALLBACKS[variant]) if code in rules]
        assert show(mark, variant) == (fitting or list(rules.values()))[0]


@pytest.mark.parametrize(
    "mark", ["-{zh-hant:; zh-hans:;}-", "-{zh-hans:}-", "-{A|zh-hans:;zh-hant:;}-"]
)
def test_rules_that_give_nothing_show_nothing(mark: str) -> None:
    assert drop_protection(convert_marks(f"前{mark}后")) == "前后"
