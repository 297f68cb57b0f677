"""Commands on vectors that unseen words have too: a folder, and a fastText model file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embedrec.vectors.formats import load_vectors
from embedrec.vectors.keyed import KeyedVectors
from embedrec.vectors.subword import SubwordVectors
from tests.cli.conftest import Run
from tests.vectors.fasttext_file import ModelFile


@pytest.fixture(scope="module")
def folder(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model with buckets of chance beside it; not to be changed."""
    plain = KeyedVectors.load(model_folder)
    buckets = np.random.default_rng(1).normal(size=(50, plain.vector_size))
    target = tmp_path_factory.mktemp("subwords") / "model"
    SubwordVectors(
        plain.index_to_key, plain.vectors, buckets, min_n=2, max_n=3, counts=plain.counts,
        metadata=plain.metadata,
    ).save(target)  # fmt: skip
    return target


def test_an_unseen_word_is_answered_and_told(run: Run, folder: Path) -> None:
    vectors = KeyedVectors.load(folder)
    outcome = run("similar", folder, "李太白", "-n", 3, "--json")
    expected = [word for word, _ in vectors.most_similar("李太白", topn=3)]
    assert [item["word"] for item in outcome.json["results"]] == expected
    assert outcome.err == (
        "embedrec: 李太白 is not in the vocabulary; its vector is made of its n-grams\n"
    )
    outcome = run("analogy", folder, "李白", "诗人", "李太白", "-n", 3, "--json")
    expected = [word for word, _ in vectors.most_similar(["诗人", "李太白"], ["李白"], topn=3)]
    assert [item["word"] for item in outcome.json["results"]] == expected


def test_an_unseen_word_is_written_as_the_training_text_was(run: Run, folder: Path) -> None:
    plain = run("similar", folder, "广州塔abc", "--json")
    other = run("similar", folder, "廣州塔ABC", "--json")
    assert other.out == plain.out
    assert "embedrec: 廣州塔ABC is looked up as 广州塔abc\n" in other.err
    known = run("similar", folder, "廣州", "--json")
    assert known.err == "embedrec: 廣州 is looked up as 广州\n"


def test_a_word_without_ngrams_is_one_line(fail: Run, tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(ModelFile(min_n=5, max_n=6).to_bytes())
    outcome = fail("similar", tmp_path / "m.bin", "ab")
    assert "has no n-gram of 5 to 6 characters" in outcome.err
    fail("similar", tmp_path / "m.bin", "")


def test_recommendations_take_known_words_only(run: Run, fail: Run, folder: Path) -> None:
    outcome = run("recommend", folder, "--history", "李白,quux", "--json")
    assert "quux" in outcome.err
    fail("recommend", folder, "--history", "quux")


def test_evaluate_makes_unseen_words_if_asked(
    run: Run, fail: Run, folder: Path, model_folder: Path, tmp_path: Path
) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("李白 杜甫 9\n李白 李太白 8\n李白 机场 1\n", encoding="utf-8")
    words = ("--similarity", pairs, "--json")
    assert run("evaluate", folder, *words).json["similarity"][str(pairs)]["known"] == 2
    found = run("evaluate", folder, *words, "--unseen").json["similarity"][str(pairs)]
    assert found["known"] == 3
    assert "no subwords" in fail("evaluate", model_folder, *words, "--unseen", code=2).err


def test_a_fasttext_model_is_described_and_converted(run: Run, fail: Run, tmp_path: Path) -> None:
    path = tmp_path / "m.bin"
    path.write_bytes(ModelFile().to_bytes())
    found = run("info", path, "--json").json
    assert (found["kind"], found["words"], found["vector_size"]) == ("fastText model", 4, 3)
    assert found["version"] == 12
    assert found["settings"]["n_buckets"] == 11
    run("convert", path, tmp_path / "folder")
    described = run("info", tmp_path / "folder", "--json").json
    assert described["subwords"] == {"min_n": 2, "max_n": 4, "n_buckets": 11}
    run("convert", tmp_path / "folder", tmp_path / "m.vec")
    assert (tmp_path / "m.vec").read_text(encoding="utf-8").startswith("4 3\nthe ")
    vectors = load_vectors(path)
    assert np.array_equal(load_vectors(tmp_path / "folder")["night"], vectors["night"])
    assert np.array_equal(load_vectors(tmp_path / "m.vec").vectors, vectors.vectors)
    path.write_bytes(ModelFile(quantised=1).to_bytes())
    for command in (["info", path], ["similar", path, "x"], ["convert", path, tmp_path / "q"]):
        assert "quantised" in fail(*command).err
    path.write_bytes(ModelFile().to_bytes()[:-1])
    for command in (["info", path], ["similar", path, "x"]):
        assert "damaged fastText model: it ends early" in fail(*command).err
