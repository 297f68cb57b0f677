"""`embedrec lm`: train, evaluate, suggest, score, generate, as a person types them."""

from __future__ import annotations

import gzip
import inspect
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


def test_what_is_typed_follows_the_rules_of_the_text(run, tmp_path: Path) -> None:
    raw = tmp_path / "raw.txt"
    raw.write_text("我喜歡Python語言。\n" * 40, encoding="utf-8")
    folder = tmp_path / "m"
    assert run("lm", "train", raw, "-o", folder, "--model", "kn", "--segmenter", "jieba").code == 0
    for prefix in ("PY", "py", "Ｐｙ"):
        found = run("lm", "suggest", folder, "我喜歡", "--prefix", prefix, "--json").json["results"]
        assert [entry["word"] for entry in found] == ["python"], prefix
    for prefix in ("語", "语"):
        found = run("lm", "suggest", folder, "我", "--prefix", prefix, "--json").json["results"]
        assert [entry["word"] for entry in found] == ["语言"], prefix
    assert run("lm", "suggest", folder, "我", "--prefix", "。", "--json").json["results"] == []


def test_scores_in_order_and_ranked(run, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.txt"
    path.write_text("北京 爱 我\n我 爱 北京\n", encoding="utf-8")
    first, second = run("lm", "score", model, path, "--words", "--json").json["results"]
    assert first["sentence"] == "北京 爱 我"
    assert sum(p for _, p in second["words"]) == pytest.approx(second["log_prob"])
    ranked = run("lm", "score", model, path, "--ranked").out.splitlines()
    assert ranked[0].endswith("我 爱 北京")


def test_scores_name_their_lines(run, fail, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.txt"
    path.write_text("北京  爱 我\n\n我 爱 北京\n", encoding="utf-8")
    outcome = run("lm", "score", model, path, "--json")
    assert [(r["line"], r["sentence"]) for r in outcome.json["results"]] == [
        (1, "北京  爱 我"), (3, "我 爱 北京"),
    ]  # fmt: skip
    assert "words" not in outcome.json["results"][0]
    assert "passed over: 1" in run("lm", "score", model, path).err
    path.write_text("\n \n", encoding="utf-8")
    assert "has no sentence" in fail("lm", "score", model, path).err


def test_a_model_mixed_with_itself_is_named_twice(run, model: Path, text: Path) -> None:
    found = run("lm", "evaluate", model, text, "--mix", model, "--json").json["models"]
    assert found == {str(model): 0.5, f"{model} (2)": 0.5}


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
    # Every training word is known, and a text may have others.
    assert run("lm", "evaluate", model, path, "--json").json["unknown_rate"] == pytest.approx(1 / 3)
    assert "南京" in fail("lm", "evaluate", model, path, "--unknown", "reject").err
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
    assert not out.exists()


def test_options_that_have_no_use_are_refused(
    run, fail, text: Path, corpus_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "o"
    vectors = tmp_path / "v.txt"
    vectors.write_text("2 2\n我 1 2\n爱 3 4\n", encoding="utf-8")
    kn = ["--model", "kn"]
    for given, told in [
        ([corpus_folder, "--unit", "character"], "a corpus"),
        ([corpus_folder, "--segmenter", "jieba"], "a corpus"),
        ([corpus_folder, "--min-count", 2], "min_count can't be chosen for a corpus"),
        ([text, "--tokens", 5], "tokens can't be chosen for text files"),
        ([text, *kn, "--vectors", vectors], "no use for vectors"),
        ([text, *kn, "--plot", tmp_path / "c.png"], "--plot"),
        ([text, "--freeze"], "freeze is for vectors"),
        ([text, "--model", "nnlm", "--patience", 2], "nnlm learns by 'linear'"),
        ([text, "--schedule", "constant", "--decay", 3], "decay is for the schedule 'plateau'"),
        ([text, "--unit", "character", "--segmenter", "jieba"], "--segmenter is for words"),
    ]:
        assert told in fail("lm", "train", *given, "-o", out, code=2).err, given
    assert not out.exists()


def test_what_stands_where_checkpoints_go_stays(run, fail, text: Path, tmp_path: Path) -> None:
    work = tmp_path / "m.partial"
    work.mkdir()
    (work / "letters.txt").write_text("mine")
    assert run("lm", "train", text, "-o", tmp_path / "m", "--model", "kn").code == 0
    assert (work / "letters.txt").read_text() == "mine"
    (tmp_path / "n.partial").mkdir()
    (tmp_path / "n.partial" / "letters.txt").write_text("mine")
    told = fail("lm", "train", text, "-o", tmp_path / "n", "--model", "rnn", *SMALL, code=2).err
    assert "in the way" in told
    assert (tmp_path / "n.partial" / "letters.txt").read_text() == "mine"


def test_a_name_that_ends_in_a_slash(run, text: Path, tmp_path: Path) -> None:
    given = ["lm", "train", text, "--model", "rnn", *SMALL]
    assert run(*given, "-o", f"{tmp_path}/m/").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m"]


def test_a_text_that_breaks_off_is_not_measured(run, fail, text: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw.txt"
    raw.write_text("我爱北京。我去上海。\n" * 4000, encoding="utf-8")
    folder = tmp_path / "m"
    assert run("lm", "train", raw, "-o", folder, "--model", "kn", "--segmenter", "jieba").code == 0
    broken = tmp_path / "broken.txt.gz"
    broken.write_bytes(gzip.compress(raw.read_bytes())[:-40])
    told = fail("lm", "evaluate", folder, broken).err
    assert "broken.txt.gz" in told
    told = fail("lm", "train", broken, "-o", tmp_path / "n", "--segmenter", "jieba").err
    assert "build a corpus" in told


def test_the_curve_is_a_picture(run, text: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pip install '.[plot]' draws curves")
    picture = tmp_path / "curve.png"
    run("lm", "train", text, "-o", tmp_path / "m", "--model", "rnn", "--plot", picture, *SMALL)
    assert picture.read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("kind", "softmax"),
    [("gru", "sampled"), ("nnlm", "hierarchical"), ("rnn", "nce"), ("bigru", "sampled"),
     ("lstm", "full")],
)  # fmt: skip
def test_every_output_can_be_asked_for(run, text: Path, tmp_path: Path, kind, softmax) -> None:
    folder = tmp_path / "m"
    more = ["--samples", 5] if softmax in ("sampled", "nce") else []
    given = ["lm", "train", text, "-o", folder, "--model", kind, "--softmax", softmax]
    assert run(*given, *more, *SMALL).code == 0
    kept = json.loads((folder / "manifest.json").read_text())["parameters"]["arguments"]
    assert kept.get("tied") in ((None,) if kind == "nnlm" else (softmax == "full",))
    assert kept["output"] == {"full": "softmax"}.get(softmax, softmax)


def test_every_option_is_a_parameter_of_its_models() -> None:
    from embedrec.cli.lm_train import _PARAMETERS
    from embedrec.pipeline.language import _make_model, train_language_model

    of_training = {
        name for name, given in inspect.signature(train_language_model).parameters.items()
        if given.kind is given.KEYWORD_ONLY
    }  # fmt: skip
    for option, (name, models) in _PARAMETERS.items():
        assert name not in of_training, option
        for model in models:
            assert hasattr(_make_model(model, {}), name), (option, model)


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
