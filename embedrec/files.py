"""Writing so that nothing is ever half there, and reading without copying.

Every write goes to a temporary name in the same folder and takes its final name in one step, after
it is on the disk. An interrupted or failed write leaves what was there before.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from embedrec.errors import CorruptedError, EmbedrecError, InputError, StorageError

PathLike = str | os.PathLike[str]

_SAFETENSORS_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}  # fmt: skip


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
    else:
        why = error.strerror or str(error)
    return StorageError(f"can't write {os.fspath(path)}: {why}", value=os.fspath(path))


@contextmanager
def write_atomic(path: PathLike, mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a file for writing that appears under `path` only when the block ends without an error.

    Text modes write UTF-8 with line feeds. An existing file is replaced. Missing parent folders are
    made.

    Raises:
        StorageError: if the place can't be written or the disk is full; `path` is as it was before.
    """
    path = Path(path)
    text = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    except OSError as error:
        raise _describe_write_error(path, error) from error
    try:
        with os.fdopen(handle, mode, **text) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _set_usual_permissions(name)
        os.replace(name, path)
    except OSError as error:
        _remove_quietly(name)
        raise _describe_write_error(path, error) from error
    except BaseException:
        _remove_quietly(name)
        raise


@contextmanager
def write_folder(path: PathLike) -> Iterator[Path]:
    """Yield a temporary folder that takes the name `path` when the block ends without an error.

    An older folder there is replaced as a whole, and removed only after the new one stands.

    Raises:
        StorageError: as for `write_atomic`, also when `path` is a file.
    """
    path = Path(path)
    with naming_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(path))
        work = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent))
    try:
        with naming_write_errors(path):
            yield work
            replace_folder(work, path)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def replace_folder(new: PathLike, path: PathLike) -> None:
    """Give the finished folder `new` the name `path`; an older folder there goes afterwards."""
    new, path = Path(new), Path(path)
    os.chmod(new, 0o777 & ~_read_umask())
    if not path.exists():
        os.rename(new, path)
    else:
        old = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".old", dir=path.parent))
        os.rename(path, old / "was")
        os.rename(new, path)
        shutil.rmtree(old, ignore_errors=True)
    sync_folder(path.parent)


def sync_folder(path: PathLike) -> None:
    """Make renames in a folder survive a power cut, where the file system can."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _read_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _set_usual_permissions(name: str) -> None:
    # mkstemp makes files that only their owner reads; artefacts are shared with services.
    os.chmod(name, 0o666 & ~_read_umask())


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
    """Write an object as UTF-8 JSON, atomically, keys in the order given."""
    with write_atomic(path, "w") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.write("\n")


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
    except ValueError as error:
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
    needed = offset + dtype.itemsize * int(np.prod(shape, dtype=np.int64))
    try:
        size = os.path.getsize(path)
    except OSError as error:
        raise InputError(f"can't read {os.fspath(path)}: {error.strerror}", value=path) from error
    if size < needed:
        raise CorruptedError(
            f"{os.fspath(path)} is cut short: {size} bytes where {needed} are needed; "
            "build it again or fetch it again",
            value=path,
        )
    if 0 in shape:
        return np.empty(shape, dtype)
    return np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape)


def save_tensors(path: PathLike, tensors: Mapping[str, np.ndarray]) -> None:
    """Write named arrays as one safetensors file, atomically."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    path = Path(path)
    with naming_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        os.close(handle)
    try:
        with naming_write_errors(path):
            save_file({key: np.ascontiguousarray(value) for key, value in tensors.items()}, name)
            with open(name, "rb") as file:
                os.fsync(file.fileno())
            _set_usual_permissions(name)
            os.replace(name, path)
    except SafetensorError as error:
        _remove_quietly(name)
        full = "No space left" in str(error)
        raise _describe_write_error(
            path, OSError(errno.ENOSPC if full else 0, str(error))
        ) from error
    except BaseException:
        _remove_quietly(name)
        raise


def map_tensors(path: PathLike) -> dict[str, np.ndarray]:
    """Map a safetensors file: name to read-only array, nothing read before it is touched.

    Raises:
        InputError: if the file is missing.
        CorruptedError: if the header is broken or the file is cut short.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(100_000_000, path.stat().st_size - 8):
                raise ValueError("header length out of range")
            header = json.loads(file.read(length))
        tensors = {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            dtype, shape = np.dtype(_SAFETENSORS_DTYPES[entry["dtype"]]), tuple(entry["shape"])
            if end - begin != dtype.itemsize * int(np.prod(shape, dtype=np.int64)):
                raise ValueError(f"tensor {name!r} has the wrong size")
            tensors[name] = map_array(path, dtype, shape, 8 + length + begin)
    except EmbedrecError:
        raise
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}", value=path) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptedError(
            f"{path} is not a readable safetensors file ({error}); build it again", value=path
        ) from error
    return tensors
