"""Bidirectional models on the command line: scores, gaps, and what they refuse."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

LINES = ["我 爱 北京", "你 爱 上海", "他 去 北京 站", "我 昨天 上学", "她 昨天 回家"]
SMALL = ["--vector-size", 8, "--hidden-size", 8, "--batch-size", 5, "--epochs", 15,
         "--dropout", 0, "--learning-rate", 0.03, "-q"]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from embedrec.cli import main

    place = tmp_path_factory.mktemp("gap")
    text = place / "train.txt"
    text.write_text("\n".join(LINES * 20) + "\n", encoding="utf-8")
    words = ["lm", "train", text, "-o", place / "bigru", "--model", "bigru", "--validation", text]
    assert main([str(word) for word in [*words, *SMALL]]) == 0
    return place


def test_a_gap_is_filled_from_both_sides(run, folder: Path) -> None:
    found = run("lm", "suggest", folder / "bigru", "_ 昨天 回家", "--json").json["results"]
    assert found[0]["word"] == "她"
    assert found[0]["probability"] > 0.5
    other = run("lm", "suggest", folder / "bigru", "? 昨天 上学", "--gap", "?", "-n", 1)
    assert other.out.split()[0] == "我"
    narrowed = run("lm", "suggest", folder / "bigru", "我 爱 _", "--prefix", "上", "--json").json
    assert {entry["word"] for entry in narrowed["results"]} == {"上海", "上学"}


def test_scores_say_what_they_are(run, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.txt"
    path.write_text("北京 爱 我\n我 爱 北京\n", encoding="utf-8")
    wrong, right = run("lm", "score", folder / "bigru", path, "--words",
                       "--json").json["results"]  # fmt: skip
    assert "log_prob" not in wrong
    assert right["pseudo_log_prob"] > wrong["pseudo_log_prob"]
    assert [word for word, _ in right["words"]] == ["我", "爱", "北京"]
    assert sum(p for _, p in right["words"]) == pytest.approx(right["pseudo_log_prob"])
    assert right["pseudo_perplexity"] == pytest.approx(math.exp(-right["pseudo_log_prob"] / 3))
    outcome = run("lm", "score", folder / "bigru", path, "--ranked")
    assert outcome.out.splitlines()[0].endswith("我 爱 北京")
    assert "pseudo" in outcome.err
    assert run("lm", "score", folder / "bigru", path, "-q").err == ""


def test_what_they_refuse(run, fail, folder: Path, tmp_path: Path) -> None:
    model, text = folder / "bigru", folder / "train.txt"
    for words in (["evaluate", model, text], ["generate", model]):
        assert "bidirectional" in fail("lm", *words).err
    for sentence in ("我 爱 北京", "_ 爱 _", ""):
        assert "one gap" in fail("lm", "suggest", model, sentence, code=2).err
    assert run("lm", "train", text, "-o", tmp_path / "kn", "--model", "kn").code == 0
    assert "bidirectional" in fail("lm", "evaluate", tmp_path / "kn", text, "--mix", model).err
    assert "--gap" in fail("lm", "suggest", tmp_path / "kn", "我 ?", "--gap", "?", code=2).err
    assert "--steps" in fail("lm", "train", text, "-o", tmp_path / "m", "--model", "bilstm",
                             "--steps", 5, code=2).err  # fmt: skip
