"""Runs a job in a process of its own, so that memory and processor time are the tool's alone.

    python -m benchmarks.word2vec.process JOB_AS_JSON

prints the figures as one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.word2vec.job import ROOT, Job

# With fewer than ten threads fastText 0.9.3 draws start vectors for a part of its rows only and
# does not clear the rest (see `scores`); memory fresh from the system is at least zero.
FRESH_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1000000"}


class JobError(Exception):
    """A tool that could not do its job; the message is one line."""


def run_job(job: Job) -> dict[str, Any]:
    """Run a job in a new process and return its figures.

    Raises:
        JobError: with the last line that the process wrote, if it failed.
    """
    command = [sys.executable, "-m", "benchmarks.word2vec.process", job.to_json()]
    environment = {**os.environ, **(FRESH_MEMORY if job.tool == "fasttext" else {})}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise JobError(f"{job.tool} {job.model}: {said[-1][:300]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def train(job: Job) -> dict[str, Any]:
    """Run a job in this process; write its vectors where it says; return its figures."""
    from benchmarks.word2vec import peers

    if job.tool.startswith("embedrec"):
        from benchmarks.word2vec.own import train_embedrec as act
    else:
        act = {
            "gensim": peers.train_gensim,
            "fasttext": peers.train_fasttext,
            "word2vec.c": peers.train_word2vec_c,
        }[job.tool]
    outcome = act(job)
    peak_mb = outcome.peak_mb
    if peak_mb is None:
        from benchmarks.machine import measure_peak_mb

        peak_mb = measure_peak_mb()
    if job.out:
        import numpy as np

        work = f"{job.out}.tmp.npy"
        np.save(work, outcome.vectors)
        os.replace(work, job.out)
    return {
        "n_threads": job.n_threads,
        "seconds": round(outcome.seconds, 3),
        "cpu_seconds": round(outcome.cpu_seconds, 3),
        "peak_mb": peak_mb,
        "printed_rate": outcome.printed_rate,
    }


def add_rates(figures: dict[str, Any], n_words: int) -> dict[str, Any]:
    """Add words a second of processor time and of the clock; `n_words` over all epochs."""
    return {
        **figures,
        "words_per_cpu_second": round(n_words / max(figures["cpu_seconds"], 1e-3)),
        "words_per_second": round(n_words / max(figures["seconds"], 1e-3)),
    }


if __name__ == "__main__":
    sys.path[:0] = [] if str(ROOT) in sys.path else [str(Path(ROOT))]
    print(json.dumps(train(Job.from_json(sys.argv[1]))))
