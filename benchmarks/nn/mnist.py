"""How well do networks read digits, and how long does it take them to learn?

    python -m benchmarks.nn.mnist --model softmax --seeds 3

Each model of `MODELS` is a function from the digits and a seed to figures, at least `accuracy` on
the 10,000 test images; time is added here. The test images decide nothing: settings were chosen on
10,000 images of the training set held out (`--held-out`). Each run goes to results/nn_mnist.json
when it is done, beside those of other seeds.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.machine import describe_machine
from benchmarks.nn.deep import DEEP_MODELS
from benchmarks.nn.digits import Digits, load_digits

RESULTS = Path(__file__).parents[1] / "results" / "nn_mnist.json"
N_HELD_OUT = 10_000


def fit_softmax(digits: Digits, seed: int) -> dict[str, Any]:
    """Softmax regression."""
    from embedrec.models.linear import SoftmaxRegression

    model = SoftmaxRegression(epochs=15, batch_size=128, l2=1e-4, schedule="cosine", seed=seed)
    return _fit(model, digits)


def fit_mlp(digits: Digits, seed: int) -> dict[str, Any]:
    """Two hidden layers with dropout."""
    from embedrec.models.mlp import MLPClassifier

    model = MLPClassifier(
        (512, 512), dropout=0.3, input_dropout=0.1, epochs=25, batch_size=128, schedule="cosine",
        seed=seed,
    )  # fmt: skip
    return _fit(model, digits)


def fit_lenet(digits: Digits, seed: int) -> dict[str, Any]:
    """LeNet-5 with rectifiers, maxima and all connections, on digits moved, turned and scaled."""
    from embedrec.models.lenet import LeNet5

    model = LeNet5(
        "relu", "max", "full", shift=2.0, rotation=10.0, zoom=0.1, epochs=12, learning_rate=2e-3,
        seed=seed,
    )  # fmt: skip
    return _fit(model, digits)


def fit_lenet_1998(digits: Digits, seed: int) -> dict[str, Any]:
    """LeNet-5 with the paper's tanh, subsampling and partial connections, on the same digits."""
    from embedrec.models.lenet import LeNet5

    model = LeNet5(shift=2.0, rotation=10.0, zoom=0.1, epochs=12, learning_rate=2e-3, seed=seed)
    return _fit(model, digits)


def _fit(model: Any, digits: Digits) -> dict[str, Any]:
    model.fit(digits.x, digits.y)
    return {
        "model": repr(model),
        "accuracy": model.score(digits.x_test, digits.y_test),
        "training_accuracy": model.score(digits.x, digits.y),
        "epochs": model.n_iter_,
    }


MODELS: dict[str, Callable[[Digits, int], dict[str, Any]]] = {
    "softmax": fit_softmax,
    "mlp": fit_mlp,
    "lenet": fit_lenet,
    "lenet_1998": fit_lenet_1998,
    **DEEP_MODELS,
}


def measure_run(name: str, digits: Digits, seed: int) -> dict[str, Any]:
    """Train once; return the figures."""
    start, start_of_work = time.perf_counter(), time.process_time()
    figures = MODELS[name](digits, seed)
    run = {
        "seed": seed,
        "seconds": round(time.perf_counter() - start, 1),
        "cpu_seconds": round(time.process_time() - start_of_work, 1),
        "load_average": round(os.getloadavg()[0], 1),
        **figures,
    }
    print(name, run, flush=True)
    return run


def summarize(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return means over the seeds, and the runs."""
    accuracy = statistics.mean(run["accuracy"] for run in runs)
    return {
        "accuracy": round(accuracy, 5),
        "error_percent": round(100 * (1 - accuracy), 3),
        "seconds": round(statistics.mean(run["seconds"] for run in runs), 1),
        "runs": sorted(runs, key=lambda run: run["seed"]),
    }


def keep_run(name: str, run: dict[str, Any]) -> None:
    """Put a run beside those of other seeds of the same settings, in place of the same seed's."""
    content = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    others = [old for old in content.get(name, {}).get("runs", []) if old["seed"] != run["seed"]]
    if any(_drop_seed(old.get("model", "")) != _drop_seed(run.get("model", "")) for old in others):
        others = []
    threads = os.environ.get("OPENBLAS_NUM_THREADS", str(os.cpu_count()))
    machine = {**describe_machine("numpy", "numba"), "blas_threads": threads}
    content[name] = {**summarize([*others, run]), "machine": machine}
    RESULTS.parent.mkdir(exist_ok=True)
    text = json.dumps(dict(sorted(content.items())), indent=1) + "\n"
    RESULTS.write_text(text, encoding="utf-8")


def _drop_seed(model: str) -> str:
    return re.sub(r"(, )?seed=\d+", "", model)


def hold_out(digits: Digits) -> Digits:
    """Return the training set in two parts, the last images in place of the test set."""
    x, y = digits.x, digits.y
    return Digits(x[:-N_HELD_OUT], y[:-N_HELD_OUT], x[-N_HELD_OUT:], y[-N_HELD_OUT:])


def main() -> None:
    """Measure the models asked for and keep their results beside the others'."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0, help="to go on after some")
    parser.add_argument("--held-out", action="store_true", help="try settings; nothing is kept")
    asked = parser.parse_args()
    digits = hold_out(load_digits()) if asked.held_out else load_digits()
    for name in asked.model:
        runs = []
        for seed in range(asked.first_seed, asked.seeds):
            runs.append(measure_run(name, digits, seed))
            if not asked.held_out:
                keep_run(name, runs[-1])
        result = summarize(runs)
        print(f"{name}: {result['accuracy']:.4f} in {result['seconds']} s")


if __name__ == "__main__":
    main()
