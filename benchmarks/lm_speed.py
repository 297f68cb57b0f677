"""How many words a second do the language models learn, beside PyTorch on the same threads?

    python -m benchmarks.lm_speed [--only lstm rnn nnlm ...] [--threads 1] [--rounds 9]

Models are this project's with their own defaults, on the Penn Treebank (10,000 words): two layers
of 200 with tied vectors, dropout 0.25, 20 runs of 35 words a step, SGD; the simple RNN with one
layer and 10 words of each run a step; NNLM with windows of 5 words, 128 a step, SGD. PyTorch's
have the same start weights, batches, loss, clipping, optimiser and dropout (see `lm_peers`), and
the loss of the first batch without dropout must agree.

PyTorch's optimisers have a default and a fused form: both are tried in the beginning, the faster
is measured. Its `clip_grad_norm_` takes no sparse gradients, so its embedding is
updated in all rows; here only a batch's words are, which matters to NNLM alone (tied vectors have
dense gradients, SGD or not).

Ours and PyTorch's take turns in one process, the order changing from round to round. The median
round counts; on a machine with other work, processor time (of all threads together) is disturbed
less than the clock. Results go to results/lm_speed.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np

from benchmarks.lm_run import RESULTS, encode_ptb, make_model, restart_with_threads
from benchmarks.machine import describe_machine
from embedrec.models.language.text import LanguageText
from embedrec.nn import clear_gradients, clip_by_norm, iterate_parameters, make_optimizer
from embedrec.nn.first import skip_input_gradient
from embedrec.seeding import make_generator

RESULT = RESULTS / "lm_speed.json"
WORDS_A_ROUND = 14_000
N_WARM_UP = 3
TOLERANCE = 1e-4  # of the first batch's loss, relative


class OurStepper:
    """Trains a model of this project batch by batch, as `Course` does."""

    def __init__(self, model: Any, text: LanguageText) -> None:
        self.model, self.ids, self.state = model, text.ids, None
        model.vocabulary_ = text.vocabulary
        model.counts_ = np.bincount(text.ids, minlength=len(text.vocabulary))
        model.layers_ = model._build(model.counts_, make_generator(0, "weights"), None)
        self.parameters = list(iterate_parameters(model.layers_))
        self.optimizer = make_optimizer(model.optimizer, model.learning_rate)

    def step(self, at: int) -> None:
        """Train on batch `at`."""
        generator = make_generator(0, "step", 0, at)
        clear_gradients(self.model.layers_)
        _, _, self.state = self.model.add_gradients(self.ids, 0, at, self.state, generator)
        self.model.balance_gradients()
        clip_by_norm(self.parameters, self.model.max_norm)
        self.optimizer.step(self.parameters)


def compare_losses(ours: OurStepper, theirs: Any) -> tuple[float, float]:
    """Return the first batch's loss by both, without dropout.

    PyTorch's batches begin one word later in the text: the windows of ours are those of its
    targets, but for each run's first.
    """
    layers, ids, model = ours.model.layers_, ours.ids, ours.model
    if theirs.is_window:
        places = theirs.order[: model.batch_size]
        h, _ = layers.forward(model._cut_windows(ids, places))
        value, _ = layers.output.forward(h, ids[places])
    else:
        words = theirs.words[: model.n_steps + 1].numpy().T.copy()
        h, _, _ = layers.run(words[:, :-1], None)
        value, _ = layers.output.forward(h, words[:, 1:].copy())
    return value, theirs.measure(0)


def time_round(step: Callable[[int], None], batches: range) -> tuple[float, float]:
    """Return seconds on the clock and of work for some batches."""
    start, start_of_work = time.perf_counter(), time.process_time()
    for at in batches:
        step(at)
    return time.perf_counter() - start, time.process_time() - start_of_work


def choose_peer(model: Any, ids: np.ndarray) -> tuple[str, Any]:
    """Return the fastest form of the peer, and its name."""
    from benchmarks.lm_peers import Stepper

    found = []
    for fused in (False, True):
        stepper = Stepper(model, ids, fused=fused)
        n = max(4, WORDS_A_ROUND // 4 // (model.batch_size * getattr(model, "n_steps", 1)))
        time_round(stepper.step, range(2))
        work = min(time_round(stepper.step, range(n))[1] for _ in range(3))
        name = "fused optimiser" if fused else "default optimiser"
        print(f"  PyTorch, {name}: {1000 * work / n:.1f} ms of work a step", flush=True)
        found.append((work, name, fused))
    _, name, fused = min(found)
    return name, Stepper(model, ids, fused=fused)


def measure_case(name: str, text: LanguageText, n_rounds: int) -> dict[str, Any]:
    """Time ours and PyTorch's in turn."""
    model = make_model(name, {})
    ours = OurStepper(model, text)
    form, theirs = choose_peer(model, text.ids)
    losses = compare_losses(ours, theirs)
    if abs(losses[0] - losses[1]) > TOLERANCE * losses[1]:
        raise SystemExit(f"{name}: the first losses differ: {losses}")
    words_a_step = model.batch_size * getattr(model, "n_steps", 1)
    n_batches = max(1, WORDS_A_ROUND // words_a_step)
    steps = {"embedrec": ours.step, "torch": theirs.step}
    clock: dict[str, list[float]] = {who: [] for who in steps}
    work: dict[str, list[float]] = {who: [] for who in steps}
    with ExitStack() as stack:
        stack.enter_context(skip_input_gradient(model.layers_))
        for step in steps.values():
            time_round(step, range(N_WARM_UP))
        n_last = (len(text.ids) // words_a_step) - n_batches - 1
        for number in range(n_rounds):
            first = number * n_batches % n_last
            for who in sorted(steps, reverse=bool(number % 2)):
                seconds, worked = time_round(steps[who], range(first, first + n_batches))
                clock[who].append(seconds)
                work[who].append(worked)
    n_words = n_batches * words_a_step
    medians = {who: statistics.median(found) for who, found in clock.items()}
    worked = {who: statistics.median(found) for who, found in work.items()}
    ratios = [b / a for a, b in zip(work["embedrec"], work["torch"], strict=True)]
    return {
        "settings": model.get_params(),
        "vocabulary": len(text.vocabulary),
        "torch_form": form,
        "first_losses": [round(value, 6) for value in losses],
        "rounds": n_rounds,
        "words_a_round": n_words,
        "words_per_second": {who: round(n_words / value) for who, value in medians.items()},
        "fastest_words_per_second": {who: round(n_words / min(v)) for who, v in clock.items()},
        "words_per_cpu_second": {who: round(n_words / value) for who, value in worked.items()},
        "speed_over_torch": round(medians["torch"] / medians["embedrec"], 3),
        "cpu_speed_over_torch": round(statistics.median(ratios), 3),
        "cpu_speed_over_torch_range": [round(min(ratios), 3), round(max(ratios), 3)],
        "load_average": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Measure the models asked for and keep their results beside the others'."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cases = ["lstm", "rnn", "gru", "nnlm"]
    parser.add_argument("--only", nargs="+", choices=cases, default=["lstm", "rnn", "nnlm"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    restart_with_threads("benchmarks.lm_speed", asked.threads)
    import torch

    torch.set_num_threads(asked.threads)
    text = encode_ptb()["train"]
    for name in asked.only:
        print(f"{name}, {asked.threads} threads", flush=True)
        result = measure_case(name, text, asked.rounds)
        told = ("words_per_second", "words_per_cpu_second", "speed_over_torch",
                "cpu_speed_over_torch", "cpu_speed_over_torch_range")  # fmt: skip
        print(json.dumps({key: result[key] for key in told}), flush=True)
        content = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
        machine = describe_machine("numpy", "numba", "torch")
        content[f"{name}, {asked.threads} threads"] = {**result, "machine": machine}
        RESULT.write_text(json.dumps(dict(sorted(content.items())), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
