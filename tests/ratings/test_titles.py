"""Titles of items in MovieLens' forms and others."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedrec.errors import InputError, ParameterError
from embedrec.ratings.titles import read_titles

TITLES = {"1": "Toy Story (1995)", "2": "American President, The (1995)", "3": "Misérables, Les"}
GENRES = ["Animation|Children's", "Comedy", "Drama|War|Musical"]


def join(form: str) -> str:
    rows = []
    for (item, title), genres in zip(TITLES.items(), GENRES, strict=True):
        quoted = f'"{title}"' if "," in title else title
        rows.append(form.format(item=item, title=title, quoted=quoted, genres=genres))
    return "".join(rows)


FORMS = {
    "u.item": join("{item}|{title}|01-Jan-1995||http://x.y/?a%20b,c|0|1\n"),
    "movies.dat": join("{item}::{title}::{genres}\n"),
    "movies.csv": "movieId,title,genres\n" + join("{item},{quoted},{genres}\n"),
    "no header": join("{item},{quoted},{genres}\r\n"),
    "tsv": join("{item}\t{title}\n\n"),
    "books": "title;x;ISBN\n" + join('"{title}";;{item}\n'),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-8-sig"])
def test_forms_and_encodings(form: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "titles"
    path.write_bytes(FORMS[form].encode(encoding))
    assert read_titles(path) == TITLES


def test_the_first_title_of_an_id_counts(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_text("1|One\n1|Two\n")
    assert read_titles(path) == {"1": "One"}
    assert read_titles(path, delimiter="|") == {"1": "One"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"alone\nlines\n", "single field"),
        (b"1|One\n2\n", "line 2 of"),
        (b"1|One\n|Two\n", "line 2 of"),
        ("1|One\n".encode("utf-16"), "no text"),
    ],
)
def test_bad_files(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_titles(path)
    with pytest.raises(InputError, match="can't read"):
        read_titles(tmp_path / "absent")
    with pytest.raises(ParameterError, match="delimiter is ''"):
        read_titles(path, delimiter="")


@pytest.mark.data
def test_movielens_100k(data: Path) -> None:
    titles = read_titles(f"{data / 'ratings' / 'ml-100k.zip'}:ml-100k/u.item")
    assert len(titles) == 1682
    assert titles["50"] == "Star Wars (1977)"
    assert titles["543"] == "Misérables, Les (1995)"
