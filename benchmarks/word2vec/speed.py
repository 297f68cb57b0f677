"""How fast is each tool, and how much memory does it take?

One pass over the same slice of a corpus by every tool in turn, several rounds, each training in a
process of its own; medians of the rounds, and medians of the ratios within a round, which a busy
machine disturbs least. `peers` says what is timed. Peak memory is the process's, with the
interpreter and, for this project and gensim, their libraries.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.word2vec.job import Job, can_train
from benchmarks.word2vec.process import JobError, add_rates, run_job
from benchmarks.word2vec.results import ResultFile

RATES = ("words_per_cpu_second", "words_per_second")


def measure_speed(
    results: ResultFile,
    models: Iterable[str],
    tools: Sequence[str],
    threads: Iterable[int],
    n_rounds: int,
    n_words: int,
    **common: Any,
) -> None:
    """Time every model with each number of threads; write after each of them.

    Args:
        results: where figures go, under "MODEL THREADS".
        models: such as "skipgram-ns".
        tools: tools that can be run here.
        threads: numbers of threads.
        n_rounds: trainings of each tool.
        n_words: words of the text.
        common: further attributes of the jobs (corpus, text, language, binary).
    """
    for model in models:
        able = [tool for tool in tools if can_train(tool, model)]
        for n_threads in threads:
            jobs = {
                tool: Job(tool, model, epochs=1, n_threads=n_threads, **common) for tool in able
            }
            run = summarise(time_in_turn(jobs, n_rounds, n_words))
            results.add(f"{model} {n_threads}", run)
            for tool, row in run["tools"].items():
                print(model, f"threads {n_threads}", tool, json.dumps(row), flush=True)


def time_in_turn(jobs: dict[str, Job], n_rounds: int, n_words: int) -> dict[str, list[Any]]:
    """Run each job once a round; a tool that fails is left out from then on, and told of."""
    rounds: dict[str, list[Any]] = {tool: [] for tool in jobs}
    for _ in range(n_rounds):
        for tool in list(rounds):
            try:
                rounds[tool].append(add_rates(run_job(jobs[tool]), n_words))
            except JobError as error:
                print(f"left out: {error}", flush=True)
                del rounds[tool]
    return rounds


def summarise(rounds: dict[str, list[Any]], own: str = "embedrec") -> dict[str, Any]:
    """Return each tool's medians, and how many times faster `own` is, as median over rounds."""
    tools = {}
    for tool, figures in rounds.items():
        row: dict[str, Any] = {
            name: round(statistics.median(f[name] for f in figures)) for name in RATES
        }
        row["peak_mb"] = max(f["peak_mb"] for f in figures)
        if own in rounds and tool != own:
            for name, short in zip(RATES, ("ratio_cpu", "ratio_clock"), strict=True):
                pairs = zip(rounds[own], figures, strict=True)
                row[short] = round(statistics.median(a[name] / b[name] for a, b in pairs), 2)
        row["rounds"] = [[f[name] for name in RATES] for f in figures]
        tools[tool] = row
    return {"tools": tools}
