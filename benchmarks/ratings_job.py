"""One training for `ratings_accuracy`, in a process of its own, by this project or a peer.

    python -m benchmarks.ratings_job TASK.json RESULT.npz

It runs under the Python of an environment of the peer's too: there is no import of this project
but where its models are asked for.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import measure_peak_mb
from benchmarks.ratings_data import N_ITEMS, N_USERS, list_best

Array = np.ndarray[Any, Any]
USER_IDS, ITEM_IDS = (tuple(map(str, range(1, n + 1))) for n in (N_USERS, N_ITEMS))


def run_own(task: dict[str, Any], train: Array, test: Array) -> tuple[Array, float, float]:
    """Train a model of this project; return predictions or lists, and seconds by two clocks."""
    from embedrec.models.ratings.load import MODELS
    from embedrec.ratings.table import Ratings

    def make_table(rows: Array) -> Ratings:
        return Ratings(rows[:, 0], rows[:, 1], rows[:, 2], USER_IDS, ITEM_IDS)

    ratings = make_table(train)
    kind = MODELS[task["model"]]
    few = Ratings(train[:200, 0] % 9, train[:200, 1], train[:200, 2], USER_IDS, ITEM_IDS)
    small = few.select(np.unique(few.users * N_ITEMS + few.items, return_index=True)[1])
    kind(**task["arguments"]).fit(small)  # kernels are compiled or loaded once, not for each model
    model = kind(**task["arguments"])
    clock, processor = time.perf_counter(), time.process_time()
    model.fit(ratings)
    seconds = time.perf_counter() - clock, time.process_time() - processor
    if task["task"] == "lists":
        return list_best(model.rank_histories(ratings.group_by_user()), train), *seconds
    return model.predict_pairs(ratings, test[:, 0], test[:, 1]), *seconds


def run_surprise(task: dict[str, Any], train: Array, test: Array) -> tuple[Array, float, float]:
    """Train a model of Surprise."""
    import surprise

    arguments = dict(task["arguments"])
    if "user_based" in arguments:
        options = {"name": "pearson_baseline", "user_based": arguments.pop("user_based")}
        arguments.update(sim_options=options, verbose=False)
    else:
        arguments["random_state"] = 0
    rows = [(str(u), str(i), float(r), None) for u, i, r in train]
    table = surprise.Dataset(surprise.Reader(rating_scale=(1, 5)))
    trainset = table.construct_trainset(rows)
    model = getattr(surprise, task["model"])(**arguments)
    clock, processor = time.perf_counter(), time.process_time()
    model.fit(trainset)
    seconds = time.perf_counter() - clock, time.process_time() - processor
    predicted = [model.predict(str(u), str(i)).est for u, i, _ in test]
    return np.array(predicted), *seconds


def run_implicit(task: dict[str, Any], train: Array, test: Array) -> tuple[Array, float, float]:
    """Train a model of implicit, on one thread, on what was rated."""
    import implicit
    import scipy.sparse

    ones = np.ones(len(train), np.float32)
    clicks = scipy.sparse.csr_matrix((ones, (train[:, 0], train[:, 1])), (N_USERS, N_ITEMS))
    kinds = {
        "ALS": implicit.als.AlternatingLeastSquares,
        "BPR": implicit.bpr.BayesianPersonalizedRanking,
    }
    model = kinds[task["model"]](random_state=0, num_threads=1, **task["arguments"])
    clock, processor = time.perf_counter(), time.process_time()
    model.fit(clicks, show_progress=False)
    seconds = time.perf_counter() - clock, time.process_time() - processor
    return list_best(model.user_factors @ model.item_factors.T, train), *seconds


RUNNERS = {"embedrec": run_own, "surprise": run_surprise, "implicit": run_implicit}


def main() -> None:
    """Read the task, run it, write the result."""
    task = json.loads(Path(sys.argv[1]).read_text())
    arrays = np.load(task["data"])
    result, seconds, processor = RUNNERS[task["tool"]](task, arrays["train"], arrays["test"])
    np.savez(
        sys.argv[2], result=result, seconds=seconds, processor=processor, peak=measure_peak_mb()
    )


if __name__ == "__main__":
    main()
