from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from embedrec.corpus import provisional, renumber
from embedrec.corpus.first_pass import BuildSizes
from embedrec.corpus.provisional import ProvisionalCorpus
from embedrec.errors import CorruptedError, ParameterError, ResumeError, StorageError
from embedrec.progress import SilentProgress

from .making import DESCRIPTION, INPUTS, build, cut, digest, make_documents

# Three checkpoints: each step on the disk comes in every one of its places.
FEW = BuildSizes(batch_characters=300, checkpoint_tokens=450, shard_tokens=300)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What an uninterrupted build gives."""
    return digest(build(tmp_path_factory.mktemp("wanted") / "c").folder)


def stop_at(n: int, error: BaseException) -> Callable[[str], Iterator[list[str]]]:
    """A `tokenize` that fails at its n-th document."""
    calls = 0

    def tokenize(document: str) -> Iterator[list[str]]:
        nonlocal calls
        calls += 1
        if calls > n:
            raise error
        return cut(document)

    return tokenize


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("bug")])
def test_interrupted_anywhere_by_an_exception(
    tmp_path: Path, wanted: str, error: BaseException
) -> None:
    for n in range(0, 60, 7):
        folder = tmp_path / f"c{n}"
        with pytest.raises(type(error)):
            build(folder, tokenize=stop_at(n, error))
        done = ProvisionalCorpus.load(f"{folder}.partial").n_documents
        cut_again = []

        def count(document: str, seen: list[str] = cut_again) -> Iterator[list[str]]:
            seen.append(document)
            return cut(document)

        build(folder, tokenize=count, resume=True)
        assert cut_again == make_documents()[done:]
        assert n - done < 12  # no more than a batch is lost
        assert digest(folder) == wanted


def test_interrupted_again_and_again(tmp_path: Path, wanted: str) -> None:
    rounds = 0
    while True:
        try:
            build(tmp_path / "c", tokenize=stop_at(11, KeyboardInterrupt()), resume=True)
            break
        except KeyboardInterrupt:
            rounds += 1
            assert rounds < 60
    assert rounds >= 5
    assert digest(tmp_path / "c") == wanted


def run_and_die(folder: Path, n: int) -> bool:
    """Build in a forked process that is killed at its n-th step on the disk; False: it lived."""
    pid = os.fork()
    if pid == 0:
        left = n

        def dying(real: Callable[..., Any]) -> Callable[..., Any]:
            def step(*args: Any, **options: Any) -> Any:
                nonlocal left
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*args, **options)

            return step

        for name in ("fsync", "replace", "rename", "unlink", "rmdir", "mkdir", "chmod"):
            setattr(os, name, dying(getattr(os, name)))
        try:
            build(folder, sizes=FEW, resume=True)
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(pid, 0)[1]
    assert status == 0 or os.WIFSIGNALED(status), status
    return status != 0


def test_killed_at_every_step_on_the_disk(tmp_path: Path, wanted: str) -> None:
    n = 0
    while run_and_die(tmp_path / f"c{n}", n):
        folder = tmp_path / f"c{n}"
        build(folder, sizes=FEW, resume=True)
        assert digest(folder) == wanted, n
        assert not Path(f"{folder}.partial").exists()
        n += 1
    assert n > 40


def test_killed_at_every_third_step_of_the_same_build(tmp_path: Path, wanted: str) -> None:
    n = 3
    while run_and_die(tmp_path / "c", n):
        n += 3
        assert n < 600
    assert digest(tmp_path / "c") == wanted


def start_program(folder: Path, n_workers: int, pids: Path) -> subprocess.Popen[str]:
    arguments = [str(folder), str(n_workers), "1", "1", "400"]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.corpus.making", *arguments],
        cwd=ROOT,
        env={**os.environ, "PID_FOLDER": str(pids)},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("n_workers", [1, 2])
def test_real_kills_at_random_moments(tmp_path: Path, n_workers: int) -> None:
    rng = random.Random(n_workers)
    pids = tmp_path / "pids"
    pids.mkdir()
    build(tmp_path / "whole", make_documents(400))
    for _ in range(5):
        program = start_program(tmp_path / "c", n_workers, pids)
        time.sleep(rng.uniform(0.2, 1.5))
        program.kill()
        program.communicate()
    program = start_program(tmp_path / "c", n_workers, pids)
    assert program.communicate(timeout=120)[0] == digest(tmp_path / "whole")
    assert not (tmp_path / "c.partial").exists()
    # Nobody stays behind: workers leave when the program that started them is killed.
    numbers = [int(path.name) for path in pids.iterdir()]
    assert numbers
    deadline = time.monotonic() + 20
    while any(map(is_ours, numbers)):
        assert time.monotonic() < deadline, "a worker outlives the builder"
        time.sleep(0.05)


def is_ours(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return (b"multiprocessing" in command or b"tests.corpus" in command) and ") Z " not in stat


def test_ctrl_c_with_workers_is_quiet_and_resumable(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    build(tmp_path / "whole", make_documents(400))
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.corpus.making", str(tmp_path / "c"), "2", "0", "1", "400"],
        cwd=ROOT,
        env={**os.environ, "PID_FOLDER": str(pids)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not (tmp_path / "c.partial" / "state.json").exists():
        assert program.poll() is None
        time.sleep(0.01)
    os.killpg(program.pid, signal.SIGINT)  # as a terminal does: to every process
    error = program.communicate(timeout=60)[1]
    assert program.returncode != 0
    assert error.count("Traceback") == 1  # the builder's own; the workers are silent
    assert error.rstrip().endswith("KeyboardInterrupt")
    assert ProvisionalCorpus.load(tmp_path / "c.partial").n_documents > 0
    build(tmp_path / "c", make_documents(400), resume=True)
    assert digest(tmp_path / "c") == digest(tmp_path / "whole")


def interrupt(folder: Path, n: int = 30) -> Path:
    with pytest.raises(KeyboardInterrupt):
        build(folder, tokenize=stop_at(n, KeyboardInterrupt()))
    return folder.with_name(f"{folder.name}.partial")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"description": {**DESCRIPTION, "segmenter": "jieba"}}, "text.segmenter was whitespace"),
        ({"inputs": {"a.txt": "sha256:aa", "b.txt": "sha256:bc"}}, r"input b\.txt was sha256:bb"),
        ({"inputs": dict(reversed(INPUTS.items()))}, r"inputs were a\.txt, b\.txt in this order"),
        ({"sizes": None}, "sentence_words was 7"),
    ],
)
def test_other_settings_cannot_resume(tmp_path: Path, options: dict, what: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        build(
            tmp_path / "c",
            tokenize=stop_at(30, KeyboardInterrupt()),
            sizes=BuildSizes(sentence_words=7) if "sizes" in options else BuildSizes(),
        )
    before = digest(tmp_path / "c.partial")
    with pytest.raises(ResumeError, match=f"{what}.*start afresh without resume"):
        build(tmp_path / "c", resume=True, **options)
    assert digest(tmp_path / "c.partial") == before


def test_shorter_input_cannot_resume(tmp_path: Path) -> None:
    interrupt(tmp_path / "c")
    with pytest.raises(ResumeError, match="has only 5 documents"):
        build(tmp_path / "c", make_documents()[:5], resume=True)


def test_without_resume_the_old_work_goes(tmp_path: Path, wanted: str) -> None:
    interrupt(tmp_path / "c")
    progress = SilentProgress()
    build(tmp_path / "c", progress=progress)
    assert "was removed; resume would continue it" in progress.notices[0]
    assert digest(tmp_path / "c") == wanted


def test_damaged_work_is_named(tmp_path: Path, wanted: str) -> None:
    partial = interrupt(tmp_path / "c")
    (partial / "provisional-00000.ids").write_bytes(b"")
    with pytest.raises(CorruptedError, match=r"provisional-00000\.ids is damaged.*without resume"):
        build(tmp_path / "c", resume=True)
    (partial / "manifest.json").write_text("{")
    with pytest.raises(ResumeError, match="not valid JSON"):
        build(tmp_path / "c", resume=True)
    with pytest.raises(ParameterError, match="no unfinished corpus"):
        build(tmp_path / "c")


def test_resume_with_nothing_to_resume_starts(tmp_path: Path, wanted: str) -> None:
    build(tmp_path / "c", resume=True)
    assert digest(tmp_path / "c") == wanted


def test_other_min_count_repeats_the_second_pass_only(tmp_path: Path) -> None:
    def refuse(document: str) -> Iterator[list[str]]:
        raise AssertionError("text is cut again")

    facts = {"damages": ["one"], "pages": 3}
    with pytest.raises(ParameterError, match=r"min_count 10000 leaves no word.* \d+ times"):
        build(tmp_path / "c", min_count=10_000, facts=lambda: facts)
    assert not (tmp_path / "c").exists()
    corpus = build(tmp_path / "c", iter(()), refuse, min_count=3, max_vocab=20, resume=True)
    assert corpus.manifest.facts["damages"] == ["one"]
    assert corpus.manifest.parameters["min_count"] == 3
    build(tmp_path / "d", min_count=3, max_vocab=20, facts=lambda: facts)
    assert digest(tmp_path / "c") == digest(tmp_path / "d")


def test_leftover_of_a_finished_build_goes(tmp_path: Path) -> None:
    build(tmp_path / "c")
    build(tmp_path / "d", make_documents(9), min_count=1)
    partial = interrupt(tmp_path / "e")
    partial.rename(tmp_path / "c.partial")
    build(tmp_path / "c")
    assert not (tmp_path / "c.partial").exists()
    interrupt(tmp_path / "e").rename(tmp_path / "d.partial")
    build(tmp_path / "d", min_count=1, inputs=INPUTS)
    assert not (tmp_path / "d.partial").exists()


@pytest.mark.parametrize("module", [provisional, renumber])
def test_full_disk_keeps_what_is_done(
    tmp_path: Path, wanted: str, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module.ShardFile
    made = 0

    class Filling(real):
        def append(self, ids: Any, lengths: Any) -> None:
            nonlocal made
            made += 1
            if made > 8:
                self._files[0].close()
                self._files[0] = open("/dev/full", "wb", buffering=0)  # noqa: SIM115
            super().append(ids, lengths)

    monkeypatch.setattr(module, "ShardFile", Filling)
    with pytest.raises(StorageError, match="the disk is full"):
        build(tmp_path / "c")
    assert not (tmp_path / "c").exists()
    assert ProvisionalCorpus.load(tmp_path / "c.partial").n_documents > 0
    monkeypatch.undo()
    build(tmp_path / "c", resume=True)
    assert digest(tmp_path / "c") == wanted


def test_place_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file stands where a folder is needed"):
        build(tmp_path / "file" / "c")

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StorageError, match="not writable"):
        build(tmp_path / "c")
