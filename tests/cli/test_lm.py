"""`embedrec lm`: train, evaluate, suggest, score, generate, as a person types them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

LINES = ["我 爱 北京", "我 爱 上海", "你 爱 北京 吗", "他 去 北京 站", "我 去 上海", "我 昨天 上学"]
SMALL = [
    "--schedule",
    "linear",
    "--vector-size",
    8,
    "--hidden-size",
    8,
    "--batch-size",
    4,
    "--epochs",
    2,
    "-q",
]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lm") / "train.txt"
    path.write_text("\n".join(LINES * 30) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def model(run, text: Path, tmp_path: Path) -> Path:
    assert run("lm", "train", text, "-o", tmp_path / "kn", "--model", "kn", "--order", 3).code == 0
    return tmp_path / "kn"


def test_counts_need_no_held_out_text(run, model: Path, text: Path) -> None:
    result = run("lm", "evaluate", model, text, "--json").json
    assert result["tokens"] == 30 * sum(len(line.split()) + 1 for line in LINES)
    assert result["unknown_rate"] == 0
    assert result["perplexity"] == pytest.approx(math.exp(-result["log_prob"] / result["tokens"]))
    assert result["models"] == {str(model): 1.0}
    assert "perplexity" in run("lm", "evaluate", model, text).out


@pytest.mark.parametrize("kind", ["nnlm", "rnn", "gru", "lstm"])
def test_neural_models_train_and_mix(run, text: Path, tmp_path: Path, model: Path, kind) -> None:
    folder = tmp_path / kind
    outcome = run("lm", "train", text, "-o", folder, "--model", kind, "--validation", text, *SMALL)
    assert (outcome.code, outcome.out) == (0, "")
    assert not Path(f"{folder}.partial").exists()
    mixed = run("lm", "evaluate", model, text, "--mix", folder, "--cache", 50,
                "--validation", text, "--json").json  # fmt: skip
    assert sum(mixed["models"].values()) == pytest.approx(1)
    alone = run("lm", "evaluate", model, text, "--json").json["perplexity"]
    assert mixed["perplexity"] <= alone * (1 + 1e-5)


def test_training_on_a_corpus_cuts_queries_as_it_did(run, corpus_folder: Path, tmp_path) -> None:
    folder = tmp_path / "m"
    assert run("lm", "train", corpus_folder, "-o", folder, "--model", "kn", "-q").code == 0
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["facts"]["text"] == json.loads(
        (corpus_folder / "manifest.json").read_text()
    )["parameters"]["text"]  # fmt: skip
    assert run("lm", "suggest", folder, "a", "--json").json["results"]


def test_suggestions(run, model: Path) -> None:
    found = run("lm", "suggest", model, "我 昨天", "--json").json["results"]
    assert found[0]["word"] == "上学"
    assert 0 < found[0]["probability"] < 1
    narrowed = run("lm", "suggest", model, "我 爱", "--prefix", "上", "--json").json["results"]
    assert [entry["word"] for entry in narrowed] == ["上海", "上学"]


def test_scores_in_order_and_ranked(run, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.txt"
    path.write_text("北京 爱 我\n我 爱 北京\n", encoding="utf-8")
    first, second = run("lm", "score", model, path, "--words", "--json").json["results"]
    assert first["sentence"] == "北京 爱 我"
    assert sum(p for _, p in second["words"]) == pytest.approx(second["log_prob"])
    ranked = run("lm", "score", model, path, "--ranked").out.splitlines()
    assert ranked[0].endswith("我 爱 北京")


def test_generation_is_seeded(run, model: Path) -> None:
    drawn = run("lm", "generate", model, "--context", "我", "-n", 12, "--seed", 4, "--json").json
    assert drawn["context"] == ["我"]
    assert len(drawn["words"]) == 12
    again = run("lm", "generate", model, "--context", "我", "-n", 12, "--seed", 4).out
    assert again.split() == ["我", *(w for w in drawn["words"] if w != "<eos>")]


def test_characters(run, text: Path, tmp_path: Path) -> None:
    folder = tmp_path / "c"
    run("lm", "train", text, "-o", folder, "--model", "kn", "--unit", "character", "-q")
    found = run("lm", "suggest", folder, "我爱北", "--json").json["results"]
    assert found[0]["word"] == "京"


def test_unknown_words(run, fail, model: Path, text: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("我 爱 南京\n", encoding="utf-8")
    assert "南京" in fail("lm", "evaluate", model, path).err  # every training word is known
    cut = tmp_path / "cut"
    run("lm", "train", text, "-o", cut, "--model", "kn", "--max-vocab", 6, "-q")
    assert run("lm", "evaluate", cut, path, "--json").json["unknown_rate"] == pytest.approx(1 / 3)
    assert "南京" in fail("lm", "evaluate", cut, path, "--unknown", "reject").err
    path.write_text("x y\n")
    assert "none of the text's 2 words" in fail("lm", "evaluate", cut, path).err


def test_what_can_not_be(run, fail, model: Path, text: Path, tmp_path: Path) -> None:
    out = tmp_path / "o"
    assert (
        "--layers"
        in fail("lm", "train", text, "-o", out, "--model", "kn", "--layers", 2, code=2).err
    )
    kept = (model / "weights.safetensors").read_bytes()
    again = fail("lm", "train", text, "-o", model, "--model", "kn", "--order", 2, code=2)
    assert "there already" in again.err
    assert (model / "weights.safetensors").read_bytes() == kept
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    assert "empty" in fail("lm", "train", empty, "-o", out).err
    assert "can't read" in fail("lm", "train", tmp_path / "no.txt", "-o", out).err
    assert (
        "--validation is for mixtures"
        in fail("lm", "evaluate", model, text, "--validation", text, code=2).err
    )
    fail("lm", "evaluate", tmp_path, text)
    other = tmp_path / "other"
    run("lm", "train", text, "-o", other, "--model", "kn", "--max-vocab", 5, "-q")
    assert "can't be mixed" in fail("lm", "evaluate", model, text, "--mix", other).err
    assert ".png" in fail("lm", "train", text, "-o", out, "--plot", "curve.txt", code=2).err


def test_the_curve_is_a_picture(run, text: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pip install '.[plot]' draws curves")
    picture = tmp_path / "curve.png"
    run("lm", "train", text, "-o", tmp_path / "m", "--model", "rnn", "--plot", picture, *SMALL)
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_stopped_and_resumed(run, fail, text: Path, tmp_path: Path, monkeypatch) -> None:
    import embedrec.models.language.training as training

    arguments = ["lm", "train", text, "--model", "rnn", "--validation", text, *SMALL]
    assert run(*arguments, "-o", tmp_path / "whole").code == 0

    save, n = training.save_checkpoint, 0

    def stop(*given):
        nonlocal n
        save(*given)
        n += 1
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "save_checkpoint", stop)
    assert run(*arguments, "-o", tmp_path / "m").code == 130
    monkeypatch.setattr(training, "save_checkpoint", save)
    assert (tmp_path / "m.partial").is_dir()
    assert run(*arguments, "-o", tmp_path / "m", "--resume").code == 0
    whole, resumed = (
        (tmp_path / name / "weights.safetensors").read_bytes() for name in ("whole", "m")
    )
    assert whole == resumed
