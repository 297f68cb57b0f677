"""How long work reports on itself: a protocol, and the silent form that is the default.

The library never prints. A function that may take long accepts `progress: Progress` and opens one
stage after another; the command line passes a terminal bar, a service may pass its own.

    with progress.stage("segment", total=n_bytes, unit="B") as stage:
        for chunk in chunks:
            ...
            stage.update(done_so_far, sentences=n_sentences)
"""

from __future__ import annotations

from types import TracebackType
from typing import Protocol


class Stage(Protocol):
    """One stretch of work with an optional known size."""

    def update(self, done: float, **figures: float) -> None:
        """Set the amount done so far (absolute, in the stage's unit) and figures worth showing."""
        ...

    def __enter__(self) -> Stage: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Progress(Protocol):
    """What receives the reports."""

    def stage(self, name: str, *, total: float | None = None, unit: str = "") -> Stage:
        """Open a stage; `total` and the amounts given to `update` are in `unit`."""
        ...

    def notice(self, message: str) -> None:
        """Tell the person one line that matters (a damaged input, a fallback taken)."""
        ...

    def remark(self, message: str) -> None:
        """Tell one line that is good to know, and that whoever wants it quiet can do without."""
        ...


class SilentStage:
    """A stage that reports nothing."""

    def update(self, done: float, **figures: float) -> None:
        """Ignore the report."""

    def __enter__(self) -> SilentStage:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


class SilentProgress:
    """Reports nothing; keeps the notices so that a caller may look at them afterwards."""

    def __init__(self) -> None:
        self.notices: list[str] = []

    def stage(self, name: str, *, total: float | None = None, unit: str = "") -> SilentStage:
        """Open a stage that ignores its updates."""
        return SilentStage()

    def notice(self, message: str) -> None:
        """Keep the message in `notices`."""
        self.notices.append(message)

    def remark(self, message: str) -> None:
        """Ignore the message."""
