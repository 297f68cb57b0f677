"""Does each tool's training answer as well as the others'?

Trains with the same settings on the same tokens (5 epochs), and evaluates all with this project's
evaluation: percent of the known analogy questions over the whole vocabulary (and over its first
30,000 words), Spearman's correlation times 100 of word pairs. Results are written after each
training, and what has results is not trained again, so that an interrupted run goes on.

Vectors of gensim that were trained earlier with the same settings may be given as a folder of
`LANGUAGE-MODEL-SEED.npy` (float32, rows in the order of the corpus's vocabulary), each with a
`.npy.json` beside it that holds `seconds` and `cpu` of its training; gensim is not trained then.

gensim trains with one worker (see `peers`), fastText with ten threads or more: with T below ten,
fastText 0.9.3 draws start vectors for the first T tenths of its rows only and leaves the others as
they are in memory (`DenseMatrix::uniform`).
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.word2vec.job import ROOT, Job, can_train
from benchmarks.word2vec.process import JobError, add_rates, run_job
from benchmarks.word2vec.results import ResultFile
from embedrec.corpus.shards import Corpus
from embedrec.vectors.evaluate import evaluate_analogies, evaluate_similarity
from embedrec.vectors.keyed import KeyedVectors

DATA = Path(os.environ.get("EMBEDREC_DATA", ROOT.parent / "shared" / "data"))
EPOCHS = 5
RESTRICT = 30_000
FASTTEXT_THREADS = 10
SETS = {
    "en": (
        ["en_eval/questions-words.txt"],
        ["en_eval/wordsim353.tsv", "en_eval/simlex999.txt", "en_eval/MEN-TR-3k.txt"],
    ),
    "zh": (
        [f"zh_eval/{name}.txt" for name in ("ca_translated", "ca8_semantic", "ca8_morphological")],
        ["zh_eval/wordsim-240.txt"],
    ),
}


def choose_threads(tool: str, asked: int) -> int:
    """Return the number of threads with which a tool's training is the one asked for."""
    if tool == "gensim":
        return 1
    return max(asked, FASTTEXT_THREADS) if tool == "fasttext" else asked


def measure_scores(
    results: ResultFile, corpus: Corpus, jobs: Iterable[Job], kept: Path | None
) -> None:
    """Train and evaluate what has no results yet, under "MODEL TOOL SEED".

    Raises:
        SystemExit: if an evaluation set isn't there; before hours of training, not after them.
    """
    jobs = list(jobs)
    for language in {job.language for job in jobs}:
        for file in (name for names in SETS[language] for name in names):
            if not (DATA / file).is_file():
                raise SystemExit(
                    f"no {DATA / file}: EMBEDREC_DATA must name the folder of the sets"
                )
    for job in jobs:
        key = f"{job.model} {job.tool} {job.seed}"
        if key in results.runs or not can_train(job.tool, job.model):
            continue
        assert job.out is not None
        try:
            if job.tool == "gensim" and kept is not None:
                vectors, figures = read_kept(kept, job, len(corpus.vocabulary))
            else:
                figures = run_job(job)
                vectors = np.load(job.out)
                os.unlink(job.out)
        except (JobError, FileNotFoundError) as error:
            print(f"left out: {key}: {error}", flush=True)
            continue
        figures = add_rates(figures, corpus.n_tokens * job.epochs)
        results.add(key, {**figures, **evaluate(corpus, vectors, job.language)})
        print(key, json.dumps(results.runs[key]), flush=True)


def read_kept(folder: Path, job: Job, n_words: int) -> tuple[np.ndarray, dict[str, Any]]:
    """Return vectors that a peer's earlier training left, and its figures.

    Raises:
        FileNotFoundError: if this one is not there (yet).
    """
    path = folder / f"{job.language}-{job.model}-{job.seed}.npy"
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there")
    vectors = np.load(path)
    if vectors.shape != (n_words, job.get("vector_size")):
        raise SystemExit(
            f"{path} holds {vectors.shape} and not {(n_words, job.get('vector_size'))}: it was "
            "trained on another corpus or with another size; take it out of the folder"
        )
    told = json.loads(Path(f"{path}.json").read_text(encoding="utf-8"))
    figures = {"n_threads": 1, "seconds": told["seconds"], "cpu_seconds": told["cpu"], "kept": True}
    return vectors, figures


def evaluate(corpus: Corpus, vectors: np.ndarray, language: str) -> dict[str, Any]:
    """Score vectors on the language's sets; analogies per file and pooled over known questions."""
    kv = KeyedVectors(corpus.vocabulary.words, vectors, counts=corpus.vocabulary.counts)
    analogy_files, similarity_files = SETS[language]
    scores: dict[str, Any] = {}
    for restrict in (None, RESTRICT):
        ending = "" if restrict is None else f"@{restrict}"
        correct = known = 0
        for file in analogy_files:
            result = evaluate_analogies(kv, DATA / file, restrict_vocab=restrict)
            scores[Path(file).stem + ending] = round(100 * result.correct / max(1, result.known), 2)
            correct, known = correct + result.correct, known + result.known
        scores["analogies" + ending] = round(100 * correct / max(1, known), 2)
        scores["analogies" + ending + "_known"] = known
    for file in similarity_files:
        similarity = evaluate_similarity(kv, DATA / file)
        scores[Path(file).stem] = round(100 * (similarity.spearman or 0), 2)
    return {"scores": scores}


def list_sets(language: str) -> list[str]:
    """Return the names of the sets that are compared."""
    return [Path(file).stem for files in SETS[language] for file in files]


def average(runs: dict[str, Any], names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return model -> tool -> {"n_seeds", and each named score's mean over seeds}."""
    groups: dict[tuple[str, str], list[Any]] = {}
    for key, run in runs.items():
        model, tool, _ = key.split()
        groups.setdefault((model, tool), []).append(run["scores"])
    means: dict[str, dict[str, Any]] = {}
    for (model, tool), scores in groups.items():
        row: dict[str, Any] = {n: statistics.mean(s[n] for s in scores) for n in names}
        means.setdefault(model, {})[tool] = {"n_seeds": len(scores), **row}
    return means
