"""Training with each tool, timed alike: the passes over the text only.

Time is that of the training itself, of the processor (all threads) and of the clock, without
reading or counting a vocabulary, making start vectors and tables, compiling, or saving:

- this project: the stage "train" that `Word2Vec.fit` reports to its progress, after a training of
  1,000 words that loads and, the first time, compiles the kernels;
- gensim: `train(corpus_file=...)`, after `build_vocab_from_freq`; with one worker wherever scores
  count: with n, gensim 4.4.0 sets a thread's rate by its own sentences over those of the whole
  corpus, so that the rate falls by 1/n of the way and ends above 0 (CBOW, for which 0.025 is low,
  gains by it);
- fastText: one call with the epochs asked for, less one with 0 epochs, which does all but training;
- word2vec.c: processor time is its own: the rate it prints at its end, words over `clock()` since
  training began; time of the clock as for fastText, less a run with `-threads 0`, which reads,
  prepares and saves (making its table of 400 MB takes processor time that varies too much to be
  taken off).

Words are words of the text, the same number for all. The two C programs count each line's end as a
word: fastText's printed rate (kept as `printed_rate`) is higher by that, and word2vec.c's is set
right here. Peers read and look up words in every pass, this project reads ids: that is part of what
is compared. fastText, too, trains line ends as words, so its vectors have one word more.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.word2vec.job import Job

_PRINTED = {
    "fasttext": (re.compile(r"words/sec/thread:\s*([0-9.]+)"), 1.0),
    "word2vec.c": (re.compile(r"Words/thread/sec:\s*([0-9.]+)k"), 1000.0),
}
_VERSION = re.compile(r"toolkit v ?([\w.]+)")
_N_WORDS = re.compile(r"Words in train file:\s*(\d+)")


@dataclass
class Outcome:
    """What a training gave.

    Attributes:
        seconds: of the clock.
        cpu_seconds: of the processor, all threads.
        vectors: float32 (V, D) in the order of the corpus's vocabulary, if the job asks for them.
        printed_rate: words a second and thread that the tool itself printed at its end.
        peak_mb: of the process that trained, where it was not this one.
    """

    seconds: float
    cpu_seconds: float
    vectors: Any = None
    printed_rate: float | None = None
    peak_mb: int | None = None


class Stopwatch:
    """Time of the clock and of this process, from making on."""

    def __init__(self) -> None:
        self.clock, self.cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Return both in seconds."""
        return time.perf_counter() - self.clock, time.process_time() - self.cpu


def find_peers(binary: str | None) -> dict[str, str]:
    """Return the tools that can be run here, with their versions."""
    peers = {"embedrec": importlib.metadata.version("embedrec")}
    for tool in ("gensim", "fasttext"):
        if importlib.util.find_spec(tool) is not None:
            peers[tool] = _find_version(tool)
    if binary is not None:
        if not os.access(binary, os.X_OK):
            raise SystemExit(f"--word2vec-c {binary} is no program that can be run")
        told = subprocess.run([binary], capture_output=True, text=True, timeout=60).stdout
        version = _VERSION.search(told)
        peers["word2vec.c"] = version[1] if version else "of unknown version"
    return peers


def _find_version(module: str) -> str:
    names = importlib.metadata.packages_distributions().get(module, [module])
    return " ".join([*(n for n in names if n != module), importlib.metadata.version(names[0])])


def read_printed_rate(tool: str, output: str) -> float | None:
    """Return the last rate that a C program printed, in words a second and thread."""
    pattern, unit = _PRINTED[tool]
    found = pattern.findall(output)
    return float(found[-1]) * unit if found else None


def read_n_words(output: str) -> int | None:
    """Return how many words, line ends included, word2vec.c says it found."""
    found = _N_WORDS.search(output)
    return int(found[1]) if found else None


def list_word2vec_c_arguments(job: Job, n_threads: int, out: str) -> list[str]:
    """Return the command of word2vec.c for a job."""
    options = {
        "train": job.text,
        "output": out,
        "cbow": int(job.architecture == "cbow"),
        "hs": int(job.loss != "ns"),
        "negative": 0 if job.loss == "hs" else job.get("n_negative"),
        "size": job.get("vector_size"),
        "window": job.get("window"),
        "sample": job.get("sample"),
        "alpha": job.get("alpha"),
        "iter": job.epochs,
        "min-count": 1,
        "threads": n_threads,
        "binary": 1,
    }
    assert job.binary is not None
    return [job.binary, *(str(x) for name in options for x in (f"-{name}", options[name]))]


def train_word2vec_c(job: Job) -> Outcome:
    """Run the program twice, without and with training."""
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "vectors.bin")
        idle = _run(list_word2vec_c_arguments(job, 0, out))
        full = _run(list_word2vec_c_arguments(job, job.n_threads, out))
        vectors = _read_in_order(job, out) if job.out else None
    rate, n_counted = read_printed_rate("word2vec.c", full[2]), read_n_words(full[2])
    if rate is None or n_counted is None:
        raise SystemExit(f"{job.binary} prints no rate; a text of 10,000 words or more is needed")
    return Outcome(full[0] - idle[0], job.epochs * n_counted / rate, vectors, rate, full[1])


def _run(command: list[str]) -> tuple[float, int, str]:
    """Run a program; return seconds, peak memory in MiB and its output."""
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begin
        output.seek(0)
        text = output.read().decode(errors="replace")
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}: {text[-300:]}")
    return seconds, usage.ru_maxrss // 1024, text


def _read_in_order(job: Job, path: str) -> Any:
    from benchmarks.word2vec.slices import open_slice
    from embedrec import load_vectors

    vectors = load_vectors(path)
    rows = [vectors.key_to_index[word] for word in open_slice(job.corpus).vocabulary.words]
    return vectors.vectors[rows]


def train_fasttext(job: Job) -> Outcome:
    """Train with fastText's Python package, once without epochs and once with."""
    import numpy as np
    from fasttext import FastText

    from benchmarks.word2vec.job import N_BUCKETS, NGRAMS

    shortest, longest = NGRAMS[job.language] if job.subwords else (0, 0)
    options = {
        "model": job.architecture,
        "loss": job.loss,
        "dim": job.get("vector_size"),
        "ws": job.get("window"),
        "neg": job.get("n_negative"),
        "t": job.get("sample"),
        "lr": job.get("alpha"),
        "minCount": 1,
        "minn": shortest,
        "maxn": longest,
        "bucket": N_BUCKETS,
        "thread": job.n_threads,
        "verbose": 2,
    }
    FastText.unsupervised_default["seed"] = job.seed  # no argument of the function below

    def train(epochs: int) -> tuple[float, float, Any]:
        watch = Stopwatch()
        model = FastText.train_unsupervised(job.text, epoch=epochs, **options)
        return *watch.read(), model

    printed: list[str] = []
    idle = train(0)[:2]
    seconds, cpu_seconds, model = _catch_errors(lambda: train(job.epochs), printed)
    vectors = None
    if job.out:
        from benchmarks.word2vec.slices import open_slice

        words = open_slice(job.corpus).vocabulary.words
        vectors = np.array([model.get_word_vector(word) for word in words], np.float32)
    rate = read_printed_rate("fasttext", printed[0])
    return Outcome(seconds - idle[0], cpu_seconds - idle[1], vectors, rate)


def _catch_errors(act: Callable[[], Any], printed: list[str]) -> Any:
    """Call, with what compiled code writes to the error stream put into `printed`."""
    kept = os.dup(2)
    with tempfile.TemporaryFile() as output:
        os.dup2(output.fileno(), 2)
        try:
            result = act()
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            output.seek(0)
            printed.append(output.read().decode(errors="replace"))
    return result


def train_gensim(job: Job) -> Outcome:
    """Train with gensim from the file of lines."""
    from gensim.models import Word2Vec

    from benchmarks.word2vec.slices import open_slice

    corpus = open_slice(job.corpus)
    words, counts = corpus.vocabulary.words, corpus.vocabulary.counts
    model = Word2Vec(
        sg=int(job.architecture == "skipgram"),
        hs=int(job.loss != "ns"),
        negative=0 if job.loss == "hs" else job.get("n_negative"),
        vector_size=job.get("vector_size"),
        window=job.get("window"),
        sample=job.get("sample"),
        alpha=job.get("alpha"),
        epochs=job.epochs,
        min_count=1,
        workers=job.n_threads,
        seed=job.seed,
    )
    frequencies = dict(zip(words, counts.tolist(), strict=True))
    model.build_vocab_from_freq(frequencies, corpus_count=corpus.n_sentences)
    watch = Stopwatch()
    model.train(
        corpus_file=job.text,
        total_examples=corpus.n_sentences,
        total_words=corpus.n_tokens,
        epochs=job.epochs,
    )
    return Outcome(*watch.read(), model.wv[words] if job.out else None)
