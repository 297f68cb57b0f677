"""Files of ratings packed, in zip files, and broken."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import pytest

from embedrec.errors import InputError
from embedrec.ratings.read import read_ratings
from embedrec.ratings.titles import read_titles

TEXT = "".join(f"u{i % 40},i{i % 97},{1 + i % 5},{i}\n" for i in range(3000)).encode()


def write_zip(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return path


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_whatever_their_name(pack, tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed.csv"
    plain.write_bytes(TEXT)
    packed.write_bytes(pack(TEXT))
    a, b = read_ratings(plain), read_ratings(packed)
    assert a.values.tolist() == b.values.tolist()
    assert (a.user_ids, a.item_ids) == (b.user_ids, b.item_ids)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("share", [0.1, 0.9])
def test_cut_short_is_one_line(pack, share: float, tmp_path: Path) -> None:
    packed = pack(TEXT)
    path = tmp_path / "cut"
    path.write_bytes(packed[: int(len(packed) * share)])
    with pytest.raises(InputError, match=r"broken or cut short .*fetch it again"):
        read_ratings(path)


def test_members_of_zip_files(tmp_path: Path) -> None:
    usual = write_zip(tmp_path / "ml.zip", ml__u_data=TEXT, ml__u_item=b"i1|One\n", README=b"x")
    assert len(read_ratings(usual)) == len(read_ratings(f"{usual}:ml/u.data"))
    assert read_titles(f"{usual}:ml/u.item") == {"i1": "One"}
    alone = write_zip(tmp_path / "one.zip", anything_csv=TEXT)
    assert read_ratings(alone).n_users == 40
    several = write_zip(tmp_path / "two.zip", a_csv=TEXT, b_csv=TEXT)
    with pytest.raises(InputError, match=r"2 files \(a.csv, b.csv\): write .*two.zip:MEMBER"):
        read_ratings(several)
    with pytest.raises(InputError, match=r"no such member; did you mean ml/u.data"):
        read_ratings(f"{usual}:u.data")


def test_what_is_no_zip_file(tmp_path: Path) -> None:
    path = tmp_path / "plain"
    path.write_bytes(TEXT)
    with pytest.raises(InputError, match="is not a zip file"):
        read_ratings(f"{path}:member")
    broken = write_zip(tmp_path / "b.zip", a_csv=TEXT)
    broken.write_bytes(broken.read_bytes()[:-30])
    with pytest.raises(InputError, match="broken or cut short"):
        read_ratings(broken)


def test_colons_in_names_are_names_where_such_a_file_is(tmp_path: Path) -> None:
    path = tmp_path / "a:b"
    path.write_bytes(TEXT)
    assert read_ratings(path).n_items == 97
