"""How fast does an RBM learn digits, and how well, beside scikit-learn's BernoulliRBM?

    python -m benchmarks.rbm [--samples 20000] [--epochs 2] [--rounds 3]

Binarised images (0 or 1, whichever is nearer), 500 hidden units, float32. "same" is this project's
RBM with what scikit-learn's does: persistent chains, one step, batches of 100, a constant rate,
neither momentum nor penalties. "usual" is the project's own settings: CD-1, momentum. They take
turns in one process; the median round counts. Each is scored on 2,000 test images: by the
logarithm of the likelihood with annealed importance sampling, the same for all, and by the
pseudo-likelihood over all units. Results go to results/rbm.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe_machine
from benchmarks.nn.digits import load_digits

RESULTS = Path(__file__).parent / "results" / "rbm.json"
N_HIDDEN, BATCH_SIZE, RATE = 500, 100, 0.05
N_TESTED, N_RUNS, N_TEMPERATURES = 2_000, 100, 2_000


def make_models(epochs: int, seed: int) -> dict[str, Any]:
    """Return the models that take turns, by name."""
    from sklearn.neural_network import BernoulliRBM

    from embedrec.models.rbm import RBM

    return {
        "scikit-learn": BernoulliRBM(
            N_HIDDEN, learning_rate=RATE, batch_size=BATCH_SIZE, n_iter=epochs, random_state=seed
        ),
        "same": RBM(
            N_HIDDEN, visible="binary", persistent=True, batch_size=BATCH_SIZE, epochs=epochs,
            optimizer="sgd", learning_rate=RATE, l2=0.0, seed=seed,
        ),
        "usual": RBM(N_HIDDEN, batch_size=BATCH_SIZE, epochs=epochs, seed=seed),
    }  # fmt: skip


def score_model(model: Any, x: np.ndarray, x_test: np.ndarray) -> dict[str, Any]:
    """Return likelihoods of test images, by our own measures for whichever model."""
    from embedrec.models.rbm import BinaryUnits, Machine, estimate_log_partition
    from embedrec.models.rbm.pseudo import compute_pseudo_likelihood

    units = BinaryUnits(x.shape[1])
    arrays = model.components_.T, model.intercept_visible_, model.intercept_hidden_
    machine = Machine(units, *(np.ascontiguousarray(array, np.float32) for array in arrays))
    base = units.compute_start(x)
    estimate = estimate_log_partition(
        machine, n_runs=N_RUNS, n_temperatures=N_TEMPERATURES, base_bias=base
    )
    likelihood = float(-machine.compute_free_energy(x_test).mean())
    return {
        "log_likelihood": round(likelihood - estimate.log_z, 2),
        "log_z": round(estimate.log_z, 2),
        "log_z_spread": round(estimate.spread, 2),
        "pseudo_likelihood": round(float(compute_pseudo_likelihood(machine, x_test).mean()), 2),
    }


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    digits = load_digits()
    x = (digits.x[: asked.samples] > 0.5).astype(np.float32)
    x_test = (digits.x_test[:N_TESTED] > 0.5).astype(np.float32)
    for model in make_models(1, 0).values():
        model.fit(x[:300])  # kernels and libraries are loaded
    clocks: dict[str, list[float]] = {}
    works: dict[str, list[float]] = {}
    for at in range(asked.rounds):
        models = make_models(asked.epochs, at)
        for name in list(models) if at % 2 else list(reversed(models)):
            start, start_of_work = time.perf_counter(), time.process_time()
            models[name].fit(x)
            clocks.setdefault(name, []).append(time.perf_counter() - start)
            works.setdefault(name, []).append(time.process_time() - start_of_work)
    n = asked.epochs * len(x)
    results = {}
    for name, model in models.items():
        results[name] = {
            "samples_per_second": round(n / statistics.median(clocks[name])),
            "samples_per_cpu_second": round(n / statistics.median(works[name])),
            "rounds_seconds": [round(seconds, 2) for seconds in clocks[name]],
            **score_model(model, x, x_test),
            "model": repr(model),
        }
        print(name, results[name], flush=True)
    content = {
        "machine": describe_machine("numpy", "numba", "scikit-learn"),
        "blas_threads": os.environ.get("OPENBLAS_NUM_THREADS", str(os.cpu_count())),
        "load_average": round(os.getloadavg()[0], 1),
        "samples": len(x),
        "epochs": asked.epochs,
        "temperatures": N_TEMPERATURES,
        "models": results,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
