"""`embedrec ratings`: train, evaluate, recommend, similar, explain, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from embedrec.cli import main
from tests.cli.conftest import Run

N_USERS, N_ITEMS = 24, 30
SMALL = ["--set", "hidden_size=3", "--set", "epochs=3", "-q"]


def write_ratings(path: Path, seed: int = 0, head: str = "user,item,rating,time\n") -> Path:
    rng = np.random.default_rng(seed)
    lines = []
    for user in range(N_USERS):
        for item in rng.permutation(N_ITEMS)[:12].tolist():
            near = item % 2 == user % 2
            rating = int(np.clip((4 if near else 2) + rng.integers(-1, 2), 1, 5))
            lines.append(f"u{user},i{item},{rating},{rng.integers(10**9)}\n")
    path.write_text(head + "".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ratings(tmp_path_factory.mktemp("ratings") / "r.csv")


@pytest.fixture(scope="module")
def titles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("titles") / "t.item"
    names = [f"i{i}|Film {i:02d}: café|x" for i in range(N_ITEMS - 1)]
    path.write_bytes("\n".join([*names, "i29|星球大战|x"]).encode())
    return path


@pytest.fixture(scope="module")
def model(file: Path, titles: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "m"
    words = ["ratings", "train", file, "-o", folder, "--model", "bias", "--titles", titles, "-q"]
    assert main([str(word) for word in words]) == 0
    return folder


def test_training_says_what_it_read(run: Run, file: Path, tmp_path: Path) -> None:
    outcome = run("ratings", "train", file, "-o", tmp_path / "a", "--model", "bias")
    assert outcome.out == f"{tmp_path / 'a'}  bias, 288 ratings (1 to 5) of 24 users and 30 items\n"
    result = run("ratings", "train", file, "-o", tmp_path / "b", "--model", "bias", "--json").json
    assert result == {
        "path": str(tmp_path / "b"), "model": "bias", "ratings": 288, "users": 24, "items": 30,
        "scale": "1 to 5",
    }  # fmt: skip


def test_recommendations(run: Run, file: Path, model: Path, tmp_path: Path) -> None:
    found = run("ratings", "recommend", model, "--user", "u3", "-n", 4, "--json").json["results"]
    assert len(found) == 4
    rated = {line.split(",")[1] for line in file.read_text().splitlines() if line[:3] == "u3,"}
    assert not rated & {one["item"] for one in found}
    assert set(found[0]) == {"item", "title", "score", "rating", "because"}
    assert 1 <= found[0]["rating"] <= 5
    assert set(found[0]["because"]) <= rated
    table = run("ratings", "recommend", model, "--user", "u3", "-n", 4).out.splitlines()
    assert [line.split()[0] for line in table] == [one["item"] for one in found]
    assert all(one["title"] in line for one, line in zip(found, table, strict=True))
    excluded = tmp_path / "x"
    excluded.write_text(found[0]["item"] + "\n")
    rest = run("ratings", "recommend", model, "--user", "u3", "--exclude", excluded, "-n", 3,
               "--json").json["results"]  # fmt: skip
    assert rest == found[1:]
    only = run("ratings", "recommend", model, "--user", "u3", "--candidates", excluded, "--json")
    assert [one["item"] for one in only.json["results"]] == [found[0]["item"]]
    seen = run("ratings", "recommend", model, "--user", "u3", "-n", 30, "--seen", "--json").json
    assert len(seen["results"]) == N_ITEMS


def test_histories_by_id_and_title(run: Run, model: Path) -> None:
    by_id = run("ratings", "recommend", model, "--history", "i1=5,i29=2", "--json")
    by_title = run(
        "ratings", "recommend", model, "--history", "film 01: CAFÉ=5,星球大战=2", "--json"
    )
    assert by_id.json == by_title.json
    mixed = run("ratings", "recommend", model, "--history", "i1=5,i99=3,i29=2", "--json")
    assert mixed.json == by_id.json
    assert "i99 is not known" in mixed.err
    nothing = run("ratings", "recommend", model, "--history", "i99=3", "-n", 1)
    assert "the items with most ratings come first" in nothing.err
    assert nothing.code == 0


def test_similar_and_explain(run: Run, model: Path) -> None:
    found = run("ratings", "similar", model, "星球大战", "-n", 3, "--json").json["results"]
    assert found == run("ratings", "similar", model, "i29", "-n", 3, "--json").json["results"]
    assert len(run("ratings", "similar", model, "i29", "-n", 3).out.splitlines()) == 3
    why = run("ratings", "explain", model, "film 07", "--user", "u2", "--json").json
    assert why["item"] == "i7"
    shares = [one["share"] for one in why["because"]]
    assert len(shares) == 12
    assert sum(shares) == pytest.approx(why["predicted"] - why["base"], abs=1e-6)
    shown = run("ratings", "explain", model, "i7", "--user", "u2", "-n", 3).out.splitlines()
    assert len(shown) == 1 + 3 + 1 + 1
    assert "9 more" in shown[4]


def test_titles_given_when_asked(run: Run, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("itemId,title\n" + "".join(f'i{i},"New, {i}"\n' for i in range(N_ITEMS)))
    out = run("ratings", "similar", model, "new, 3", "--titles", path, "-n", 2).out
    assert "New, " in out


def test_evaluation_of_folds_and_files(run: Run, file: Path, tmp_path: Path) -> None:
    result = run("ratings", "evaluate", file, "--model", "bias", "--folds", 3, "--json").json
    of_lists = ["precision", "recall", "map", "mrr", "ndcg", "coverage", "novelty", "diversity"]
    measures = ["rmse", "mae", *(f"{name}@10" for name in of_lists)]
    assert [name for name in result if name in measures] == measures
    assert len(result["folds"]) == 3
    assert result["rmse"] == pytest.approx(np.mean([fold["rmse"] for fold in result["folds"]]))
    again = run("ratings", "evaluate", file, "--model", "bias", "--folds", 3, "--json").json
    assert {**again, "seconds": 0} == {**result, "seconds": 0}
    rows = file.read_text().splitlines(keepends=True)
    train, test = tmp_path / "train", tmp_path / "test"
    train.write_text("".join(rows[:220]))
    test.write_text(rows[0] + "".join(rows[220:]))
    split = run("ratings", "evaluate", "--train", train, "--test", test, "--model", "bias",
                "--k", 3, "--json").json  # fmt: skip
    assert {"rmse", "mae", "ndcg@3", "precision@3", "recall@3"} <= set(split)
    assert "std" not in split
    shared = run("ratings", "evaluate", "--train", file, "--test", test, "--model", "bias", "-q")
    assert "69 of the 69 ratings in the test are of pairs in training too" in shared.err


def test_several_models_in_one_table(run: Run, file: Path) -> None:
    words = ["ratings", "evaluate", file, "--split", "random", "--model", "bias", "--model", "rbm",
             "--set", "rbm.epochs=1", "--set", "rbm.hidden_size=2"]  # fmt: skip
    lines = run(*words).out.splitlines()
    assert lines[0].split()[:3] == ["model", "rmse", "mae"]
    assert [line.split()[0] for line in lines[1:]] == ["bias", "rbm"]
    result = run(*words, "--errors-only", "--json").json["models"]
    assert list(result) == ["bias", "rbm"]
    assert list(result["bias"]) == ["rmse", "mae", "seconds"]
    assert f"{result['bias']['rmse']:.4f}" in lines[1]


@pytest.mark.parametrize("split", ["random", "chronological", "leave-last"])
@pytest.mark.parametrize("by", ["whole", "user"])
def test_splits(run: Run, file: Path, split: str, by: str) -> None:
    words = ["ratings", "evaluate", file, "--model", "bias", "--split", split, "--by", by]
    assert run(*words, "--json").json["rmse"] > 0


def test_a_level_that_training_lacks(run: Run, fail: Run, file: Path, tmp_path: Path) -> None:
    rows = file.read_text().splitlines(keepends=True)
    train, test = tmp_path / "train", tmp_path / "test"
    train.write_text("".join(rows[:200]))
    test.write_text(rows[0] + "".join(rows[200:]) + "u1,i1,2.5,1\n")
    for name in ("bias", "rbm", "blend"):
        words = ["ratings", "evaluate", "--train", train, "--test", test, "--model", name]
        small = ["--set", "epochs=1"] if name != "blend" else []
        assert run(*words, *small, "--errors-only", "--json").json["rmse"] > 0
    model = tmp_path / "m"
    run("ratings", "train", test, "-o", model, "--model", "bias", "-q")
    assert run("ratings", "recommend", model, "--history", "i1=3.5").code == 0
    assert "scale 1 to 5 by 0.5" in fail("ratings", "recommend", model, "--history", "i1=3.2",
                                         code=2).err  # fmt: skip


def test_clicks_choose_their_model(run: Run, file: Path, tmp_path: Path) -> None:
    clicks = tmp_path / "c.tsv"
    lines = [line.split(",") for line in file.read_text().splitlines()[1:]]
    clicks.write_text("".join(f"{user}\t{item}\n" for user, item, *_ in lines))
    result = run("ratings", "train", clicks, "-o", tmp_path / "m", *SMALL, "--json").json
    assert (result["model"], result["scale"]) == ("click", "clicks")
    found = run("ratings", "recommend", tmp_path / "m", "--history", "i1,i2", "--json").json
    assert found["results"][0]["rating"] is None
    chosen = run("ratings", "evaluate", file, "--clicks-from", 4, *SMALL, "--folds", 2, "--json")
    assert chosen.json["model"] == "click"
    assert "rmse" not in chosen.json
    alike = [run("ratings", "train", path, "-o", tmp_path / f"{i}", "--clicks", *SMALL, "--json")
             for i, path in enumerate((file, clicks))]  # fmt: skip
    assert {**alike[0].json, "path": 0} == {**alike[1].json, "path": 0}


def test_forms_that_are_told(run: Run, file: Path, tmp_path: Path) -> None:
    path = tmp_path / "r"
    rows = [line.split(",") for line in file.read_text().splitlines()[1:]]
    path.write_text("".join(f"{r[3]};;{r[2]};;{r[0]};;{r[1]}\n" for r in rows) + "oops\n")
    words = ["ratings", "train", path, "-o", tmp_path / "m", "--model", "bias", "--delimiter", ";;",
             "--columns", "3,4,2,1", "--scale", "1,5", "--skip-bad"]  # fmt: skip
    outcome = run(*words)
    assert "288 ratings (1 to 5) of 24 users" in outcome.out
    assert "1 line left out: line 289 (1 field" in outcome.err


def test_info_and_models(run: Run, model: Path) -> None:
    known = run("info", model, "--json").json
    assert known["kind"] == "rating-recommender"
    assert (known["users"], known["items"], known["ratings"], known["titles"]) == (24, 30, 288, 30)
    assert known["scale"] == "1 to 5"
    assert "BiasModel" in run("info", model).out
    listed = run("ratings", "models", "--json").json["models"]
    assert {"blend", "rbm", "bias", "click"} <= set(listed)
    assert all(listed.values())
    assert run("ratings", "models", "rbm", "--json").json["parameters"]["epochs"] > 0
    assert "epochs" in run("ratings", "models", "rbm").out
    assert "Commands" in run("ratings").out


def test_stopped_and_resumed(
    run: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import embedrec.models.ratings.training as training

    words = ["ratings", "train", file, "--model", "rbm", *SMALL]
    assert run(*words, "-o", tmp_path / "whole").code == 0
    save = training.save_checkpoint

    def stop(*given: object) -> None:
        save(*given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "save_checkpoint", stop)
    stopped = run(*words, "-o", tmp_path / "m")
    assert stopped.code == 130
    assert "ratings train --resume" in stopped.err
    assert not (tmp_path / "m").exists()
    assert (tmp_path / "m.partial").is_dir()
    monkeypatch.setattr(training, "save_checkpoint", save)
    assert run(*words, "-o", tmp_path / "m", "--resume").code == 0
    assert not (tmp_path / "m.partial").exists()
    whole, resumed = (
        (tmp_path / name / "model" / "weights.safetensors").read_bytes() for name in ("whole", "m")
    )
    assert whole == resumed


def test_resuming_something_else_is_refused(
    run: Run, fail: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import embedrec.models.ratings.training as training

    words = ["ratings", "train", file, "-o", tmp_path / "m", "--model", "rbm", *SMALL]
    save = training.save_checkpoint

    def stop(*given: object) -> None:
        save(*given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "save_checkpoint", stop)
    assert run(*words).code == 130
    fail(*words, "--resume", "--seed", 5)


def test_what_can_not_be(run: Run, fail: Run, file: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "o"
    kept = (model / "names.json").read_bytes()
    assert "there already" in fail("ratings", "train", file, "-o", model, code=2).err
    assert (model / "names.json").read_bytes() == kept
    bad = tmp_path / "bad"
    bad.write_text("u,a,5\nu,b,x\nu,c,4\n")
    assert "line 2: the rating 'x' is no number" in fail("ratings", "train", bad, "-o", out).err
    for words, message, code in [
        (["train", tmp_path / "absent", "-o", out], "can't read", 1),
        (["train", file, "-o", out, "--model", "bais"], "no model of ratings 'bais'", 2),
        (["train", file, "-o", out, "--set", "epoch=3"], "blend has no parameter 'epoch'", 2),
        (["train", file, "-o", out, "--set", "epochs"], "has no value", 2),
        (["train", file, "-o", out, "--set", "bais.epochs=3"], "names no model", 2),
        (["train", file, "-o", out, "--scale", "a,b"], "--scale is 'a,b'", 2),
        (["train", file, "-o", out, "--scale", "1,4"], "not on the scale 1 to 4", 1),
        (["train", file, "-o", out, "--columns", "0,1"], "numbers begin at 1", 2),
        (["train", file, "-o", out, "--columns", "user,film"], "no column 'film'", 1),
        (["train", file, "-o", out, "--validation", file, "--hold-out", "0.1"], "not both", 2),
        (["evaluate"], "give FILE to be cut, or --train FILE and --test FILE", 2),
        (["evaluate", file, "--train", file, "--test", file], "give FILE to be cut", 2),
        (["evaluate", "--train", file], "give FILE to be cut", 2),
        (["evaluate", file, "--model", "bias", "--relevant-from", "6"], "the highest is 5", 1),
        (["recommend", model], "give --user ID, or --history", 2),
        (["recommend", model, "--user", "u1", "--history", "i1=3"], "give --user ID", 2),
        (["recommend", model, "--user", "u99"], "the user 'u99' is not known", 1),
        (["recommend", model, "--history", "i1=9"], "not on the model's scale 1 to 5", 2),
        (["recommend", model, "--history", "i1"], "has no rating", 2),
        (["recommend", model, "--history", ","], "history is empty", 2),
        (["similar", model, "café"], "29 items are called 'café'", 2),
        (["similar", model, "nothing like it"], "not known to the model", 1),
        (["similar", tmp_path, "x"], "manifest.json", 1),
        (["models", "bais"], "choose one of", 2),
    ]:
        assert message in fail("ratings", *words, code=code).err, words
    assert not out.exists()
    broken = tmp_path / "broken"
    run("ratings", "train", file, "-o", broken, "--model", "bias", "-q")
    weights = broken / "model" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-3])
    assert "damaged" in fail("ratings", "recommend", broken, "--user", "u1").err


def test_held_out_ratings_are_not_recommended(run: Run, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "m"
    assert run("ratings", "train", file, "-o", out, "--model", "rbm", "--hold-out", 0.2,
               *SMALL).code == 0  # fmt: skip
    names = json.loads((out / "names.json").read_text())
    assert len(names["user_ids"]) == N_USERS
    found = run("ratings", "recommend", out, "--user", "u3", "-n", 30, "--json").json["results"]
    assert len(found) == N_ITEMS - 12
