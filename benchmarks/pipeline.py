"""From real input to a model with `embedrec train`: words, vocabulary, seconds and peak memory.

    python -m benchmarks.pipeline [NAME]...

Runs the command line on every dump in wiki_xml, on the zhwiki extracts and on the whole Chinese
corpus, as a user would; figures of one input replace its earlier ones.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import describe_machine

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("EMBEDREC_DATA", ROOT.parent / "shared" / "data"))
RESULT = ROOT / "benchmarks" / "results" / "pipeline.json"


def list_inputs() -> dict[str, list[Path]]:
    """Return name to input files."""
    dumps = {path.name.split(".")[0]: [path] for path in sorted((DATA / "wiki_xml").glob("*.bz2"))}
    return {
        **dumps,
        "zhwiki-extracted": sorted((DATA / "zh_wiki").glob("*.jsonl.gz")),
        "zh_corpus": [DATA / "zh_corpus"],
    }


def read_tree_memory(pid: int) -> int:
    """Return the proportional memory of a process and its children, in bytes (Linux)."""
    total, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        try:
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, ProcessLookupError):
            continue  # it has just ended
    return total


def run_train(inputs: list[Path], folder: Path) -> dict[str, Any]:
    """Train once; return the figures, or the error line if the input can't be trained on."""
    model = folder / "model"
    command = [sys.executable, "-m", "embedrec", "train", *map(str, inputs), "-o", str(model)]
    command += ["--threads", str(os.cpu_count()), "--keep-corpus", str(folder / "corpus")]
    small = sum(f.stat().st_size for p in inputs for f in ([p] if p.is_file() else p.iterdir()))
    if small < 10_000_000:
        command += ["--min-count", "2"]  # a few pages hold few words five times
    begin = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    peak = 0

    def watch() -> None:
        nonlocal peak
        while process.poll() is None:
            peak = max(peak, read_tree_memory(process.pid))
            time.sleep(0.5)

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, errors = process.communicate()
    watcher.join()
    figures: dict[str, Any] = {
        "seconds": round(time.perf_counter() - begin, 1),
        "peak_mb": round(peak / 2**20),
        "exit_code": process.returncode,
        "options": command[command.index("--threads") + 4 :],
    }
    notices = [line for line in errors.splitlines() if line.strip()]
    if notices:
        figures["last_line"] = notices[-1].replace(str(DATA), "$EMBEDREC_DATA")
    if (folder / "corpus" / "manifest.json").exists():
        facts = json.loads((folder / "corpus" / "manifest.json").read_text())["facts"]
        figures |= {k: v for k, v in facts.items() if isinstance(v, (int, float))}
    return figures


def main() -> None:
    """Run the inputs named on the command line, or all."""
    results = json.loads(RESULT.read_text()) if RESULT.exists() else {"inputs": {}}
    results |= {
        "command": "python -m benchmarks.pipeline",
        "machine": describe_machine("numpy", "numba", "jieba", "rjieba", "opencc"),
    }
    inputs = list_inputs()
    for name in sys.argv[1:] or inputs:
        folder = Path(tempfile.mkdtemp())
        try:
            results["inputs"][name] = run_train(inputs[name], folder)
        finally:
            shutil.rmtree(folder)
        print(name, json.dumps(results["inputs"][name], ensure_ascii=False), flush=True)
        RESULT.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
