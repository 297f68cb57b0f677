"""Which source is a paragraph from? TextCNN over seven sources of Chinese text.

    python -m benchmarks.nn.topics --work FOLDER [--case fine-tuned ...] [--seeds 0 1 2]

The sources are those of zh_corpus in the shared data: news, classics in modern translation, journal
articles, laws, health and finance, essays, a technology weekly. Lines are sentences in some of
them, paragraphs in others and cut at a fixed width in one; so lines of a document are put together
until they are a paragraph of `LEAST` characters. What is left over at a document's end is left out,
and so are the lines 【...】 that head the journal articles.

Documents, not paragraphs, are divided into training, held out and test (80, 10 and 10 of 100), so
that no paragraph is tested whose document was trained on. Of each source at most `N_PARAGRAPHS`
paragraphs of each part are taken, at random, so that the large ones don't drown the small.

Paragraphs are segmented once and kept in FOLDER. Word vectors come from skip-gram on the training
paragraphs alone, with this project. Settings were chosen on the documents held out (`--held-out`).
Results go to results/nn_topics.json.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe_machine
from benchmarks.nn.digits import find_data
from embedrec.models.textcnn import TextCNN
from embedrec.pipeline import train
from embedrec.text.pipeline import TextPipeline, TextSettings
from embedrec.vectors.keyed import KeyedVectors

RESULTS = Path(__file__).parents[1] / "results" / "nn_topics.json"
N_PARAGRAPHS = {"train": 3000, "held_out": 300, "test": 500}
LEAST = 400
MAX_WORDS = 250
SETTINGS: dict[str, Any] = {
    "max_words": MAX_WORDS, "min_count": 2, "vector_size": 100, "epochs": 5, "schedule": "cosine",
    "learning_rate": 2e-3,
}  # fmt: skip
CASES: dict[str, dict[str, Any]] = {
    "random": {"channels": "fine-tuned"},
    "static": {"channels": "static"},
    "fine-tuned": {"channels": "fine-tuned"},
    "multichannel": {"channels": "multichannel"},
}

# Of each part: (words of a paragraph, source).
Topics = dict[str, list[tuple[list[str], str]]]


def read_documents(path: Path) -> list[list[str]]:
    """Return the paragraphs of each document that has any."""
    text = lzma.decompress(path.read_bytes()).decode("utf-8")
    documents = [join_lines(document.splitlines()) for document in text.split("\n\n")]
    return [document for document in documents if document]


def join_lines(lines: list[str]) -> list[str]:
    """Return paragraphs of at least `LEAST` characters each."""
    paragraphs, parts, length = [], [], 0
    for line in lines:
        if line and line[0] != "【":
            parts.append(line)
            length += len(line)
        if length >= LEAST:
            paragraphs.append("\n".join(parts))
            parts, length = [], 0
    return paragraphs


def choose_paragraphs(documents: list[list[str]], seed: int) -> dict[str, list[str]]:
    """Divide documents into the three parts, and draw paragraphs of each."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(documents))
    n_tenth = max(1, len(order) // 10)
    parts = {"test": order[:n_tenth], "held_out": order[n_tenth : 2 * n_tenth]}
    parts["train"] = order[2 * n_tenth :]
    chosen = {}
    for part, numbers in parts.items():
        lines = [line for number in numbers for line in documents[number]]
        count = min(len(lines), N_PARAGRAPHS[part])
        chosen[part] = [lines[at] for at in generator.choice(len(lines), count, replace=False)]
    return chosen


def load_topics(work: Path) -> Topics:
    """Segment the paragraphs, or read them where that has been done."""
    kept = work / "topics.jsonl"
    if not kept.exists():
        pipeline = TextPipeline()
        with kept.with_suffix(".part").open("w", encoding="utf-8") as file:
            for source in sorted((find_data() / "zh_corpus").glob("*.txt.xz")):
                name = source.name.removesuffix(".txt.xz")
                for part, lines in choose_paragraphs(read_documents(source), seed=0).items():
                    for line in lines:
                        words = pipeline.cut_query(line)[:MAX_WORDS]
                        if words:
                            file.write(json.dumps([part, name, words], ensure_ascii=False) + "\n")
                print(name, flush=True)
        kept.with_suffix(".part").rename(kept)
    topics: Topics = {part: [] for part in N_PARAGRAPHS}
    for line in kept.read_text(encoding="utf-8").splitlines():
        part, name, words = json.loads(line)
        topics[part].append((words, name))
    return topics


def learn_vectors(topics: Topics, work: Path) -> KeyedVectors:
    """Return skip-gram vectors of the training paragraphs."""
    kept = work / "vectors"
    if not kept.is_dir():
        with tempfile.TemporaryDirectory() as place:
            text = Path(place) / "text.txt"
            text.write_text("".join(" ".join(w) + "\n" for w, _ in topics["train"]), "utf-8")
            vectors = train(
                text, Path(place) / "model", epochs=5, min_count=2, n_workers=1, seed=1,
                vector_size=SETTINGS["vector_size"],
                settings=TextSettings(segmenter="whitespace"),
            )  # fmt: skip
        vectors.save(kept)
    return KeyedVectors.load(kept)


def measure(case: str, topics: Topics, part: str, vectors: KeyedVectors, seed: int) -> dict:
    """Train with one seed; return figures."""
    start, start_of_work = time.perf_counter(), time.process_time()
    own = {"vectors": None if case == "random" else vectors, **CASES[case]}
    model = TextCNN(**{**SETTINGS, **own}, seed=seed)
    texts, sources = map(list, zip(*topics["train"], strict=True))
    model.fit(texts, sources)
    seconds = time.perf_counter() - start
    cpu_seconds = time.process_time() - start_of_work
    texts, sources = map(list, zip(*topics[part], strict=True))
    predicted = model.predict(texts)
    is_right = predicted == np.array(sources)
    return {
        "seed": seed,
        "accuracy": round(float(is_right.mean()), 5),
        "of_each_source": {
            name: round(float(is_right[np.array(sources) == name].mean()), 4)
            for name in sorted(set(sources))
        },
        "training_loss": round(model.losses_[-1], 5),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu_seconds, 1),
        "load_average": round(os.getloadavg()[0], 1),
    }


def keep_run(case: str, run: dict[str, Any], topics: Topics) -> None:
    """Put a run beside those of other seeds, in place of the same seed's."""
    content = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    if content.get("settings") != SETTINGS:
        content = {"settings": SETTINGS, "cases": {}}
    content |= {
        "paragraphs": {name: len(rows) for name, rows in topics.items()},
        "words": sum(len(words) for words, _ in topics["train"]),
        "least_characters": LEAST,
        "sources": sorted({source for _, source in topics["train"]}),
    }
    old = content["cases"].get(case, {}).get("runs", [])
    runs = sorted(
        [run, *(each for each in old if each["seed"] != run["seed"])], key=lambda each: each["seed"]
    )
    threads = os.environ.get("OPENBLAS_NUM_THREADS", str(os.cpu_count()))
    content["cases"][case] = {
        "accuracy": round(statistics.mean(each["accuracy"] for each in runs), 5),
        "cpu_seconds": round(statistics.mean(each["cpu_seconds"] for each in runs), 1),
        "runs": runs,
        "machine": {**describe_machine("numpy", "numba"), "blas_threads": threads},
    }
    RESULTS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure the cases asked for and keep their results beside the others'."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="segmented text is kept here")
    parser.add_argument("--case", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--held-out", action="store_true", help="try settings; nothing is kept")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    topics = load_topics(asked.work)
    vectors = learn_vectors(topics, asked.work)
    part = "held_out" if asked.held_out else "test"
    for case in asked.case:
        for seed in asked.seeds:
            run = measure(case, topics, part, vectors, seed)
            print(case, run, flush=True)
            if not asked.held_out:
                keep_run(case, run, topics)


if __name__ == "__main__":
    main()
