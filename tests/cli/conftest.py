"""Commands run in this process, with what they print and their exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from embedrec.cli import main


@dataclass(frozen=True)
class Outcome:
    """What a command did: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on stdout; fails if there is anything else."""
        assert self.out.count("\n") == 1
        return json.loads(self.out)


Run = Callable[..., Outcome]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `embedrec` with the given words; never a traceback, whatever happens."""

    def run_command(*args: object) -> Outcome:
        capsys.readouterr()
        code = main([str(arg) for arg in args])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err + captured.out
        return Outcome(code, captured.out, captured.err)

    return run_command


@pytest.fixture
def fail(run: Run) -> Run:
    """Run a command that must fail with one line on stderr and nothing on stdout."""

    def fail_command(*args: object, code: int = 1) -> Outcome:
        outcome = run(*args)
        assert outcome.code == code, outcome
        assert outcome.out == ""
        lines = outcome.err.splitlines()
        assert lines[-1].startswith("embedrec: error: "), outcome.err
        assert sum(line.startswith("embedrec: error: ") for line in lines) == 1
        assert "fault in embedrec" not in outcome.err
        return outcome

    return fail_command
