"""How does speed change with vector size, window, negatives, vocabulary and threads?

One thing is changed at a time, from 200 dimensions, window 5, 5 negatives, one thread; each point
is a training in a process of its own over a slice of the corpus, or over a synthetic text where the
vocabulary is what changes (see `zipf`). Medians of the rounds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.word2vec.job import SETTINGS, Job
from benchmarks.word2vec.results import ResultFile
from benchmarks.word2vec.slices import write_text
from benchmarks.word2vec.speed import summarise, time_in_turn
from benchmarks.word2vec.zipf import write_zipf

POINTS: dict[str, tuple[int, ...]] = {
    "vector_size": (50, 100, 200, 300, 400, 600),
    "window": (2, 5, 10, 15, 20),
    "n_negative": (1, 5, 10, 15, 25),
    "vocabulary": (10_000, 100_000, 300_000, 1_000_000),
}
MODELS = ("skipgram-ns", "skipgram-hs", "cbow-ns", "cbow-hs")


def list_points(base: Job, threads: Sequence[int], kinds: Sequence[str]) -> Iterator[Any]:
    """Yield (kind, value, job) for all points of the kinds asked for.

    A job of the kind "vocabulary" is the base's: its text has yet to be changed.
    """
    for kind in kinds:
        for value in threads if kind == "threads" else POINTS[kind]:
            if kind == "n_negative" and base.loss == "hs":
                continue
            job = base
            if kind == "threads":
                job = replace(base, n_threads=value)
            elif kind in SETTINGS:
                settings = {**dict(base.settings), kind: value}
                job = replace(base, settings=tuple(settings.items()))
            yield kind, value, job


def measure_scaling(
    results: ResultFile,
    base: Job,
    n_words: int,
    *,
    models: Sequence[str],
    tools: Sequence[str],
    threads: Sequence[int],
    kinds: Sequence[str],
    n_rounds: int,
    work: Path,
) -> None:
    """Time all points that have no result yet, under "KIND VALUE MODEL".

    Args:
        results: where figures go.
        base: a job on the slice with all settings at their usual values.
        n_words: words of the slice.
        models: such as "skipgram-ns".
        tools: "embedrec", and "gensim" where it is to be compared.
        threads: numbers of threads to try.
        kinds: which of POINTS, or "threads", to change.
        n_rounds: trainings of each tool.
        work: folder for synthetic texts.
    """
    for model in models:
        for kind, value, found in list_points(replace(base, model=model), threads, kinds):
            key = f"{kind} {value} {model}"
            if key in results.runs:
                continue
            job, words = found, n_words
            if kind == "vocabulary":
                corpus = write_zipf(work / f"zipf-{value}-{n_words}", value, n_words)
                text = write_text(corpus, work / f"zipf-{value}-{n_words}.txt")
                job, words = replace(job, corpus=str(corpus.folder), text=str(text)), n_words
            jobs = {tool: replace(job, tool=tool) for tool in tools}
            run = summarise(time_in_turn(jobs, n_rounds, words))
            results.add(key, run)
            print(key, json.dumps(run["tools"]), flush=True)
