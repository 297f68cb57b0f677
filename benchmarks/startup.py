"""How long does it take to start? `import embedrec` and `embedrec --help`, median of five.

The first start of each, which may have to compile bytecode, is left out. Run:
    python -m benchmarks.startup
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.machine import describe_machine

ROOT = Path(__file__).resolve().parent.parent
N_RUNS = 5
LIMITS = {"import embedrec": 0.3, "embedrec --help": 0.5}


def list_commands() -> dict[str, list[str]]:
    """Return what is timed; the installed command, or the module where it is not installed."""
    script = shutil.which("embedrec", path=str(Path(sys.executable).parent))
    program = [script] if script else [sys.executable, "-m", "embedrec"]
    return {
        "import embedrec": [sys.executable, "-c", "import embedrec"],
        "embedrec --help": [*program, "--help"],
    }


def measure(command: list[str]) -> list[float]:
    """Return the seconds that the process takes from start to end, run by run."""
    seconds = []
    for _ in range(N_RUNS + 1):
        start = time.perf_counter()
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - start)
    return seconds[1:]


def main() -> None:
    """Measure, print and write benchmarks/results/startup.json."""
    figures = {}
    for name, command in list_commands().items():
        seconds = measure(command)
        figures[name] = {
            "median_seconds": round(statistics.median(seconds), 4),
            "seconds": [round(value, 4) for value in seconds],
            "limit_seconds": LIMITS[name],
        }
        print(f"{name}: {figures[name]['median_seconds']:.3f} s (limit {LIMITS[name]} s)")
    results = {"machine": describe_machine("click", "numpy"), "figures": figures}
    path = ROOT / "benchmarks" / "results" / "startup.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
