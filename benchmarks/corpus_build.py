"""How fast is a corpus built, what bounds it, and how much memory does it take?

    python benchmarks/corpus_build.py [--workers 1 2] [INPUT ...]

Without inputs, three files of Chinese text below EMBEDREC_DATA. Each build runs in a process of its
own; peak memory is that of the builder and of its largest worker. "main" times what only the main
process can do (take results apart, look words up, write shards), which bounds any number of
workers. On a busy machine the seconds of processor time tell more than those of the clock. Results
go to benchmarks/results/corpus_build.json.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import platform
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from embedrec.corpus.encoder import build_corpus
from embedrec.corpus.first_pass import BuildSizes
from embedrec.corpus.gather import gather_batches
from embedrec.corpus.provisional import ProvisionalCorpus
from embedrec.corpus.tokens import number_batch
from embedrec.text.pipeline import TextPipeline, TextSettings
from embedrec.text.source import DocumentReader

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("EMBEDREC_DATA", ROOT.parent / "shared" / "data"))
FILES = ("chinanews_2020", "sogou_mini_health_finance", "ruanyf_weekly")


class Clock:
    """A progress that keeps the seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._name, self._start = "", 0.0

    def stage(self, name: str, *, total: float | None = None, unit: str = "") -> Clock:
        self._name = name
        return self

    def notice(self, message: str) -> None: ...

    def update(self, done: float, **figures: float) -> None: ...

    def __enter__(self) -> Clock:
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds[self._name] = time.perf_counter() - self._start


def measure_build(inputs: list[str], n_workers: int) -> dict[str, Any]:
    """Build once and return the figures."""
    clock = Clock()
    reader = DocumentReader(inputs)
    pipeline = TextPipeline(TextSettings())
    description = pipeline.describe()
    with tempfile.TemporaryDirectory() as folder:
        corpus = build_corpus(
            reader, pipeline, Path(folder) / "corpus", description=description, inputs={},
            n_workers=n_workers, progress=clock, position=lambda: reader.n_bytes_read,
            total=reader.n_bytes,
        )  # fmt: skip
        facts = corpus.manifest.facts
    here, below = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    first, second = clock.seconds["segment"], clock.seconds["number"]
    n_tokens = facts["n_tokens_raw"]
    return {
        "n_workers": n_workers,
        "engine": getattr(pipeline.segmenter, "engine", None),
        "n_tokens": n_tokens,
        "n_documents": facts["n_documents"],
        "vocabulary_size_raw": facts["vocabulary_size_raw"],
        "first_pass_seconds": round(first, 2),
        "first_pass_tokens_per_second": round(n_tokens / first),
        "second_pass_seconds": round(second, 2),
        "second_pass_tokens_per_second": round(n_tokens / second),
        "main_cpu_seconds": round(here.ru_utime + here.ru_stime, 2),
        "workers_cpu_seconds": round(below.ru_utime + below.ru_stime, 2),
        "peak_mib": here.ru_maxrss // 1024,
        "peak_worker_mib": below.ru_maxrss // 1024,
    }


def measure_main(inputs: list[str], n_characters: int = 20_000_000) -> dict[str, Any]:
    """Time the main process's part on batches made beforehand, as they come from workers."""
    pipeline = TextPipeline(TextSettings())
    sizes = BuildSizes()
    parcels = []
    left = n_characters
    for batch in gather_batches(DocumentReader(inputs), size=sizes.batch_characters):
        cut = list(map(list, map(pipeline, batch.documents)))
        start = time.perf_counter()
        numbered = number_batch(cut, lambda document: document)
        numbering = time.perf_counter() - start
        parcels.append((pickle.dumps(numbered, protocol=5), numbering))
        left -= sizes.batch_characters
        if left < 0:
            break
    with tempfile.TemporaryDirectory() as folder:
        corpus = ProvisionalCorpus(folder)
        start = time.perf_counter()
        for parcel, _ in parcels:
            corpus.add(pickle.loads(parcel))
            if corpus.n_waiting >= sizes.checkpoint_tokens:
                corpus.save_checkpoint()
        corpus.save_checkpoint()
        seconds = time.perf_counter() - start
        start = time.perf_counter()
        ProvisionalCorpus.load(folder)
        loading = time.perf_counter() - start
    start = time.perf_counter()
    for _ in DocumentReader(inputs):
        pass
    reading = time.perf_counter() - start
    return {
        "n_tokens": corpus.n_tokens,
        "main_seconds": round(seconds, 3),
        "main_tokens_per_second": round(corpus.n_tokens / seconds),
        "worker_numbering_tokens_per_second": round(
            corpus.n_tokens / sum(numbering for _, numbering in parcels)
        ),
        "resume_loading_seconds": round(loading, 3),
        "reading_all_inputs_seconds": round(reading, 2),
    }


def return_at_once(_: int) -> None:
    """Do nothing, in a worker."""


def measure_start(method: str) -> float:
    """Return the seconds until two workers started by `method` have answered."""
    start = time.perf_counter()
    with ProcessPoolExecutor(2, get_context(method)) as pool:
        list(pool.map(return_at_once, range(2)))
    return round(time.perf_counter() - start, 2)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("inputs", nargs="*")
    parser.add_argument("--workers", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    inputs = arguments.inputs or [str(DATA / "zh_corpus" / f"{name}.txt.xz") for name in FILES]
    if arguments.one:
        n = int(arguments.one)
        print(json.dumps(measure_build(inputs, n) if n else measure_main(inputs)))
        return
    result: dict[str, Any] = {
        "inputs": [Path(path).name for path in inputs],
        "n_cpus": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "start_seconds": {method: measure_start(method) for method in ("spawn", "forkserver")},
    }
    for n in (0, *arguments.workers):
        command = [sys.executable, __file__, "--one", str(n), *inputs]
        figures = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        result["main" if n == 0 else f"workers_{n}"] = figures
        print(json.dumps(figures, indent=1))
    target = ROOT / "benchmarks" / "results" / "corpus_build.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"load {result['load_before']}; written to {target}")


if __name__ == "__main__":
    main()
