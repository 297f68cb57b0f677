"""Every way to fail gives one line and the right exit code."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from embedrec.cli import main
from embedrec.cli.failure import Interrupted, describe_failure, name_resume_command
from embedrec.errors import EmbedrecError, InputError, ParameterError, UnknownWordError
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("error", "code", "part"),
    [
        (InputError("a.xml is empty; leave it out"), 1, "a.xml is empty; leave it out"),
        (ParameterError("window 0"), 2, "window 0"),
        (UnknownWordError("方文三", ["方文山"]), 1, "did you mean 方文山?"),
        (click.UsageError("no such thing."), 2, "no such thing; see embedrec --help"),
        (Interrupted("go on with: x"), 130, "stopped; go on with: x"),
        (KeyboardInterrupt(), 130, "stopped"),
        (click.Abort(), 130, "stopped"),
        (MemoryError(), 1, "memory"),
        (OSError(errno.ENOSPC, "No space left", "m/x"), 1, "m/x: the disk is full"),
        (OSError(errno.EACCES, "Permission denied", "m/x"), 1, "m/x: Permission denied"),
        (ZeroDivisionError("division by zero"), 1, "unexpected ZeroDivisionError"),
    ],
)
def test_each_error_has_its_line_and_code(error: BaseException, code: int, part: str) -> None:
    line, given = describe_failure(error, [])
    assert given == code
    assert part in line
    assert line.startswith("embedrec: ")


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Let the next command raise."""

    def prepare(error: BaseException) -> None:
        def raise_error(*args: object, **kwargs: object) -> None:
            raise error

        monkeypatch.setattr("embedrec.cli.info.describe_path", raise_error)

    return prepare


def test_a_fault_asks_for_a_report_and_debug_shows_where(
    raising: Callable[[BaseException], None], run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(RuntimeError("two\nlines"))
    outcome = run("info", "x")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert "two lines" in outcome.err
    assert "--debug" in outcome.err
    assert main(["info", "x", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_errors_with_several_lines_become_one(
    raising: Callable[[BaseException], None], run: Run
) -> None:
    raising(EmbedrecError("a\n b"))
    assert run("info", "x").err == "embedrec: error: a b\n"


def test_the_way_to_go_on_is_a_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/embedrec"])
    words = ["corpus", "build", "my file", "-o", "c"]
    line = "embedrec corpus build --resume 'my file' -o c"
    assert name_resume_command(["corpus", "build"], words) == line
    words = ["train", "--resume", "a", "-o", "m"]
    assert name_resume_command(["train"], words) == "embedrec train --resume a -o m"
    monkeypatch.setattr(sys, "argv", ["/x/embedrec/__main__.py"])
    line = "python -m embedrec train --resume a -o m"
    assert name_resume_command(["train"], ["train", "a", "-o", "m"]) == line


def test_a_program_off_the_path_is_named_by_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "my venv" / "embedrec"
    program.parent.mkdir()
    program.touch()
    monkeypatch.setattr(sys, "argv", [str(program)])
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert name_resume_command(["train"], ["train", "a"]) == f"'{program}' train --resume a"
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert name_resume_command(["train"], ["train", "a"]) == "embedrec train --resume a"


def test_dropping_stdout_leaves_nothing_to_fail() -> None:
    program = (
        "import sys; from embedrec.cli.failure import drop_stdout\n"
        "sys.stdout.write('x' * 100); drop_stdout(); sys.stdout.flush()"
    )
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program],
            stdout=full,
            stderr=subprocess.PIPE,
            env={k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"},
        )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_behind_stdout_is_one_line(text_file: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "embedrec", "corpus", "text", str(text_file)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("embedrec: error: can't write: the disk is full")
    assert done.stderr.count("\n") == 1


def test_words_with_broken_bytes_are_named(model_folder: Path) -> None:
    """A terminal in another encoding hands over bytes that are no UTF-8."""
    done = subprocess.run(
        [sys.executable, "-m", "embedrec", "similar", str(model_folder), b"\xff\xfe"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "not in the vocabulary" in done.stderr
