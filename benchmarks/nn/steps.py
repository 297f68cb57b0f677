"""How long does a training step take, beside PyTorch's of the same shapes on the same threads?

    python -m benchmarks.nn.steps [--only dense lenet ...] [--threads 2] [--rounds 15]

Each case is a module `benchmarks/nn/step_<name>.py` with

    SETTINGS: dict          shapes and the optimiser, for the record
    N_STEPS: int            steps timed at a time
    make_ours(threads) -> step     a function without arguments that trains one step and returns
    make_torch(threads) -> step    its loss as a float; both start from the same weights and samples
    N_FLOPS: int (optional)        products of a step's matrices, times 2, for the roofline

The two take turns in one process: a few steps to warm up, then rounds of `N_STEPS` each, the order
changing; the median round counts. Losses of the first steps must agree. Results go to
results/nn_steps.json, a case's taking the place of its older one.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import embedrec  # noqa: F401 - before PyTorch loads NumPy: it shortens the wait of BLAS's threads

RESULTS = Path(__file__).parents[1] / "results" / "nn_steps.json"
N_WARM_UP = 3
TOLERANCE = 2e-3  # of the losses of the first steps, relative: float32 on both sides


def list_cases() -> list[str]:
    """Return the names of all cases."""
    import benchmarks.nn

    names = [module.name for module in pkgutil.iter_modules(benchmarks.nn.__path__)]
    return sorted(name.removeprefix("step_") for name in names if name.startswith("step_"))


def time_steps(step: Callable[[], float], n_steps: int) -> tuple[float, float]:
    """Return the milliseconds of a step on the clock and of work, the mean of some."""
    start, start_of_work = time.perf_counter(), time.process_time()
    for _ in range(n_steps):
        step()
    clock, work = time.perf_counter() - start, time.process_time() - start_of_work
    return clock * 1e3 / n_steps, work * 1e3 / n_steps


def measure_case(name: str, threads: int, n_rounds: int) -> dict[str, Any]:
    """Time ours and PyTorch's in turn."""
    case = importlib.import_module(f"benchmarks.nn.step_{name}")
    steps = {"embedrec": case.make_ours(threads), "torch": case.make_torch(threads)}
    losses = {who: [float(step()) for _ in range(N_WARM_UP)] for who, step in steps.items()}
    times: dict[str, list[float]] = {who: [] for who in steps}
    work: dict[str, list[float]] = {who: [] for who in steps}
    for number in range(n_rounds):
        for who in sorted(steps, reverse=bool(number % 2)):
            clock, cpu = time_steps(steps[who], case.N_STEPS)
            times[who].append(clock)
            work[who].append(cpu)
    medians = {who: statistics.median(found) for who, found in times.items()}
    apart = max(
        abs(a - b) / max(abs(b), 1e-9)
        for a, b in zip(losses["embedrec"], losses["torch"], strict=True)
    )
    if apart > TOLERANCE:
        print(f"{name}: the losses of the first steps differ: {losses}", file=sys.stderr)
    result = {
        "settings": case.SETTINGS,
        "threads": threads,
        "rounds": n_rounds,
        "steps_a_round": case.N_STEPS,
        "first_losses": losses,
        "ms": {who: round(value, 4) for who, value in medians.items()},
        # Of all threads together, waiting ones that spin too: what a loaded machine disturbs less.
        "cpu_ms": {who: round(statistics.median(found), 4) for who, found in work.items()},
        "fastest_ms": {who: round(min(found), 4) for who, found in times.items()},
        "torch_over_embedrec": round(medians["torch"] / medians["embedrec"], 3),
        "load_average": round(os.getloadavg()[0], 1),
    }
    if hasattr(case, "N_FLOPS"):
        rates = {who: case.N_FLOPS / value / 1e6 for who, value in medians.items()}
        result["gflops"] = {who: round(rate, 1) for who, rate in rates.items()}
    return result


def main() -> None:
    """Measure the cases asked for and keep their results beside the others'."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list_cases(), default=list_cases())
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    # BLAS libraries read their thread count when they are loaded: this program starts anew.
    variables = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    wanted = dict.fromkeys(variables, str(asked.threads))
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        os.environ.update(wanted)
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.nn.steps", *sys.argv[1:]])
    import torch

    from benchmarks.machine import describe_machine

    torch.set_num_threads(asked.threads)
    for name in asked.only:
        result = measure_case(name, asked.threads, asked.rounds)
        print(f"{name}: {result['ms']} ms, torch/embedrec {result['torch_over_embedrec']}")
        content = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
        machine = describe_machine("numpy", "numba", "torch")
        content[f"{name}, {asked.threads} threads"] = {**result, "machine": machine}
        RESULTS.write_text(
            json.dumps(dict(sorted(content.items())), indent=1) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
