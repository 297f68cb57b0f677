"""Commands run in this process, with what they print and their exit code."""

from __future__ import annotations

import bz2
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
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


SENTENCES = (
    "李白是唐朝诗人，写诗喝酒。",
    "杜甫是唐朝诗人，也写诗。",
    "王维是唐朝诗人，写诗画画。",
    "北京是城市，有机场和火车站。",
    "上海是城市，有机场和港口。",
    "廣州是城市，有火車站和港口。",
)


def write_text(path: Path, n_lines: int = 600) -> Path:
    """Write a few sentences over and over, in an order without a period."""
    lines = [SENTENCES[(7 * i * i + i // 3) % len(SENTENCES)] for i in range(n_lines)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_dump(path: Path, n_pages: int = 40, broken_at: int | None = None) -> Path:
    """Write a MediaWiki export, plain or .bz2 by the name; broken XML after some pages."""
    pages = []
    for number in range(n_pages):
        if number == broken_at:
            pages.append("<page><title>断</title><revision <")
        text = "".join(SENTENCES[(number + i) % len(SENTENCES)] for i in range(4))
        pages.append(
            f"<page><title>页{number}</title><ns>0</ns><id>{number + 1}</id><revision><id>1</id>"
            f"<text>'''页'''：[[李白|他]]，{text}{{{{模板}}}}</text></revision></page>"
        )
    xml = (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" '
        'xml:lang="zh"><siteinfo><sitename>试</sitename></siteinfo>'
        f"{''.join(pages)}</mediawiki>"
    ).encode()
    path.write_bytes(bz2.compress(xml) if path.suffix == ".bz2" else xml)
    return path


@pytest.fixture(scope="session")
def text_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text of six sentences over and over."""
    return write_text(tmp_path_factory.mktemp("input") / "text.txt")


@pytest.fixture(scope="session")
def corpus_folder(text_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of that text; not to be changed."""
    folder = tmp_path_factory.mktemp("corpus") / "corpus"
    assert main(["corpus", "build", str(text_file), "-o", str(folder), "--workers", "1"]) == 0
    return folder


@pytest.fixture(scope="session")
def model_folder(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of that corpus; not to be changed."""
    folder = tmp_path_factory.mktemp("model") / "model"
    options = ["--vector-size", "12", "--epochs", "30", "--sample", "0", "--seed", "1"]
    assert main(["train", str(corpus_folder), "-o", str(folder), *options]) == 0
    return folder
