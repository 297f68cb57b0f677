"""Training with this project, timed as the peers are (see `peers`)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.word2vec.job import N_BUCKETS, NGRAMS, Job
from benchmarks.word2vec.peers import Outcome, Stopwatch
from benchmarks.word2vec.slices import open_slice, write_slice
from embedrec.progress import SilentProgress, SilentStage


class TrainingClock(SilentProgress):
    """Times the stage "train"."""

    def __init__(self) -> None:
        super().__init__()
        self.times: tuple[float, float] | None = None

    def stage(self, name: str, *, total: float | None = None, unit: str = "") -> SilentStage:
        """Open a stage."""
        return _TimedStage(self) if name == "train" else SilentStage()


class _TimedStage(SilentStage):
    def __init__(self, clock: TrainingClock) -> None:
        self._clock = clock

    def __enter__(self) -> _TimedStage:
        self._watch = Stopwatch()
        return self

    def __exit__(self, *_: object) -> None:
        self._clock.times = self._watch.read()


def has_subwords() -> bool:
    """Say whether this project trains n-grams."""
    from embedrec.models.word2vec.parameters import Parameters

    return "subwords" in Parameters.__dataclass_fields__


def list_parameters(job: Job) -> dict[str, Any]:
    """Return what `Word2Vec` is made with for a job."""
    parameters: dict[str, Any] = {
        **dict(job.settings),
        "architecture": job.architecture,
        "loss": job.loss,
        "epochs": job.epochs,
        "seed": job.seed,
    }
    if job.subwords:
        shortest, longest = NGRAMS[job.language]
        parameters |= {
            "subwords": True,
            "min_n": shortest,
            "max_n": longest,
            "n_buckets": N_BUCKETS,
        }
    if job.tool == "embedrec-deterministic":
        parameters["deterministic"] = True
    return parameters


def train_embedrec(job: Job) -> Outcome:
    """Train 1,000 words, so that kernels are ready, and then the corpus."""
    from embedrec.models.word2vec import Word2Vec

    corpus, parameters = open_slice(job.corpus), list_parameters(job)
    with tempfile.TemporaryDirectory() as folder:
        few = write_slice(corpus, Path(folder) / "few", 1_000, n_runs=1)
        # Few buckets: the start-up must not cost the memory of the training.
        warm = {**parameters, "epochs": 1}
        if job.subwords:
            warm["n_buckets"] = 1_000
        Word2Vec(n_threads=job.n_threads, **warm).fit(few)
    clock = TrainingClock()
    model = Word2Vec(n_threads=job.n_threads, **parameters).fit(corpus, progress=clock)
    if clock.times is None:
        raise SystemExit("Word2Vec.fit reports no stage named train any more: see benchmarks")
    return Outcome(*clock.times, model.vectors_.vectors if job.out else None)
