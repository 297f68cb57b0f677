"""The silent progress, and that it satisfies the protocol long work is written against."""

from __future__ import annotations

import pytest

from embedrec.progress import Progress, SilentProgress, Stage


def work(progress: Progress) -> str:
    with progress.stage("count", total=3, unit="words") as stage:
        opened: Stage = stage
        for done in range(4):
            opened.update(done, sentences=1.0)
    progress.notice("input a.txt is damaged")
    return "done"


def test_silent_progress_takes_everything_and_prints_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = SilentProgress()
    assert work(progress) == "done"
    assert capsys.readouterr() == ("", "")
    assert progress.notices == ["input a.txt is damaged"]


def test_notices_are_not_shared_between_instances() -> None:
    SilentProgress().notice("one")
    assert SilentProgress().notices == []


def test_stage_does_not_swallow_errors() -> None:
    with pytest.raises(KeyboardInterrupt), SilentProgress().stage("count"):
        raise KeyboardInterrupt
