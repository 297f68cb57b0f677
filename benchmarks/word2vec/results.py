"""A file of results that grows by one run at a time, so that an interrupted benchmark goes on."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import describe_machine
from benchmarks.word2vec.job import hash_code
from embedrec.files import read_json, write_json


class ResultFile:
    """Runs by key, with what they have in common.

    Attributes:
        path: where it stands.
        shared: what all runs must have in common (settings, corpus).

    Args:
        path: as above; what it holds is kept.
        command: what writes it.
        shared: as above.
        told: what else is told of the runs (versions of tools).
        packages: whose versions are told.

    Raises:
        SystemExit: if the file holds runs that have other things in common.
    """

    def __init__(
        self,
        path: Path,
        command: str,
        shared: dict[str, Any],
        told: dict[str, Any],
        packages: Sequence[str],
    ) -> None:
        self.path, self.shared = path, shared
        machine = describe_machine(*packages)
        self._head = {"command": command, "machine": machine, **told, **shared}
        found = self._read()
        for name, value in shared.items():
            if found["runs"] and found.get(name) != value:
                raise SystemExit(
                    f"{path} holds runs with {name} {found.get(name)} and not {value}; "
                    "move it away, or give --output another folder"
                )

    @property
    def runs(self) -> dict[str, Any]:
        """Return the runs as the file has them now; other processes may add to it."""
        runs: dict[str, Any] = self._read()["runs"]
        return runs

    def add(self, key: str, run: dict[str, Any]) -> None:
        """Write a run under its key, replacing an earlier one, with date and code."""
        run = {**run, "date": datetime.date.today().isoformat(), "code": hash_code()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_json(self.path, {**self._head, "runs": {**self.runs, key: run}})

    def drop(self, keys: Iterable[str]) -> None:
        """Take runs out."""
        dropped = set(keys)
        runs = {key: run for key, run in self.runs.items() if key not in dropped}
        if self.path.exists():
            write_json(self.path, {**self._head, "runs": runs})

    def _read(self) -> dict[str, Any]:
        return read_json(self.path) if self.path.exists() else {"runs": {}}


def describe_corpus(corpus: Any) -> dict[str, int]:
    """Return what tells corpora apart in results."""
    return {
        "words": corpus.n_tokens,
        "sentences": corpus.n_sentences,
        "vocabulary": len(corpus.vocabulary),
    }
