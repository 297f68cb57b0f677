"""Files: what is read back is what was written, and nothing is misread from a damaged one."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec import files
from embedrec.errors import CorruptedError, InputError, StorageError


def refuse(code: int) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


def list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- checksums and JSON ---------------------------------------------------------------------------


def test_checksum_is_sha256(tmp_path: Path) -> None:
    content = os.urandom((1 << 20) + 17)
    (tmp_path / "a").write_bytes(content)
    expected = f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert files.compute_checksum(tmp_path / "a") == expected


@pytest.mark.parametrize("read", [files.compute_checksum, files.read_json, files.map_tensors])
def test_reading_what_is_no_file_is_one_line(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(InputError, match="can't read") as caught:
            read(path)
        assert str(path) in str(caught.value)
        assert "None" not in str(caught.value)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("词a\n\"'\\"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(content=st.dictionaries(st.text(max_size=4), JSON_VALUES, max_size=4))
@settings(max_examples=50, deadline=None)
def test_json_round_trip(tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any]) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    files.write_json(path, content)
    assert files.read_json(path) == content


def test_json_keeps_order_and_characters(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a", {"z": "北京", "a": 1})
    assert (tmp_path / "a").read_text(encoding="utf-8") == '{\n "z": "北京",\n "a": 1\n}\n'


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b"\xff\xfe{", b"null", b"[" * 200_000, b'{"a": 1} x'],
    ids=["empty", "cut", "list", "not-utf8", "null", "deep", "more"],
)
def test_bad_json_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(CorruptedError, match=r"a\.json"):
        files.read_json(tmp_path / "a.json")


# --- mapped arrays --------------------------------------------------------------------------------


@given(
    shape=st.lists(st.integers(0, 4), max_size=3).map(tuple),
    dtype=st.sampled_from(["<f4", "<u4", "<i8", "u1"]),
    offset=st.integers(0, 5000),
)
@settings(max_examples=50, deadline=None)
def test_map_array_equals_reading(
    tmp_path_factory: pytest.TempPathFactory, shape: tuple[int, ...], dtype: str, offset: int
) -> None:
    path = tmp_path_factory.mktemp("map") / "a"
    size = int(np.prod(shape, dtype=int))
    expected = np.arange(size, dtype=dtype).reshape(shape)
    path.write_bytes(b"\0" * offset + expected.tobytes())
    mapped = files.map_array(path, dtype, shape, offset)
    assert mapped.dtype == dtype
    assert mapped.shape == shape
    assert np.array_equal(mapped, expected)
    assert not mapped.flags.writeable
    if size:
        with pytest.raises(CorruptedError, match="cut short"):
            files.map_array(path, dtype, shape, offset + 1)


@pytest.mark.parametrize("shape", [(-1, 4), (2**32, 2**32), (2**62, 4), (5,)])
def test_map_array_refuses_impossible_shapes(tmp_path: Path, shape: tuple[int, ...]) -> None:
    (tmp_path / "a").write_bytes(b"\0" * 16)
    with pytest.raises(CorruptedError, match="a "):
        files.map_array(tmp_path / "a", "<f4", shape)


def test_map_array_refuses_a_negative_offset_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\0" * 16)
    with pytest.raises(CorruptedError, match="byte -4"):
        files.map_array(tmp_path / "a", "<f4", (1,), -4)
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(InputError, match="can't read"):
            files.map_array(path, "<f4", (1,))


# --- tensors --------------------------------------------------------------------------------------

TENSORS = {
    "vectors": np.arange(12, dtype=np.float32).reshape(3, 4),
    "counts": np.arange(3, dtype=np.uint64),
    "flags": np.array([True, False]),
    "scalar": np.float64(2.5),
    "empty": np.zeros((0, 4), np.float32),
    "columns": np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3)),
    "big_endian": np.arange(3, dtype=">i8"),
    "strided": np.arange(20, dtype=np.int16)[::3],
}


def test_tensors_round_trip_and_read_by_the_library(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    path = tmp_path / "deep" / "a.safetensors"
    files.save_tensors(path, TENSORS)
    mapped, theirs = files.map_tensors(path), load_file(path)
    assert set(mapped) == set(theirs) == set(TENSORS)
    for name, value in TENSORS.items():
        assert mapped[name].shape == np.shape(value), name
        assert mapped[name].dtype == np.asarray(value).dtype.newbyteorder("<"), name
        assert np.array_equal(mapped[name], value), name
        assert np.array_equal(theirs[name], value), name
        assert not mapped[name].flags.writeable, name
    assert list_names(path.parent) == ["a.safetensors"]


def test_reads_what_the_library_writes(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"b": np.ones(3), "a": np.arange(2)}, tmp_path / "t", metadata={"format": "np"})
    mapped = files.map_tensors(tmp_path / "t")
    assert {name: array.tolist() for name, array in mapped.items()} == {
        "b": [1.0, 1.0, 1.0],
        "a": [0, 1],
    }


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_full_disk_keeps_the_older_tensors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "t"
    files.save_tensors(path, {"a": np.zeros(3)})
    monkeypatch.setattr(files.os, call, refuse(errno.ENOSPC))
    with pytest.raises(StorageError, match="the disk is full"):
        files.save_tensors(path, {"a": np.ones(3)})
    assert files.map_tensors(path)["a"].tolist() == [0, 0, 0]
    assert list_names(tmp_path) == ["t"]


def test_full_disk_seen_by_the_library_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import safetensors.numpy

    def fail(*_: Any, **__: Any) -> None:
        raise safetensors.SafetensorError(
            "Error while serializing: I/O error: No space left on device (os error 28)"
        )

    monkeypatch.setattr(safetensors.numpy, "save_file", fail)
    with pytest.raises(StorageError, match="t: the disk is full"):
        files.save_tensors(tmp_path / "t", {"a": np.ones(3)})
    assert list_names(tmp_path) == []


def write_raw(path: Path, header: Any, body: bytes = b"\0" * 16, length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + body)
    return path


def describe(begin: Any, end: Any, shape: Any = (2,), dtype: Any = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def test_the_raw_writer_of_these_tests_writes_readable_files(tmp_path: Path) -> None:
    path = write_raw(tmp_path / "t", {"a": describe(0, 8), "b": describe(8, 16)})
    assert files.map_tensors(path)["b"].tolist() == [0.0, 0.0]


BAD_HEADERS: dict[str, Any] = {
    "not json": b"{nonsense",
    "not utf-8": b'{"\xff": 1}',
    "a list": [],
    "a number": 3,
    "deep": b"[" * 200_000,
    "entry is no object": {"a": 3},
    "no offsets": {"a": {"dtype": "F32", "shape": [2]}},
    "unknown dtype": {"a": describe(0, 16, dtype="F1")},
    "dtype is a list": {"a": describe(0, 16, dtype=[])},
    "negative sizes": {"a": describe(0, 16, (-2, -2))},
    "negative place": {"a": describe(-8, 0), "b": describe(0, 16, (4,))},
    "size and shape differ": {"a": describe(0, 16, (3,))},
    "shape wraps around": {"a": describe(0, 0, (2**32, 2**32)), "b": describe(0, 16, (4,))},
    "shape of text": {"a": describe(0, 16, "ab")},
    "shape of floats": {"a": describe(0, 16, (4.0,))},
    "overlap": {"a": describe(0, 16, (4,)), "b": describe(8, 16)},
    "gap": {"a": describe(0, 4, (1,)), "b": describe(8, 16)},
    "beyond the end": {"a": describe(0, 32, (8,))},
    "bytes left over": {"a": describe(0, 8)},
    "offsets of text": {"a": {"dtype": "F32", "shape": [2], "data_offsets": "ab"}},
    "three offsets": {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4, 16]}},
}


@pytest.mark.parametrize("what", BAD_HEADERS)
def test_bad_header_is_one_line(tmp_path: Path, what: str) -> None:
    path = write_raw(tmp_path / "t.safetensors", BAD_HEADERS[what])
    with pytest.raises(CorruptedError, match=r"t\.safetensors"):
        files.map_tensors(path)


@pytest.mark.parametrize("length", [0, 1, 2**20, 2**63, 2**64 - 1])
def test_bad_header_length_is_one_line(tmp_path: Path, length: int) -> None:
    path = write_raw(tmp_path / "t", {"a": describe(0, 16, (4,))}, length=length)
    with pytest.raises(CorruptedError, match=r"header length|not a readable"):
        files.map_tensors(path)


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    files.save_tensors(tmp_path / "t", {"a": np.arange(5), "b": np.ones(3, np.float32)})
    whole = (tmp_path / "t").read_bytes()
    for size in range(len(whole)):
        (tmp_path / "t").write_bytes(whole[:size])
        with pytest.raises(CorruptedError):
            files.map_tensors(tmp_path / "t")


@given(place=st.integers(0, 10_000), value=st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_any_changed_byte_gives_arrays_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    path = tmp_path_factory.mktemp("damage") / "t"
    files.save_tensors(path, {"a": np.arange(5), "b": np.ones((2, 3), np.float32)})
    content = bytearray(path.read_bytes())
    content[place % len(content)] = value
    path.write_bytes(content)
    try:
        mapped = files.map_tensors(path)
    except CorruptedError:
        return
    assert sum(array.nbytes for array in mapped.values()) == 5 * 8 + 6 * 4
