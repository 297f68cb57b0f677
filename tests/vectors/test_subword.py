"""Vectors of unseen words: composed as the twin does, asked with everywhere, kept in the folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from embedrec.errors import CorruptedError, EmbedrecError, ParameterError, UnknownWordError
from embedrec.tensors import save_tensors
from embedrec.vectors.evaluate import evaluate_similarity
from embedrec.vectors.keyed import KeyedVectors
from embedrec.vectors.subword import SubwordVectors
from embedrec.vectors.subword_lengths import choose_subword_lengths
from embedrec.vectors.subword_rows import average_rows, join_words, list_word_rows
from tests.reference import subword as twin

WORDS = ["北京", "the", "北京人", "there", "x"]
GENERATOR = np.random.default_rng(5)
ROWS = GENERATOR.normal(size=(5, 4)).astype(np.float32)
BUCKETS = GENERATOR.normal(size=(40, 4)).astype(np.float32)


def make_vectors(min_n: int = 2, max_n: int = 4, **more: Any) -> SubwordVectors:
    return SubwordVectors(WORDS, ROWS, BUCKETS, min_n=min_n, max_n=max_n, **more)


def compose(word: str, min_n: int = 2, max_n: int = 4) -> np.ndarray:
    ngrams = twin.cut_ngrams(word.encode(), min_n, max_n)
    places = [twin.hash_bytes(ngram) % len(BUCKETS) for ngram in ngrams]
    return BUCKETS[places].astype(np.float64).mean(axis=0)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@given(st.text(min_size=1, max_size=8), st.integers(1, 3), st.integers(0, 3))
def test_an_unseen_word_is_the_mean_of_its_ngrams(word: str, min_n: int, more: int) -> None:
    vectors = make_vectors(min_n, min_n + more)
    encoded = word.encode("utf-8", "surrogatepass")
    if word in WORDS or not twin.cut_ngrams(encoded, min_n, min_n + more):
        return
    np.testing.assert_allclose(vectors[word], compose(word, min_n, min_n + more), atol=1e-6)


def test_words_are_known_or_composed_in_any_mixture() -> None:
    vectors = make_vectors()
    asked = ["the", "them", "北京", "天津", "the"]
    expected = np.array([ROWS[1], compose("them"), ROWS[0], compose("天津"), ROWS[1]])
    np.testing.assert_allclose(vectors[asked], expected, atol=1e-6)
    assert vectors[asked].dtype == np.float32
    assert vectors[[]].shape == (0, 4)
    assert np.array_equal(vectors["the"], ROWS[1])
    assert "them" not in vectors
    assert len(vectors) == 5
    np.testing.assert_allclose(vectors.compose(["the"])[0], compose("the"), atol=1e-6)
    with pytest.raises(UnknownWordError):
        vectors.get_index("them")
    assert repr(vectors).startswith("SubwordVectors(5 words, 4 dimensions, n-grams of 2 to 4")


def test_everything_that_is_asked_with_a_word_takes_an_unseen_one() -> None:
    vectors = make_vectors()
    own = compose("them")
    unit = vectors.get_vector("them", norm=True)
    np.testing.assert_allclose(unit, own / np.linalg.norm(own), atol=1e-6)
    found = vectors.most_similar("them", topn=9)
    assert {word for word, _ in found} == set(WORDS)
    assert dict(found)["x"] == pytest.approx(cosine(own, ROWS[4]), abs=1e-5)
    assert vectors.most_similar_batch(["them", "the"], topn=9)[0] == found
    assert found == vectors.most_similar(vectors["them"], topn=9)
    mixed = vectors.most_similar(positive=["them", "the"], negative=["天津"], topn=9)
    assert {word for word, _ in mixed} == set(WORDS) - {"the"}
    assert vectors.similarity("them", "the") == pytest.approx(cosine(own, ROWS[1]), abs=1e-5)
    assert vectors.similarity("them", "天津") == pytest.approx(
        cosine(own, compose("天津")), abs=1e-5
    )
    assert vectors.n_similarity(["them"], ["the"]) == pytest.approx(cosine(own, ROWS[1]), abs=1e-5)
    assert vectors.doesnt_match(["the", "them"]) in ("the", "them")
    order = [word for word, _ in found]
    assert vectors.rank("them", order[2]) == 3
    with pytest.raises(UnknownWordError):
        vectors.rank("the", "them")


@pytest.mark.parametrize("word", ["", "ab"])
def test_a_word_without_ngrams_is_unknown(word: str) -> None:
    vectors = make_vectors(min_n=5, max_n=6)
    for ask in (vectors.__getitem__, vectors.most_similar, lambda w: vectors.similarity("x", w)):
        with pytest.raises(UnknownWordError, match="has no n-gram of 5 to 6 characters"):
            ask(word)
    with pytest.raises(UnknownWordError, match="did you mean the"):
        make_vectors(min_n=6, max_n=6)["thr"]
    with pytest.raises(UnknownWordError):
        make_vectors(1, 3)[""]


def test_the_folder_keeps_the_subwords_mapped(tmp_path: Path) -> None:
    vectors = make_vectors(counts=[5, 4, 3, 2, 1], metadata={"training": {"window": 5}})
    vectors.save(tmp_path / "v")
    again = KeyedVectors.load(tmp_path / "v", verify=True)
    assert isinstance(again, SubwordVectors)
    assert isinstance(again.buckets, np.memmap)
    assert np.array_equal(again.buckets, BUCKETS)
    assert np.array_equal(again["them"], vectors["them"])
    assert (again.min_n, again.max_n) == (2, 4)
    assert again.metadata == {"training": {"window": 5}}
    assert isinstance(SubwordVectors.load(tmp_path / "v"), SubwordVectors)
    again.save(tmp_path / "v")  # from the mapped file over itself
    assert np.array_equal(KeyedVectors.load(tmp_path / "v")["them"], vectors["them"])


@pytest.mark.parametrize(
    "facts",
    [
        {"min_n": 0, "max_n": 4},
        {"min_n": 3, "max_n": 2},
        {"min_n": True, "max_n": 2},
        {"max_n": 4},
        [2, 4],
        None,
    ],
)
def test_a_folder_with_lengths_that_cant_be_is_named(tmp_path: Path, facts: Any) -> None:
    make_vectors().save(tmp_path / "v")
    path = tmp_path / "v" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["facts"]["subwords"] = facts
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(CorruptedError, match="build it again"):
        KeyedVectors.load(tmp_path / "v")


@pytest.mark.parametrize(
    "tensors",
    [
        {"other": BUCKETS},
        {"buckets": BUCKETS[:, :3]},
        {"buckets": BUCKETS[:0]},
        {"buckets": BUCKETS.astype(np.float64)},
    ],
)
def test_a_folder_with_other_buckets_is_named(
    tmp_path: Path, tensors: dict[str, np.ndarray]
) -> None:
    make_vectors().save(tmp_path / "v")
    save_tensors(tmp_path / "v" / "subwords.safetensors", tensors)
    with pytest.raises(CorruptedError, match=r"build.*again"):
        KeyedVectors.load(tmp_path / "v")
    (tmp_path / "v" / "subwords.safetensors").unlink()
    with pytest.raises(EmbedrecError, match=r"subwords\.safetensors"):
        KeyedVectors.load(tmp_path / "v")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"min_n": 0}, "min_n is 0"),
        ({"min_n": 2.0}, "min_n is 2.0"),
        ({"max_n": True}, "max_n is True"),
        ({"min_n": 5}, "min_n is 5, which is above max_n 4"),
        ({"buckets": BUCKETS[:, :3]}, r"shape \(40, 3\)"),
        ({"buckets": BUCKETS[:0]}, "shape"),
        ({"buckets": BUCKETS[0]}, "shape"),
        ({"buckets": np.full((2, 4), np.nan)}, "not finite"),
        ({"buckets": "x"}, "not an array"),
    ],
)
def test_what_cant_be_worked_with_is_refused(change: dict[str, Any], part: str) -> None:
    options: dict[str, Any] = {"buckets": BUCKETS, "min_n": 2, "max_n": 4, **change}
    with pytest.raises(ParameterError, match=part):
        SubwordVectors(WORDS, ROWS, **options)
    with pytest.raises(ParameterError, match="no subwords"):
        SubwordVectors.from_stored(KeyedVectors(WORDS, ROWS).to_stored())


def test_buckets_are_read_only_and_not_copied() -> None:
    vectors = make_vectors()
    assert np.shares_memory(vectors.buckets, BUCKETS)
    with pytest.raises(ValueError, match="read-only"):
        vectors.buckets[0, 0] = 1


def test_evaluation_counts_known_words_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text("the there 9\nthe them 8\nx 北京 1\nx y 2\n", encoding="utf-8")
    vectors = make_vectors(min_n=4)
    assert evaluate_similarity(vectors, path).known == 2
    found = evaluate_similarity(vectors, path, compose_unseen=True)
    assert (found.known, found.total) == (3, 4)  # "y" has no n-gram
    cosines = [
        vectors.similarity(*pair) for pair in (("the", "there"), ("the", "them"), ("x", "北京"))
    ]
    assert found.spearman == pytest.approx(spearmanr([9, 8, 1], cosines).statistic)
    plain = KeyedVectors(WORDS, ROWS)
    with pytest.raises(ParameterError, match="hold no subwords"):
        evaluate_similarity(plain, path, compose_unseen=True)


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(1, 30))
def test_averages_cross_blocks(lengths: list[int], block: int) -> None:
    offsets = np.cumsum([0, *lengths], dtype=np.int64)
    rows = np.random.default_rng(block).integers(0, 40, offsets[-1]).astype(np.uint32)
    parts = [part.tolist() for part in np.split(rows, offsets[1:-1])] if lengths else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("embedrec.vectors.subword_rows._ROWS_A_BLOCK", block)
        found = average_rows(offsets, rows, BUCKETS)
    expected = twin.compose(parts, BUCKETS).reshape(found.shape)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_words_become_bytes_and_rows() -> None:
    utf8, offsets = join_words(["a", "中", "\ud800"])
    assert bytes(utf8) == b"a\xe4\xb8\xad\xed\xa0\x80"
    assert offsets.tolist() == [0, 1, 4, 7]
    row_offsets, rows = list_word_rows([b"ab", "c"], 3, 3, 10, 2)
    parts = [part.tolist() for part in np.split(rows, row_offsets[1:-1])]
    assert parts == twin.list_subwords([b"ab", b"c"], 3, 3, 10, 2)


@pytest.mark.parametrize(
    ("words", "counts", "lengths"),
    [
        (["的", "the", "中国人"], [5, 4, 3], (1, 3)),
        (["the", "的", "中国人"], [9, 5, 3], (3, 6)),
        (["卡拉OK"], [1], (3, 6)),
        (["T恤衫"], [1], (1, 3)),
        (["ひと", "人"], [2, 1], (3, 6)),
        ([], [], (3, 6)),
    ],
)
def test_lengths_follow_what_most_of_the_text_is(
    words: list[str], counts: list[int], lengths: tuple[int, int]
) -> None:
    assert choose_subword_lengths(*join_words(words), np.array(counts)) == lengths
