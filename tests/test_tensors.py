"""Tensors: the library of the form reads what is written, and nothing is misread if damaged."""

from __future__ import annotations

import errno
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from embedrec import files, tensors
from embedrec.errors import CorruptedError, InputError, ParameterError, StorageError
from embedrec.tensors import allocate_aligned, map_tensors, read_tensors, save_tensors
from tests.test_files_reading import list_names, refuse

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
    save_tensors(path, TENSORS)
    mapped, theirs = map_tensors(path), load_file(path)
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
    mapped = map_tensors(tmp_path / "t")
    assert {name: array.tolist() for name, array in mapped.items()} == {
        "b": [1.0, 1.0, 1.0],
        "a": [0, 1],
    }


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_full_disk_keeps_the_older_tensors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "t"
    save_tensors(path, {"a": np.zeros(3)})
    monkeypatch.setattr(files.os, call, refuse(errno.ENOSPC))
    with pytest.raises(StorageError, match="the disk is full"):
        save_tensors(path, {"a": np.ones(3)})
    assert map_tensors(path)["a"].tolist() == [0, 0, 0]
    assert list_names(tmp_path) == ["t"]


DTYPES = st.sampled_from(["<f4", ">f4", "<f8", "<f2", "<i8", ">i2", "|u1", "<u8", "|b1"])
SHAPES = npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)


@given(
    st.dictionaries(st.text(max_size=4), DTYPES.flatmap(lambda d: npst.arrays(d, SHAPES))),
    st.sampled_from([1, 8, 24, 1 << 20]),
)
@settings(max_examples=60)
def test_any_arrays_come_back_by_map_read_and_library(
    tmp_path_factory: pytest.TempPathFactory, arrays: dict[str, np.ndarray], piece: int
) -> None:
    from safetensors.numpy import load_file

    arrays.pop("__metadata__", None)
    path = tmp_path_factory.mktemp("t") / "t"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tensors, "_BYTES_AT_ONCE", piece)
        checksum = save_tensors(path, arrays)
    assert checksum == files.compute_checksum(path)
    for found in (map_tensors(path), read_tensors(path), load_file(path)):
        assert set(found) == set(arrays)
        for name, array in arrays.items():
            assert found[name].dtype == array.dtype.newbyteorder("<")
            assert found[name].shape == array.shape
            assert found[name].tobytes() == array.astype(array.dtype.newbyteorder("<")).tobytes()


def test_places_are_aligned(tmp_path: Path) -> None:
    arrays = {"a": np.ones(3, np.uint8), "b": np.ones(3), "c": np.ones(3, np.float32)}
    save_tensors(tmp_path / "t", arrays)
    assert all(array.flags.aligned for array in map_tensors(tmp_path / "t").values())


def test_read_tensors_may_be_changed(tmp_path: Path) -> None:
    save_tensors(tmp_path / "t", {"a": np.zeros(3), "b": np.zeros((2, 0))})
    read = read_tensors(tmp_path / "t")
    read["a"][1] = 5
    assert read["a"].tolist() == [0, 5, 0]
    assert read["b"].shape == (2, 0)
    assert map_tensors(tmp_path / "t")["a"].tolist() == [0, 0, 0]


def test_dtype_without_a_place_is_one_line(tmp_path: Path) -> None:
    for array in (np.zeros(2, complex), np.array(["a"]), np.array([None])):
        with pytest.raises(ParameterError, match="the array 'a' is of dtype"):
            save_tensors(tmp_path / "t", {"a": array})
    assert list_names(tmp_path) == []


def test_saving_and_reading_take_no_copy(tmp_path: Path) -> None:
    import tracemalloc

    array = np.zeros((8_000, 1_000), np.float32)
    tracemalloc.start()
    try:
        save_tensors(tmp_path / "t", {"a": array})
        assert tracemalloc.get_traced_memory()[1] < 0.05 * array.nbytes
        tracemalloc.reset_peak()
        read = read_tensors(tmp_path / "t")
        assert tracemalloc.get_traced_memory()[1] < 1.05 * array.nbytes
    finally:
        tracemalloc.stop()
    assert read["a"].shape == array.shape


@pytest.mark.parametrize("read", [map_tensors, read_tensors])
def test_missing_file_is_one_line(tmp_path: Path, read: Any) -> None:
    with pytest.raises(InputError, match="can't read"):
        read(tmp_path / "absent")


def write_raw(path: Path, header: Any, body: bytes = b"\0" * 16, length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + body)
    return path


def describe(begin: Any, end: Any, shape: Any = (2,), dtype: Any = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def test_the_raw_writer_of_these_tests_writes_readable_files(tmp_path: Path) -> None:
    path = write_raw(tmp_path / "t", {"a": describe(0, 8), "b": describe(8, 16)})
    assert map_tensors(path)["b"].tolist() == [0.0, 0.0]


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
        map_tensors(path)


@pytest.mark.parametrize("length", [0, 1, 2**20, 2**63, 2**64 - 1])
def test_bad_header_length_is_one_line(tmp_path: Path, length: int) -> None:
    path = write_raw(tmp_path / "t", {"a": describe(0, 16, (4,))}, length=length)
    with pytest.raises(CorruptedError, match=r"header length|not a readable"):
        map_tensors(path)


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    save_tensors(tmp_path / "t", {"a": np.arange(5), "b": np.ones(3, np.float32)})
    whole = (tmp_path / "t").read_bytes()
    for size in range(len(whole)):
        (tmp_path / "t").write_bytes(whole[:size])
        with pytest.raises(CorruptedError):
            map_tensors(tmp_path / "t")


@given(place=st.integers(0, 10_000), value=st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_any_changed_byte_gives_arrays_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    path = tmp_path_factory.mktemp("damage") / "t"
    save_tensors(path, {"a": np.arange(5), "b": np.ones((2, 3), np.float32)})
    content = bytearray(path.read_bytes())
    content[place % len(content)] = value
    path.write_bytes(content)
    try:
        mapped = map_tensors(path)
    except CorruptedError:
        return
    assert sum(array.nbytes for array in mapped.values()) == 5 * 8 + 6 * 4


@pytest.mark.parametrize("shape", [(3, 5), (1, 1), (100_000, 200)])
def test_aligned_arrays_begin_at_a_cache_line(shape: tuple[int, int]) -> None:
    arrays = [allocate_aligned(shape, np.float32) for _ in range(3)]
    for array in arrays:
        assert array.ctypes.data % 64 == 0
        assert array.shape == shape
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert not array.any()
    arrays[0][...] = 1
    assert not arrays[1].any()
