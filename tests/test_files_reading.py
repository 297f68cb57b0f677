"""Files: what is read back is what was written, and nothing is misread from a damaged one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec import files
from embedrec.errors import CorruptedError, InputError
from embedrec.tensors import map_tensors


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


@pytest.mark.parametrize("read", [files.compute_checksum, files.read_json, map_tensors])
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


def count_resident(path: Path) -> int:
    """Return the kB of a mapped file that count as memory of this process."""
    lines = Path("/proc/self/smaps").read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.endswith(str(path)))
    return next(int(line.split()[1]) for line in lines[at:] if line.startswith("Rss:"))


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps"), reason="needs /proc")
def test_released_pages_are_no_memory_and_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(np.arange(1 << 20, dtype="<u4").tobytes())
    mapped = files.map_array(path, "<u4", (1 << 20,))
    view = np.asarray(mapped).view()
    total = int(view.sum(dtype=np.int64))
    assert count_resident(path) == 4096
    files.release_pages(view, 1 << 19)
    assert count_resident(path) == 2048
    files.release_pages(view, 100)  # less than a page: nothing to let go
    files.release_pages(view, 1 << 20)
    assert count_resident(path) == 0
    assert int(view.sum(dtype=np.int64)) == total


def test_release_leaves_other_arrays_alone(tmp_path: Path) -> None:
    array = np.arange(5000)
    files.release_pages(array, 5000)
    files.release_pages(array[1:], 100)
    assert array.sum() == 4999 * 2500
