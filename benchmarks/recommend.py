"""How well and how fast are words recommended?

    python benchmarks/recommend.py speed              200,000 x 200 random vectors
    python benchmarks/recommend.py quality MODEL --documents FILE --sets FILE [--sets FILE ...]

`quality` asks a model two things, for each way to score and each amount of centring. Documents
(already segmented text, a blank line between them, none of it in the model's training text): given
some keywords of one or several documents, how many of the 10 recommended words are other keywords
of theirs? Sets (analogy files; the words in one column of one section belong together): given some
members of one or several sets, how many are other members? Results go to results/recommend.json.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from embedrec import KeyedVectors, WordRecommender

RESULTS = Path(__file__).parent / "results" / "recommend.json"
SCORES = ("mean", "max", "blend")
CENTRES = (0.0, 0.5, 0.8, 1.0)


def measure(call: Callable[[], Any], repeats: int = 15) -> float:
    """Return the median milliseconds of a call after one that is not counted."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e3)
    return round(statistics.median(times), 2)


def measure_speed() -> dict[str, Any]:
    """Time single histories and batches on random vectors, beside reading the matrix once."""
    rng = np.random.default_rng(0)
    n_words, size = 200_000, 200
    matrix = rng.standard_normal((n_words, size), np.float32)
    vectors = KeyedVectors([f"w{i}" for i in range(n_words)], matrix)
    row = rng.standard_normal(size).astype(np.float32)
    times = {"one product with one vector": measure(lambda: matrix @ row)}
    for score in SCORES:
        recommender = WordRecommender(vectors, score=score)
        for length in (1, 5, 20, 100):
            history = [f"w{i}" for i in rng.integers(0, n_words, length)]
            times[f"{score}, history of {length}"] = measure(
                lambda r=recommender, h=history: r.recommend(h)  # type: ignore[misc]
            )
        histories = [[f"w{i}" for i in rng.integers(0, n_words, 5)] for _ in range(64)]
        batch = measure(lambda r=recommender, h=histories: r.recommend_batch(h), 3)  # type: ignore[misc]
        times[f"{score}, each of 64 histories of 5 in a batch"] = round(batch / 64, 2)
    return {
        "n_words": n_words,
        "vector_size": size,
        "n_cpus": len(os.sched_getaffinity(0)),
        "load_average": round(os.getloadavg()[0], 1),
        "machine": platform.machine(),
        "median_ms": times,
    }


def read_documents(path: Path, vectors: KeyedVectors) -> list[list[str]]:
    """Return the keywords of each document, those that it holds far more often than usual."""
    assert vectors.counts is not None
    total = float(vectors.counts.sum())
    documents = []
    for text in path.read_text(encoding="utf-8").split("\n\n"):
        counts = Counter(word for word in text.split() if len(word) > 1 and word in vectors)
        n_words = counts.total()
        ratios = {}
        for word, count in counts.items():
            share = float(vectors.counts[vectors.key_to_index[word]]) / total
            if count >= 2 and share < 2e-4:
                ratios[word] = count * math.log(count / (n_words * share))
        keywords = sorted(ratios, key=lambda word: (-ratios[word], word))[:30]
        if n_words >= 150 and len(keywords) >= 20:
            documents.append(keywords)
    return documents


def read_sets(paths: list[Path], vectors: KeyedVectors) -> list[list[str]]:
    """Return the known words of each column of each section of analogy files."""
    sets: dict[tuple[str, str, int], set[str]] = {}
    for path in paths:
        section = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith(":"):
                section = line
                continue
            for place, word in enumerate(line.split()):
                if word in vectors:
                    sets.setdefault((path.name, section, place % 2), set()).add(word)
    return [sorted(words) for words in sets.values() if len(words) >= 12]


def measure_hits(
    recommender: WordRecommender, groups: list[list[str]], n_groups: int, n_each: int
) -> dict[str, float]:
    """Return the share of hits in the first 10, and of groups that got one."""
    rng = np.random.default_rng(1)
    hits, covered, histories, targets = [], [], [], []
    for _ in range(100):
        chosen = [
            list(rng.permutation(groups[i])) for i in rng.choice(len(groups), n_groups, False)
        ]
        history = {str(word) for words in chosen for word in words[:n_each]}
        histories.append(sorted(history))
        targets.append([{str(word) for word in words[n_each:]} - history for words in chosen])
    for found, wanted in zip(recommender.recommend_batch(histories), targets, strict=True):
        words = set(found.words)
        hits.append(len(words & set().union(*wanted)) / 10)
        covered.append(statistics.mean(bool(words & group) for group in wanted))
    return {
        "precision_at_10": round(statistics.mean(hits), 3),
        "standard_error": round(statistics.stdev(hits) / math.sqrt(len(hits)), 3),
        "groups_covered": round(statistics.mean(covered), 3),
    }


def measure_quality(model: Path, documents: Path, sets: list[Path]) -> dict[str, Any]:
    """Compare the ways to score on held-out documents and on sets of words."""
    vectors = KeyedVectors.load(model)
    texts, groups = read_documents(documents, vectors), read_sets(sets, vectors)
    answers: dict[str, Any] = {}
    for score in SCORES:
        for centre in CENTRES:
            recommender = WordRecommender(vectors, score=score, centre=centre)
            answers[f"{score}, centre {centre}"] = row = {
                "1 document, 8 words": measure_hits(recommender, texts, 1, 8),
                "3 documents, 4 words each": measure_hits(recommender, texts, 3, 4),
                "1 set, 4 words": measure_hits(recommender, groups, 1, 4),
                "3 sets, 4 words each": measure_hits(recommender, groups, 3, 4),
            }
            print(score, centre, *(part["precision_at_10"] for part in row.values()), flush=True)
    return {
        "n_words": len(vectors),
        "n_documents": len(texts),
        "n_sets": len(groups),
        "training": vectors.metadata.get("training", {}),
        "results": answers,
    }


def main() -> None:
    """Run one of the two questions and keep its answer beside the other's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("question", choices=["speed", "quality"])
    parser.add_argument("model", nargs="?", type=Path)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--sets", type=Path, action="append", default=[])
    chosen = parser.parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    if chosen.question == "speed":
        results["speed"] = measure_speed()
    else:
        results["quality"] = measure_quality(chosen.model, chosen.documents, chosen.sets)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results[chosen.question], ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
