from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embedrec.errors import (
    CorruptedError,
    EmbedrecError,
    InputError,
    ParameterError,
    StorageError,
)
from embedrec.progress import SilentProgress
from embedrec.vectors.formats import load_vectors, save_vectors
from embedrec.vectors.keyed import KeyedVectors

NAMES = ["v.bin", "v.txt", "v.vec", "v.glove", "my_glove.txt", "folder"]
WORDS = ["的", "北京", "the", "3.14", "12", "ａ\u3000ｂ", "\u2028", "\x85", "</s>", "é"]


def make_vectors() -> KeyedVectors:
    rows = np.random.default_rng(3).normal(size=(len(WORDS), 4)).astype(np.float32)
    rows[2] = [0.1, -1e-30, 16777216, 0]
    rows[3] = [np.finfo(np.float32).max, np.finfo(np.float32).tiny, 1e-45, -0.0]
    return KeyedVectors(WORDS, rows)


def check_equal(a: KeyedVectors, b: KeyedVectors) -> None:
    assert a.index_to_key == b.index_to_key
    assert np.asarray(a.vectors).tobytes() == np.asarray(b.vectors).tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_read_back_bit_by_bit(tmp_path: Path, name: str) -> None:
    vectors = make_vectors()
    path = tmp_path / "deep" / name
    save_vectors(vectors, path)
    check_equal(load_vectors(path), vectors)
    first = load_vectors(path, limit=3)
    assert first.index_to_key == WORDS[:3]
    assert np.array_equal(first.vectors, vectors.vectors[:3])
    check_equal(load_vectors(path, limit=1000), vectors)
    if path.is_file():
        packed = tmp_path / "packed"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        check_equal(load_vectors(packed), vectors)


@pytest.mark.parametrize("name", NAMES[:-1])
def test_what_is_written_loads_in_gensim(tmp_path: Path, name: str) -> None:
    module = pytest.importorskip("gensim.models.keyedvectors")
    vectors = make_vectors()
    save_vectors(vectors, tmp_path / name)
    other = module.KeyedVectors.load_word2vec_format(
        tmp_path / name, binary=name.endswith(".bin"), no_header="glove" in name
    )
    assert other.index_to_key == WORDS
    assert other.vectors.tobytes() == np.asarray(vectors.vectors).tobytes()


@pytest.mark.parametrize("binary", [True, False])
def test_what_gensim_writes_is_read(tmp_path: Path, binary: bool) -> None:
    module = pytest.importorskip("gensim.models.keyedvectors")
    vectors = make_vectors()
    other = module.KeyedVectors(4)
    other.add_vectors(WORDS, vectors.vectors)
    other.save_word2vec_format(tmp_path / "g", binary=binary)
    check_equal(load_vectors(tmp_path / "g"), vectors)


@settings(deadline=None, max_examples=60)
@given(
    words=st.lists(
        st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters=" \t\n\v\f\r"), min_size=1
        ),
        min_size=1, max_size=6, unique=True,
    ),
    data=st.data(),
    name=st.sampled_from(NAMES[:3]),
)  # fmt: skip
def test_any_words_and_any_values_come_back(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], data: Any, name: str
) -> None:
    finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
    rows = data.draw(arrays(np.float32, (len(words), 3), elements=finite))
    rows[0] = [0.1, -0.2, 0.3]  # binary is told from text by the first vector
    vectors = KeyedVectors(words, rows)
    path = tmp_path_factory.mktemp("any") / name
    save_vectors(vectors, path)
    check_equal(load_vectors(path), vectors)


def test_the_written_text_is_as_the_tools_write_it(tmp_path: Path) -> None:
    vectors = KeyedVectors(["a", "b"], np.array([[0.1, 2], [-3.5, 1e-7]], np.float32))
    expected = {
        "v.txt": b"2 2\na 0.1 2.0\nb -3.5 1e-07\n",
        "v.vec": b"2 2\na 0.1 2.0 \nb -3.5 1e-07 \n",
        "v.glove": b"a 0.1 2.0\nb -3.5 1e-07\n",
        "v.bin": b"2 2\na " + struct.pack("<2f", 0.1, 2) + b"b " + struct.pack("<2f", -3.5, 1e-7),
    }
    for name, content in expected.items():
        save_vectors(vectors, tmp_path / name)
        assert (tmp_path / name).read_bytes() == content


def test_line_feeds_between_binary_entries_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "v"
    path.write_bytes(b"2 1\na " + struct.pack("<f", 1) + b"\nb " + struct.pack("<f", 2) + b"\n")
    vectors = load_vectors(path)
    assert vectors.index_to_key == ["a", "b"]
    assert vectors.vectors.tolist() == [[1], [2]]


def test_long_files_cross_many_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).normal(size=(500, 7)).astype(np.float32)
    vectors = KeyedVectors([f"字{i}" for i in range(500)], rows)
    monkeypatch.setattr("embedrec.vectors.text_form._CHUNK", 100)
    monkeypatch.setattr("embedrec.vectors.binary_form._CHUNK", 64)
    monkeypatch.setattr("embedrec.vectors.formats.HEAD_SIZE", 200)
    for name in NAMES[:4]:
        save_vectors(vectors, tmp_path / name)
        check_equal(load_vectors(tmp_path / name), vectors)


def test_places_are_named_rightly_beyond_the_first_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedrec.vectors.text_form._CHUNK", 11)
    monkeypatch.setattr("embedrec.vectors.binary_form._CHUNK", 16)
    path = tmp_path / "v"
    path.write_bytes(b"3 2\na 1 2\n\nb 3 4\nc 5 6\n")
    with pytest.raises(CorruptedError, match="line 3"):
        load_vectors(path)
    entries = [b"w%d " % i + struct.pack("<2f", i, np.nan if i == 30 else 0.1) for i in range(40)]
    path.write_bytes(b"40 2\n" + b"".join(entries))
    with pytest.raises(CorruptedError, match="entry 31: a value"):
        load_vectors(path)


@pytest.mark.parametrize(
    ("content", "words", "rows"),
    [
        (b"\xef\xbb\xbf2 2\r\na 1 2\r\nb 3 4\r\n\r\n", ["a", "b"], [[1, 2], [3, 4]]),
        (b"2 2\na  1   2\nb\t3\t4", ["a", "b"], [[1, 2], [3, 4]]),
        (b"a 1 2\n. . 3 4\nat x@y.z 5 6\n", ["a", ". .", "at x@y.z"], [[1, 2], [3, 4], [5, 6]]),
        (b"3 1\na 1\nb 2\na 3\n", ["a", "b"], [[1], [2]]),
    ],
)
def test_odd_but_sound_text_is_read(
    tmp_path: Path, content: bytes, words: list[str], rows: list[list[float]]
) -> None:
    (tmp_path / "v").write_bytes(content)
    vectors = load_vectors(tmp_path / "v")
    assert vectors.index_to_key == words
    assert vectors.vectors.tolist() == rows


def test_broken_words_are_replaced_counted_and_told(tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    path.write_bytes(b"5 1\n\xe5\x8c 1\nb 2\nb 3\n\xff 4\nc\xff 5\n")
    progress = SilentProgress()
    vectors = load_vectors(path, progress=progress)
    assert vectors.index_to_key == ["\ufffd", "b", "c\ufffd"]
    assert vectors.vectors.tolist() == [[1], [2], [5]]
    assert vectors.metadata["source"] == {
        "form": "word2vec-text", "file": "v.txt",
        "damaged_words": 3, "repeated_words": 2, "dropped_words": 0,
    }  # fmt: skip
    assert len(progress.notices) == 1
    ignored = load_vectors(path, errors="ignore")
    assert ignored.index_to_key == ["b", "c"]
    assert ignored.vectors.tolist() == [[2], [5]]
    assert ignored.metadata["source"]["dropped_words"] == 2
    assert ignored.metadata["source"]["repeated_words"] == 1
    with pytest.raises(CorruptedError, match="word 1 is not valid UTF-8"):
        load_vectors(path, errors="strict")


FLOATS = struct.pack("<2f", 1, 2)


@pytest.mark.parametrize(
    ("content", "error", "part"),
    [
        (b"", InputError, "is empty"),
        (b"\n\n", InputError, "is empty"),
        (b"3 2\n", InputError, "only a header"),
        (b"0 2\na 1 2\n", InputError, "only a header"),
        (b"2 0\na\nb\n", CorruptedError, "line 1: vectors of size 0"),
        (b"3 2\na 1 2\nb 3 4\n", CorruptedError, "says 3 words, and it holds 2"),
        (b"1 2\na 1 2\nb 3 4\n", CorruptedError, "says 1 words, and it holds 2"),
        (b"9999999999 300\na 1 2\n", CorruptedError, "more than the file can hold"),
        (b"2 2\na 1 2\nb 3\n", CorruptedError, "line 3: a word and 1 values where 2"),
        (b"2 2\na 1 2\nb 3 4 5\n", CorruptedError, "line 3: a word and 3 values"),
        (b"2 2\na 1 2\nb 3 x\n", CorruptedError, "line 3: not a word"),
        (b"2 2\na 1 2\nb 3 nan\n", CorruptedError, "line 3: a value is not a finite"),
        (b"2 2\na 1 2\nb 3 1e99\n", CorruptedError, "line 3: a value is not a finite"),
        (b"2 2\na 1 2\n 3 4\n", CorruptedError, "line 3"),
        (b"3 2\na 1 2\n\nb 3 4\n", CorruptedError, "line 3"),
        (b"a 1 2\nb 3\n", CorruptedError, "line 2: a word and 1 values"),
        (b"hello\n", InputError, "not a file of vectors"),
        (b"<html> <body>\n", InputError, "not a file of vectors"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), InputError, "not a file of vectors"),
        (b"2 2\na " + FLOATS + b"b " + FLOATS[:7], CorruptedError, "entry 2: the file ends early"),
        (b"2 2\na " + FLOATS, CorruptedError, "more than the file can hold"),
        (b"1 2\na " + FLOATS + b"b " + FLOATS, CorruptedError, "entry 1: the file goes on"),
        (b"2 2\na " + FLOATS + b"b " + struct.pack("<2f", 1, np.nan), CorruptedError, "entry 2"),
        (b"2 2\na " + FLOATS + b" " + FLOATS + b" ", CorruptedError, "entry 2: the word is empty"),
        (b"2 2\na " + FLOATS + b"b" * 50_000, CorruptedError, "entry 2: no word ends"),
        (b"\x1f\x8b\x08\x00garbage", CorruptedError, "damaged gzip"),
        (gzip.compress(b"a 1 2\n" * 99, mtime=0)[:-9], CorruptedError, "damaged gzip"),
        (struct.pack("<i", 0x2F4F16BA) + bytes(99), InputError, "fastText model of version 0"),
    ],
)  # fmt: skip
def test_bad_files_are_named(
    tmp_path: Path, content: bytes, error: type[EmbedrecError], part: str
) -> None:
    path = tmp_path / "bad.file"
    path.write_bytes(content)
    with pytest.raises(error, match=part) as caught:
        load_vectors(path)
    assert "bad.file" in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(deadline=None, max_examples=200)
@given(
    content=st.binary(max_size=80), head=st.sampled_from([b"", b"2 2\n", b"a 1 2\n", b"1 1\na "])
)
def test_no_content_makes_another_kind_of_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, head: bytes
) -> None:
    path = tmp_path_factory.mktemp("noise") / "v"
    path.write_bytes(head + content)
    try:
        vectors = load_vectors(path)
    except EmbedrecError:
        return
    assert np.isfinite(vectors.vectors).all()


def test_options_and_places_are_checked(tmp_path: Path) -> None:
    vectors = make_vectors()
    with pytest.raises(InputError, match="can't read"):
        load_vectors(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="is not a vectors"):
        load_vectors(tmp_path / "empty")
    with pytest.raises(ParameterError, match="strict, replace or ignore"):
        load_vectors(tmp_path / "nothing", errors="x")
    with pytest.raises(ParameterError, match="limit is 0"):
        load_vectors(tmp_path / "nothing", limit=0)
    with pytest.raises(ParameterError, match=r"'\.npy'.*\.bin.*\.vec"):
        save_vectors(vectors, tmp_path / "v.npy")
    save_vectors(vectors, tmp_path / "zh-0.2")
    assert (tmp_path / "zh-0.2").is_dir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError):
        save_vectors(vectors, tmp_path / "file" / "v.txt")


@pytest.mark.parametrize("word", ["New York", "a\tb", "a\nb", "\n", "a\rb", " ", "\udc80"])
def test_words_that_a_form_cant_hold_are_refused(tmp_path: Path, word: str) -> None:
    vectors = KeyedVectors(["a", word], np.ones((2, 2)))
    for name in NAMES[:-1]:
        (tmp_path / name).write_text("old")
        with pytest.raises(ParameterError, match="drop the word"):
            save_vectors(vectors, tmp_path / name)
        assert (tmp_path / name).read_text() == "old"


@pytest.mark.data
def test_every_shared_file_is_read_or_explained(data: Path) -> None:
    shapes = {
        "euclidean_vectors.bin": (2747, 10, "word2vec-binary"),
        "word2vec_pre_kv_c": (1750, 10, "word2vec-text"),
        "lee_fasttext.vec": (1762, 10, "word2vec-text"),
        "crime-and-punishment.vec": (291, 5, "word2vec-text"),
        "pang_lee_polarity_fasttext.vec": (1694, 100, "word2vec-text"),
        "test_glove.txt": (76, 50, "glove"),
    }
    models = {"cp852_fasttext.bin", "crime-and-punishment.bin", "lee_fasttext.bin",
              "lee_fasttext_new.bin", "non_ascii_fasttext.bin",
              "pang_lee_polarity_fasttext.bin"}  # fmt: skip
    module = pytest.importorskip("gensim.models.keyedvectors")
    seen = set()
    for path in sorted((data / "vectors").iterdir()):
        seen.add(path.name)
        if path.name in models:
            assert load_vectors(path).metadata["source"]["form"] == "fasttext-model"
            continue
        if path.name not in shapes:
            with pytest.raises(InputError, match="not a file of vectors"):
                load_vectors(path)
            continue
        n_words, size, form = shapes[path.name]
        vectors = load_vectors(path)
        assert vectors.vectors.shape == (n_words, size)
        assert vectors.metadata["source"]["form"] == form
        other = module.KeyedVectors.load_word2vec_format(
            path, binary=form == "word2vec-binary", no_header=form == "glove",
            unicode_errors="replace",
        )  # fmt: skip
        assert vectors.index_to_key == other.index_to_key
        np.testing.assert_array_equal(vectors.vectors, other.vectors)
    assert set(shapes) | models <= seen
