"""How much memory does a training take above its weight matrices, whatever the corpus size?

Makes corpora of artificial words (each at least once, the rest by Zipf's law), trains each with
`embedrec train CORPUS -o MODEL` for two epochs, so that a checkpoint is written between them, and
watches the process: peak resident memory, and apart from each other the largest anonymous and
file-backed parts. The limit is the two matrices (with `--loss both` the second has V rows for
words and V - 1 for nodes) plus 300 MB. Run:
    python -m benchmarks.memory WORK_FOLDER [--words 1000000] [--runs skipgram-ns-3,cbow-both-30]
A run is architecture, loss and millions of tokens; a fourth part `resume` kills the training after
its first checkpoint and measures the resumed run. Kernels are compiled before.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe_machine
from embedrec.corpus.renumber import ShardRow
from embedrec.corpus.shards import FORMAT_VERSION, KIND, VOCABULARY_NAME
from embedrec.corpus.vocabulary import Vocabulary, order_words
from embedrec.manifest import Manifest, collect_versions

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "memory.json"
DEFAULT_RUNS = (
    "skipgram-ns-3,skipgram-ns-30,skipgram-ns-3-resume,cbow-ns-3,skipgram-hs-3,skipgram-both-3"
)
LIMIT_MB = 300
SENTENCE_WORDS = 20
_FIRST_CHARACTER, _N_CHARACTERS = 0x4E00, 5_000
_TOKENS_AT_ONCE = 1_000_000


def name_words(n_words: int) -> list[str]:
    """Return different words of three Chinese characters, the costliest usual kind of string."""
    numbers = np.arange(n_words)
    places = [numbers // _N_CHARACTERS**2, numbers // _N_CHARACTERS % _N_CHARACTERS,
              numbers % _N_CHARACTERS]  # fmt: skip
    columns = [(place + _FIRST_CHARACTER).tolist() for place in places]
    return ["".join(map(chr, row)) for row in zip(*columns, strict=True)]


def make_zipf_corpus(folder: Path, n_words: int, n_tokens: int, seed: int = 0) -> None:
    """Write a corpus of sentences of 20 words, every word of the vocabulary at least once."""
    generator = np.random.default_rng(seed)
    weights = 1.0 / np.arange(1, n_words + 1)
    ends = np.cumsum(weights) / weights.sum()
    drawn = np.searchsorted(ends, generator.random(n_tokens - n_words)).clip(0, n_words - 1)
    ids = np.concatenate([drawn, np.arange(n_words)]).astype(np.uint32)
    generator.shuffle(ids)
    counts = np.bincount(ids, minlength=n_words).astype(np.uint64)
    words = name_words(n_words)
    order = order_words(words, counts, min_count=1)
    table = np.empty(n_words, np.uint32)
    table[order] = np.arange(n_words, dtype=np.uint32)
    ids = table[ids]
    folder.mkdir(parents=True)
    Vocabulary([words[i] for i in order.tolist()], counts[order]).save(folder / VOCABULARY_NAME)
    row = ShardRow(folder)
    step = _TOKENS_AT_ONCE // SENTENCE_WORDS * SENTENCE_WORDS
    for begin in range(0, n_tokens, step):
        part = ids[begin : begin + step]
        starts = np.arange(0, len(part), SENTENCE_WORDS)
        row.append(part, np.diff(np.append(starts, len(part))))
    entries = row.finish()
    Manifest(
        KIND,
        FORMAT_VERSION,
        inputs={"zipf": f"{n_words}-{n_tokens}-{seed}"},
        parameters={"text": {}, "min_count": 1, "max_vocab": None},
        files={VOCABULARY_NAME: "", **{n: h for e in entries for n, h in e.files.items()}},
        facts={
            "n_tokens": n_tokens,
            "n_sentences": sum(entry.n_sentences for entry in entries),
            "vocabulary_size": n_words,
            "shards": [asdict(entry) for entry in entries],
        },
        versions=collect_versions(),
    ).save(folder)


def watch(command: list[str], stop_when: Path | None = None) -> dict[str, float]:
    """Run a command and return its peaks in MB (10**6 bytes), read 100 times a second.

    Args:
        command: what to run.
        stop_when: kill it as soon as this file is there.
    """
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT)
    peaks = {"VmHWM": 0, "RssAnon": 0, "RssFile": 0, "VmSwap": 0}
    while process.poll() is None:
        try:
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        except OSError:
            break
        for line in lines:
            name, _, value = line.partition(":")
            if name in peaks:
                peaks[name] = max(peaks[name], int(value.split()[0]))
        if stop_when is not None and stop_when.exists():
            process.kill()
        time.sleep(0.01)
    code = process.wait()
    if code != 0 and not (stop_when is not None and code == -signal.SIGKILL):
        raise SystemExit(f"{' '.join(command)} ended with exit code {code}")
    return {
        "peak_mb": peaks["VmHWM"] * 1024 / 1e6,
        "largest_anonymous_mb": peaks["RssAnon"] * 1024 / 1e6,
        "largest_file_mb": peaks["RssFile"] * 1024 / 1e6,
        "seconds": time.perf_counter() - begin,
    }


def make_once(work: Path, n_words: int, n_tokens: int) -> Path:
    """Return the folder of a corpus, made unless it is there."""
    corpus = work / f"zipf-{n_words}-{n_tokens}"
    if not (corpus / "manifest.json").exists():
        shutil.rmtree(corpus, ignore_errors=True)
        # In a process of its own, so that this one stays small.
        code = "import sys; from pathlib import Path; from benchmarks.memory import *; "
        code += "make_zipf_corpus(Path(sys.argv[1]), *map(int, sys.argv[2:]))"
        arguments = [str(corpus), str(n_words), str(n_tokens)]
        subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, check=True)
    return corpus


def remove(model: Path) -> None:
    """Remove a model and what is left of its training."""
    for path in (model, model.with_name(f"{model.name}.partial")):
        shutil.rmtree(path, ignore_errors=True)


def run(work: Path, n_words: int, size: int, what: str, threads: int) -> dict[str, Any]:
    """Measure one run, named as in the module's text."""
    architecture, loss, millions, *more = what.split("-")
    n_tokens = int(float(millions) * 1e6)
    model = work / "model"
    remove(model)
    options = [
        "--epochs", "2", "--architecture", architecture, "--loss", loss, "--vector-size", str(size),
        "--threads", str(threads),
    ]  # fmt: skip
    train = [sys.executable, "-m", "embedrec", "train"]
    # Compiling leaves about 100 MB in a process; from the second on kernels are loaded.
    small = make_once(work, 1_000, 10_000)
    watch([*train, str(small), "-o", str(model), *options])
    corpus = make_once(work, n_words, n_tokens)
    remove(model)
    command = [*train, str(corpus), "-o", str(model), *options]
    if "resume" in more:
        watch(command, stop_when=model.with_name("model.partial") / "checkpoint" / "manifest.json")
        command.append("--resume")
    figures = watch(command)
    n_output_rows = n_words * (loss != "hs") + (n_words - 1) * (loss != "ns")
    matrices = 4 * size * (n_words + n_output_rows) / 1e6
    figures = {"matrices_mb": matrices, **figures, "above_mb": figures["peak_mb"] - matrices}
    remove(model)
    return {name: round(value, 1) for name, value in figures.items()}


def main() -> None:
    """Measure, print and write benchmarks/results/memory.json."""
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=Path)
    parser.add_argument("--words", type=int, default=1_000_000)
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", default=DEFAULT_RUNS)
    parser.add_argument("--no-write", action="store_true")
    wanted = parser.parse_args()
    figures = {}
    for what in wanted.runs.split(","):
        figures[what] = run(wanted.work, wanted.words, wanted.size, what, wanted.threads)
        print(what, json.dumps(figures[what]), flush=True)
    if not wanted.no_write:
        results = {
            "machine": describe_machine("numpy", "numba"),
            "words": wanted.words,
            "vector_size": wanted.size,
            "threads": wanted.threads,
            "limit_above_mb": LIMIT_MB,
            "runs": figures,
        }
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
