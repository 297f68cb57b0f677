"""Writing so that nothing is ever half there, and reading without copying.

Every write goes to a temporary name in the same folder and takes its final name in one step, after
it is on the disk. An interrupted or failed write leaves what was there before.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import mmap
import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from embedrec.errors import CorruptedError, InputError, StorageError

PathLike = str | os.PathLike[str]

_CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0)


@contextmanager
def naming_write_errors(path: PathLike) -> Iterator[None]:
    """Turn the operating system's refusal to write below `path` into one line with a way out.

    Raises:
        StorageError: in place of any OSError in the body.
    """
    try:
        yield
    except OSError as error:
        raise _describe_write_error(path, error) from error


def _describe_write_error(path: PathLike, error: OSError) -> StorageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        why = "the disk is full: free some space or choose another place"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        why = "the folder is not writable: choose another place or change its permissions"
    elif error.errno in (errno.ENOTDIR, errno.EEXIST):
        why = "a file stands where a folder is needed: choose another place"
    elif error.errno == errno.EISDIR:
        why = "a folder stands where a file is needed: choose another name"
    else:
        why = error.strerror or str(error)
        # The body may have failed at another file than the one it writes; that one is to be named.
        if isinstance(error.filename, (str, os.PathLike)) and error.errno == errno.ENOENT:
            why = f"{os.fspath(error.filename)}: {why}"
    return StorageError(f"can't write {os.fspath(path)}: {why}", value=os.fspath(path))


@contextmanager
def write_atomic(path: PathLike, mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a file for writing that appears under `path` only when the block ends without an error.

    Text modes write UTF-8 with line feeds. An existing file is replaced and hands on its
    permissions; a link is followed. Missing parent folders are made. A device or a pipe, which
    can't be replaced, is written as it is.

    Raises:
        StorageError: if the place can't be written or the disk is full; `path` is as it was before.
    """
    text: dict[str, Any] = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
    if _is_special(path):
        with naming_write_errors(path), open(path, mode, **text) as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    work = _choose_work_name(target, ".tmp")
    with naming_write_errors(path):
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(work, os.O_RDWR | os.O_CREAT | os.O_EXCL | _CLOSE_ON_EXEC, 0o666)
    try:
        with naming_write_errors(path):
            with os.fdopen(handle, mode, **text) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            _take_name(work, target)
    except BaseException:
        _remove_quietly(work)
        raise


@contextmanager
def write_folder(path: PathLike) -> Iterator[Path]:
    """Yield a temporary folder that takes the name `path` when the block ends without an error.

    An older folder there is replaced as a whole, and removed only after the new one stands. A link
    is followed.

    Raises:
        StorageError: as for `write_atomic`, also when `path` is a file.
    """
    target = Path(os.path.realpath(path))
    work = _choose_work_name(target, ".tmp")
    with naming_write_errors(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "not a folder")
        work.mkdir()
    try:
        with naming_write_errors(path):
            yield work
            _sync_files(work)
            replace_folder(work, target)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def replace_folder(new: PathLike, path: PathLike) -> None:
    """Give the finished folder `new` the name `path`; an older folder there goes afterwards.

    Between the two renames, for an instant, nothing bears the name; a failure there puts the older
    folder back.

    Raises:
        StorageError: if `path` is a file or a rename is refused; what was there stays.
    """
    new, target = Path(new), Path(os.path.realpath(path))
    with naming_write_errors(path):
        if not target.exists():
            os.rename(new, target)
        elif not target.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "not a folder")
        else:
            old = _choose_work_name(target, ".old")
            os.rename(target, old)
            try:
                os.rename(new, target)
            except BaseException:
                os.rename(old, target)
                raise
            shutil.rmtree(old, ignore_errors=True)
        sync_folder(target.parent)


def sync_folder(path: PathLike) -> None:
    """Make renames in a folder survive a power cut, where the file system can."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _sync_files(folder: Path) -> None:
    for where, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(where, name), "rb") as file:
                os.fsync(file.fileno())


def _is_special(path: PathLike) -> bool:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _choose_work_name(target: Path, ending: str) -> Path:
    # Long names are cut so that a name the file system takes does not fail for its work name.
    stem = os.fsencode(target.name)[:150].decode("utf-8", "ignore")
    return target.parent / f".{stem}.{secrets.token_hex(6)}{ending}"


def _take_name(work: Path, target: Path) -> None:
    with suppress(FileNotFoundError):
        os.chmod(work, stat.S_IMODE(os.stat(target).st_mode))
    os.replace(work, target)
    sync_folder(target.parent)


def _remove_quietly(name: PathLike) -> None:
    with suppress(OSError):
        os.unlink(name)


def compute_checksum(path: PathLike) -> str:
    """Return the SHA-256 of a file's bytes as `sha256:<hex>`.

    Raises:
        InputError: if the file can't be read.
    """
    digest = hashlib.sha256()
    try:
        with open(path, "rb", buffering=0) as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise InputError(f"can't read {os.fspath(path)}: {error.strerror}", value=path) from error
    return f"sha256:{digest.hexdigest()}"


def write_json(path: PathLike, content: Mapping[str, Any]) -> None:
    """Write an object as UTF-8 JSON, atomically, keys in the order given.

    NumPy's numbers, which parameters may be, are written as plain ones.
    """
    with write_atomic(path, "w") as file:
        json.dump(content, file, ensure_ascii=False, indent=1, default=_take_number)
        file.write("\n")


def _take_number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no JSON value")


def read_json(path: PathLike) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        InputError: if the file is missing or unreadable.
        CorruptedError: if it is not a JSON object.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"can't read {os.fspath(path)}: {error.strerror}", value=path) from error
    except (ValueError, RecursionError) as error:
        raise CorruptedError(
            f"{os.fspath(path)} is not valid JSON ({error})", value=path
        ) from error
    if not isinstance(content, dict):
        raise CorruptedError(f"{os.fspath(path)} holds no JSON object", value=path)
    return content


def map_array(
    path: PathLike, dtype: np.dtype[Any] | str, shape: tuple[int, ...], offset: int = 0
) -> np.ndarray:
    """Map a region of a file as a read-only array of the given dtype and shape.

    Raises:
        InputError: if the file is missing.
        CorruptedError: if it is too short.
    """
    dtype = np.dtype(dtype)
    if offset < 0 or min(shape, default=0) < 0:
        raise CorruptedError(
            f"{os.fspath(path)} asks for shape {shape} at byte {offset}; build it again", value=path
        )
    # Python's whole numbers: NumPy's would wrap around for a damaged shape and pass for small.
    needed = offset + dtype.itemsize * math.prod(map(int, shape))
    try:
        size = os.path.getsize(path)
        if size >= needed and 0 not in shape:
            return np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape)
    except OSError as error:
        raise InputError(f"can't read {os.fspath(path)}: {error.strerror}", value=path) from error
    if size < needed:
        raise CorruptedError(
            f"{os.fspath(path)} is cut short: {size} bytes where {needed} are needed; "
            "build it again or fetch it again",
            value=path,
        )
    empty = np.empty(shape, dtype)
    empty.flags.writeable = False
    return empty


def release_pages(array: np.ndarray, stop: int) -> None:
    """Let go of the memory that holds the first `stop` values of a mapped array already passed.

    What was touched of a mapping counts as memory of this process until then. The values stay
    where they are in the file and are read again if they are wanted again. An array that is not
    mapped, and a system that can't be told, are left alone.

    Args:
        array: 1-d, from `map_array` or a view of it that begins at its first value.
        stop: number of values.
    """
    mapped: Any = array
    while mapped is not None and not isinstance(mapped, mmap.mmap):
        mapped = getattr(mapped, "base", None)
    if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        n_bytes = stop * array.itemsize // mmap.PAGESIZE * mmap.PAGESIZE
        if n_bytes:
            with suppress(OSError, ValueError):
                mapped.madvise(mmap.MADV_DONTNEED, 0, n_bytes)
