from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.vectors.spelling import SpellingIndex, fold_word, measure_edits

WORDS = [
    "北京", "北京市", "周杰伦", "方文山", "周杰", "杰伦", "李白", "杜甫", "Python", "pythons",
    "java", "cat", "act", "computer", "commuter", "ＡＢＣ", "音乐家", "中华人民共和国",
]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "nearest"),
    [
        ("周杰仑", ["周杰", "周杰伦"]),
        ("北京人", ["北京", "北京市"]),
        ("PYTHON", ["Python", "pythons"]),
        ("pyhton", ["Python"]),
        ("abc", ["ＡＢＣ"]),
        ("compuetr", ["computer", "commuter"]),
        ("cta", ["cat"]),
        ("中华人名共和国", ["中华人民共和国"]),
        ("ｊａｖａ", ["java"]),
    ],
)
def test_suggests(word: str, nearest: list[str]) -> None:
    found = SpellingIndex(WORDS).suggest(word)
    assert sorted(found[: len(nearest)]) == sorted(nearest)


def test_nothing_near_gives_nothing() -> None:
    index = SpellingIndex(WORDS)
    for word in ("", "鬱", "qqqqq", "乙乙乙乙", "x" * 5000):
        assert index.suggest(word) == []
    assert index.suggest("pyhton", n=0) == []


def test_of_equal_distance_the_more_usual_word_comes_first() -> None:
    assert SpellingIndex(["bat", "cat", "hat"]).suggest("rat") == ["bat", "cat", "hat"]
    assert SpellingIndex(["hat", "cat", "bat"]).suggest("rat", n=2) == ["hat", "cat"]


def test_words_with_line_feeds_do_not_shift_the_index() -> None:
    assert SpellingIndex(["a\nb", "hello", "world"]).suggest("wolrd") == ["world"]


def count_edits(a: str, b: str) -> int:
    """The restricted distance by its recursive definition."""
    if not a or not b:
        return len(a) + len(b)
    best = min(
        count_edits(a[:-1], b) + 1,
        count_edits(a, b[:-1]) + 1,
        count_edits(a[:-1], b[:-1]) + (a[-1] != b[-1]),
    )
    if len(a) > 1 and len(b) > 1 and a[-1] == b[-2] and a[-2] == b[-1]:
        best = min(best, count_edits(a[:-2], b[:-2]) + 1)
    return best


@given(a=st.text("abc", max_size=5), b=st.text("abc", max_size=5), limit=st.integers(0, 6))
def test_edits_agree_with_the_definition(a: str, b: str, limit: int) -> None:
    assert measure_edits(a, b, limit) == min(count_edits(a, b), limit + 1)


@given(words=st.lists(st.text("abcdé周杰伦", min_size=1, max_size=6), min_size=1, unique=True),
       word=st.text("abcdé周杰伦", min_size=1, max_size=6))  # fmt: skip
def test_the_sieve_loses_no_word_at_one_edit(words: list[str], word: str) -> None:
    found = SpellingIndex(words).suggest(word, n=len(words))
    for candidate in words:
        shares = set(fold_word(candidate)) & set(fold_word(word))
        if candidate != word and shares and count_edits(candidate, word) == 1:
            assert candidate in found
