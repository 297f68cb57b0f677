"""Files: nothing is ever half there, whatever failure strikes the write."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedrec import files
from embedrec.errors import StorageError
from embedrec.tensors import save_tensors


def refuse(code: int) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


def list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- write_atomic ---------------------------------------------------------------------------------


def test_write_appears_whole_and_only_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "new" / "词.txt"
    with files.write_atomic(target, "w") as file:
        file.write("北京\n")
        assert not target.exists()
    assert target.read_bytes() == "北京\n".encode()
    assert list_names(target.parent) == ["词.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, MemoryError])
def test_failed_write_leaves_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")

    def write() -> None:
        with files.write_atomic(target) as file:
            file.write(b"new" * 100_000)
            raise error

    with pytest.raises(error):
        write()
    assert target.read_bytes() == b"old"
    assert list_names(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_full_disk_is_one_line_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    monkeypatch.setattr(files.os, call, refuse(errno.ENOSPC))
    with (
        pytest.raises(StorageError, match=r"can't write .*a\.bin: the disk is full") as caught,
        files.write_atomic(target) as file,
    ):
        file.write(b"new")
    assert caught.value.value == str(target)
    assert target.read_bytes() == b"old"
    assert list_names(tmp_path) == ["a.bin"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_really_full_device_is_one_line() -> None:
    with (
        pytest.raises(StorageError, match="the disk is full"),
        files.write_atomic("/dev/full") as file,
    ):
        file.write(b"x" * 100_000)


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.EPERM])
def test_unwritable_folder_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(files.os, "open", refuse(code))
    with pytest.raises(StorageError, match="not writable"), files.write_atomic(tmp_path / "a"):
        pytest.fail("the body must not run")


def test_path_below_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StorageError, match="a file stands where a folder is needed"),
        files.write_atomic(tmp_path / "file" / "sub" / "a"),
    ):
        pytest.fail("the body must not run")


def test_folder_in_the_way_is_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(StorageError, match="a folder stands where a file"),
        files.write_atomic(tmp_path),
    ):
        pytest.fail("the body must not run")
    with pytest.raises(StorageError, match="a folder stands where a file"):
        save_tensors(tmp_path, {"a": np.zeros(1)})


def test_missing_input_in_the_body_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"absent\.txt"), files.write_atomic(tmp_path / "a"):
        open(tmp_path / "absent.txt").close()


def test_permissions_follow_the_umask_and_the_old_file(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        with files.write_atomic(tmp_path / "a") as file:
            file.write(b"x")
        save_tensors(tmp_path / "t", {"a": np.zeros(3)})
        with files.write_folder(tmp_path / "d") as folder:
            (folder / "x").write_bytes(b"")
    finally:
        os.umask(old)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "t", "d")]
    assert modes == [0o640, 0o640, 0o750]
    os.chmod(tmp_path / "a", 0o600)
    with files.write_atomic(tmp_path / "a") as file:
        file.write(b"secret")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "big").mkdir()
    link = tmp_path / "model"
    link.symlink_to(tmp_path / "big" / "model")
    for size in (1, 2):
        with files.write_folder(link) as folder:
            (folder / "x").write_bytes(b"x" * size)
    assert link.is_symlink()
    assert (tmp_path / "big" / "model" / "x").read_bytes() == b"xx"
    with files.write_atomic(link / "x") as file:
        file.write(b"y")
    assert list_names(tmp_path / "big") == ["model"]


def test_device_is_written_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    with files.write_atomic(pipe) as file:
        file.write(b"through")
    reader.join(10)
    assert got == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_longest_name_can_be_written(tmp_path: Path) -> None:
    name = "词" * 84 + "abc"  # 255 bytes, all a usual file system takes
    with files.write_atomic(tmp_path / name) as file:
        file.write(b"x")
    save_tensors(tmp_path / name, {"a": np.zeros(1)})
    assert list_names(tmp_path) == [name]


KILLED = """
import os, signal, sys
from embedrec.files import write_atomic, write_folder
with {call}(sys.argv[1]) as body:
    {write}
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ("call", "write"),
    [
        ("write_atomic", "body.write(b'new' * 99999); body.flush()"),
        ("write_folder", "(body / 'x').write_bytes(b'new')"),
    ],
)
def test_killed_in_the_middle_leaves_the_old_one(tmp_path: Path, call: str, write: str) -> None:
    target = tmp_path / "a"
    if call == "write_folder":
        target.mkdir()
        (target / "x").write_bytes(b"old")
    else:
        target.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", KILLED.format(call=call, write=write), target])
    assert done.returncode == -signal.SIGKILL
    assert (target / "x" if call == "write_folder" else target).read_bytes() == b"old"
    assert all(name == "a" or name.endswith(".tmp") for name in list_names(tmp_path))


# --- folders --------------------------------------------------------------------------------------


def test_folder_replaces_the_older_one_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "model"
    for name in ("first", "second"):
        with files.write_folder(target) as folder:
            (folder / name).write_bytes(b"")
            assert name not in (list_names(target) if target.exists() else [])
        assert list_names(target) == [name]
    assert list_names(tmp_path) == ["model"]


def test_failed_folder_leaves_the_older_one(tmp_path: Path) -> None:
    target = tmp_path / "model"
    with files.write_folder(target) as folder:
        (folder / "old").write_bytes(b"")

    def write() -> None:
        with files.write_folder(target) as folder:
            (folder / "new").write_bytes(b"")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    assert list_names(target) == ["old"]
    assert list_names(tmp_path) == ["model"]


def test_failed_second_rename_puts_the_older_folder_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, new = tmp_path / "model", tmp_path / "new"
    for folder in (target, new):
        folder.mkdir()
        (folder / folder.name).write_bytes(b"")
    rename = os.rename

    def rename_all_but_new(source: Any, goal: Any) -> None:
        if Path(source) == new:
            raise OSError(errno.EIO, "Input/output error")
        rename(source, goal)

    monkeypatch.setattr(files.os, "rename", rename_all_but_new)
    with pytest.raises(StorageError, match="Input/output error"):
        files.replace_folder(new, target)
    assert list_names(target) == ["model"]
    assert list_names(tmp_path) == ["model", "new"]


def test_folder_over_a_file_is_refused(tmp_path: Path) -> None:
    target, new = tmp_path / "a.txt", tmp_path / "new"
    target.write_text("keep")
    new.mkdir()
    with pytest.raises(StorageError, match="a file stands"), files.write_folder(target):
        pytest.fail("the body must not run")
    with pytest.raises(StorageError, match="a file stands"):
        files.replace_folder(new, target)
    assert target.read_text() == "keep"


def test_full_disk_in_a_folder_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.os, "fsync", refuse(errno.ENOSPC))
    with (
        pytest.raises(StorageError, match=r"model: the disk is full"),
        files.write_folder(tmp_path / "model") as folder,
    ):
        (folder / "x").write_bytes(b"x")
    assert list_names(tmp_path) == []


def test_sync_of_a_missing_folder_is_no_matter(tmp_path: Path) -> None:
    files.sync_folder(tmp_path / "absent")
