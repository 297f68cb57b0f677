from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.corpus.vocabulary import Vocabulary, order_words
from embedrec.errors import CorruptedError, InputError, ParameterError, StorageError

WORDS = st.text(
    st.characters(exclude_categories=["Cs"]).filter(lambda c: not c.isspace()), min_size=1
)


@given(st.dictionaries(WORDS, st.integers(1, 4)), st.integers(1, 4), st.integers(1, 6))
def test_order_is_count_then_code_points(counts: dict[str, int], min_count: int, top: int) -> None:
    kept = [(w, n) for w, n in counts.items() if n >= min_count]
    if not kept:
        return
    wanted = sorted(kept, key=lambda item: (-item[1], [ord(c) for c in item[0]]))[:top]
    found = Vocabulary.from_counts(
        list(counts), list(counts.values()), min_count=min_count, max_size=top
    )
    assert list(zip(found.words, found.counts.tolist(), strict=True)) == wanted
    assert found.counts.dtype == np.uint64
    assert found.n_tokens == sum(n for _, n in wanted)


def test_order_is_not_that_of_utf16() -> None:
    # U+FF21 comes before U+20000 by code point, after it by UTF-16 unit.
    assert Vocabulary.from_counts(["\U00020000", "\uff21"], [5, 5]).words == [
        "\uff21",
        "\U00020000",
    ]


def test_encode_drops_the_unknown() -> None:
    vocabulary = Vocabulary.from_counts(["a", "b", "c"], [5, 9, 1])
    ids = vocabulary.encode(["a", "c", "b", "x", "b"])
    assert ids.tolist() == [1, 0, 0]
    assert ids.dtype == np.uint32
    assert vocabulary.encode([]).dtype == np.uint32
    assert "a" in vocabulary
    assert "c" not in vocabulary
    assert len(vocabulary) == 2


def test_min_count_that_leaves_nothing_names_the_largest() -> None:
    with pytest.raises(ParameterError, match=r"min_count 5 leaves no word.* 4 times"):
        Vocabulary.from_counts(["a", "b"], [4, 2])
    with pytest.raises(ParameterError, match="0 times"):
        Vocabulary.from_counts([], [])


@pytest.mark.parametrize(
    "options", [{"min_count": 0}, {"min_count": True}, {"min_count": 1.5}, {"min_count": "5"},
                {"max_size": 0}, {"max_size": -1}, {"max_size": False}],
)  # fmt: skip
def test_bad_limits(options: dict) -> None:
    with pytest.raises(ParameterError, match="must be a whole number from 1"):
        Vocabulary.from_counts(["a"], [9], **options)


def test_bad_words_and_counts() -> None:
    with pytest.raises(ParameterError, match="'a' is given twice"):
        Vocabulary.from_counts(["a", "b", "a"], [9, 9, 9])
    with pytest.raises(ParameterError, match="one count a word"):
        Vocabulary.from_counts(["a", "b"], [9])
    with pytest.raises(ParameterError, match="one count a word"):
        Vocabulary(["a", "b"], [9])


def test_too_many_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedrec.corpus.vocabulary.MAX_WORDS", 2)
    with pytest.raises(ParameterError, match="3 words are more than the 2"):
        order_words(["a", "b", "c"], np.array([9, 9, 9], np.uint64))
    assert order_words(["a", "b", "c"], np.array([9, 9, 9], np.uint64), max_size=2).tolist() == [
        0,
        1,
    ]


@given(st.dictionaries(WORDS, st.integers(0, 2**64 - 1), min_size=1))
def test_saved_and_loaded_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, counts: dict
) -> None:
    path = tmp_path_factory.mktemp("vocabulary") / "v.txt"
    pairs = sorted(counts.items(), key=lambda item: -item[1])
    saved = Vocabulary([w for w, _ in pairs], np.array([n for _, n in pairs], np.uint64))
    saved.save(path)
    loaded = Vocabulary.load(path)
    assert loaded.words == saved.words
    assert loaded.counts.tolist() == saved.counts.tolist()
    assert loaded.key_to_index == {w: i for i, w in enumerate(saved.words)}


def test_file_is_word_blank_count(tmp_path: Path) -> None:
    Vocabulary(["的", "水"], [7, 3]).save(tmp_path / "v.txt")
    assert (tmp_path / "v.txt").read_bytes() == "的 7\n水 3\n".encode()


@pytest.mark.parametrize("word", ["", "a b", "a\u2028b", "a\u0085", "\x1c", "\u3000", "a\n"])
def test_blank_words_are_not_saved(tmp_path: Path, word: str) -> None:
    with pytest.raises(ParameterError, match="empty or holds a blank"):
        Vocabulary([word], [3]).save(tmp_path / "v.txt")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        (b"", 1, "empty"),
        (b"\n", 1, "not 'word count'"),
        (b"a 3\nb\n", 2, "not 'word count'"),
        (b"a 3\n\nb 2\n", 2, "not 'word count'"),
        (b"a 3\nb x\n", 2, "no whole number"),
        (b"a x\n", 1, "no whole number"),
        (b"a /\n", 1, "no whole number"),
        (b"a 3\nb -1\n", 2, "no whole number"),
        (b"a 3\nb 1.5\n", 2, "no whole number"),
        (b"a 3\nb 02\n", 2, "no whole number"),
        (b"a 3\nb 1_0\n", 2, "no whole number"),
        ("a 3\nb ٢\n".encode(), 2, "no whole number"),
        (b"a 3\nb 2 2\n", 2, "not 'word count'"),
        (b"a 3 b\n2\n", 1, "not 'word count'"),
        (b"a 3\r\nb 2\r\n", 1, "no whole number"),
        ("a 3\nb\u2028c 2\n".encode(), 2, "not 'word count'"),
        ("a 3\nb\u0085 2\n".encode(), 2, "not 'word count'"),
        ("a 3\u2028b 2\n".encode(), 1, "not 'word count'"),
        (b"a\t3\n", 1, "not 'word count'"),
        (b"a 3\nb 4\n", 2, "above the one before"),
        (b"a 3\nb 2\na 1\n", 3, "second time"),
        (b"a 3\nb 2", 2, "cut short"),
        (b"a 99999999999999999999\n", 1, "too large"),
        (b"a 3\n\xff\xfe 2\n", 2, "not UTF-8"),
    ],
)
def test_faulty_file_names_the_line(tmp_path: Path, content: bytes, line: int, what: str) -> None:
    (tmp_path / "v.txt").write_bytes(content)
    with pytest.raises(CorruptedError, match=what) as caught:
        Vocabulary.load(tmp_path / "v.txt")
    assert f"v.txt, line {line}:" in str(caught.value)


def test_missing_and_unwritable(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't read"):
        Vocabulary.load(tmp_path / "none.txt")
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        Vocabulary(["a"], [3]).save(tmp_path / "file" / "v.txt")
