"""Named arrays in a safetensors file: written without a copy, mapped, or read into memory.

The form, read and written here: the length of a JSON header (8 bytes, little-endian), the header
(name -> dtype, shape and place of each tensor), then the tensors' values, little-endian in C order,
without gaps (https://github.com/huggingface/safetensors, "Format"). The library of that name, which
copies every tensor before it writes it, plays no part; tests read and write with it beside.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embedrec.errors import CorruptedError, EmbedrecError, InputError, ParameterError
from embedrec.files import PathLike, map_array, write_atomic

_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}  # fmt: skip
_NAMES = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}
_LONGEST_HEADER = 100_000_000
_ALIGNMENT = 8
_BYTES_AT_ONCE = 1 << 23
_LINE_BYTES = 64  # of a cache line


class _Entry(NamedTuple):
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int


def save_tensors(path: PathLike, tensors: Mapping[str, np.ndarray]) -> str:
    """Write named arrays as one safetensors file, atomically, a few MB at a time.

    Returns:
        The checksum of the file, as `files.compute_checksum` gives it.

    Raises:
        ParameterError: if an array's dtype has no place in the form.
        StorageError: if the place can't be written or the disk is full; `path` is as it was before.
    """
    arrays = {name: np.asarray(array) for name, array in tensors.items()}
    dtypes = {name: _find_dtype(name, array) for name, array in arrays.items()}
    # Wide values first: then each tensor's place is a multiple of the size of its values.
    names = sorted(arrays, key=lambda name: -dtypes[name].itemsize)
    header, begin = {}, 0
    for name in names:
        end = begin + arrays[name].size * dtypes[name].itemsize
        header[name] = {
            "dtype": _NAMES[dtypes[name]],
            "shape": list(arrays[name].shape),
            "data_offsets": [begin, end],
        }
        begin = end
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    digest = hashlib.sha256()
    with write_atomic(path) as file:
        for head in (len(text).to_bytes(8, "little"), text):
            digest.update(head)
            file.write(head)
        for name in names:
            for piece in _iterate_pieces(arrays[name], dtypes[name]):
                digest.update(piece)
                file.write(piece)
    return f"sha256:{digest.hexdigest()}"


def map_tensors(path: PathLike) -> dict[str, np.ndarray]:
    """Map a safetensors file: name to read-only array, nothing read before it is touched.

    Raises:
        InputError: if the file is missing.
        CorruptedError: if the header is broken or the file is cut short.
    """
    entries = _read_header(path)
    return {name: map_array(path, *entry) for name, entry in entries.items()}


def read_tensors(path: PathLike) -> dict[str, np.ndarray]:
    """Read a safetensors file: name to writable array. It is in memory once, not mapped beside.

    Raises:
        InputError, CorruptedError: as `map_tensors`.
    """
    tensors = {}
    entries = _read_header(path)
    try:
        with open(path, "rb", buffering=0) as file:
            for name, (dtype, shape, begin) in entries.items():
                tensors[name] = allocate_aligned(shape, dtype)
                file.seek(begin)
                rest = _view_bytes(tensors[name])
                while len(rest):
                    n_read = file.readinto(rest[: 1 << 30])
                    if not n_read:
                        raise CorruptedError(f"{path} is cut short; build it again", value=path)
                    rest = rest[n_read:]
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}", value=path) from error
    return tensors


def allocate_aligned(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return an array of zeros that begins at a cache line, and takes memory only when touched.

    NumPy's large arrays begin 16 bytes after one, so that every other vector a kernel loads lies
    across two lines; training is about a sixth slower then.
    """
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    room = np.zeros(n_bytes + _LINE_BYTES, np.uint8)
    begin = -room.ctypes.data % _LINE_BYTES
    return room[begin : begin + n_bytes].view(dtype).reshape(shape)


def _find_dtype(name: str, array: np.ndarray) -> np.dtype[Any]:
    dtype = array.dtype.newbyteorder("<")
    if dtype not in _NAMES:
        raise ParameterError(
            f"the array {name!r} is of dtype {array.dtype}, which a safetensors file can't hold; "
            f"convert it to one of {', '.join(str(known) for known in _NAMES)}",
            value=str(array.dtype),
        )
    return dtype


def _iterate_pieces(array: np.ndarray, dtype: np.dtype[Any]) -> Iterator[memoryview]:
    if not array.size:
        return
    if array.flags.c_contiguous and array.dtype == dtype:
        whole = _view_bytes(array)
        for begin in range(0, len(whole), _BYTES_AT_ONCE):
            yield whole[begin : begin + _BYTES_AT_ONCE]
        return
    rows = array.reshape(1) if array.ndim == 0 else array
    step = max(1, _BYTES_AT_ONCE * len(rows) // (rows.size * dtype.itemsize))
    for begin in range(0, len(rows), step):
        part = np.ascontiguousarray(rows[begin : begin + step], dtype)
        yield _view_bytes(part)


def _view_bytes(array: np.ndarray) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


def _read_header(path: PathLike) -> dict[str, _Entry]:
    path = Path(path)
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(_LONGEST_HEADER, size - 8):
                raise ValueError("header length out of range")
            header = json.loads(file.read(length))
        return _check_header(header, size, 8 + length)
    except EmbedrecError:
        raise
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}", value=path) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CorruptedError(
            f"{path} is not a readable safetensors file ({error}); build it again", value=path
        ) from error


def _check_header(header: Any, size: int, start: int) -> dict[str, _Entry]:
    header.pop("__metadata__", None)
    entries = {}
    expected = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        dtype, shape = np.dtype(_DTYPES[entry["dtype"]]), tuple(entry["shape"])
        if not all(type(length) is int and length >= 0 for length in shape):
            raise ValueError(f"tensor {name!r} has the shape {shape}")
        # The form allows neither gaps nor overlaps, so each tensor begins where one ended.
        if begin != expected or end - begin != dtype.itemsize * math.prod(shape):
            raise ValueError(f"tensor {name!r} has the wrong size or place")
        entries[name] = _Entry(dtype, shape, start + begin)
        expected = end
    if start + expected > size:
        raise ValueError(f"cut short: {size} bytes where {start + expected} are needed")
    if start + expected < size:
        raise ValueError(f"{size - start - expected} bytes too many at its end")
    return {name: entries[name] for name in header}
