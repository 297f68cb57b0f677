"""How long does it take to start? `import embedrec`, `embedrec --help` and `embedrec train CORPUS`.

Median of five. A training is stopped when it reports its first block of words (20,000 words, some
tens of milliseconds of training, which are counted). The first start of each, which may have to
compile bytecode and kernels and to read the corpus from the disk, is left out; with --compile
trainings are also started with an empty folder of compiled kernels, as on the first run with a
shape. Run:
    python -m benchmarks.startup [CORPUS ...] [--options="--loss hs" ...] [--compile] [--profile]
Besides the time on the clock it tells that of the processor, which other work does not lengthen.
With --profile one more start of the training is made, and each stretch of its processor time told.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

from benchmarks.machine import describe_machine

ROOT = Path(__file__).resolve().parent.parent
N_RUNS = 5
LIMITS = {"import embedrec": 0.3, "embedrec --help": 0.5}
TRAINING_LIMIT = 1.5
COMPILING_LIMIT = 10.0  # seconds more
N_COMPILED = 3

# Runs the command line, with bars that end the process when the first block is reported.
STOP_AT_FIRST_BLOCK = """
import os, sys
import embedrec.cli.bar as bar
from embedrec.progress import SilentProgress, SilentStage

class Stage(SilentStage):
    def update(self, done, **figures):
        os._exit(0 if done > 0 else 3)

class Progress(SilentProgress):
    def stage(self, name, **figures):
        return Stage()

bar.open_progress = lambda *args, **options: Progress()
from embedrec.cli import main
main(sys.argv[1:])
sys.exit(4)
"""

# The same, with the time at which each of some functions is entered and left.
PROFILE = """
import importlib, time
clock = time.process_time  # other work on the machine does not show
begun = 0.0

def watch(module, name):
    home = importlib.import_module(module)
    function = getattr(home, name)
    def timed(*args, **options):
        start = clock()
        result = function(*args, **options)
        end = clock()
        print(f"{1e3 * (start - begun):7.0f} ms  {1e3 * (end - start):7.0f} ms  {name}")
        return result
    setattr(home, name, timed)

def note(what):
    print(f"{1e3 * (clock() - begun):7.0f} ms              {what}", flush=True)

import numpy
note("numpy is imported")
import numba
note("numba is imported")
import embedrec.pipeline
note("embedrec.pipeline is imported")
for module, name in (
    ("embedrec.pipeline.training", "find_corpus"),
    ("embedrec.pipeline.training", "open_partial"),
    ("embedrec.models.word2vec.model", "find_longest_sentence"),
    ("embedrec.models.word2vec.model", "start_state"),
    ("embedrec.models.word2vec.model", "check_needs"),
    ("embedrec.models.word2vec.fitting", "build_plan"),
    ("embedrec.models.word2vec.plan", "build_alias_table"),
    ("embedrec.models.word2vec.plan", "build_huffman_paths"),
    ("embedrec.models.word2vec.plan", "compute_keep"),
    ("embedrec.models.word2vec.fitting", "return_freed_memory"),
    ("embedrec.models.word2vec.fitting", "run_training"),
):
    try:
        watch(module, name)
    except AttributeError:
        print(f"{module} has no {name}")
import os
leave = os._exit
def tell(code):
    note("the first block is reported")
    leave(code)
os._exit = tell
"""


def list_commands() -> dict[str, list[str]]:
    """Return what is timed; the installed command, or the module where it is not installed."""
    script = shutil.which("embedrec", path=str(Path(sys.executable).parent))
    program = [script] if script else [sys.executable, "-m", "embedrec"]
    return {
        "import embedrec": [sys.executable, "-c", "import embedrec"],
        "embedrec --help": [*program, "--help"],
    }


Times = list[tuple[float, float]]


def measure(command: list[str]) -> Times:
    """Return the seconds that the process takes from start to end, run by run.

    Each on the clock, and of the processor.
    """
    return [time_process(command, quiet=True) for _ in range(N_RUNS + 1)][1:]


def time_process(
    command: list[str], *, quiet: bool = False, kernels: Path | None = None
) -> tuple[float, float]:
    """Return the seconds that a process takes, on the clock and of the processor.

    `kernels` is the folder of compiled kernels, by default the usual one.
    """
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(kernels)} if kernels else None
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    out = subprocess.DEVNULL if quiet else None
    subprocess.run(command, cwd=ROOT, stdout=out, check=True, env=environment)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure_training(corpus: str, options: list[str], profile: bool) -> Times:
    """Return the seconds from the start of `embedrec train` to its first block, as `measure`."""
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(N_RUNS + 1 + profile):
            code = (PROFILE if number > N_RUNS else "") + STOP_AT_FIRST_BLOCK
            model = Path(folder, f"model{number}")
            command = [sys.executable, "-c", code, "train", corpus, "-o", str(model), *options]
            seconds.append(time_process(command))
    return seconds[1 : N_RUNS + 1]


def measure_first_training(corpus: str, options: list[str]) -> Times:
    """As `measure_training`, with all kernels to be compiled."""
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(N_COMPILED):
            place = Path(folder, str(number))
            model = str(place / "model")
            command = [sys.executable, "-c", STOP_AT_FIRST_BLOCK, "train", corpus, "-o", model]
            seconds.append(time_process([*command, *options], kernels=place / "kernels"))
    return seconds


def main() -> None:
    """Measure, print and write benchmarks/results/startup.json."""
    parser = argparse.ArgumentParser()
    parser.add_argument("corpora", nargs="*", metavar="CORPUS")
    parser.add_argument(
        "--options", action="append", help="of embedrec train; several times: each in turn"
    )
    parser.add_argument("--compile", action="store_true", help="also with nothing compiled")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--no-write", action="store_true")
    wanted = parser.parse_args()
    figures = {}

    def tell(name: str, times: Times, limit: float) -> None:
        seconds, processor = zip(*times, strict=True)
        figures[name] = {
            "median_seconds": round(statistics.median(seconds), 4),
            "median_processor_seconds": round(statistics.median(processor), 4),
            "seconds": [round(value, 4) for value in seconds],
            "limit_seconds": limit,
        }
        print(
            f"{name}: {statistics.median(seconds):.3f} s (limit {limit} s), of the processor "
            f"{statistics.median(processor):.3f} s",
            flush=True,
        )

    for name, command in list_commands().items():
        tell(name, measure(command), LIMITS[name])
    for corpus, text in product(wanted.corpora, wanted.options or [""]):
        options = shlex.split(text)
        name = shlex.join(["embedrec", "train", Path(corpus).name, *options])
        tell(name, measure_training(corpus, options, wanted.profile), TRAINING_LIMIT)
        if wanted.compile:
            times = measure_first_training(corpus, options)
            tell(f"{name}, nothing compiled", times, TRAINING_LIMIT + COMPILING_LIMIT)
    if wanted.no_write:
        return
    results = {"machine": describe_machine("click", "numpy"), "figures": figures}
    path = ROOT / "benchmarks" / "results" / "startup.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
