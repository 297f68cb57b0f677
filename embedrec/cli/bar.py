"""Progress on the terminal: bars with rate and time left, on stderr, and only where one looks."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

from embedrec.progress import Progress, SilentStage, Stage

if TYPE_CHECKING:
    from rich.progress import Progress as Display
    from rich.progress import Task, TaskID

_SECONDS_BETWEEN_UPDATES = 0.1


def open_progress(quiet: bool, *, file: TextIO | None = None) -> Progress:
    """Return bars on stderr, or notices alone with `quiet` or where stderr is not a terminal.

    Args:
        quiet: True leaves the bars out.
        file: what to use in place of stderr.
    """
    file = file or sys.stderr
    return NoticeProgress(file, quiet) if quiet or not file.isatty() else TerminalProgress(file)


class NoticeProgress:
    """Passes notices on to a stream, remarks too unless it is to be quiet, and nothing else."""

    def __init__(self, file: TextIO, quiet: bool = False) -> None:
        self._file = file
        self._quiet = quiet

    def stage(self, name: str, *, total: float | None = None, unit: str = "") -> Stage:
        """Open a stage that ignores its updates."""
        return SilentStage()

    def notice(self, message: str) -> None:
        """Print the message as one line."""
        print(f"embedrec: {' '.join(message.split())}", file=self._file, flush=True)

    def remark(self, message: str) -> None:
        """Print the message as one line, unless it is to be quiet."""
        if not self._quiet:
            self.notice(message)


class TerminalProgress:
    """A bar for each stage; notices appear above the bars."""

    def __init__(self, file: TextIO) -> None:
        from rich.console import Console

        self._console = Console(file=file)
        self._display: Display | None = None
        self._n_open = 0

    def stage(self, name: str, *, total: float | None = None, unit: str = "") -> Stage:
        """Open a stage with a bar; without `total` the bar only shows that work goes on."""
        return TerminalStage(self, name, total, unit)

    def notice(self, message: str) -> None:
        """Print the message as one line above the bars."""
        line = f"embedrec: {' '.join(message.split())}"
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def remark(self, message: str) -> None:
        """Print the message as one line above the bars."""
        self.notice(message)

    def _add_bar(self, name: str, total: float | None, unit: str) -> tuple[Display, TaskID]:
        if self._display is None:
            self._display = _make_display(self._console)
            self._display.start()
        self._n_open += 1
        task = self._display.add_task(name, total=total, unit=unit, figures="", left="left")
        return self._display, task

    def _close_bar(self) -> None:
        self._n_open -= 1
        if self._n_open == 0 and self._display is not None:
            self._display.stop()
            self._display = None


class TerminalStage:
    """One bar."""

    def __init__(
        self, progress: TerminalProgress, name: str, total: float | None, unit: str
    ) -> None:
        self._progress = progress
        self._wanted = (name, total, unit)
        self._display: Display | None = None
        self._task: Any = None
        self._latest: tuple[float, dict[str, float]] | None = None
        self._shown_at = 0.0

    def update(self, done: float, **figures: float) -> None:
        """Set the amount done; the screen follows a few times a second."""
        self._latest = (done, figures)
        now = time.monotonic()
        if now - self._shown_at >= _SECONDS_BETWEEN_UPDATES:
            self._shown_at = now
            self._show()

    def __enter__(self) -> TerminalStage:
        self._display, self._task = self._progress._add_bar(*self._wanted)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._show()
        if kind is None and self._display is not None:
            # What is done may be known only roughly on the way; a finished stage is at its end.
            total = self._wanted[1]
            done = total if total is not None else (self._latest or (0.0,))[0]
            self._display.update(self._task, completed=done, total=done, left="")
        self._progress._close_bar()

    def _show(self) -> None:
        if self._display is None or self._latest is None:
            return
        done, figures = self._latest
        text = "  ".join(f"{key} {_format_figure(value)}" for key, value in figures.items())
        self._display.update(self._task, completed=done, figures=text)


def _make_display(console: Any) -> Display:
    from rich import progress as bars
    from rich.table import Column
    from rich.text import Text

    class RateColumn(bars.ProgressColumn):
        def render(self, task: Task) -> Text:
            rate = format_rate(task.finished_speed or task.speed, task.fields["unit"])
            return Text(rate, no_wrap=True)

    class FiguresColumn(bars.ProgressColumn):
        # Cut off where the terminal is narrow; a second line would make the bars jump.
        def render(self, task: Task) -> Text:
            return Text(task.fields["figures"], no_wrap=True, overflow="ellipsis")

    return bars.Progress(
        bars.TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
        bars.BarColumn(bar_width=16, table_column=Column(no_wrap=True)),
        bars.TaskProgressColumn(table_column=Column(no_wrap=True)),
        RateColumn(table_column=Column(no_wrap=True)),
        bars.TimeRemainingColumn(table_column=Column(no_wrap=True), elapsed_when_finished=True),
        bars.TextColumn("{task.fields[left]}", table_column=Column(no_wrap=True)),
        FiguresColumn(),
        console=console,
        # `corpus text` writes to a redirected stdout while the bar runs: leave that alone.
        redirect_stdout=False,
        redirect_stderr=False,
    )


def format_rate(speed: float | None, unit: str) -> str:
    """Return an amount a second in words: `1.2 MB/s` for unit "B", `35.1 k tokens/s` for others."""
    if not speed:
        return ""
    gap = "" if unit == "B" else " "
    for limit, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if speed >= limit:
            return f"{speed / limit:.1f} {prefix}{gap}{unit}/s"
    return f"{speed:.1f} {unit}/s"


def _format_figure(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
