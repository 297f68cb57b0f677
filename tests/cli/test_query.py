"""Questions to a model: similar, analogy, recommend, evaluate, convert, info."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from embedrec.cli.table import measure_width
from embedrec.vectors.formats import load_vectors
from embedrec.vectors.keyed import KeyedVectors
from tests.cli.conftest import Run


@pytest.fixture
def vectors(model_folder: Path) -> KeyedVectors:
    return KeyedVectors.load(model_folder)


def test_similar_prints_what_the_library_finds(
    run: Run, model_folder: Path, vectors: KeyedVectors
) -> None:
    expected = vectors.most_similar("李白", topn=4)
    found = run("similar", model_folder, "李白", "--topn", 4, "--json").json
    assert [(item["word"], pytest.approx(item["score"])) for item in found["results"]] == expected
    assert set(found) == {"results"}
    lines = run("similar", model_folder, "李白", "-n", 4).out.splitlines()
    assert [line.split()[0] for line in lines] == [word for word, _ in expected]
    assert len({measure_width(line) for line in lines}) == 1


def test_several_words_are_one_question(
    run: Run, model_folder: Path, vectors: KeyedVectors
) -> None:
    expected = vectors.most_similar(positive=["李白", "城市"], topn=3)
    found = run("similar", model_folder, "李白", "城市", "-n", 3, "--json").json["results"]
    assert [item["word"] for item in found] == [word for word, _ in expected]


def test_analogy_is_b_less_a_plus_c(run: Run, model_folder: Path, vectors: KeyedVectors) -> None:
    expected = vectors.most_similar(positive=["诗人", "北京"], negative=["李白"], topn=3)
    found = run("analogy", model_folder, "李白", "诗人", "北京", "-n", 3, "--json").json["results"]
    assert [item["word"] for item in found] == [word for word, _ in expected]


def test_other_scripts_and_cases_are_looked_up_as_trained(run: Run, model_folder: Path) -> None:
    plain = run("similar", model_folder, "广州", "--json")
    other = run("similar", model_folder, "廣州", "--json")
    assert other.out == plain.out
    assert other.err == "embedrec: 廣州 is looked up as 广州\n"


@pytest.mark.parametrize("words", [["similar", "李太白"], ["analogy", "李白", "诗人", "李太白"]])
def test_an_unknown_word_is_one_line_with_near_spellings(
    fail: Run, model_folder: Path, words: list[str]
) -> None:
    command, *rest = words
    outcome = fail(command, model_folder, *rest)
    assert "'李太白'" in outcome.err
    assert "李白" in outcome.err.partition("did you mean")[2]
    fail(command, model_folder, *rest, "--json")


def test_recommend_gives_unseen_words_and_reasons(run: Run, model_folder: Path) -> None:
    found = run("recommend", model_folder, "--history", "李白,北京:2", "-n", 5, "--json").json
    words = [item["word"] for item in found["results"]]
    assert len(words) == 5
    assert not {"李白", "北京"} & set(words)
    assert all(set(item["because"]) <= {"李白", "北京"} for item in found["results"])
    shown = run("recommend", model_folder, "--history", "李白,北京:2", "-n", 5).out
    assert [line.split()[0] for line in shown.splitlines()] == words
    assert "because of" in shown


def test_recommend_leaves_out_what_is_excluded(
    run: Run, fail: Run, model_folder: Path, tmp_path: Path
) -> None:
    words = ("recommend", model_folder, "--history", "李白", "-n", 3, "--json")
    first = [item["word"] for item in run(*words).json["results"]]
    exclude = tmp_path / "exclude.txt"
    exclude.write_text("\n".join(first), encoding="utf-8")
    second = [item["word"] for item in run(*words, "--exclude", exclude).json["results"]]
    assert len(second) == 3
    assert not set(first) & set(second)
    assert "nowhere" in fail(*words, "--exclude", "/nowhere").err


def test_recommend_with_a_half_life_turns_to_the_newest(run: Run, model_folder: Path) -> None:
    words = ("recommend", model_folder, "--history", "李白,北京", "--json", "-n", 1)
    found = run(*words, "--half-life", 0.05).json["results"][0]
    assert found["because"][0] == "北京"
    alone = run("recommend", model_folder, "--history", "北京", "--json").json["results"]
    assert found["word"] in [item["word"] for item in alone][:3]


def test_recommend_reports_what_it_does_not_know(run: Run, fail: Run, model_folder: Path) -> None:
    outcome = run("recommend", model_folder, "--history", "李白,quux", "--json")
    assert outcome.code == 0
    assert "quux" in outcome.err
    fail("recommend", model_folder, "--history", "quux")
    fail("recommend", model_folder, "--history", "", code=2)
    fail("recommend", model_folder, "--history", "李白:heavy", code=2)
    fail("recommend", model_folder, "--history", "李白", "--half-life", 0, code=2)


def test_evaluate_in_both_forms(run: Run, model_folder: Path, tmp_path: Path) -> None:
    questions, pairs = tmp_path / "questions.txt", tmp_path / "pairs.txt"
    questions.write_text(": 城市\n李白 诗人 北京 城市\n李白 诗人 纽约 城市\n", encoding="utf-8")
    pairs.write_text("李白\t杜甫\t9\n李白\t机场\t1\n杜甫\t港口\t1.5\n李白\t纽约\t1\n", "utf-8")
    words = ("evaluate", model_folder, "--analogies", questions, "--similarity", pairs)
    found = run(*words, "--json").json
    assert set(found) == {"analogies", "similarity"}
    answered = found["analogies"][str(questions)]
    assert set(answered) == {"accuracy", "correct", "known", "total", "sections"}
    assert (answered["known"], answered["total"]) == (1, 2)
    assert set(answered["sections"]) == {"城市"}
    compared = found["similarity"][str(pairs)]
    assert set(compared) == {"spearman", "known", "total"}
    assert (compared["known"], compared["total"]) == (3, 4)
    assert compared["spearman"] > 0.4
    shown = run(*words, "--method", "3cosmul").out
    assert "城市" in shown
    assert f"{compared['spearman']:.4f}" in shown


def test_evaluate_with_nothing_known_is_not_an_error(
    run: Run, model_folder: Path, tmp_path: Path
) -> None:
    questions = tmp_path / "questions.txt"
    questions.write_text("a b c d\n", encoding="utf-8")
    found = run("evaluate", model_folder, "--analogies", questions, "--json").json
    assert found["analogies"][str(questions)]["accuracy"] is None
    assert run("evaluate", model_folder, "--analogies", questions).code == 0


def test_evaluate_wants_something_readable(fail: Run, model_folder: Path, text_file: Path) -> None:
    fail("evaluate", model_folder, code=2)
    fail("evaluate", model_folder, "--analogies", "/nowhere")
    assert "line 1" in fail("evaluate", model_folder, "--analogies", text_file).err
    fail("evaluate", model_folder, "--similarity", text_file)


@pytest.mark.parametrize("name", ["x.bin", "x.txt", "x.vec", "folder"])
def test_convert_there_and_back(
    run: Run, model_folder: Path, vectors: KeyedVectors, tmp_path: Path, name: str
) -> None:
    assert run("convert", model_folder, tmp_path / name).code == 0
    loaded = load_vectors(tmp_path / name)
    assert loaded.index_to_key == vectors.index_to_key
    np.testing.assert_allclose(loaded.vectors, vectors.vectors, atol=1e-5)
    assert run("convert", tmp_path / name, tmp_path / "back", "-q").out == ""
    assert run("similar", tmp_path / "back", "李白").code == 0


def test_convert_replaces_no_folder_unasked(
    run: Run, fail: Run, model_folder: Path, tmp_path: Path
) -> None:
    run("convert", model_folder, tmp_path / "x.bin")
    run("convert", model_folder, tmp_path / "folder")
    fail("convert", tmp_path / "x.bin", tmp_path / "folder", code=2)
    fail("convert", tmp_path / "x.bin", tmp_path / "x.bin", code=2)
    fail("convert", model_folder, tmp_path / "x.xyz", code=2)
    fail("convert", model_folder, "/proc/nothing/x.bin")
    assert run("convert", tmp_path / "x.bin", tmp_path / "folder", "--force").code == 0


def test_info_tells_each_kind(
    run: Run, model_folder: Path, corpus_folder: Path, text_file: Path, tmp_path: Path
) -> None:
    run("convert", model_folder, tmp_path / "x.bin")
    run("convert", tmp_path / "x.bin", tmp_path / "folder")
    kinds = {
        model_folder: "model",
        corpus_folder: "corpus",
        tmp_path / "x.bin": "vector file",
        tmp_path / "folder": "vectors",
        text_file: "raw text",
    }
    for path, kind in kinds.items():
        assert run("info", path, "--json").json["kind"] == kind
        assert kind in run("info", path).out
    found = run("info", model_folder, "--json", "--verify").json
    assert found["verified"]
    assert found["training"]["vector_size"] == found["vector_size"] == 12
    assert list(found["inputs"]) == [str(text_file)]


def break_model(folder: Path, what: str) -> None:
    manifest = folder / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    if what == "newer":
        manifest.write_text(json.dumps({**content, "format_version": 99}), encoding="utf-8")
    elif what == "short matrix":
        os.truncate(folder / "vectors.safetensors", 300)
    elif what == "no matrix":
        (folder / "vectors.safetensors").unlink()
    elif what == "no manifest":
        manifest.unlink()
    elif what == "words":
        (folder / "vocabulary.txt").write_bytes(b"\xff 1\n")
    else:
        manifest.write_text(json.dumps({**content, "kind": "cake"}), encoding="utf-8")


@pytest.mark.parametrize(
    "what", ["newer", "short matrix", "no matrix", "no manifest", "words", "kind", "nothing"]
)
def test_a_model_that_can_not_be_read_is_one_line(
    fail: Run, model_folder: Path, tmp_path: Path, what: str
) -> None:
    folder = tmp_path / "m"
    if what != "nothing":
        shutil.copytree(model_folder, folder)
        break_model(folder, what)
    for words in (
        ["similar", folder, "李白"],
        ["analogy", folder, "李白", "诗人", "北京"],
        ["recommend", folder, "--history", "李白"],
        ["evaluate", folder, "--analogies", "x"],
        ["convert", folder, tmp_path / "x.bin"],
        ["info", folder],
    ):
        assert str(folder) in fail(*words).err
    assert not (tmp_path / "x.bin").exists()


@pytest.mark.parametrize("content", [b"", b"2 3\n\xe6\x9d\x8e 1 2\n", b"\x00\x01" * 90, b"3 4\n"])
def test_a_vector_file_that_can_not_be_read_is_one_line(
    fail: Run, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(content)
    assert str(path) in fail("similar", path, "李").err
    assert str(path) in fail("convert", path, tmp_path / "y.bin").err
    assert not (tmp_path / "y.bin").exists()
