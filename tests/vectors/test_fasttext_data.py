"""fastText's own files: the same vectors as fastText printed and as gensim loads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embedrec.vectors.formats import load_vectors
from embedrec.vectors.subword import SubwordVectors

pytestmark = pytest.mark.data
UNSEEN = ["nightly", "xx", "x", "中国人", "ěščř", "supercalifragilistic", "одинокий", "a b"]


@pytest.mark.parametrize(
    ("name", "n_words", "size"),
    [
        ("lee_fasttext.bin", 1762, 10),
        ("lee_fasttext_new.bin", 1763, 10),
        ("crime-and-punishment.bin", 291, 5),
        ("non_ascii_fasttext.bin", 171, 2),
        ("cp852_fasttext.bin", 171, 2),
    ],
)
def test_known_and_unseen_words_are_gensims(data: Path, name: str, n_words: int, size: int) -> None:
    module = pytest.importorskip("gensim.models.fasttext")
    theirs = module.load_facebook_vectors(str(data / "vectors" / name))
    vectors = load_vectors(data / "vectors" / name)
    assert isinstance(vectors, SubwordVectors)
    assert vectors.vector_size == size
    assert len(theirs) == n_words
    # Words that are not UTF-8 are hashed by their bytes here, as fastText does, and by their
    # escaped form in gensim.
    sound = [word for word in theirs.index_to_key if "\\x" not in word]
    assert [word for word in vectors.index_to_key if "\ufffd" not in word] == sound
    for word in [*sound, *(word for word in UNSEEN if word not in theirs.key_to_index)]:
        # gensim always cuts "</s>" into n-grams; fastText, by the .vec files, only in old ones.
        if word != "</s>" or vectors.metadata["source"]["version"] is None:
            np.testing.assert_allclose(vectors[word], theirs[word], atol=1e-6, err_msg=word)
    assert vectors.counts is not None
    if len(vectors) == n_words:
        counts = [theirs.get_vecattr(word, "count") for word in vectors.index_to_key]
        assert vectors.counts.tolist() == counts


@pytest.mark.parametrize(
    "name", ["lee_fasttext", "crime-and-punishment", "pang_lee_polarity_fasttext"]
)
def test_known_words_are_what_fasttext_printed(data: Path, name: str) -> None:
    printed = load_vectors(data / "vectors" / f"{name}.vec")
    vectors = load_vectors(data / "vectors" / f"{name}.bin")
    assert vectors.index_to_key == printed.index_to_key
    assert "</s>" in vectors
    np.testing.assert_allclose(vectors.vectors, printed.vectors, atol=1e-5, rtol=1e-4)


def test_single_ngrams_are_what_fasttext_printed(data: Path) -> None:
    # Blocks of a word and "n-gram values" lines, of the Russian model beside.
    vectors = load_vectors(data / "vectors" / "crime-and-punishment.bin")
    assert isinstance(vectors, SubwordVectors)
    text = (data / "vectors" / "fb-ngrams.txt").read_text(encoding="utf-8")
    n_compared = 0
    for block in text.split("<start>\n")[1:]:
        word, *lines = block.partition("<end>")[0].rstrip("\n").split("\n")
        rows = [[float(value) for value in line.split(" ")[-6:] if value] for line in lines]
        sums = np.array([row[-5:] for row in rows if any(row[-5:])])
        if word in vectors or not len(sums):
            continue
        np.testing.assert_allclose(vectors[word], sums.mean(axis=0), atol=1e-5, err_msg=word)
        n_compared += 1
    assert n_compared >= 3
