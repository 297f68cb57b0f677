"""How well models of ratings predict and rank on MovieLens 100k, beside Surprise and implicit.

    python -m benchmarks.ratings_accuracy ml-100k.zip --peers-python PEERS/bin/python

Ratings: the five folds u1 to u5, with the defaults of each model, no setting chosen by test folds
(they were chosen on a part of u1's training held out from half its users). Lists: each user's
ratings are split at random, 75 % for training; the ten best unseen items; relevant is what is in
the test. Each training runs in a process of its own; seconds are those of training alone, on up to
two threads. Surprise and implicit are taken from the environment of --peers-python, where NumPy
below 2 may be needed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe_machine
from benchmarks.ratings_data import (
    measure_errors,
    measure_lists,
    read_fold,
    read_table,
    split_by_user,
)

RESULT = Path(__file__).parent / "results" / "ratings_accuracy.json"
RATINGS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("bias baseline", "embedrec", "bias", {}),
    ("softmax RBM", "embedrec", "rbm", {}),
    ("softmax RBM, CD-k", "embedrec", "rbm", {"learning": "cd", "hidden_size": 50, "epochs": 30}),
    ("real-valued RBM", "embedrec", "real", {}),
    ("item RBM", "embedrec", "item", {}),
    ("user-item hybrid", "embedrec", "hybrid", {}),
    ("blend", "embedrec", "blend", {}),
    ("Surprise SVD", "surprise", "SVD", {}),
    ("Surprise KNNBaseline, items", "surprise", "KNNBaseline", {"user_based": False}),
    ("Surprise SVD++", "surprise", "SVDpp", {"cache_ratings": True}),
]
LISTS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("click RBM", "embedrec", "click", {}),
    ("click RBM, negatives drawn", "embedrec", "click", {"n_negatives": 200}),
    ("blend", "embedrec", "blend", {}),
    ("softmax RBM, by predicted rating", "embedrec", "rbm", {}),
    ("implicit ALS", "implicit", "ALS", {}),
    # The best of some settings by these very lists: in its favour.
    ("implicit ALS, settled", "implicit", "ALS",
     {"factors": 30, "regularization": 10.0, "alpha": 5.0}),
    ("implicit BPR", "implicit", "BPR", {}),
]  # fmt: skip


def main() -> None:
    """Run what is asked for and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("archive", type=Path, help="ml-100k.zip")
    parser.add_argument("--peers-python", help="the Python that has scikit-surprise and implicit")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--only", choices=("ratings", "lists"))
    parser.add_argument("--model", action="append", help="one of the table's; others stay")
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args()
    table: dict[str, Any] = {}
    if options.output.exists():
        table = json.loads(options.output.read_text())
    table["machine"] = describe_machine("numpy", "numba")
    with tempfile.TemporaryDirectory() as folder:
        if options.only != "lists":
            folds = [read_fold(options.archive, n + 1) for n in range(options.folds)]
            found = measure_all(RATINGS, "ratings", folds, Path(folder), options)
            table["ratings"] = {**table.get("ratings", {}), **found}
        if options.only != "ratings":
            whole = read_table(options.archive, "u.data")
            splits = [split_by_user(whole, seed) for seed in range(options.splits)]
            found = measure_all(LISTS, "lists", splits, Path(folder), options)
            table["lists"] = {**table.get("lists", {}), **found}
    options.output.write_text(json.dumps(table, indent=1) + "\n")


def measure_all(
    entries: list[Any], what: str, parts: list[Any], folder: Path, options: argparse.Namespace
) -> dict[str, Any]:
    """Return name to figures; models take turns on each part of the data."""
    found: dict[str, list[dict[str, float]]] = {}
    for number, (train, test) in enumerate(parts):
        data = folder / f"{what}-{number}.npz"
        np.savez(data, train=train, test=test)
        for name, tool, model, arguments in entries:
            python = sys.executable if tool == "embedrec" else options.peers_python
            if python is None or (options.model and name not in options.model):
                continue
            task = {"task": what, "tool": tool, "model": model, "arguments": arguments}
            done = run_job(python, {**task, "data": str(data)}, folder)
            result = done.pop("result")
            score = measure_lists(result, test) if what == "lists" else None
            score = score or measure_errors(result, test[:, 2])
            figures = {**score, **{key: float(value) for key, value in done.items()}}
            found.setdefault(name, []).append(figures)
            shown = "  ".join(f"{key} {value:.4f}" for key, value in figures.items())
            print(f"{what} {number + 1}  {name}: {shown}", flush=True)
    return {name: summarise(rows) for name, rows in found.items()}


def run_job(python: str, task: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Run a training in a process of its own; return what it wrote."""
    where, result = folder / "task.json", folder / "result.npz"
    where.write_text(json.dumps(task))
    subprocess.run(
        [python, "-m", "benchmarks.ratings_job", str(where), str(result)],
        check=True,
        cwd=Path(__file__).resolve().parent.parent,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    with np.load(result) as arrays:
        return {name: arrays[name] for name in arrays.files}


def summarise(rows: list[dict[str, float]]) -> dict[str, Any]:
    """Return means of scores, medians of times, the largest peak, and scores by part."""
    summary: dict[str, Any] = {}
    for key in rows[0]:
        values = [row[key] for row in rows]
        if key == "peak":
            summary["peak_mb"] = max(values)
        elif key in ("seconds", "processor"):
            summary[key] = round(float(np.median(values)), 2)
        else:
            summary[key] = round(float(np.mean(values)), 4)
            summary[f"{key} by part"] = [round(value, 4) for value in values]
    return summary


if __name__ == "__main__":
    main()
