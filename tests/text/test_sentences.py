"""Sentence splitting and the rule for words."""

from __future__ import annotations

import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.errors import ParameterError
from embedrec.text.sentences import split_sentences
from embedrec.text.token_rule import TokenRule, clean_characters


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("今天很好。明天呢？好！", ["今天很好。", "明天呢？", "好！"]),
        ("他说：“你好。”然后走了。", ["他说：“你好。”", "然后走了。"]),
        ("等等……再说", ["等等……", "再说"]),
        ("真的吗？！（是。）好；行", ["真的吗？！", "（是。）", "好；", "行"]),
        ("一行\n二行\r\n三行\u2028四行", ["一行", "二行", "三行", "四行"]),
        ("It is 3.14. That is pi.", ["It is 3.14.", "That is pi."]),
        ('He said "no." Then he left! Why?', ['He said "no."', "Then he left!", "Why?"]),
        ("J. K. Rowling met Dr. Who. End.", ["J. K. Rowling met Dr. Who.", "End."]),
        ("See e.g. Fig. 3 and U.S. law", ["See e.g. Fig. 3 and U.S. law"]),
        ("http://x.com/?id=1;b=2 ok", ["http://x.com/?id=1;b=2 ok"]),
        ("1. Introduction to it. Next", ["1. Introduction to it.", "Next"]),
        ("It ended in 1998. Then", ["It ended in 1998.", "Then"]),
        ("乔治.布什说. 好", ["乔治.布什说.", "好"]),
        ("wait... what", ["wait... what"]),
        ("Wait... What", ["Wait...", "What"]),
        ("  \n\t\u3000\n", []),
        ("", []),
        ("。。。", ["。。。"]),
    ],
)
def test_splitting(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


@given(st.text(st.sampled_from('中a A.。！!?;”"’)…\n1 \u3000．')))
def test_nothing_is_lost_and_nothing_blank(text: str) -> None:
    sentences = split_sentences(text)
    assert re.sub(r"\s", "", "".join(sentences)) == re.sub(r"\s", "", text)
    for sentence in sentences:
        assert sentence == sentence.strip() != ""
        assert split_sentences(sentence) or not sentence


@pytest.mark.parametrize("unit", [".", "!a", ". a", "”", ".”", "a. B", "。", "e.g. ", "1."])
def test_hostile_repetition_is_split_in_linear_time(unit: str) -> None:
    # Quadratic work would take hours here.
    assert "".join(split_sentences(unit * 200_000)).startswith(unit.strip()[:1])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["周杰伦", "3.14", "abc", "t恤", "2020", "é"]),
        ({"punctuation": "keep"}, ["周杰伦", "，", "3.14", "abc", "t恤", "2020", "%", "é"]),
        ({"digits": "zero"}, ["周杰伦", "0.00", "abc", "t恤", "0000", "é"]),
        ({"digits": "drop"}, ["周杰伦", "abc", "t恤", "é"]),
        ({"latin": "keep"}, ["周杰伦", "3.14", "ABC", "T恤", "2020", "É"]),
        ({"latin": "drop"}, ["周杰伦", "3.14", "T恤", "2020"]),
    ],
)
def test_rules(options: dict[str, str], expected: list[str]) -> None:
    words = ["周杰伦", "，", " ", "3.14", "ABC", "T恤", "\n", "2020", "%", "É", "\u3000", ""]
    rule = TokenRule(**options)
    assert rule.apply(words) == expected
    assert rule.apply(words) == expected  # from memory
    assert pickle.loads(pickle.dumps(rule)).apply(words) == expected


def test_words_with_letters_are_no_numbers() -> None:
    rule = TokenRule(digits="drop")
    assert rule.apply(["4S店", "H1N1", "5%", "1,000", "１"]) == ["4S店".lower(), "h1n1", "１"]


@pytest.mark.parametrize("name", ["punctuation", "digits", "latin"])
def test_impossible_rules(name: str) -> None:
    with pytest.raises(ParameterError, match=f"{name}.*maybe"):
        TokenRule(**{name: "maybe"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＰＣＭＡ２０１０，ａｂｃ％", "PCMA2010，abc％"),
        ("中\u200b国\ufeff人\xad\ue000\ufffd", "中国人"),
        ("cafe\u0301 中\u0301", "café 中"),
        ("a\x00b\x07c\x9f", "abc"),
        ("a\tb\nc\r\nd\u3000e\x85", "a\tb\nc\r\nd\u3000e\x85"),
        ("\ud800中", "中"),
        ("㐀𠀀龘", "㐀𠀀龘"),
        ("plain", "plain"),
    ],
)
def test_cleaning(text: str, expected: str) -> None:
    assert clean_characters(text) == expected
