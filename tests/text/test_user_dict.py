"""User dictionaries: jieba's format, one form, bad lines told by number."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedrec.errors import InputError
from embedrec.text.segment import open_segmenter
from embedrec.text.user_dict import parse_user_dict, read_user_dict


def test_dictionary_lines() -> None:
    assert parse_user_dict("\ufeff云 计算 5 n\n\n李 nr\nabc\n C盘 7 \n") == [
        ("云 计算", 5, "n"),
        ("李", None, "nr"),
        ("abc", None, None),
        ("C盘", 7, None),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xe4\xba\x91 5\n\xff\xfe\n", "line 2"),
        ("好\n云计算 3.5\n".encode(), "line 2.*whole number"),
        ("好\n\n云计算 -5 n\n".encode(), "line 3.*whole number"),
        ("云计算\t5\tn\n".encode(), "line 1.*tab"),
        (f"云计算 {10**30}\n".encode(), "line 1.*above"),
        (b"\n  \n", "holds no word"),
        (b"", "holds no word"),
    ],
)
def test_bad_dictionaries_are_told_by_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        open_segmenter("jieba", path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_missing_dictionary(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.txt"):
        open_segmenter("auto", tmp_path / "none.txt")
    with pytest.raises(InputError, match="directory"):
        open_segmenter("auto", tmp_path)


def test_a_dictionary_has_one_form(tmp_path: Path) -> None:
    unix, windows = tmp_path / "unix.txt", tmp_path / "windows.txt"
    unix.write_bytes("云计算 5\n创新办".encode())
    windows.write_bytes("\ufeff云计算 5\r\n创新办\r\n".encode())
    assert read_user_dict(unix) == read_user_dict(windows) == "云计算 5\n创新办\n"
    described = [open_segmenter("jieba", path).describe() for path in (unix, windows)]
    assert described[0] == described[1]
    assert described[0]["user_dict_hash"].startswith("sha256:")
