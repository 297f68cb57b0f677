"""Killed, stopped with Ctrl-C, and taken up again: the same result as in one go."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from embedrec.vectors.keyed import KeyedVectors
from tests.cli.conftest import Run, write_text

TRAIN = ("--vector-size", "16", "--epochs", "100", "--workers", "1", "--threads", "1")


def start(*words: object) -> subprocess.Popen[str]:
    """Start `embedrec` in a process group of its own, as a terminal would."""
    return subprocess.Popen(
        [sys.executable, "-m", "embedrec", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def stop_when(process: subprocess.Popen[str], path: Path, number: signal.Signals) -> str:
    """Send a signal to the whole group as soon as `path` is there; return stderr."""
    limit = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, "it ended before it could be stopped"
        assert time.monotonic() < limit
        time.sleep(0.005)
    os.killpg(process.pid, number)
    return process.communicate(timeout=60)[1]


def list_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(("number", "n_workers"), [(signal.SIGKILL, 1), (signal.SIGINT, 2)])
def test_a_build_that_was_stopped_gives_the_same_bytes(
    run: Run, tmp_path: Path, number: signal.Signals, n_workers: int
) -> None:
    text = write_text(tmp_path / "text.txt", 15_000)
    words = ("corpus", "build", text, "--segmenter", "jieba", "--workers", n_workers, "-o")
    process = start(*words, tmp_path / "c")
    stderr = stop_when(process, tmp_path / "c.partial" / "manifest.json", number)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert not (tmp_path / "c").exists()
    if number == signal.SIGINT:
        advice = "embedrec: stopped; go on with: python -m embedrec "
        assert stderr.startswith(advice), stderr
        assert stderr.count("\n") == 1
        outcome = run(*shlex.split(stderr.removeprefix(advice)))
    else:
        outcome = run(*words, tmp_path / "c", "--resume")
    assert outcome.code == 0, outcome
    # The engines give the same words, so the undisturbed build may take the faster one.
    assert run("corpus", "build", text, "--workers", 1, "-o", tmp_path / "whole").code == 0
    mine, whole = list_files(tmp_path / "c"), list_files(tmp_path / "whole")
    assert mine.keys() == whole.keys()
    assert all(mine[name] == whole[name] for name in mine if name != "manifest.json")
    assert not (tmp_path / "c.partial").exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_training_that_was_stopped_ends_with_the_same_vectors(
    run: Run, tmp_path: Path, number: signal.Signals
) -> None:
    text = write_text(tmp_path / "text.txt", 1500)
    process = start("train", text, "-o", tmp_path / "m", *TRAIN)
    checkpoint = tmp_path / "m.partial" / "checkpoint" / "manifest.json"
    stderr = stop_when(process, checkpoint, number)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert not (tmp_path / "m").exists()
    if number == signal.SIGINT:
        *_, last = stderr.splitlines()
        assert last.startswith("embedrec: stopped; go on with: python -m embedrec train --resume")
        assert stderr.count("\n") == 2  # what it needs of memory, said before, and how it ended
    found = run("info", tmp_path / "m.partial", "--json").json
    assert found["kind"] == "training"
    assert run("train", text, "-o", tmp_path / "m", *TRAIN, "--resume").code == 0
    assert run("train", text, "-o", tmp_path / "whole", *TRAIN).code == 0
    mine, whole = KeyedVectors.load(tmp_path / "m"), KeyedVectors.load(tmp_path / "whole")
    assert mine.index_to_key == whole.index_to_key
    assert np.array_equal(mine.vectors, whole.vectors)
    assert not (tmp_path / "m.partial").exists()


def test_resuming_with_something_else_is_refused_and_a_fresh_start_is_not(
    run: Run, fail: Run, tmp_path: Path
) -> None:
    text = write_text(tmp_path / "text.txt", 1500)
    process = start("train", text, "-o", tmp_path / "m", *TRAIN)
    stop_when(process, tmp_path / "m.partial" / "checkpoint" / "manifest.json", signal.SIGKILL)
    words = ("train", text, "-o", tmp_path / "m", *TRAIN, "--resume")
    assert "window was 5 and is now 6" in fail(*words, "--window", 6).err
    assert "min_count" in fail(*words, "--min-count", 6).err
    assert (tmp_path / "m.partial" / "checkpoint").is_dir()
    # Without --resume it starts afresh, and says so.
    outcome = run("train", text, "-o", tmp_path / "m", *TRAIN)
    assert outcome.code == 0
    assert "resume would have continued it" in outcome.err
    # The corpus was finished, and is the same: it is not built a second time.
    assert "used as it is" in outcome.err
