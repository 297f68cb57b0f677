"""Subword rows: as the slow twin lists them, as gensim hashes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.kernels.subword import compose_rows
from embedrec.vectors.subword_lengths import measure_han_share
from embedrec.vectors.subword_rows import list_subwords
from tests.reference import subword as twin

WORDS = st.text(max_size=9) | st.text("aé中𠀀<>", max_size=9)
RAW_WORDS = st.binary(max_size=9) | WORDS.map(lambda word: word.encode("utf-8", "surrogatepass"))
LENGTHS = st.tuples(st.integers(1, 5), st.integers(0, 12))


def join(words: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Words as the kernel takes them."""
    offsets = np.zeros(len(words) + 1, np.int64)
    np.cumsum([len(word) for word in words], out=offsets[1:])
    return np.frombuffer(b"".join(words), np.uint8), offsets


def list_rows(
    words: Sequence[bytes], min_n: int, max_n: int, n_buckets: int, first_row: int
) -> list[list[int]]:
    row_offsets, rows = list_subwords(*join(words), min_n, max_n, n_buckets, first_row)
    assert row_offsets.dtype == np.int64
    assert rows.dtype == np.uint32
    assert row_offsets[0] == 0
    assert row_offsets[-1] == len(rows)
    return [part.tolist() for part in np.split(rows, row_offsets[1:-1])] if words else []


@given(st.lists(RAW_WORDS, max_size=5), LENGTHS, st.integers(0, 2_000_000), st.integers(0, 10**9))
def test_rows_equal_twin(
    words: list[bytes], lengths: tuple[int, int], n_buckets: int, first_row: int
) -> None:
    expected = twin.list_subwords(words, *lengths, n_buckets, first_row)
    assert list_rows(words, *lengths, n_buckets, first_row) == expected


@given(WORDS.filter(lambda word: word.isprintable()), LENGTHS)
def test_ngrams_and_hashes_equal_gensim(word: str, lengths: tuple[int, int]) -> None:
    inner = pytest.importorskip("gensim.models.fasttext_inner")
    expected = [inner.ft_hash_bytes(gram) for gram in inner.compute_ngrams_bytes(word, *lengths)]
    found = list_rows([word.encode()], *lengths, 2**32 - 1, 0)[0][1:]
    assert found == [code % (2**32 - 1) for code in expected]


def test_a_word_spelt_out() -> None:
    ngrams = twin.cut_ngrams("中国".encode(), 1, 3)
    assert [gram.decode() for gram in ngrams] == [
        "<中",
        "<中国",
        "中",
        "中国",
        "中国>",
        "国",
        "国>",
    ]
    assert list_rows(["中国".encode()], 1, 3, 1000, 7) == [
        [0, *(7 + twin.hash_bytes(gram) % 1000 for gram in ngrams)]
    ]


def test_published_hash_values() -> None:
    # Of FNV's own test suite: below 128 signed and unsigned bytes agree.
    assert twin.hash_bytes(b"") == 0x811C9DC5
    assert twin.hash_bytes(b"a") == 0xE40C292C
    assert twin.hash_bytes(b"foobar") == 0xBF9CF968


def test_no_word_and_a_word_of_nothing() -> None:
    assert list_rows([], 3, 6, 10, 0) == []
    assert list_rows([b"", b"a"], 3, 6, 1, 2) == [[0], [1, 2]]
    assert list_rows([b""], 2, 2, 1, 5) == [[0, 5]]  # "<>"


def test_a_stretch_of_a_longer_list() -> None:
    words = [b"first", b"zweite", "第三".encode()]
    utf8, offsets = join(words)
    row_offsets, rows = list_subwords(utf8, offsets[1:], 2, 4, 50, 3)
    parts = np.split(rows, row_offsets[1:-1])
    assert [part.tolist() for part in parts] == twin.list_subwords(words[1:], 2, 4, 50, 3)


@given(st.lists(st.lists(st.integers(0, 6), max_size=4), max_size=5), st.integers(1, 9))
def test_composed_equal_twin(parts: list[list[int]], size: int) -> None:
    matrix = np.random.default_rng(len(parts)).normal(size=(7, size)).astype(np.float32)
    row_offsets = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    rows = np.array([row for part in parts for row in part], np.uint32)
    out = np.full((len(parts), size), np.nan, np.float32)
    compose_rows(row_offsets, rows, matrix, out)
    np.testing.assert_allclose(out, twin.compose(parts, matrix).reshape(out.shape), atol=1e-6)


def test_composed_in_place_of_their_own_rows() -> None:
    words = [b"ab", b"", b"abc", "中国".encode()]
    matrix = np.random.default_rng(2).normal(size=(4 + 30, 5)).astype(np.float32)
    parts = twin.list_subwords(words, 2, 3, 30, 4)
    expected = twin.compose(parts, matrix)
    row_offsets, rows = list_subwords(*join(words), 2, 3, 30, 4)
    compose_rows(row_offsets, rows, matrix, matrix[:4])
    np.testing.assert_allclose(matrix[:4], expected, atol=1e-6)


HAN = "中国々〇㐀\uf900𠀀\U00030000"
OTHER = "aé1、ひアｶ한ﬀ\u4dff\ua000🀀ꀀ"


@given(st.lists(st.tuples(st.text(HAN + OTHER, max_size=4), st.integers(0, 9)), max_size=6))
def test_han_share_equals_twin(vocabulary: list[tuple[str, int]]) -> None:
    words, counts = [word for word, _ in vocabulary], [n for _, n in vocabulary]
    found = measure_han_share(*join([word.encode() for word in words]), np.array(counts, np.uint64))
    assert found == pytest.approx(twin.measure_han_share(words, counts))


@given(RAW_WORDS)
def test_han_share_of_any_bytes_is_a_share(word: bytes) -> None:
    assert 0 <= measure_han_share(*join([word]), np.ones(1, np.uint64)) <= 1
