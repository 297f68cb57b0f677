from __future__ import annotations

import errno
import hashlib
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from embedrec.corpus.shardfile import ShardEntry, ShardFile, check_shard, map_shard
from embedrec.errors import CorruptedError, StorageError


def write(folder: Path, *pieces: tuple[list[int], list[int]]) -> ShardEntry:
    file = ShardFile(folder, "s-0")
    for ids, lengths in pieces:
        file.append(np.array(ids, np.uint32), np.array(lengths, np.uint32))
    return file.close()


def test_bytes_on_disk(tmp_path: Path) -> None:
    entry = write(tmp_path, ([1, 2, 3], [1, 2]), ([], []), ([2**32 - 1], [1]))
    ids, offsets = (tmp_path / "s-0.ids").read_bytes(), (tmp_path / "s-0.offsets").read_bytes()
    assert ids == b"\1\0\0\0\2\0\0\0\3\0\0\0\xff\xff\xff\xff"
    assert offsets == b"".join(n.to_bytes(8, "little") for n in (0, 1, 3, 4))
    assert (entry.n_tokens, entry.n_sentences) == (4, 3)
    assert entry.files["s-0.ids"] == f"sha256:{hashlib.sha256(ids).hexdigest()}"
    assert entry.files["s-0.offsets"] == f"sha256:{hashlib.sha256(offsets).hexdigest()}"
    assert ShardEntry.from_json(asdict(entry)) == entry


def test_mapped_read_only(tmp_path: Path) -> None:
    ids, offsets = map_shard(tmp_path, write(tmp_path, ([5, 6], [2])))
    assert (ids.dtype, offsets.dtype) == (np.uint32, np.int64)
    assert ids.tolist() == [5, 6]
    assert offsets.tolist() == [0, 2]
    with pytest.raises(ValueError, match="read-only"):
        ids[0] = 1


@pytest.mark.parametrize(
    ("name", "change", "what"),
    [
        ("s-0.ids", lambda b: b[:-1], "has 15 bytes and should have 16"),
        ("s-0.ids", lambda b: b + b"0000", "has 20 bytes"),
        ("s-0.offsets", lambda b: b[:8], "has 8 bytes"),
        ("s-0.offsets", lambda b: b"\1" + b[1:], "offsets run from 1 to 4"),
        ("s-0.offsets", lambda b: b[:-8] + b"\5" + b[-7:], "offsets run from 0 to 5"),
        ("s-0.ids", None, "missing"),
        ("s-0.offsets", None, "missing"),
    ],
)
def test_damage_seen_without_reading_all(tmp_path: Path, name: str, change, what: str) -> None:
    entry = write(tmp_path, ([1, 2, 3, 4], [1, 3]))
    check_shard(tmp_path, entry, verify=True, remedy="build again")
    path = tmp_path / name
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(path.read_bytes()))
    with pytest.raises(CorruptedError, match=what) as caught:
        check_shard(tmp_path, entry, verify=False, remedy="build again")
    assert name in str(caught.value)
    assert "build again" in str(caught.value)


def test_flipped_bit_seen_by_checksum_only(tmp_path: Path) -> None:
    entry = write(tmp_path, ([1, 2, 3, 4], [1, 3]))
    (tmp_path / "s-0.ids").write_bytes(b"\0" * 16)
    check_shard(tmp_path, entry, verify=False, remedy="")
    with pytest.raises(CorruptedError, match=r"s-0\.ids is damaged \(its checksum differs\)"):
        check_shard(tmp_path, entry, verify=True, remedy="")


def test_full_disk_and_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="can't write"):
        ShardFile(tmp_path / "none", "s")
    file = ShardFile(tmp_path, "s")

    class Full:
        def write(self, content: object) -> int:
            raise OSError(errno.ENOSPC, "no space")

    file._files[0] = Full()
    with pytest.raises(StorageError, match="the disk is full"):
        file.append(np.zeros(3, np.uint32), np.array([3]))


def test_partial_writes_are_continued(tmp_path: Path) -> None:
    file = ShardFile(tmp_path, "s")
    real = file._files[0]

    class Slow:
        def write(self, content: memoryview) -> int:
            return real.write(content[:3])

        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None:
            real.close()

        def fileno(self) -> int:
            return real.fileno()

    file._files[0] = Slow()
    file.append(np.arange(5, dtype=np.uint32), np.array([5]))
    check_shard(tmp_path, file.close(), verify=True, remedy="")
    assert map_shard(tmp_path, ShardEntry("s", 5, 1, {}))[0].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "change", [{"n_tokens": -1}, {"n_tokens": "x"}, {"files": 3}, {"stem": None}]
)
def test_bad_entries(change: dict) -> None:
    good = {"stem": "s", "n_tokens": 1, "n_sentences": 1, "files": {}}
    content = {k: v for k, v in {**good, **change}.items() if v is not None}
    with pytest.raises((KeyError, TypeError, ValueError)):
        ShardEntry.from_json(content)
