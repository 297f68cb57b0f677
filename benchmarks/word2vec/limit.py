"""What one core can do at most: arithmetic, a stream through memory, rows of a large matrix.

    python -m benchmarks.word2vec.limit [TRACE.npz ...]

prints JSON. Run in a process of its own with one BLAS thread, which `measure_limits` sees to.

- arithmetic: the best of several products of two square float32 matrices;
- stream: `a += 1` over an array far larger than the caches, bytes read and written;
- random rows: the same over rows of 200 floats drawn evenly from matrices of 60 and 160 MB, with
  and without prefetching some rows ahead;
- traces: the rows that a kernel must fetch, in its order (see `roofline`), read, written and left.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

ROOT = Path(__file__).resolve().parents[2]
ROW = 200
AHEAD = 8
MATRICES_MB = (60, 160)
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


def measure_limits(traces: Sequence[Path] = ()) -> dict[str, Any]:
    """Measure in a process of its own; return what `measure` returns."""
    command = [sys.executable, "-m", "benchmarks.word2vec.limit", *map(str, traces)]
    environment = {**os.environ, **dict.fromkeys(ONE_THREAD, "1")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    limits: dict[str, Any] = json.loads(done.stdout)
    return limits


@intrinsic
def prefetch(typingctx, array, row, column):
    """Ask for the cache line that holds an element of a matrix, (rows, columns), for writing."""
    from llvmlite import ir

    def emit(context, builder, signature, arguments):
        kind = signature.args[0]
        matrix = context.make_array(kind)(context, builder, arguments[0])
        place = cgutils.get_item_pointer(
            context, builder, kind, matrix, arguments[1:], wraparound=False
        )
        byte = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        told = [ir.Constant(number, value) for value in (1, 3, 1)]  # to write, keep near, data
        function = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        call = builder.module.declare_intrinsic("llvm.prefetch", [byte], function)
        builder.call(call, [builder.bitcast(place, byte), *told])
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp), emit


@njit(fastmath=True)
def touch_rows(matrix, rows, ahead):
    """Add 1 to each of the rows, uint32 (N,), of a float32 matrix, in order and in place."""
    n = len(rows)
    for i in range(n):
        if ahead:
            following = np.intp(rows[min(i + ahead, n - 1)])
            for j in range(0, matrix.shape[1], 16):
                prefetch(matrix, following, j)
        row = rows[i]
        for j in range(matrix.shape[1]):
            matrix[row, j] += np.float32(1)


@njit(fastmath=True)
def touch_stream(array):
    """Add 1 to each element, in place."""
    for i in range(len(array)):
        array[i] += np.float32(1)


def time_best(act: Callable[[], Any], n_times: int = 5) -> float:
    """Return the least processor seconds of a call; the first call is not counted."""
    act()
    best = np.inf
    for _ in range(n_times):
        begin = time.process_time()
        act()
        best = min(best, time.process_time() - begin)
    return best


def measure_gflops() -> float:
    """Return the best rate of float32 matrix products, in GFlop/s."""
    best = 0.0
    for size in (512, 1024, 1536):
        a = np.ones((size, size), np.float32)
        b, c = np.ones_like(a), np.empty_like(a)
        best = max(best, 2e-9 * size**3 / time_best(lambda a=a, b=b, c=c: np.matmul(a, b, out=c)))
    return best


def measure_stream(n: int) -> float:
    """Return GB/s read and written in passes over n floats."""
    array = np.zeros(n, np.float32)
    return 8e-9 * n / time_best(lambda: touch_stream(array))


def measure_rows(matrix: np.ndarray, rows: np.ndarray) -> dict[str, float]:
    """Return rows a second, and GB/s read and written, with and without prefetching."""
    figures = {}
    for name, ahead in (("plain", 0), ("prefetched", AHEAD)):
        seconds = time_best(lambda ahead=ahead: touch_rows(matrix, rows, ahead), 3)
        figures[name + "_rows_per_second"] = round(len(rows) / seconds)
        figures[name + "_gb_per_second"] = round(8e-9 * rows.size * matrix.shape[1] / seconds, 2)
    return figures


def measure(traces: Sequence[Path]) -> dict[str, Any]:
    """Return all figures of this machine's one core."""
    limits: dict[str, Any] = {"gflops": round(measure_gflops(), 1)}
    limits["stream_gb_per_second"] = round(measure_stream(64 << 20), 2)
    generator = np.random.Generator(np.random.Philox(0))
    for size in MATRICES_MB:
        matrix = np.zeros((size * 1_000_000 // (4 * ROW), ROW), np.float32)
        rows = generator.integers(0, len(matrix), 400_000, dtype=np.uint32)
        limits[f"random_rows_{size}_mb"] = measure_rows(matrix, rows)
    for path in traces:
        with np.load(path) as trace:
            matrix = np.zeros((int(trace["n_rows"]), int(trace["vector_size"])), np.float32)
            limits[f"trace_{path.stem}"] = measure_rows(matrix, trace["rows"])
    return limits


if __name__ == "__main__":
    print(json.dumps(measure([Path(name) for name in sys.argv[1:]])))
