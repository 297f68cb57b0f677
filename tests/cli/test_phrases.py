"""`embedrec corpus phrases`, and looking phrases up in a model of what it made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from embedrec.corpus import phrases as room
from embedrec.corpus.phrases import Phrases
from embedrec.corpus.shards import Corpus
from embedrec.recommend.forms import WordForms
from embedrec.vectors.keyed import KeyedVectors
from tests.cli.conftest import Run

LINES = (
    "new york is a city 唐朝诗人写诗",
    "the city of new york has a port 唐朝诗人喝酒",
    "a port is at the sea 诗人喝酒",
    "york has a castle by the sea",
    "all that is new is a joy 唐朝",
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from embedrec.cli import main

    folder = tmp_path_factory.mktemp("phrases")
    text = "\n".join(LINES[(7 * i * i + i // 3) % len(LINES)] for i in range(600))
    (folder / "text.txt").write_text(text, encoding="utf-8")
    words = ["corpus", "build", str(folder / "text.txt"), "-o", str(folder / "c"), "-q"]
    assert main([*words, "--workers", "1"]) == 0
    return folder / "c"


HOW = ("--threshold", 1.5)


def test_a_corpus_is_made(run: Run, source: Path, tmp_path: Path) -> None:
    outcome = run("corpus", "phrases", source, "-o", tmp_path / "j", *HOW)
    made = Corpus.open(tmp_path / "j", verify=True)
    assert outcome.code == 0
    assert f"{made.n_tokens:,} tokens" in outcome.out
    assert "new_york" in made.vocabulary
    assert "唐朝诗人" in made.vocabulary
    again = run("corpus", "phrases", source, "-o", tmp_path / "j", *HOW, "--resume")
    assert "there already" in again.err
    assert run("corpus", "phrases", source, "-o", tmp_path / "q", *HOW, "-q").out == ""
    shown = run("corpus", "stats", tmp_path / "j").out
    assert "phrases threshold" in shown
    assert "text.txt" in shown


def test_without_output_phrases_are_shown(run: Run, source: Path) -> None:
    outcome = run("corpus", "phrases", source, *HOW, "-n", 3)
    assert len(outcome.out.splitlines()) == 3
    assert "phrases" in outcome.err
    found = run("corpus", "phrases", source, *HOW, "--json").json
    assert found["n_phrases"] == len(found["phrases"]) > 3
    first = found["phrases"][0]
    assert set(first) == {"words", "joined", "count", "score", "round"}


def test_json_with_output_tells_both(run: Run, source: Path, tmp_path: Path) -> None:
    found = run("corpus", "phrases", source, "-o", tmp_path / "j", *HOW, "--json").json
    assert found["vocabulary_size"] == len(Corpus.open(tmp_path / "j").vocabulary)
    assert "new_york" in [phrase["joined"] for phrase in found["phrases"]]


def test_phrases_go_into_a_file(run: Run, source: Path, tmp_path: Path) -> None:
    outcome = run("corpus", "phrases", source, *HOW, "--list", tmp_path / "p.tsv")
    assert outcome.out == ""
    assert "new_york" in [phrase.joined for phrase in Phrases.load(tmp_path / "p.tsv")]


@pytest.mark.parametrize(
    ("options", "there"),
    [
        (["--joiner", "+", *HOW], "new+york"),
        (["--scoring", "npmi"], "new_york"),
        (
            ["--threshold", "2", "--connector-words", "english", "--rounds", "2"],
            "castle_by_the_sea",
        ),
        (
            ["--threshold", "2", "--connector-words", "by,the,a", "--rounds", "2"],
            "castle_by_the_sea",
        ),
    ],
)
def test_options_reach_the_phrases(run: Run, source: Path, options: list[Any], there: str) -> None:
    found = run("corpus", "phrases", source, *options, "--json").json["phrases"]
    assert there in [phrase["joined"] for phrase in found]


@pytest.mark.parametrize(
    ("options", "message", "code"),
    [
        (["--threshold", "-2"], "must be a number above 0, not -2.0", 2),
        (["--threshold", "x"], "not a valid float", 2),
        (["--scoring", "pmi"], "'pmi' is not one of", 2),
        (["--rounds", "0"], "rounds", 2),
        (["--min-count", "0"], "min-count", 2),
        (["--joiner", "a b"], "without white space, not 'a b'", 2),
        (["--connector-words", "of the"], "the connector word 'of the'", 2),
        (["--resume"], "give -o as well", 2),
        (["--list", "/dev/null/x"], "can't write", 1),
    ],
)
def test_bad_options(fail: Run, source: Path, options: list[str], message: str, code: int) -> None:
    assert message in fail("corpus", "phrases", source, *options, code=code).err


def test_bad_places(fail: Run, source: Path, text_file: Path, tmp_path: Path) -> None:
    fail("corpus", "phrases", tmp_path / "none")
    fail("corpus", "phrases", text_file)
    (tmp_path / "x").touch()
    fail("corpus", "phrases", source, "-o", tmp_path / "x", code=2)


def test_ctrl_c_offers_to_go_on(
    run: Run, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(room, "write_joined", stop)
        outcome = run("corpus", "phrases", source, "-o", tmp_path / "j", *HOW)
    assert outcome.code == 130
    assert "corpus phrases --resume" in outcome.err
    assert "unfinished" in run("info", tmp_path / "j.partial").out
    assert run("corpus", "phrases", source, "-o", tmp_path / "j", *HOW, "--resume").code == 0
    assert not (tmp_path / "j.partial").exists()


@pytest.fixture(scope="module")
def model(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from embedrec.cli import main

    folder = tmp_path_factory.mktemp("model")
    assert (
        main(
            ["corpus", "phrases", str(source), "-o", str(folder / "c"), "--threshold", "1.5", "-q"]
        )
        == 0
    )
    options = ["--vector-size", "8", "--epochs", "2", "--sample", "0", "-q"]
    assert main(["train", str(folder / "c"), "-o", str(folder / "m"), *options]) == 0
    return folder / "m"


@pytest.mark.parametrize(
    "word", ["new_york", "New York", "new york", "唐朝诗人", "唐朝詩人", "唐朝 诗人"]
)
def test_a_phrase_is_looked_up_however_it_is_written(run: Run, model: Path, word: str) -> None:
    outcome = run("similar", model, word, "-n", 2)
    assert outcome.code == 0, outcome.err


def test_a_text_gives_the_phrases_in_it(model: Path) -> None:
    vectors = KeyedVectors.load(model)
    ranks = WordForms(vectors).cut("the castle in New York 唐朝诗人")
    assert {"new_york", "唐朝诗人"} <= {vectors.index_to_key[rank] for rank in ranks}


def test_other_phrases_make_another_model(
    run: Run, fail: Run, source: Path, model: Path, tmp_path: Path
) -> None:
    run("corpus", "phrases", source, "-o", tmp_path / "c", "--threshold", 3)
    options = ["--vector-size", "8", "--epochs", "2", "--sample", "0", "-q"]
    outcome = fail("train", tmp_path / "c", "-o", model, *options, code=2)
    assert "made otherwise" in outcome.err
