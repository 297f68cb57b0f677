"""What the preset `items` is worth: the last film that somebody liked, from those before.

MovieLens 100K: each user's films rated 4 or 5, in the order of rating, are a session; the last one
is left out, the rest is trained on through the pipeline, as `embedrec train --preset items` does.
Hit rate: the share of users whose last film is among 10 recommended ones, none of their own.

    next     the nearest films to the last one before: Caselles-Dupre et al. 2018's way
    history  `WordRecommender` on the last 10 films before

Besides the two presets, the items preset is measured with one value at a time given back to the
word preset's, and with others. Results are written after each training, so that an interrupted run
goes on where it was.

    python -m benchmarks.items [--seeds 3]
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe_machine
from embedrec.pipeline import train
from embedrec.recommend.words import WordRecommender
from embedrec.text.pipeline import TextSettings
from embedrec.vectors.keyed import KeyedVectors

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("EMBEDREC_DATA", ROOT.parent / "shared" / "data"))
RESULTS = ROOT / "benchmarks" / "results" / "items.json"
LIKED = 4
N_RECOMMENDED = 10
N_HISTORY = 10
CASES: dict[str, dict[str, Any]] = {
    "word": {"preset": "word"},
    "items": {"preset": "items"},
    **{
        f"items, {name} {value}": {"preset": "items", name: value}
        for name, value in (
            ("window", 5),
            ("window", 20),
            ("shrink_window", True),
            ("negative_exponent", 0.75),
            ("negative_exponent", 0.0),
            ("negative_exponent", -1.0),
            ("sample", 1e-4),
            ("sample", 1e-5),
            ("epochs", 5),
            ("epochs", 50),
            ("vector_size", 200),
            ("min_count", 5),
        )
    },
    # The best of Caselles-Dupre et al. for their first set of music.
    "music of the paper": {"preset": "items", "window": 3, "shrink_window": True, "epochs": 110,
                           "sample": 1e-5},
}  # fmt: skip

Session = tuple[list[str], str]


def read_sessions(path: Path) -> list[Session]:
    """Return each user's liked films before the last one, and that one; at least 2 before it."""
    with zipfile.ZipFile(path) as archive:
        lines = archive.read("ml-100k/u.data").decode().splitlines()
    liked: dict[int, list[tuple[int, int]]] = {}
    for line in lines:
        user, film, rating, when = map(int, line.split("\t"))
        if rating >= LIKED:
            liked.setdefault(user, []).append((when, film))
    films = [[f"film-{film}" for _, film in sorted(liked[user])] for user in sorted(liked)]
    return [(session[:-1], session[-1]) for session in films if len(session) > 2]


def score(vectors: KeyedVectors, sessions: list[Session]) -> dict[str, float]:
    """Return both hit rates, in percent of all users."""
    recommender = WordRecommender(vectors)
    hits = Counter({"next": 0, "history": 0})
    for before, last in sessions:
        known = [film for film in before if film in vectors]
        if not known:
            continue
        seen = set(before)
        near = vectors.most_similar(known[-1], topn=len(seen) + N_RECOMMENDED)
        hits["next"] += last in [film for film, _ in near if film not in seen][:N_RECOMMENDED]
        found = recommender.recommend(known[-N_HISTORY:], n=N_RECOMMENDED, exclude=known)
        hits["history"] += last in [item.word for item in found]
    return {name: round(100 * n / len(sessions), 2) for name, n in hits.items()}


def score_popular(sessions: list[Session]) -> float:
    """Return the hit rate of the commonest films that the user has not seen, in percent."""
    counts = Counter(film for before, _ in sessions for film in before)
    films = [film for film, _ in counts.most_common()]
    hits = 0
    for before, last in sessions:
        unseen = (film for film in films if film not in set(before))
        hits += last in itertools.islice(unseen, N_RECOMMENDED)
    return round(100 * hits / len(sessions), 2)


def measure(sessions: list[Session], case: dict[str, Any], seed: int) -> dict[str, Any]:
    """Train on the sessions and score."""
    with tempfile.TemporaryDirectory() as place:
        text = Path(place) / "sessions.txt"
        text.write_text("".join(" ".join(before) + "\n" for before, _ in sessions), "utf-8")
        begin = time.process_time()
        vectors = train(
            text, Path(place) / "model", seed=seed, n_workers=1,
            settings=TextSettings(segmenter="whitespace"), **case,
        )  # fmt: skip
        seconds = time.process_time() - begin
        return {**score(vectors, sessions), "cpu_seconds": round(seconds, 1), "items": len(vectors)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    source = DATA / "ratings" / "ml-100k.zip"
    if not source.is_file():
        raise SystemExit(f"no {source}; set EMBEDREC_DATA to the folder of shared data")
    sessions = read_sessions(source)
    lengths = [len(before) for before, _ in sessions]
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results |= {
        "machine": describe_machine("numpy", "numba"),
        "users": len(sessions),
        "films_a_session": round(float(np.mean(lengths)), 1),
        "longest_session": max(lengths),
        "popular": score_popular(sessions),
    }
    runs = results.setdefault("runs", {})
    for seed, (name, case) in itertools.product(range(arguments.seeds), CASES.items()):
        done = runs.setdefault(name, {}).setdefault("seeds", {})
        if str(seed) not in done:
            done[str(seed)] = measure(sessions, case, seed)
            for figure in ("next", "history", "cpu_seconds"):
                values = [each[figure] for each in done.values()]
                runs[name][figure] = round(float(np.mean(values)), 2)
            RESULTS.write_text(json.dumps(results, indent=1) + "\n")
            print(f"{name:32s} seed {seed}  {done[str(seed)]}", flush=True)


if __name__ == "__main__":
    main()
