"""fastText's model files: read as the formula says and as gensim reads them, or refused."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import re
import struct
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.errors import CorruptedError, EmbedrecError, InputError
from embedrec.vectors.formats import load_vectors, save_vectors
from embedrec.vectors.keyed import KeyedVectors
from embedrec.vectors.subword import SubwordVectors
from tests.reference import subword as twin
from tests.vectors.fasttext_file import SUPERVISED, ModelFile, make_matrix


def load(path: Path, content: bytes | ModelFile, **options: Any) -> KeyedVectors:
    path.write_bytes(content if isinstance(content, bytes) else content.to_bytes())
    return load_vectors(path, **options)


def compose(file: ModelFile, words: Sequence[bytes], *, is_known: bool = True) -> np.ndarray:
    """What the words' vectors must be, by the slow twin."""
    first = len(file.words)
    rows = twin.list_subwords(words, file.min_n, file.max_n, file.n_buckets, first)
    for row, word in zip(rows, words, strict=True):
        row[0] = file.words.index(word) if is_known else -1
        if word == b"</s>" and file.version is not None:
            del row[1:]
    return twin.compose([row if is_known else row[1:] for row in rows], file.matrix)


@pytest.mark.parametrize("version", [None, 11, 12])
@pytest.mark.parametrize("packed", [False, True])
def test_words_and_unseen_words_are_made_of_their_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int | None, packed: bool
) -> None:
    file = ModelFile(version=version)
    content = gzip.compress(file.to_bytes()) if packed else file.to_bytes()
    unseen = ["night", "人", "é<>", "中国人人人人人人"]
    for chunk in (1 << 22, 7):
        monkeypatch.setattr("embedrec.vectors.fasttext_reader._CHUNK", chunk)
        monkeypatch.setattr("embedrec.vectors.formats.HEAD_SIZE", max(chunk, 60))
        vectors = load(tmp_path / "m.bin", content)
        assert isinstance(vectors, SubwordVectors)
        assert vectors.index_to_key == ["the", "</s>", "中国人", "x"]
        np.testing.assert_allclose(vectors.vectors, compose(file, file.words), atol=1e-6)
        raw = [word.encode() for word in unseen]
        expected = compose(file, raw, is_known=False)
        np.testing.assert_allclose(vectors[unseen], expected, atol=1e-6)
        assert vectors.counts is not None
        assert vectors.counts.tolist() == [5, 5, 5, 5]
        assert (vectors.min_n, vectors.max_n, len(vectors.buckets)) == (2, 4, 11)
        assert vectors.metadata["source"]["form"] == "fasttext-model"
        assert vectors.metadata["source"]["settings"]["model"] == "skipgram"
        first = load_vectors(tmp_path / "m.bin", limit=2)
        assert first.index_to_key == ["the", "</s>"]
        assert np.array_equal(first.vectors, vectors.vectors[:2])
        assert np.array_equal(first["night"], vectors["night"])


def test_the_matrix_is_mapped_and_the_output_is_not_read(tmp_path: Path) -> None:
    vectors = load(tmp_path / "m.bin", ModelFile())
    assert isinstance(vectors, SubwordVectors)
    base: Any = vectors.buckets
    while base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert base is not None


def test_words_are_composed_part_by_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = ModelFile()
    whole = load(tmp_path / "m.bin", file)
    for n_rows in (1, 30, 41):
        monkeypatch.setattr("embedrec.vectors.fasttext._ROWS_AT_ONCE", n_rows)
        assert np.array_equal(load(tmp_path / "m.bin", file).vectors, whole.vectors)


def measure_peak(path: Path, content: bytes, error: type[EmbedrecError] | None = None) -> int:
    """Bytes that reading takes at most."""
    path.write_bytes(content)
    del content
    tracemalloc.start()
    with pytest.raises(error) if error else contextlib.nullcontext():
        load_vectors(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_long_words_are_not_gathered_at_once(tmp_path: Path) -> None:
    # Words of 700,000 and 2 n-grams, each of which is a row of 100 values.
    file = ModelFile(words=[b"ab", b"c" * 60_000, b"a"], max_n=13, size=100)
    assert measure_peak(tmp_path / "m.bin", file.to_bytes()) < 60_000_000


def test_a_packed_file_takes_no_more_than_it_holds(tmp_path: Path) -> None:
    # It says a thousand times as much as comes.
    matrix = np.random.default_rng(0).normal(size=(15, 10_000)).astype(np.float32)
    file = ModelFile(matrix=matrix, size=10_000)
    parts = file.to_parts()
    claim = dataclasses.replace(file, n_buckets=11_000).to_parts()
    parts["settings"], parts["shape"] = claim["settings"], struct.pack("<2q", 11_004, 10_000)
    content = gzip.compress(b"".join(list(parts.values())[:-3]))
    assert 1000 * len(content) > 4 * 11_004 * 10_000
    peak = measure_peak(tmp_path / "m.bin", content, CorruptedError)
    assert peak < 30_000_000


def test_a_converted_model_stays_what_it_is(tmp_path: Path) -> None:
    vectors = load(tmp_path / "m.bin", ModelFile())
    save_vectors(vectors, tmp_path / "folder")
    again = KeyedVectors.load(tmp_path / "folder", verify=True)
    assert isinstance(again, SubwordVectors)
    assert np.array_equal(again["night"], vectors["night"])
    assert np.array_equal(again.vectors, vectors.vectors)
    for name in ("m.vec", "m.txt", "word2vec.bin", "m.glove"):
        save_vectors(again, tmp_path / name)
        plain = load_vectors(tmp_path / name)
        assert type(plain) is KeyedVectors
        assert plain.index_to_key == vectors.index_to_key
        assert np.array_equal(plain.vectors, vectors.vectors)


def test_words_that_are_no_utf8_are_hashed_as_they_stand(tmp_path: Path) -> None:
    file = ModelFile(words=[b"kter\xec", b"v\x9ac", b"v\x9bc", b"\x80\x80"])
    vectors = load(tmp_path / "m.bin", file)
    assert vectors.index_to_key == ["kter\ufffd", "v\ufffdc", "\ufffd\ufffd"]
    assert vectors.metadata["source"]["damaged_words"] == 4
    assert vectors.metadata["source"]["repeated_words"] == 1
    expected = compose(file, [file.words[i] for i in (0, 1, 3)])
    np.testing.assert_allclose(vectors.vectors, expected, atol=1e-6)
    assert vectors.counts is not None
    assert len(vectors.counts) == 3
    with pytest.raises(CorruptedError, match="word 1 is not valid UTF-8"):
        load_vectors(tmp_path / "m.bin", errors="strict")


@pytest.mark.parametrize(
    ("version", "n_buckets", "max_n", "has_ngrams"),
    [
        (12, 11, 4, True),
        (11, 11, 4, False),
        (12, 0, 0, False),
        (12, 11, 0, False),
        (12, 11, 1, False),  # below the shortest: fastText's way to turn n-grams off
    ],
)
def test_supervised_models_give_their_words(
    tmp_path: Path, version: int, n_buckets: int, max_n: int, has_ngrams: bool
) -> None:
    labels = [b"__label__a", b"__label__b"]
    file = ModelFile(labels=labels, version=version, n_buckets=n_buckets, max_n=max_n,
                     model=SUPERVISED, loss=3)  # fmt: skip
    vectors = load(tmp_path / "m.bin", file)
    assert vectors.index_to_key == ["the", "</s>", "中国人", "x"]
    assert isinstance(vectors, SubwordVectors) is has_ngrams
    expected = compose(file, file.words) if has_ngrams else file.matrix[:4]
    np.testing.assert_allclose(vectors.vectors, expected, atol=1e-6)


def test_a_model_that_gensim_saves_is_read(tmp_path: Path) -> None:
    module = pytest.importorskip("gensim.models.fasttext")
    text = [["中国", "北京", "the", "night"], ["日本", "东京", "a", "day"]] * 5
    theirs = module.FastText(text, vector_size=6, min_count=1, min_n=1, max_n=3, bucket=50,
                             epochs=1, workers=1)  # fmt: skip
    module.save_facebook_model(theirs, str(tmp_path / "m.bin"))
    vectors = load_vectors(tmp_path / "m.bin")
    assert vectors.index_to_key == theirs.wv.index_to_key
    for word in (*vectors.index_to_key, "京", "nights", "日本人"):
        np.testing.assert_allclose(vectors[word], theirs.wv[word], atol=1e-6)


NAN = make_matrix(15)
NAN[2, 1] = np.nan


@pytest.mark.parametrize(
    ("file", "error", "part"),
    [
        (ModelFile(version=10), InputError, "version 10, and versions 11 and 12"),
        (ModelFile(version=13), InputError, "version 13"),
        (ModelFile(quantised=1), InputError, r"quantised.*\.ftz.*\.bin"),
        (ModelFile(quantised=1, n_pruned=2), InputError, "quantised"),
        (ModelFile(n_pruned=2), CorruptedError, "pruned"),
        (ModelFile(n_pruned=0), CorruptedError, "pruned"),
        (ModelFile(n_pruned=-2), CorruptedError, "dictionary says"),
        (ModelFile(words=[]), InputError, "without words"),
        (ModelFile(words=[b"a", b""]), CorruptedError, "entry 2 of its dictionary"),
        (ModelFile(words=[b"a", b"b" * 70_000]), CorruptedError, "word 2 should"),
        (ModelFile(kinds=[0, 0, 1, 0]), CorruptedError, "entry 3 of its dictionary"),
        (ModelFile(count=-1), CorruptedError, "entry 1 of its dictionary"),
        (ModelFile(model=4), CorruptedError, "settings can't be true"),
        (ModelFile(max_n=-1), CorruptedError, "settings can't be true"),
        (ModelFile(max_n=65), CorruptedError, "settings can't be true"),
        (ModelFile(min_n=65), CorruptedError, "settings can't be true"),
        (ModelFile(matrix=make_matrix(14)), CorruptedError, "14 x 3 where 15 x 3"),
        (ModelFile(matrix=NAN), CorruptedError, "word 3: a value is not a finite number"),
    ],
)
def test_what_cant_be_read_is_named(
    tmp_path: Path, file: ModelFile, error: type[EmbedrecError], part: str
) -> None:
    with pytest.raises(error, match=part) as caught:
        load(tmp_path / "bad.file", file)
    assert "bad.file" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", list(ModelFile().to_parts()))
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_cut_short_anywhere_is_named(tmp_path: Path, name: str, packed: bool) -> None:
    parts = ModelFile(n_pruned=-1).to_parts()
    before = list(parts)[: list(parts).index(name)]
    whole = b"".join(parts[part] for part in before) + parts[name][: len(parts[name]) // 2]
    content = gzip.compress(whole) if packed else whole
    if not parts[name] or whole == b"".join(parts.values()):
        return
    with pytest.raises(EmbedrecError, match=re.escape("m.bin")):
        load(tmp_path / "m.bin", content)


def test_a_file_that_goes_on_is_named(tmp_path: Path) -> None:
    for content in (ModelFile().to_bytes() + b"x", gzip.compress(ModelFile().to_bytes() + b"x")):
        with pytest.raises(CorruptedError, match="goes on after its end"):
            load(tmp_path / "m.bin", content)


def test_a_bucket_that_is_not_finite_is_named_by_the_word_that_needs_it(tmp_path: Path) -> None:
    matrix = make_matrix(1 + 11)
    matrix[1:] = np.inf
    vectors = load(tmp_path / "m.bin", ModelFile(words=[b"</s>"], matrix=matrix))
    assert np.isfinite(vectors["</s>"]).all()
    with pytest.raises(CorruptedError, match="n-grams of 'night'"):
        vectors.most_similar("night")


SOUND = ModelFile().to_bytes()


@settings(deadline=None, max_examples=300)
@given(
    cut=st.integers(0, len(SOUND)) | st.just(len(SOUND)),
    changes=st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), max_size=4),
    packed=st.booleans(),
)
def test_no_damage_makes_another_kind_of_error(
    tmp_path_factory: pytest.TempPathFactory, cut: int, changes: list[tuple[int, int]], packed: bool
) -> None:
    content = bytearray(SOUND)
    for place, value in changes:
        content[place] = value
    damaged = gzip.compress(content[:cut]) if packed else bytes(content[:cut])
    try:
        vectors = load(tmp_path_factory.mktemp("damage") / "m.bin", damaged)
        vectors.most_similar("night")
    except EmbedrecError:
        return
    assert np.isfinite(vectors.vectors).all()


@settings(deadline=None, max_examples=100)
@given(
    place=st.integers(0, 120),
    number=st.sampled_from([-1, 0, 1, 2**31 - 1, -(2**31), 2**62, -(2**63)]),
    form=st.sampled_from(["<i", "<q"]),
)
def test_no_claim_makes_another_kind_of_error(
    tmp_path_factory: pytest.TempPathFactory, place: int, number: int, form: str
) -> None:
    content = bytearray(SOUND)
    number = max(-(2**31), min(number, 2**31 - 1)) if form == "<i" else number
    struct.pack_into(form, content, place, number)
    with contextlib.suppress(EmbedrecError):
        load(tmp_path_factory.mktemp("claim") / "m.bin", bytes(content))
