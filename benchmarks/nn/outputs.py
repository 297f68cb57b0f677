"""How long does a training step of the output layer take, of 50,000 words and a batch of 20 x 35?

    python -m benchmarks.nn.outputs [--threads 2] [--rounds 7]

Forward and backward without an optimiser, for hidden layers of 200 and 600: the full softmax, the
hierarchical one, and those that are trained against noise. Words follow Zipf's law. The layers take
turns; the median round counts. Results go to results/nn_outputs.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

RESULTS = Path(__file__).parents[1] / "results" / "nn_outputs.json"
N_WORDS = 50_000
N_ROWS = 700
SIZES = 200, 600
N_SHARED = 1000  # words drawn for the whole batch
N_BY_ROW = 25


def make_steps(size: int) -> dict[str, Callable[[], float]]:
    """Return a step of each layer: forward and backward."""
    import numpy as np

    from embedrec.nn import (
        Chain,
        Dense,
        HierarchicalSoftmax,
        Loss,
        NoiseContrastive,
        SampledSoftmax,
        SoftmaxCrossEntropy,
        WordNoise,
        clear_gradients,
    )

    generator = np.random.default_rng(0)
    counts = (1e8 / np.arange(1, N_WORDS + 1)).astype(np.int64)
    noise = WordNoise.from_counts(counts)
    words = generator.choice(N_WORDS, N_ROWS, p=noise.probabilities)
    hidden = generator.standard_normal((N_ROWS, size)).astype(np.float32)
    dense, loss = Chain(Dense(size, N_WORDS, generator=generator)), SoftmaxCrossEntropy()

    def step_fully() -> float:
        clear_gradients(dense)
        y, back = dense.forward(hidden, True)
        value, back_of_loss = loss.forward(y, words)
        back(back_of_loss())
        return value

    def make_step(layer: Loss) -> Callable[[], float]:
        def step() -> float:
            clear_gradients(layer)
            value, back = layer.forward(hidden, words, None, generator)
            back()
            return value

        return step

    shared = {"n_samples": N_SHARED, "generator": generator}
    by_row = {"n_samples": N_BY_ROW, "generator": generator, "is_shared": False}
    return {
        "softmax": step_fully,
        "hierarchical": make_step(HierarchicalSoftmax(size, counts)),
        f"sampled, {N_SHARED} shared": make_step(SampledSoftmax(size, noise, **shared)),
        f"sampled, {N_BY_ROW} a row": make_step(SampledSoftmax(size, noise, **by_row)),
        f"nce, {N_SHARED} shared": make_step(NoiseContrastive(size, noise, **shared)),
        f"nce, {N_BY_ROW} a row": make_step(NoiseContrastive(size, noise, **by_row)),
    }


def measure_size(size: int, n_rounds: int) -> dict[str, float]:
    """Return the milliseconds of a step of each layer."""
    steps = make_steps(size)
    times: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(n_rounds + 1):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            if number:  # the first compiles
                times[name].append((time.perf_counter() - start) * 1e3)
    return {name: round(statistics.median(rounds), 2) for name, rounds in times.items()}


def main() -> None:
    """Measure all layers and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1, help="of the matrix products")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(asked.threads)  # before NumPy is imported
    from benchmarks.machine import describe_machine

    results = {
        "words": N_WORDS,
        "rows": N_ROWS,
        "threads": asked.threads,
        "rounds": asked.rounds,
        "ms": {str(size): measure_size(size, asked.rounds) for size in SIZES},
        "load_average": round(os.getloadavg()[0], 1),
        "machine": describe_machine("numpy", "numba"),
    }
    print(json.dumps(results["ms"], indent=1))
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
