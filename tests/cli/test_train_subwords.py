"""`embedrec train --subwords`: a model that answers for words it has not seen."""

from __future__ import annotations

from pathlib import Path

from embedrec.models.word2vec import Word2Vec
from embedrec.vectors.keyed import KeyedVectors
from embedrec.vectors.subword import SubwordVectors
from tests.cli.conftest import Run

SMALL = ("--subwords", "--buckets", 500, "--vector-size", 8, "--epochs", 2)


def test_model_answers_for_unseen_words(run: Run, corpus_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    outcome = run("train", corpus_folder, "-o", folder, *SMALL, "--threads", 1)
    assert outcome.code == 0, outcome
    vectors = KeyedVectors.load(folder, verify=True)
    assert isinstance(vectors, SubwordVectors)
    assert len(vectors.buckets) == 500
    parameters = Word2Vec.load(folder).parameters
    assert (parameters.min_n, parameters.max_n) == (vectors.min_n, vectors.max_n)
    unseen = vectors.index_to_key[0] + vectors.index_to_key[1]
    assert unseen not in vectors
    assert run("similar", folder, unseen).code == 0
    again = run("train", corpus_folder, "-o", tmp_path / "n", *SMALL, "--threads", 1)
    assert again.code == 0
    assert "is there already" in run("train", corpus_folder, "-o", folder, *SMALL).err
    other = KeyedVectors.load(tmp_path / "n")
    assert other.vectors.tobytes() == vectors.vectors.tobytes()


def test_lengths_that_cannot_be_are_one_line(
    fail: Run, corpus_folder: Path, tmp_path: Path
) -> None:
    words = ["train", corpus_folder, "-o", tmp_path / "m", *SMALL]
    assert "min_n must be from 1 to 2" in fail(*words, "--min-n", 3, "--max-n", 2, code=2).err
    assert "min_n is given alone" in fail(*words, "--min-n", 3, code=2).err
    assert not (tmp_path / "m").exists()
