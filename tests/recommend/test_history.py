"""Histories: what they take, how weights decay and add up, and what they say of bad input."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.errors import InputError, ParameterError
from embedrec.recommend.history import Event, History, parse_history, read_exclusions

WEIGHTS = st.floats(1e-6, 1e6)


def test_words_pairs_and_events_mix() -> None:
    history = History.from_items(["北京", ("上海", 2), Event("广州", 0.5), ["深圳", np.float32(4)]])
    assert history.words == ("北京", "上海", "广州", "深圳")
    assert history.weights == (1.0, 2.0, 0.5, 4.0)
    assert len(history) == 4
    assert History.from_items("北京").words == ("北京",)
    assert History.from_items(history) is history


def test_repetitions_add_up_in_the_order_first_seen() -> None:
    history = History.from_items(["b", ("a", 2.5), "b", ("b", 0.25), ("c", 0.0)])
    assert history.words == ("b", "a", "c")
    assert history.weights == (2.25, 2.5, 0.0)


def test_half_life_by_hand() -> None:
    events = [("new", 1.0, 100.0), ("old", 8.0, 70.0), ("new", 4.0, 90.0)]
    history = History.from_items(events, half_life=10.0)
    assert dict(zip(history.words, history.weights, strict=True)) == {"new": 3.0, "old": 1.0}


def test_half_life_with_datetimes() -> None:
    now = datetime(2026, 5, 1, tzinfo=timezone.utc)
    events = [Event("old", 1.0, now - timedelta(days=14)), Event("new", 1.0, now)]
    for half_life in (timedelta(days=7), 7 * 86400):
        assert History.from_items(events, half_life=half_life).weights == (0.25, 1.0)


def test_times_without_half_life_play_no_part() -> None:
    assert History.from_items([("a", 1.0, 5), ("b", 1.0, -1e9)]).weights == (1.0, 1.0)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), WEIGHTS, st.floats(0, 100)), min_size=1),
    st.floats(1, 100),
    st.integers(-1000, 1000),
)
def test_decay_follows_the_formula_from_any_moment(
    events: list[tuple[str, float, float]], half_life: float, shift: int
) -> None:
    history = History.from_items(events, half_life=half_life)
    newest = max(time for _, _, time in events)
    for word, weight in zip(history.words, history.weights, strict=True):
        twin = sum(
            w * math.exp(-math.log(2) * (newest - t) / half_life) for v, w, t in events if v == word
        )
        assert weight == pytest.approx(twin, rel=1e-12)
    moved = History.from_items([(w, a, t + shift) for w, a, t in events], half_life=half_life)
    assert moved.weights == pytest.approx(history.weights, rel=1e-9)


@given(st.lists(st.tuples(st.sampled_from("abcd"), WEIGHTS), min_size=1), st.randoms())
def test_order_does_not_show_in_the_last_bit(events: list[tuple[str, float]], random: Any) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)
    one, other = History.from_items(events), History.from_items(shuffled)
    assert dict(zip(one.words, one.weights, strict=True)) == dict(
        zip(other.words, other.weights, strict=True)
    )


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], "the history is empty"),
        ([""], "not a word"),
        (["  "], "not a word"),
        ([3], "a history holds words"),
        ([None], "a history holds words"),
        ([("a",)], "a history holds words"),
        ([("a", 1, 2, 3)], "a history holds words"),
        ([(1, "a")], "1 in the history is not a word"),
        ([("a", "b")], "the weight of 'a' is 'b', not a number"),
        ([("a", True)], "not a number"),
        ([("a", -0.5)], r"the weight of 'a' is -0\.5; weights are finite numbers from 0"),
        ([("a", math.nan)], "finite numbers"),
        ([("a", math.inf)], "finite numbers"),
        ([("a", 0), "b", ("b", -1)], "the weight of 'b' is -1"),
        ([("a", 0.0), ("b", 0.0)], "every weight of the history is 0"),
        ([("a", 1.7e308), ("a", 1.7e308)], "add up to infinity"),
    ],
)
def test_bad_items(items: Any, words: str) -> None:
    with pytest.raises(ParameterError, match=words) as caught:
        History.from_items(items)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("half_life", [0, -1, math.nan, math.inf, "a", True, timedelta(0)])
def test_bad_half_life(half_life: Any) -> None:
    with pytest.raises(ParameterError, match="half_life is"):
        History.from_items([("a", 1.0, 1.0)], half_life=half_life)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("a", "'a' in the history has no time"),
        (("a", 1.0, None), "has no time"),
        (("a", 1.0, math.nan), "the time of 'a' is nan"),
        (("a", 1.0, "today"), "the time of 'a' is 'today'"),
    ],
)
def test_bad_time(item: Any, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        History.from_items([("b", 1.0, 1.0), item], half_life=1.0)


def test_finished_history_can_not_decay() -> None:
    with pytest.raises(ParameterError, match="give its events"):
        History.from_items(History.from_items(["a"]), half_life=1.0)


@pytest.mark.parametrize(
    ("text", "words", "weights"),
    [
        ("周杰伦", ("周杰伦",), (1.0,)),
        ("周杰伦,方文山", ("周杰伦", "方文山"), (1.0, 1.0)),
        ("周杰伦:2.5, 方文山 :1e-1", ("周杰伦", "方文山"), (2.5, 0.1)),
        ("周杰伦：２，方文山、林夕,", ("周杰伦", "方文山", "林夕"), (2.0, 1.0, 1.0)),
        (",,a,,a:2,", ("a",), (3.0,)),
        ("a:b:2", ("a:b",), (2.0,)),
    ],
)
def test_parse(text: str, words: tuple[str, ...], weights: tuple[float, ...]) -> None:
    assert parse_history(text) == History(words, weights)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the history is empty"),
        (" , ,", "the history is empty"),
        ("a:b", r"the weight of 'a' in the history is 'b'; write WORD or WORD:NUMBER"),
        ("a:", "the weight of 'a' in the history is ''"),
        (":2", "not a word"),
        ("a:-1", "finite numbers"),
        ("a:nan", "finite numbers"),
        ("a:1e999", "finite numbers"),
        ("a:0", "every weight"),
    ],
)
def test_parse_bad(text: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        parse_history(text)


def test_exclusions(tmp_path: Path) -> None:
    path = tmp_path / "exclude.txt"
    path.write_bytes("\ufeff周杰伦\r\n\n 方文山 \n# no comment\n林夕".encode())
    assert read_exclusions(path) == ["周杰伦", "方文山", "# no comment", "林夕"]
    path.write_bytes(b"")
    assert read_exclusions(path) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("好\n坏".encode("gbk"), r"line 1 of .*exclude\.txt is not UTF-8"),
        (b"good\n\xff\n", "line 2 of"),
        (b"good\na\0b\n", "line 2 of .* is no word"),
        (b"x" * 20_000, "line 1 of .* is no word"),
    ],
)
def test_bad_exclusions(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "exclude.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_exclusions(path)


def test_missing_exclusions(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(InputError, match=f"can't read {path}"):
            read_exclusions(path)
