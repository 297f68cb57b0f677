"""Files of ratings in every form, against Python's csv module; what is bad in them, by line."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedrec.errors import InputError, ParameterError
from embedrec.progress import SilentProgress
from embedrec.ratings import read as reading
from embedrec.ratings.read import read_ratings, read_ratings_report
from embedrec.ratings.table import Ratings

Row = tuple[Any, ...]
FILES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def to_rows(ratings: Ratings) -> list[Row]:
    times = [None] * len(ratings) if ratings.times is None else ratings.times.tolist()
    return [
        (ratings.user_ids[u], ratings.item_ids[i], v, t)
        for u, i, v, t in zip(
            ratings.users.tolist(), ratings.items.tolist(), ratings.values.tolist(), times,
            strict=True,
        )
    ]  # fmt: skip


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


ROWS = [("u1", "a", 5.0, 10), ("u2", "b", 3.5, 20), ("u1", "b", 1.0, 30)]
FORMS = {
    "csv": "u1,a,5,10\nu2,b,3.5,20\nu1,b,1,30\n",
    "no end": "u1,a,5,10\nu2,b,3.5,20\nu1,b,1,30",
    "crlf": "u1,a,5,10\r\nu2,b,3.5,20\r\nu1,b,1,30\r\n",
    "blanks": " u1 , a , 5 ,10\n\n  \nu2, b,3.50,20\nu1,b ,+1.0,30\n\n",
    "tsv": "u1\ta\t5\t10\nu2\tb\t3.5\t20\nu1\tb\t1\t30\n",
    "semicolon": '"u1";"a";"5";"10"\n"u2";"b";"3.5";"20"\n"u1";"b";"1";"30"\n',
    "movielens 1m": "u1::a::5::10\nu2::b::3.5::20\nu1::b::1::30\n",
    "pipe": "u1|a|5|10\nu2|b|3.5|20\nu1|b|1|30\n",
    "words": "u1 a 5 10\nu2   b 3.5 20\n u1 b 1 30 \n",
    "header": "userId,movieId,rating,timestamp\nu1,a,5,10\nu2,b,3.5,20\nu1,b,1,30\n",
    "other order": "rating,item_id,timestamp,user_id\n5,a,10,u1\n3.5,b,20,u2\n1,b,30,u1\n",
    "strange header": "who,what,how much,when\nu1,a,5,10\nu2,b,3.5,20\nu1,b,1,30\n",
    "bom": "\ufeffuser,item,rating,time\nu1,a,5,10\nu2,b,3.5,20\nu1,b,1,30\n",
    "more columns": "user,x,item,rating,time,y\nu1,9,a,5,10,z\nu2,9,b,3.5,20,z\nu1,9,b,1,30,z\n",
    "exponents": "u1,a,5e0,10\nu2,b,35e-1,20.7\nu1,b,1.0,30\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str, tmp_path: Path) -> None:
    ratings = read_ratings(write(tmp_path / "r", FORMS[form]))
    assert to_rows(ratings) == ROWS
    assert ratings.user_ids == ("u1", "u2")
    assert ratings.item_ids == ("a", "b")


def test_dates_are_times(tmp_path: Path) -> None:
    path = write(tmp_path / "r", "a,x,1,1970-01-02\nb,x,2,1970-01-01 00:01:00\nc,x,3,1970-01-01T1Z")
    with pytest.raises(InputError, match="line 3: the time '1970-01-01T1Z'"):
        read_ratings(path)
    path = write(tmp_path / "r", "a,x,1,1970-01-02\nb,x,2,1970-01-01 00:01:00\n")
    times = read_ratings(path).times
    assert times is not None
    assert times.tolist() == [86400, 60]


def test_clicks_and_ratings_without_times(tmp_path: Path) -> None:
    clicks = read_ratings(write(tmp_path / "c", "u1\ta\nu2\tb\nu1\tb\n"))
    assert to_rows(clicks) == [("u1", "a", 1, None), ("u2", "b", 1, None), ("u1", "b", 1, None)]
    plain = read_ratings(write(tmp_path / "p", "u1,a,2\nu2,b,3\n"))
    assert to_rows(plain) == [("u1", "a", 2, None), ("u2", "b", 3, None)]
    # A fourth column that holds no times is none.
    noted = read_ratings(write(tmp_path / "n", "u1,a,2,good\nu2,b,3,bad\n"))
    assert noted.times is None


def test_columns_by_name_and_place(tmp_path: Path) -> None:
    path = write(tmp_path / "r", "when,film,person,mark\n1,a,u1,5\n2,b,u2,3\n")
    expected = [("u1", "a", 5.0, 1), ("u2", "b", 3.0, 2)]
    assert to_rows(read_ratings(path, columns=["person", "film", "mark", "when"])) == expected
    assert to_rows(read_ratings(path, columns=[2, 1, 3, 0])) == expected
    clicks = read_ratings(path, columns=[2, 1, None, 0], header=True)
    assert to_rows(clicks) == [("u1", "a", 1.0, 1), ("u2", "b", 1.0, 2)]
    with pytest.raises(InputError, match="no column 'films'; there are when, film"):
        read_ratings(path, columns=["person", "films"])
    with pytest.raises(InputError, match="4 columns"):
        read_ratings(path, columns=[0, 9])
    for columns in ("ab", [1], [0, 0], [None, 1], [0, -1], [0, True], [0, 1, 2, 3, 4]):
        with pytest.raises(ParameterError, match="column"):
            read_ratings(path, columns=columns)  # type: ignore[arg-type]


def test_quotes_as_in_csv(tmp_path: Path) -> None:
    text = 'u,"Smith, J.",5\n"say ""hi""",b,3\n"u","a",1\n'
    assert to_rows(read_ratings(write(tmp_path / "r", text))) == [
        ("u", "Smith, J.", 5, None),
        ('say "hi"', "b", 3, None),
        ("u", "a", 1, None),
    ]


IDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1, max_size=5)


@given(
    rows=st.lists(
        st.tuples(IDS.map(str.strip).filter(bool), IDS.map(str.strip).filter(bool),
                  st.integers(1, 10).map(lambda x: x / 2), st.integers(-(10**9), 10**9)),
        min_size=1, max_size=25,
    ),
    block=st.sampled_from([1 << 22, 40]),
)  # fmt: skip
@FILES
def test_what_the_csv_module_writes_is_read(
    rows: list[Row], block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["user", "item", "rating", "time"])
    writer.writerows(rows)
    expected: dict[tuple[str, str], Row] = {}
    for row in rows:  # the last by time; of equals the last in the file
        if (row[0], row[1]) not in expected or row[3] >= expected[row[0], row[1]][3]:
            expected[row[0], row[1]] = row
    monkeypatch.setattr(reading, "BLOCK_SIZE", block)
    monkeypatch.setattr(reading, "HEAD_SIZE", block)
    path = write(tmp_path / "r", stream.getvalue())
    ratings, report = read_ratings_report(path, delimiter=",", columns=[0, 1, 2, 3], header=True)
    assert sorted(to_rows(ratings)) == sorted(expected.values())
    assert report.n_duplicates == len(rows) - len(expected)
    assert report.n_lines == len(rows) + 1


def test_duplicates_are_settled_and_told(tmp_path: Path) -> None:
    path = write(tmp_path / "r", "u,a,1,30\nu,b,2,10\nu,a,3,20\nv,a,4,10\nu,b,5,10\n")
    progress = SilentProgress()
    ratings, report = read_ratings_report(path, progress=progress)
    assert to_rows(ratings) == [("u", "a", 1, 30), ("v", "a", 4, 10), ("u", "b", 5, 10)]
    assert (report.n_duplicates, report.duplicates) == (2, [2, 3])
    assert "2 ratings left out" in progress.notices[0]
    assert "line 2, 3" in progress.notices[0]
    without = read_ratings(write(tmp_path / "s", "u,a,1\nu,a,3\n"))
    assert to_rows(without) == [("u", "a", 3, None)]


BAD = """u1,a,5,10
u1,b
u2,b,many,20

u3,c,nan,20
u4,,3,20
u5,d,7,20
u6,e,4,soon
u7,"f,4,20
u8,g,inf,1
u9,g,2,1
"""


def test_bad_lines_by_number(tmp_path: Path) -> None:
    path = write(tmp_path / "r", BAD)
    with pytest.raises(InputError) as caught:
        read_ratings(path, scale=(1, 5), header=False)
    message = str(caught.value)
    assert "line 2: 2 fields where 4 are needed: u1,b" in message
    assert "7 lines more: 3, 5, 6, ..." in message
    assert "--skip-bad" in message
    progress = SilentProgress()
    ratings, report = read_ratings_report(path, scale=(1, 5), on_bad="skip", progress=progress)
    assert to_rows(ratings) == [("u1", "a", 5, 10), ("u9", "g", 2, 1)]
    assert (report.n_bad, report.n_lines) == (8, 11)
    reasons = dict(report.bad)
    assert list(reasons) == [2, 3, 5, 6, 7, 8, 9, 10]
    for number, words in [
        (3, "rating 'many' is no number"),
        (5, "rating 'nan' is not finite"),
        (6, "the item is empty"),
        (7, "7 is not on the scale 1 to 5"),
        (8, "time 'soon'"),
        (9, "quoted field does not end"),
        (10, "'inf' is not finite"),
    ]:
        assert words in reasons[number]
    assert "8 lines left out: line 2" in progress.notices[0]
    assert report.to_json()["bad"] == 8


def test_bad_lines_in_later_blocks_keep_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK_SIZE", 64)
    monkeypatch.setattr(reading, "HEAD_SIZE", 64)
    lines = [f"u{i},i{i % 7},{1 + i % 5}" for i in range(400)]
    lines[123], lines[321] = "broken", "u1,i1,x"
    path = write(tmp_path / "r", "\n".join(lines))
    _, report = read_ratings_report(path, on_bad="skip")
    assert [number for number, _ in report.bad] == [124, 322]


def test_more_bad_lines_than_are_described(tmp_path: Path) -> None:
    path = write(tmp_path / "r", "u,a,1\n" + "u,b\n" * 500)
    _, report = read_ratings_report(path, delimiter=",", columns=[0, 1, 2], on_bad="skip")
    assert report.n_bad == 500
    assert len(report.bad) == 10


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("\n\n  \n", "is empty"),
        ("user,item,rating\n", "is empty"),
        ("alone\nlines\n", "single field"),
        ("u,a,x\nu,b,y\n", "no line is a rating"),
        ("u,a,1\nu,b,2\n".encode("utf-16"), "no text in UTF-8"),
        ("u,a,5\nu,b,99\n", None),
    ],
)
def test_files_that_hold_no_ratings(content: str | bytes, words: str | None, tmp_path) -> None:
    path = write(tmp_path / "r", content)
    if words is None:
        with pytest.raises(InputError, match="line 2: the rating 99 is not on the scale"):
            read_ratings(path, scale=(1, 5))
        return
    with pytest.raises(InputError, match=words) as caught:
        read_ratings(path, on_bad="skip")
    assert "\n" not in str(caught.value)


def test_wrong_arguments(tmp_path: Path) -> None:
    path = write(tmp_path / "r", "u,a,1\n")
    with pytest.raises(ParameterError, match="on_bad"):
        read_ratings(path, on_bad="maybe")
    with pytest.raises(ParameterError, match="scale"):
        read_ratings(path, scale=(5, 1))
    with pytest.raises(ParameterError, match="delimiter"):
        read_ratings(path, delimiter="")
    with pytest.raises(InputError, match="can't read"):
        read_ratings(tmp_path / "absent")
    with pytest.raises(InputError, match="is a folder"):
        read_ratings(tmp_path)


def test_ids_that_are_not_utf_8_are_latin_1(tmp_path: Path) -> None:
    path = write(tmp_path / "r", "Zoë,é,1\nu,a,2\n".encode("latin-1"))
    ratings = read_ratings(path)
    assert (ratings.user_ids, ratings.item_ids) == (("Zoë", "u"), ("é", "a"))
    chinese = read_ratings(write(tmp_path / "c", "张三,电影,1\n李四,书,2\n"))
    assert chinese.user_ids == ("张三", "李四")


def test_large_and_exact_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "r", "u,a,0.1,1234567890123456789\nu,b,16777217,-5\nu,c,.5,0\n")
    ratings = read_ratings(path)
    np.testing.assert_array_equal(ratings.values, np.array([0.1, 16777217, 0.5], np.float32))
    assert ratings.times is not None
    assert ratings.times.tolist() == [1234567890123456789, -5, 0]


@pytest.mark.data
def test_movielens_100k(data: Path) -> None:
    archive = data / "ratings" / "ml-100k.zip"
    ratings, report = read_ratings_report(archive)
    assert (len(ratings), ratings.n_users, ratings.n_items) == (100_000, 943, 1682)
    assert (report.n_bad, report.n_duplicates) == (0, 0)
    assert float(ratings.values.mean()) == pytest.approx(3.52986)
    base = read_ratings(f"{archive}:ml-100k/u1.base", scale=(1, 5))
    assert len(base) == 80_000
