"""Compiled kernels are kept on disk, and never used for another version of any kernel."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
import pytest
from numba.core import caching

import embedrec
from embedrec.kernels.compile import KernelCache, compute_fingerprint, kernel

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


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where compiled code goes during a test."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    return tmp_path


def make_kernel() -> Any:
    """Each call stands for a process: the function is the same, and nothing of it is loaded."""

    @kernel
    def add(a, b):
        return a + b

    return add


def count_hits(function: Any) -> int:
    return sum(function.stats.cache_hits.values())


def list_kept(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file())


def test_each_form_is_kept_and_found(place: Path) -> None:
    first = make_kernel()
    assert (first(1, 2), first(0.5, 2)) == (3, 2.5)
    assert count_hits(first) == 0
    assert len(list_kept(place)) == 2
    again = make_kernel()
    assert (again(0.5, 2), again(1, 2)) == (2.5, 3)
    assert count_hits(again) == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"x" * 100, b"\x80\x05]\x94.", None],
    ids=["empty", "noise", "something else", "half"],
)
def test_what_is_damaged_is_compiled_anew(place: Path, content: bytes | None) -> None:
    make_kernel()(1, 2)
    (kept,) = list_kept(place)
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2] if content is None else content)
    again = make_kernel()
    assert again(1, 2) == 3
    assert count_hits(again) == 0
    third = make_kernel()
    assert third(1, 2) == 3
    assert count_hits(third) == 1  # the damaged file was replaced


def test_a_file_under_the_name_of_another_is_not_taken(place: Path) -> None:
    function = make_kernel()
    function(1, 2)
    (whole,) = list_kept(place)
    function(0.5, 2)
    (real,) = set(list_kept(place)) - {whole}
    real.write_bytes(whole.read_bytes())
    again = make_kernel()
    assert again(0.5, 2) == 2.5
    assert count_hits(again) == 0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("name", ["_open_for_write", "ensure_cache_path"])
def test_a_full_disk_ends_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, number: int, name: str
) -> None:
    function = make_kernel()

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    owner: Any = caching.IndexDataCacheFile if name == "_open_for_write" else caching._CacheLocator
    monkeypatch.setattr(owner, name, refuse)
    assert function(1, 2) == 3
    assert list_kept(place) == []


@pytest.mark.usefixtures("place")
def test_two_that_write_at_once_do_not_mix_their_code() -> None:
    """Whenever one process writes, another writes and a third reads before it."""

    def add(a, b):
        return a + b

    mine, others, reading = (KernelCache(add)._cache_file for _ in range(3))
    key, other_key = ("int64", "x"), ("float64", "x")
    keys = {key: "mine", other_key: "other's"}
    n_writes = 0
    write = mine._open_for_write

    def check() -> None:
        for each, data in keys.items():
            try:
                assert reading.load(each) in (None, data)
            except OSError:
                continue  # not there yet

    @contextmanager
    def be_late(path: str) -> Iterator[Any]:
        nonlocal n_writes
        n_writes += 1
        others.save(other_key, keys[other_key])
        check()
        with write(path) as file:
            yield file
        check()

    mine._open_for_write = be_late
    mine.save(key, keys[key])
    assert n_writes
    check()
    assert reading.load(key) == keys[key]
    assert reading.load(other_key) == keys[other_key]
