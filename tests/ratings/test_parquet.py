"""Ratings in parquet files."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from embedrec.errors import InputError, MissingExtraError
from embedrec.ratings.read import read_ratings, read_ratings_report
from tests.ratings.test_read import to_rows


def write(path: Path, **columns: Any) -> Path:
    pyarrow = pytest.importorskip("pyarrow", reason="pip install '.[parquet]' reads parquet")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table(columns), path)
    return path


def test_columns_by_name(tmp_path: Path) -> None:
    path = write(
        tmp_path / "r.parquet", rating=[5.0, 3.5, 1.0], movieId=[7, 8, 7], userId=["u", "v", "w"],
        timestamp=[3, 2, 1],
    )  # fmt: skip
    ratings = read_ratings(path)
    assert to_rows(ratings) == [("u", "7", 5, 3), ("v", "8", 3.5, 2), ("w", "7", 1, 1)]


def test_columns_by_place_and_dates(tmp_path: Path) -> None:
    when = [datetime(2001, 1, 2), datetime(2001, 1, 1)]
    path = write(tmp_path / "r", a=["u", "v"], b=["x", "x"], c=[1, 2], d=when)
    times = read_ratings(path).times
    assert times is not None
    assert times[0] - times[1] == 86_400_000_000
    chosen = read_ratings(path, columns=["b", "a", None, None])
    assert to_rows(chosen) == [("x", "u", 1, None), ("x", "v", 1, None)]
    with pytest.raises(InputError, match="no column 'e'"):
        read_ratings(path, columns=["a", "e"])


def test_bad_rows_and_duplicates(tmp_path: Path) -> None:
    path = write(
        tmp_path / "r", user=["u", "u", None, "v", "w", "u"], item=["a", "b", "a", "c", "a", "a"],
        rating=[1.0, float("nan"), 3.0, 9.0, None, 2.0],
    )  # fmt: skip
    with pytest.raises(InputError, match="row 3: a value is missing"):
        read_ratings(path)
    ratings, report = read_ratings_report(path, scale=(1, 5), on_bad="skip")
    assert to_rows(ratings) == [("u", "a", 2, None)]
    assert report.n_bad == 4
    assert sorted(n for n, _ in report.bad) == [2, 3, 4, 5]
    assert report.duplicates == [1]


def test_wrong_types(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ids are text or whole numbers"):
        read_ratings(write(tmp_path / "r", user=[1.5], item=["a"]))
    with pytest.raises(InputError, match="ratings must be numbers"):
        read_ratings(write(tmp_path / "s", user=[1], item=["a"], rating=["good"]))
    path = write(tmp_path / "t", user=list(range(99)), item=list(range(99)))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="can't read"):
        read_ratings(path)


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.parquet"
    path.write_bytes(b"PAR1" + b"\0" * 20 + b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'embedrec\[parquet\]'"):
        read_ratings(path)
