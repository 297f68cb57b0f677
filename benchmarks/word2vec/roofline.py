"""How far is each of this project's kernels from what one core can do?

`cost` counts operations and rows for a word of the text; `limit` measures the core's arithmetic and
its memory, the latter also on the very rows that a kernel must fetch, in its order: for each centre
word its new input row and its targets, on matrices of the corpus's size. From both follow two
rates that no kernel on this core can pass, and the measured rate is quoted as a share of each:

- arithmetic: the rate of float32 matrix products over operations for a word;
- memory: the rate at which those rows are read and written with nothing else done to them.

They can be near together, and a kernel that did both without overlap would reach the rate
1 / (1 / arithmetic + 1 / memory), given as `both`.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.word2vec.cost import compute_profile, count_cost, thin
from benchmarks.word2vec.job import Job
from benchmarks.word2vec.limit import measure_limits
from benchmarks.word2vec.results import ResultFile
from benchmarks.word2vec.speed import summarise, time_in_turn
from embedrec.corpus.shards import Corpus
from embedrec.kernels.huffman import build_huffman_paths
from embedrec.kernels.word2vec.windows import APART
from embedrec.models.word2vec.parameters import Parameters, compute_keep
from embedrec.models.word2vec.plan import choose_sharing

N_TRACED = 200_000


def measure_roofline(
    results: ResultFile, corpus: Corpus, base: Job, models: Sequence[str], n_rounds: int
) -> None:
    """Measure the limits and each model's speed on one thread; write them under "limits" and the
    model's name."""
    ids, offsets = corpus.shard(0)
    lengths, ids = np.diff(offsets), np.asarray(ids)
    counts = np.asarray(corpus.vocabulary.counts).astype(np.int64)
    keep = compute_keep(counts, base.get("sample"))
    path_offsets, path_steps = build_huffman_paths(counts)
    path_lengths = np.diff(path_offsets)
    profile = compute_profile(ids, lengths, keep, path_lengths, base.get("window"))
    size, n_negative = base.get("vector_size"), base.get("n_negative")
    kept = thin(ids, lengths, keep, seed=0)[0][:N_TRACED]
    sharing = {model: choose_sharing_of(model, size, len(counts)) for model in models}
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for model in models:
            _, loss = model.split("-")
            rows = trace_rows(
                kept, counts, loss, n_negative, path_offsets, path_steps, **sharing[model]
            )
            paths.append(Path(folder) / f"{model}.npz")
            n_rows = len(counts) * (3 if loss == "both" else 2)
            np.savez(paths[-1], rows=rows, n_rows=n_rows, vector_size=size)
        limits = measure_limits(paths)
    shown = {**limits, "profile": vars(profile), "matrix_mb": round(4e-6 * len(counts) * size)}
    results.add("limits", shown)
    print("limits", json.dumps(shown), flush=True)
    for model in models:
        architecture, loss = model.split("-")
        job = Job("embedrec", model, base.corpus, base.text, base.language, 1, 1)
        run = summarise(time_in_turn({"embedrec": job}, n_rounds, corpus.n_tokens))
        cost = count_cost(profile, architecture, loss, size, n_negative, **sharing[model])
        rate = run["tools"]["embedrec"]["words_per_cpu_second"]
        row = compare(rate, cost, limits, f"trace_{model}")
        results.add(model, row)
        print(model, json.dumps(row), flush=True)


def choose_sharing_of(model: str, vector_size: int, n_words: int) -> dict[str, Any]:
    """Return `halved` and `n_sharing` of a model, as `count_cost` and `trace_rows` take them."""
    architecture, loss = model.split("-")
    parameters = Parameters(architecture=architecture, loss=loss, vector_size=vector_size)
    halved, n_sharing = choose_sharing(parameters, n_words)
    return {"halved": halved, "n_sharing": n_sharing}


def trace_rows(
    kept: np.ndarray,
    counts: np.ndarray,
    loss: str,
    n_negative: int,
    path_offsets: np.ndarray,
    path_steps: np.ndarray,
    *,
    halved: bool = False,
    n_sharing: int = 1,
) -> np.ndarray:
    """Return the rows, uint32 (M,), that a kernel must fetch for the centre words `kept`, in order.

    Inputs are rows 0 to V - 1 of one matrix, the words' output rows the next V, inner nodes those
    after that (after the inputs with hierarchical softmax alone). For each centre: its input row,
    its output row and those drawn by count to the power 0.75, the nodes of its path. Drawn are
    `n_negative` for a window, or for each half of it; none if it shares those of another.
    """
    n_words = len(counts)
    ends = np.cumsum(counts**0.75)
    n_windows = 1 + halved
    draws = np.random.Generator(np.random.Philox(1)).random((len(kept), n_windows, n_negative))
    negatives = np.searchsorted(ends, draws * ends[-1]) + n_words
    numbers = np.arange(len(kept) * n_windows).reshape(len(kept), n_windows)
    own = numbers // APART % n_sharing == 0
    base = n_words if loss == "hs" else 2 * n_words
    rows = []
    for at, centre in enumerate(kept.tolist()):
        rows.append([centre])
        if loss != "hs":
            rows += [[centre + n_words], *negatives[at, own[at]]]
        if loss != "ns":
            steps = path_steps[path_offsets[centre] : path_offsets[centre + 1]]
            rows.append((steps >> np.uint32(1)).astype(np.int64) + base)
    return np.concatenate(rows).astype(np.uint32)


def compare(
    rate: float, cost: dict[str, Any], limits: dict[str, Any], trace: str
) -> dict[str, Any]:
    """Return a kernel's rate (words a second) beside the rates that the limits allow."""
    rows_per_second = max(
        value for name, value in limits[trace].items() if name.endswith("rows_per_second")
    )
    arithmetic = limits["gflops"] * 1e9 / cost["flops"]
    memory = rows_per_second / cost["fresh_rows"]
    both = 1 / (1 / arithmetic + 1 / memory)
    return {
        "words_per_cpu_second": round(rate),
        "flops_per_word": round(cost["flops"]),
        "rows_per_word": round(cost["rows"], 2),
        "fresh_rows_per_word": round(cost["fresh_rows"], 2),
        "gflops": round(rate * cost["flops"] * 1e-9, 1),
        "gb_per_second": round(rate * cost["fresh_bytes"] * 1e-9, 2),
        "arithmetic_limit": round(arithmetic),
        "memory_limit": round(memory),
        "both": round(both),
        "of_arithmetic": round(rate / arithmetic, 3),
        "of_memory": round(rate / memory, 3),
        "of_both": round(rate / both, 3),
    }
