"""Does this project's word2vec score what gensim's scores, on the same token stream?

Trains both with the same settings (200 dimensions, window 5, 5 negatives, sample 1e-4, 5 epochs,
start rate 0.025) on a corpus built by `embedrec corpus build`, in turn, for each combination of
architecture and loss, and evaluates both with this project's evaluation. Results are written after
each training, so that an interrupted run goes on where it was.

    python -m benchmarks.word2vec_accuracy CORPUS --language en|zh [--only skipgram-ns]...

By default both use one thread. With several, gensim's training from a file (4.4.0) sets a thread's
rate by its own sentences over those of the whole corpus, so that the rate falls only a part of the
way in each epoch and ends above 0: another setting than the one asked for. CBOW, for which 0.025 is
low, gains by it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe_machine, measure_peak_mb
from embedrec.corpus.shards import Corpus
from embedrec.vectors.evaluate import evaluate_analogies, evaluate_similarity
from embedrec.vectors.keyed import KeyedVectors

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("EMBEDREC_DATA", ROOT.parent / "shared" / "data"))
SETTINGS = {"vector_size": 200, "window": 5, "sample": 1e-4, "epochs": 5, "alpha": 0.025}
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


def train_embedrec(corpus: Corpus, architecture: str, loss: str, seed: int, threads: int) -> Any:
    """Return words and vectors trained by this project."""
    from embedrec.models.word2vec import Word2Vec

    model = Word2Vec(
        architecture=architecture, loss=loss, n_negative=5, seed=seed, n_threads=threads, **SETTINGS
    )
    return model.fit(corpus).vectors_.vectors


def train_gensim(corpus: Corpus, architecture: str, loss: str, seed: int, threads: int) -> Any:
    """Return the vectors trained by gensim from the same sentences, in the same order of words."""
    from gensim.models import Word2Vec

    text = Path(f"{corpus.folder}.txt")
    if not text.exists():
        with text.open("w", encoding="utf-8") as file:
            file.writelines(" ".join(words) + "\n" for words in corpus.iter_sentences())
    settings = {**SETTINGS, "min_count": 1, "workers": threads, "seed": seed}
    model = Word2Vec(
        sg=int(architecture == "skipgram"),
        hs=int(loss != "ns"),
        negative=5 if loss != "hs" else 0,
        **settings,
    )
    model.build_vocab(corpus_file=str(text))
    model.train(
        corpus_file=str(text),
        total_examples=model.corpus_count,
        total_words=model.corpus_total_words,
        epochs=model.epochs,
    )
    return model.wv[corpus.vocabulary.words]


def train_one(corpus_folder: str, tool: str, name: str, seed: int, threads: int, out: str) -> None:
    """Train in this process, and leave vectors and figures in files."""
    corpus = Corpus.open(corpus_folder)
    architecture, loss = name.split("-")
    train = train_embedrec if tool == "embedrec" else train_gensim
    begin, begin_cpu = time.perf_counter(), time.process_time()
    vectors = train(corpus, architecture, loss, seed, threads)
    figures = {
        "threads": threads,
        "seconds": round(time.perf_counter() - begin, 1),
        "cpu_seconds": round(time.process_time() - begin_cpu, 1),
        "peak_mb": measure_peak_mb(),
    }
    np.save(out, vectors)
    Path(out + ".json").write_text(json.dumps(figures))


def evaluate(corpus: Corpus, vectors: np.ndarray, language: str) -> dict[str, Any]:
    """Score vectors on the language's sets; analogies per file and pooled over known questions."""
    kv = KeyedVectors(corpus.vocabulary.words, vectors, counts=corpus.vocabulary.counts)
    analogy_files, similarity_files = SETS[language]
    scores: dict[str, Any] = {}
    for restrict in (None, 30_000):
        correct = known = 0
        for file in analogy_files:
            result = evaluate_analogies(kv, DATA / file, restrict_vocab=restrict)
            key = Path(file).stem + ("" if restrict is None else f"@{restrict}")
            scores[key] = round(100 * result.correct / max(1, result.known), 2)
            correct, known = correct + result.correct, known + result.known
        pooled = "analogies" if restrict is None else f"analogies@{restrict}"
        scores[pooled] = round(100 * correct / known, 2)
        scores[pooled + "_known"] = known
    for file in similarity_files:
        similarity = evaluate_similarity(kv, DATA / file)
        scores[Path(file).stem] = round(100 * (similarity.spearman or 0), 2)
    return scores


def main() -> None:
    """Run what is still missing in the results file, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus")
    parser.add_argument("--language", choices=sorted(SETS), required=True)
    parser.add_argument("--only", action="append")
    parser.add_argument("--tool", action="append", choices=["embedrec", "gensim"])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="train again what has results")
    parser.add_argument("--train-one", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.train_one:
        tool, name, seed, threads, out = arguments.train_one
        train_one(arguments.corpus, tool, name, int(seed), int(threads), out)
        return
    corpus = Corpus.open(arguments.corpus)
    path = ROOT / "benchmarks" / "results" / f"word2vec_accuracy_{arguments.language}.json"
    results = json.loads(path.read_text()) if path.exists() else {"runs": {}}
    results |= {
        "command": f"python -m benchmarks.word2vec_accuracy CORPUS --language {arguments.language}",
        "machine": describe_machine("gensim", "numpy", "numba"),
        "settings": {**SETTINGS, "n_negative": 5},
        "corpus": {"tokens": corpus.n_tokens, "vocabulary": len(corpus.vocabulary.words)},
    }
    names = [f"{a}-{x}" for a, x in itertools.product(("skipgram", "cbow"), ("ns", "hs", "both"))]
    for name, seed, tool in itertools.product(
        arguments.only or names, range(arguments.seeds), arguments.tool or ("embedrec", "gensim")
    ):
        key = f"{name} {tool} {seed}"
        if key in results["runs"] and not arguments.again:
            continue
        out = f"{arguments.corpus}.{tool}.{name}.npy"
        command = [sys.executable, "-m", "benchmarks.word2vec_accuracy", arguments.corpus]
        command += ["--language", arguments.language, "--train-one"]
        command += [tool, name, str(seed), str(arguments.threads), out]
        subprocess.run(command, check=True, cwd=ROOT)
        figures = json.loads(Path(out + ".json").read_text())
        words = corpus.n_tokens * SETTINGS["epochs"]
        figures["words_per_cpu_second"] = round(words / figures["cpu_seconds"])
        scores = evaluate(corpus, np.load(out), arguments.language)
        if path.exists():  # another run may have added to it
            results["runs"] |= {
                k: v for k, v in json.loads(path.read_text())["runs"].items() if k != key
            }
        results["runs"][key] = {**figures, **scores}
        path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(key, json.dumps(results["runs"][key]), flush=True)


if __name__ == "__main__":
    main()
