"""How many ratings a second does training take in, in how much memory, and how fast is an answer?

    python -m benchmarks.ratings_speed --work FOLDER [--sizes 1 5 20] [--epochs 2] [--skip-answers]

Training: `RatingRBM` on tables of 1, 5 and 20 million ratings (`synthetic_ratings`), each in a
process of its own after a small fit that loads compiled code. The rate is that of the epochs alone;
`fit_seconds` has all that `fit` does. The peak is the process's: interpreter, libraries, table and
training; it must stay under 4 GB at 20 million.

Answers: `RatingRecommender.recommend(history, n=10)` for histories of people who are new, over
1,682 items as ml-100k has: median and 95th percentile of single calls, wanted below 2 ms.

Results go to results/ratings_speed.json, each part's taking the place of its older one.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe_machine, measure_peak_mb
from benchmarks.synthetic_ratings import Shape, choose_shape, draw_ratings

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "ratings_speed.json"
LIMIT_MB = 4_000
LIMIT_MS = 2.0
SMALL = Shape(100_000, 943, 1_682)  # ml-100k's


def write_table(folder: Path, n_ratings: int) -> Path:
    """Return the file of a table, drawn unless it is there: in another process, to stay small."""
    path = folder / f"ratings-{n_ratings}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        run_part("--draw", str(path), "--sizes", str(n_ratings / 1e6))
    return path


def draw_table(path: Path, n_ratings: int) -> dict[str, Any]:
    """Draw a table and write its arrays."""
    start = time.perf_counter()
    ratings = draw_ratings(choose_shape(n_ratings))
    part = path.with_suffix(".part.npz")
    np.savez(part, users=ratings.users, items=ratings.items, values=ratings.values)
    part.replace(path)
    return {"seconds": round(time.perf_counter() - start, 1)}


def train_once(path: Path, n_ratings: int, epochs: int) -> dict[str, Any]:
    """Train on a table; return the figures of this process."""
    from embedrec.models.ratings.softmax import RatingRBM
    from embedrec.ratings.table import Ratings

    RatingRBM(epochs=1).fit(draw_ratings(Shape(3_000, 100, 200)))
    shape = choose_shape(n_ratings)
    with np.load(path) as arrays:
        ratings = Ratings(
            arrays["users"], arrays["items"], arrays["values"],
            tuple(f"u{at}" for at in range(shape.n_users)),
            tuple(f"i{at}" for at in range(shape.n_items)),
        )  # fmt: skip
    before_mb = measure_peak_mb()
    ends: list[tuple[float, float]] = []
    model = RatingRBM(epochs=epochs)
    start, start_of_work = time.perf_counter(), time.process_time()
    model.fit(ratings, on_epoch=lambda _: ends.append((time.perf_counter(), time.process_time())))
    clocks = np.diff([start, *(clock for clock, _ in ends)])
    works = np.diff([start_of_work, *(work for _, work in ends)])
    # What comes before the first epoch (starting biases, grouping) is counted into it, so the
    # fastest epoch is an epoch alone.
    return {
        **shape._asdict(),
        "model": repr(model),
        "ratings_per_second": round(n_ratings / float(clocks.min())),
        "ratings_per_cpu_second": round(n_ratings / float(works.min())),
        "fit_seconds": round(time.perf_counter() - start, 2),
        "epoch_seconds": [round(float(seconds), 2) for seconds in clocks],
        "peak_mb": measure_peak_mb(),
        "peak_mb_before_training": before_mb,
        "load_average": round(os.getloadavg()[0], 1),
    }


def measure_answers(n_calls: int = 300) -> dict[str, Any]:
    """Time recommendations for new people, and explained ones."""
    from embedrec.models.ratings.softmax import RatingRBM
    from embedrec.recommend.ratings import RatingRecommender

    ratings = draw_ratings(SMALL)
    model = RatingRBM(epochs=3)
    recommender = RatingRecommender(model).fit(ratings)
    generator = np.random.default_rng(0)
    popularity = np.bincount(ratings.items, minlength=SMALL.n_items) / len(ratings)
    found: dict[str, Any] = {}
    for length in (5, 20, 100, 500):
        histories = []
        for _ in range(n_calls + 5):
            items = generator.choice(SMALL.n_items, length, replace=False, p=popularity)
            levels = generator.integers(1, 11, length) / 2
            histories.append({f"i{i}": float(v) for i, v in zip(items, levels, strict=True)})
        times, works = [], []
        for history in histories:
            start, start_of_work = time.perf_counter(), time.process_time()
            recommender.recommend(history, n=10)
            works.append((time.process_time() - start_of_work) * 1e3)
            times.append((time.perf_counter() - start) * 1e3)
        times, works = times[5:], works[5:]
        found[str(length)] = {
            "median_ms": round(statistics.median(times), 3),
            "median_cpu_ms": round(statistics.median(works), 3),
            "p95_ms": round(float(np.percentile(times, 95)), 3),
        }
    return {
        "model": repr(model),
        "n_items": SMALL.n_items,
        "by_length_of_history": found,
        "limit_ms": LIMIT_MS,
        "load_average": round(os.getloadavg()[0], 1),
    }


def run_part(*arguments: str) -> dict[str, Any]:
    """Run this program with other arguments in a process of its own; return what it prints."""
    command = [sys.executable, "-m", "benchmarks.ratings_speed", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    printed: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return printed


def keep(part: str, figures: dict[str, Any]) -> None:
    """Put figures of a part beside those of others."""
    content = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    threads = os.environ.get("OPENBLAS_NUM_THREADS", str(os.cpu_count()))
    content[part] = {
        **figures, "machine": {**describe_machine("numpy", "numba"), "blas_threads": threads}
    }  # fmt: skip
    RESULTS.parent.mkdir(exist_ok=True)
    text = json.dumps(dict(sorted(content.items())), indent=1) + "\n"
    RESULTS.write_text(text, encoding="utf-8")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="folder for the tables drawn")
    parser.add_argument("--sizes", type=float, nargs="+", default=[1, 5, 20], help="in millions")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--skip-answers", action="store_true")
    parser.add_argument("--skip-training", action="store_true")
    parser.add_argument("--draw", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    sizes = [round(size * 1e6) for size in asked.sizes]
    if asked.draw or asked.train:
        done = (
            draw_table(asked.draw, sizes[0])
            if asked.draw
            else train_once(asked.train, sizes[0], asked.epochs)
        )
        print(json.dumps(done))
        return
    if not asked.skip_training:
        if asked.work is None:
            parser.error("--work FOLDER is needed for the tables")
        for n_ratings in sizes:
            path = write_table(asked.work, n_ratings)
            size, epochs = str(n_ratings / 1e6), str(asked.epochs)
            figures = run_part("--train", str(path), "--sizes", size, "--epochs", epochs)
            print(n_ratings, figures, flush=True)
            keep(f"train_{n_ratings}", {**figures, "limit_mb": LIMIT_MB})
    if not asked.skip_answers:
        figures = measure_answers()
        print(figures, flush=True)
        keep("answers", figures)


if __name__ == "__main__":
    main()
