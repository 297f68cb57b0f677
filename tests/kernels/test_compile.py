"""Compiled kernels are kept on disk, and never used for another version of any kernel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import embedrec
from embedrec.kernels.compile import compute_fingerprint

PROGRAM = """
import numpy as np
from embedrec.kernels.huffman import build_huffman_paths as f
f(np.array([3, 2, 1]))
print(sum(f.stats.cache_hits.values()))
"""


def run_in(folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("NUMBA_CACHE_DIR", None)
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=folder, env=environment, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


def test_a_change_in_another_kernel_file_compiles_again(tmp_path: Path) -> None:
    here = Path(embedrec.__file__).parent
    copy = tmp_path / "embedrec"
    shutil.copytree(here, copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert run_in(tmp_path) == "0\n"
    assert run_in(tmp_path) == "1\n"
    other = copy / "kernels" / "simd" / "dot.py"
    other.write_text(other.read_text() + "\n# changed\n")
    assert run_in(tmp_path) == "0\n"
    assert run_in(tmp_path) == "1\n"


def test_fingerprint_tells_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    seen = {compute_fingerprint(tmp_path)}
    (tmp_path / "a.py").write_text("2")
    seen.add(compute_fingerprint(tmp_path))
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    seen.add(compute_fingerprint(tmp_path))
    (tmp_path / "b.txt").write_text("not code")
    seen.add(compute_fingerprint(tmp_path))
    assert len(seen) == 3
