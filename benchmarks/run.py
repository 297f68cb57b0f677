"""Runs a benchmark that has several parts.

    python -m benchmarks.run word2vec CORPUS --language en|zh [--mode MODE]... [OPTIONS]

trains this project, gensim, fastText (where their packages are installed) and word2vec.c (where
its program is given) on the same tokens, in turn. Modes; without one, speed, scores and table:

- speed: words a second and memory, on a slice, with one thread and with all;
- scores: evaluation sets after 5 epochs on the whole corpus; goes on where it was interrupted;
- scaling: speed over vector size, window, negatives, vocabulary and threads;
- roofline: each kernel's distance from what one core can do;
- table: the results as Markdown.

Peers as measured here: fastText's Python package built with
`CFLAGS="-O3 -march=native -funroll-loops -DNDEBUG" pip install --no-binary :all: fasttext` (its own
set-up drops the optimisation it names), and the original word2vec.c v0.1c (the one with -iter)
compiled with `gcc word2vec.c -o word2vec -Ofast -march=native -funroll-loops -pthread -lm`.

Results are JSON in benchmarks/results (--output), slices and texts stand in CORPUS.bench (--work).
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

if __package__ in (None, ""):  # run as a file: its folder is no package's
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from benchmarks.word2vec import roofline, scaling, scores, speed, table
from benchmarks.word2vec.job import MODELS, SETTINGS, SUBWORD_MODELS, TOOLS, Job
from benchmarks.word2vec.own import has_subwords
from benchmarks.word2vec.peers import find_peers
from benchmarks.word2vec.results import ResultFile, describe_corpus
from benchmarks.word2vec.slices import write_slice, write_text
from embedrec.corpus.shards import Corpus

RESULTS = Path(__file__).resolve().parent / "results"
MODES = ("speed", "scores", "scaling", "roofline", "table")


def read_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="benchmark", required=True)
    add = commands.add_parser("word2vec", help="this project beside its peers").add_argument
    add("corpus", type=Path, help="folder written by `embedrec corpus build`")
    add("--language", choices=sorted(scores.SETS), required=True)
    add("--mode", action="append", choices=MODES, help="by default speed, scores, table")
    add(
        "--only",
        action="append",
        choices=[*MODELS, *SUBWORD_MODELS],
        help="by default all but subwords with hs",
    )
    add("--tool", action="append", choices=TOOLS, help="these tools")
    add("--word2vec-c", metavar="PATH", help="word2vec.c, compiled")
    add("--words", type=int, default=4_000_000, help="of the slice for speed; 0 for all")
    add("--rounds", type=int, default=3, help="trainings of each tool, for medians")
    add("--threads", type=int, nargs="+", help="by default 1 and all cores; for scores 1")
    add("--seeds", type=int, default=3, help="of this project (and kept peers), for scores")
    add("--peer-seeds", type=int, default=1, help="of other peers, for scores")
    add("--kept", type=Path, metavar="FOLDER", help="gensim's vectors, see scores.py")
    add("--again", action="append", choices=TOOLS, default=[], help="drop its earlier scores first")
    add("--scale", action="append", choices=[*scaling.POINTS, "threads"], help="for scaling")
    add("--output", type=Path, default=RESULTS, help="folder of the results")
    add("--work", type=Path, help="folder of slices, texts and vectors")
    return parser.parse_args(arguments)


class Bench:
    """The modes, over what the command line asks for."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.asked = arguments
        self.corpus = Corpus.open(arguments.corpus)
        self.work: Path = arguments.work or Path(f"{os.path.abspath(arguments.corpus)}.bench")
        self.work.mkdir(parents=True, exist_ok=True)
        self.peers = find_peers(arguments.word2vec_c)
        default = [tool for tool in TOOLS if tool in self.peers]
        self.tools: list[str] = [
            tool for tool in arguments.tool or default if tool.split("-")[0] in self.peers
        ]
        absent = [tool for tool in arguments.tool or TOOLS[:4] if tool not in self.tools]
        if absent:
            print(f"not here, left out: {', '.join(absent)}", flush=True)
        ngrams = [m for m in SUBWORD_MODELS if "-ns-" in m and has_subwords()]
        self.models = arguments.only or [*MODELS, *ngrams]
        self.threads = arguments.threads or sorted({1, os.cpu_count() or 1})

    def open_results(self, mode: str, corpus: Corpus, epochs: int) -> ResultFile:
        """Open the file of a mode's results."""
        shared = {"settings": {**SETTINGS, "epochs": epochs}, "corpus": describe_corpus(corpus)}
        path = self.asked.output / f"word2vec_{mode}_{self.asked.language}.json"
        command = f"python -m benchmarks.run word2vec CORPUS --language {self.asked.language}"
        command += f" --mode {mode}"
        return ResultFile(path, command, shared, {"tools": self.peers}, ["numpy", "numba"])

    def take_slice(self) -> tuple[Corpus, Job]:
        """Return the slice that speed is measured on, and a job on it."""
        n_words = min(self.asked.words or self.corpus.n_tokens, self.corpus.n_tokens)
        stem = self.work / f"slice-{n_words}"
        corpus = write_slice(self.corpus, stem, n_words)
        text = write_text(corpus, stem.with_suffix(".txt"))
        names = str(corpus.folder), str(text), self.asked.language
        return corpus, Job("embedrec", MODELS[0], *names, 1, 1, binary=self.asked.word2vec_c)

    def speed(self) -> None:
        """Time all tools."""
        corpus, job = self.take_slice()
        speed.measure_speed(
            self.open_results("speed", corpus, 1),
            self.models,
            self.tools,
            self.threads,
            self.asked.rounds,
            corpus.n_tokens,
            corpus=job.corpus,
            text=job.text,
            language=job.language,
            binary=job.binary,
        )

    def scores(self) -> None:
        """Train and evaluate all tools."""
        results = self.open_results("scores", self.corpus, scores.EPOCHS)
        results.drop(key for key in results.runs if key.split()[1] in self.asked.again)
        text = write_text(self.corpus, self.work / "whole.txt")
        jobs = []
        for model in self.models:
            for tool in self.tools:
                own = tool.startswith("embedrec") or (tool == "gensim" and self.asked.kept)
                n_seeds = self.asked.seeds if own else self.asked.peer_seeds
                for seed in range(1 if tool == "word2vec.c" else n_seeds):
                    name = f"{self.asked.language}-{tool}-{model}-{seed}.npy"
                    jobs.append(
                        Job(
                            tool,
                            model,
                            os.path.abspath(self.asked.corpus),
                            str(text),
                            self.asked.language,
                            scores.EPOCHS,
                            scores.choose_threads(tool, (self.asked.threads or [1])[0]),
                            seed,
                            str(self.work / name),
                            self.asked.word2vec_c,
                        )
                    )
        scores.measure_scores(results, self.corpus, jobs, self.asked.kept)

    def scaling(self) -> None:
        """Time this project, and gensim, over one setting after another."""
        corpus, job = self.take_slice()
        results = self.open_results("scaling", corpus, 1)
        results.drop(results.runs if self.asked.again else [])
        scaling.measure_scaling(
            results,
            job,
            corpus.n_tokens,
            models=self.asked.only or scaling.MODELS,
            tools=[tool for tool in self.tools if tool in ("embedrec", "gensim")],
            threads=self.threads,
            kinds=self.asked.scale or [*scaling.POINTS, "threads"],
            n_rounds=self.asked.rounds,
            work=self.work,
        )

    def roofline(self) -> None:
        """Compare this project's kernels with the machine's limits."""
        corpus, job = self.take_slice()
        results = self.open_results("roofline", corpus, 1)
        models = [model for model in self.models if model in MODELS]
        roofline.measure_roofline(results, corpus, job, models, self.asked.rounds)

    def table(self) -> None:
        """Print the results as Markdown."""
        print(table.show_all(self.asked.output, self.asked.language))


def main(arguments: list[str] | None = None) -> None:
    """Run the modes asked for, in the order in which they are listed above."""
    asked = read_arguments(arguments)
    bench = Bench(asked)
    modes = asked.mode or ["speed", "scores", "table"]
    for mode in MODES:
        if mode in modes:
            getattr(bench, mode)()


if __name__ == "__main__":
    main()
