"""Results grow run by run; an interrupted benchmark goes on where it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.word2vec import process, scores, speed
from benchmarks.word2vec.job import Job, can_train
from benchmarks.word2vec.process import JobError
from benchmarks.word2vec.results import ResultFile, describe_corpus
from benchmarks.word2vec.table import show_all
from embedrec.corpus.shards import Corpus

FIGURES = {"n_threads": 1, "seconds": 2.0, "cpu_seconds": 1.0, "peak_mb": 9, "printed_rate": None}


def open_results(path: Path, **shared: Any) -> ResultFile:
    return ResultFile(path, "command", shared, {"tools": {}}, ["numpy"])


def list_jobs(folder: Path, models: tuple[str, ...] = ("cbow-ns", "cbow-hs")) -> list[Job]:
    return [
        Job(tool, model, "", "", "en", 5, 1, seed, str(folder / f"{tool}{model}{seed}.npy"))
        for model in models
        for tool in ("embedrec", "gensim")
        for seed in (0, 1)
    ]


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch, corpus: Corpus) -> list[str]:
    """The jobs that were trained, by a stand-in that is interrupted at the third."""
    done: list[str] = []

    def run(job: Job) -> dict[str, Any]:
        if len(done) == 2 and "interrupted" not in done:
            done.append("interrupted")
            raise KeyboardInterrupt
        done.append(f"{job.model} {job.tool} {job.seed}")
        assert job.out is not None
        np.save(job.out, np.ones((len(corpus.vocabulary), 200), np.float32))
        return FIGURES

    monkeypatch.setattr(scores, "run_job", run)
    monkeypatch.setattr(scores, "evaluate", lambda *_: {"scores": {"a": len(done)}})
    return done


def test_an_interrupted_run_goes_on(corpus: Corpus, trained: list[str], tmp_path: Path) -> None:
    jobs, path = list_jobs(tmp_path), tmp_path / "r" / "results.json"
    with pytest.raises(KeyboardInterrupt):
        scores.measure_scores(open_results(path), corpus, jobs, None)
    assert list(open_results(path).runs) == trained[:2]
    scores.measure_scores(open_results(path), corpus, jobs, None)
    scores.measure_scores(open_results(path), corpus, jobs, None)
    wanted = [f"{job.model} {job.tool} {job.seed}" for job in jobs]
    assert [key for key in trained if key != "interrupted"] == wanted
    assert list(open_results(path).runs) == wanted
    run = open_results(path).runs["cbow-ns gensim 1"]
    assert run["words_per_cpu_second"] == corpus.n_tokens * 5
    assert not list(tmp_path.glob("*.npy"))


def test_a_tool_that_fails_is_told_of_and_the_rest_goes_on(
    corpus: Corpus,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    trained: list[str],
) -> None:
    trained.append("interrupted")
    before = scores.run_job

    def run(job: Job) -> dict[str, Any]:
        if job.tool == "gensim":
            raise JobError("gensim has gone")
        return before(job)

    monkeypatch.setattr(scores, "run_job", run)
    results = open_results(tmp_path / "results.json")
    scores.measure_scores(results, corpus, list_jobs(tmp_path), None)
    assert {key.split()[1] for key in results.runs} == {"embedrec"}
    assert "gensim has gone" in capsys.readouterr().out


def test_runs_of_another_corpus_are_not_mixed_in(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    open_results(path, corpus=describe_corpus(corpus)).add("a b 0", {})
    assert open_results(path, corpus=describe_corpus(corpus)).runs
    with pytest.raises(SystemExit, match=r"holds runs with corpus .* move it away"):
        open_results(path, corpus={"words": 1})


def test_runs_that_another_process_added_stay(tmp_path: Path) -> None:
    one, other = (open_results(tmp_path / "results.json") for _ in range(2))
    one.add("x", {"n": 1})
    other.add("y", {"n": 2})
    one.add("x", {"n": 3})
    assert {key: run["n"] for key, run in other.runs.items()} == {"x": 3, "y": 2}
    one.drop(["x"])
    assert list(other.runs) == ["y"]


def test_kept_vectors_are_scored_and_not_trained(
    corpus: Corpus, tmp_path: Path, trained: list[str]
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    size = len(corpus.vocabulary)
    np.save(kept / "en-cbow-ns-1.npy", np.ones((size, 200), np.float32))
    (kept / "en-cbow-ns-1.npy.json").write_text(json.dumps({"seconds": 4, "cpu": 2, "tokens": 1}))
    results = open_results(tmp_path / "results.json")
    jobs = [job for job in list_jobs(tmp_path) if job.tool == "gensim"]
    scores.measure_scores(results, corpus, jobs, kept)
    assert list(results.runs) == ["cbow-ns gensim 1"]
    assert results.runs["cbow-ns gensim 1"]["words_per_second"] == corpus.n_tokens * 5 / 4
    assert not trained
    np.save(kept / "en-cbow-ns-0.npy", np.ones((size + 1, 200), np.float32))
    with pytest.raises(SystemExit, match="trained on another corpus"):
        scores.measure_scores(results, corpus, jobs, kept)


def test_scores_are_means_over_seeds() -> None:
    runs = {f"cbow-ns gensim {i}": {"scores": {"a": value}} for i, value in enumerate((1, 2, 6))}
    runs["cbow-ns embedrec 0"] = {"scores": {"a": 5}}
    means = scores.average(runs, ["a"])["cbow-ns"]
    assert means == {"gensim": {"n_seeds": 3, "a": 3}, "embedrec": {"n_seeds": 1, "a": 5}}


def test_ratios_are_medians_within_rounds() -> None:
    def row(rate: int) -> dict[str, Any]:
        return {"words_per_cpu_second": rate, "words_per_second": rate // 2, "peak_mb": rate}

    rounds = {"embedrec": [row(100), row(10), row(40)], "gensim": [row(50), row(5), row(10)]}
    tools = speed.summarise(rounds)["tools"]
    assert tools["embedrec"]["words_per_cpu_second"] == 40
    assert tools["gensim"]["ratio_cpu"] == 2  # of 2, 2 and 4
    assert tools["gensim"]["peak_mb"] == 50
    assert "ratio_cpu" not in tools["embedrec"]


def test_a_tool_that_fails_leaves_the_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(job: Job) -> dict[str, Any]:
        if job.tool == "fasttext":
            raise JobError("no")
        return FIGURES

    monkeypatch.setattr(speed, "run_job", run)
    job = Job("embedrec", "cbow-ns", "", "", "en", 1, 1)
    jobs = {tool: replace(job, tool=tool) for tool in ("embedrec", "fasttext")}
    rounds = speed.time_in_turn(jobs, 2, 1_000)
    assert {tool: len(found) for tool, found in rounds.items()} == {"embedrec": 2}


def test_a_job_survives_its_journey() -> None:
    job = Job("gensim", "skipgram-hs-subwords", "c", "t", "zh", 5, 2, 3, "o", "b")
    again = Job.from_json(job.to_json())
    assert again == job
    assert (again.architecture, again.loss, again.subwords) == ("skipgram", "hs", True)
    assert again.get("sample") == 1e-4


@pytest.mark.parametrize(
    ("tool", "model", "able"),
    [
        ("embedrec", "cbow-both", True),
        ("fasttext", "cbow-both", False),
        ("fasttext", "cbow-hs-subwords", True),
        ("gensim", "cbow-hs-subwords", False),
        ("word2vec.c", "cbow-ns-subwords", False),
        ("word2vec.c", "skipgram-both", True),
    ],
)
def test_who_can_train_what(tool: str, model: str, able: bool) -> None:
    assert can_train(tool, model) is able


def test_a_failed_process_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job("gensim", "cbow-ns", "no such corpus", "t", "en", 1, 1)
    with pytest.raises(JobError, match=r"^gensim cbow-ns: .*no such corpus.*$"):
        process.run_job(job)


def test_tables_show_what_there_is(tmp_path: Path) -> None:
    results = ResultFile(
        tmp_path / "word2vec_speed_en.json",
        "command",
        {"corpus": {"words": 1_000, "vocabulary": 10}},
        {"tools": {"gensim": "4.4.0"}},
        ["numpy"],
    )
    row = {"words_per_cpu_second": 10_000, "words_per_second": 9_000, "peak_mb": 7}
    tools = {"embedrec": row, "gensim": {**row, "ratio_cpu": 3.0, "ratio_clock": 2.5}}
    results.add("cbow-ns 1", {"tools": tools})
    results.add("cbow-ns 2", {"tools": {"embedrec": {**row, "words_per_second": 18_000}}})
    shown = show_all(tmp_path, "en")
    assert "| cbow-ns | 10, 7 | 10 (3.00), 7 |" in shown
    assert "| cbow-ns | this project | 2 | 2.00 |" in shown
    assert "gensim 4.4.0" in shown
    assert "no results" in show_all(tmp_path, "zh")
