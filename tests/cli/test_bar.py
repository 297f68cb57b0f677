"""Bars on a terminal, and only there."""

from __future__ import annotations

import io
import re

import pytest

from embedrec.cli import bar
from embedrec.cli.bar import NoticeProgress, TerminalProgress, format_rate, open_progress


class Terminal(io.StringIO):
    """A stream that says that somebody looks at it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(bar, "_SECONDS_BETWEEN_UPDATES", 0.0)
    return Terminal()


def read(terminal: Terminal) -> str:
    """Return what was written without colours and movements."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue())


def test_no_bar_without_a_terminal_or_when_quiet(terminal: Terminal) -> None:
    assert isinstance(open_progress(False, file=io.StringIO()), NoticeProgress)
    assert isinstance(open_progress(True, file=terminal), NoticeProgress)
    assert isinstance(open_progress(False, file=terminal), TerminalProgress)


def test_without_a_terminal_only_notices_are_written() -> None:
    file = io.StringIO()
    progress = open_progress(False, file=file)
    with progress.stage("segment", total=10) as stage:
        stage.update(5, tokens=3)
        progress.notice("one\nline")
    assert file.getvalue() == "embedrec: one line\n"


def test_a_bar_shows_name_share_figures_and_times(terminal: Terminal) -> None:
    progress = open_progress(False, file=terminal)
    with progress.stage("segment", total=200, unit="B") as stage:
        stage.update(100, tokens=1234, loss=0.25)
        stage.update(200, tokens=2468, loss=0.125)
    shown = read(terminal)
    assert "segment" in shown
    assert "100%" in shown
    assert "tokens 2,468" in shown
    assert "loss 0.125" in shown
    assert re.search(r"[-\d]:[-\d]\d?:?[-\d]* left", shown)


def test_a_bar_fits_on_one_line_of_a_narrow_terminal(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with open_progress(False, file=terminal).stage("train", total=200, unit="words") as stage:
        stage.update(100, epoch=4, loss=2.691, rate=0.0175, more=123456789)
    lines = [line for line in re.split(r"[\r\n]+", read(terminal)) if line.strip()]
    assert all(line.startswith("train") for line in lines)
    assert "epoch 4  loss 2.691" in lines[-1]


def test_a_stage_of_unknown_size_has_a_bar_too(terminal: Terminal) -> None:
    with open_progress(False, file=terminal).stage("download", unit="B") as stage:
        stage.update(5)
    assert "download" in read(terminal)


def test_notices_stand_above_the_bar_as_they_are(terminal: Terminal) -> None:
    progress = open_progress(False, file=terminal)
    with progress.stage("a [bold]stage", total=1):
        progress.notice("[red]file[/red].bz2: cut short " + "x" * 200)
    assert "embedrec: [red]file[/red].bz2: cut short " + "x" * 200 in read(terminal)
    assert "a [bold]stage" in read(terminal)


def test_stages_may_be_nested_and_fail(terminal: Terminal) -> None:
    progress = open_progress(False, file=terminal)
    with pytest.raises(KeyError), progress.stage("outer", total=2):  # noqa: PT012
        with progress.stage("inner", total=1) as inner:
            inner.update(1)
        raise KeyError
    with progress.stage("after", total=1):
        pass
    for name in ("outer", "inner", "after"):
        assert name in read(terminal)


@pytest.mark.parametrize(
    ("speed", "unit", "words"),
    [
        (None, "B", ""),
        (0.0, "B", ""),
        (12.34, "B", "12.3 B/s"),
        (1_234_567.0, "B", "1.2 MB/s"),
        (45_600.0, "words", "45.6 k words/s"),
        (2.5e9, "B", "2.5 GB/s"),
    ],
)
def test_rates_in_words(speed: float | None, unit: str, words: str) -> None:
    assert format_rate(speed, unit) == words
