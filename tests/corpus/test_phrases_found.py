"""How phrases are written, kept in a file, and joined in sentences and queries."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedrec.corpus.phrases_found import Phrase, Phrases, join_known, join_words
from embedrec.errors import CorruptedError, InputError


@pytest.mark.parametrize(
    ("words", "delimiter", "expected"),
    [
        (["new", "york"], None, "new_york"),
        (["人工", "智能"], None, "人工智能"),
        (["2020", "年"], None, "2020年"),
        (["iphone", "手机"], None, "iphone手机"),
        (["コーヒー", "豆"], None, "コーヒー豆"),
        (["𠮷", "野"], None, "𠮷野"),
        (["state", "of", "the", "art"], None, "state_of_the_art"),
        (["人", "the", "end"], None, "人the_end"),
        (["人工", "智能"], "_", "人工_智能"),
        (["new", "york"], "", "newyork"),
    ],
)
def test_words_are_joined_as_they_are_written(
    words: list[str], delimiter: str | None, expected: str
) -> None:
    assert join_words(words, delimiter) == expected


def test_a_query_takes_the_longest_known_form() -> None:
    known = {"new_york", "new_york_city", "city_hall"}
    words = ["in", "new", "york", "city", "hall", "new", "york", "x"]
    expected = ["in", "new_york_city", "hall", "new_york", "x"]
    assert join_known(words, known.__contains__) == expected
    assert join_known([], known.__contains__) == []
    assert join_known(["中", "国", "人"], {"中国", "中国人"}.__contains__) == ["中国人"]


def make_phrases() -> Phrases:
    return Phrases(
        [
            Phrase(("new_york", "city"), "new_york_city", 7, 1.5, 2),
            Phrase(("new", "york"), "new_york", 9, 10 / 3, 1),
            Phrase(("rest", "of", "world"), "rest_of_world", 5, 8.0, 1),
        ]
    )


def test_phrases_stand_in_order_and_join_sentences() -> None:
    phrases = make_phrases()
    assert [phrase.joined for phrase in phrases] == ["rest_of_world", "new_york", "new_york_city"]
    assert phrases[1:2] == [phrases[1]]
    sentence = "of new york city of the rest of new york city and rest of world"
    assert phrases.join(sentence.split()) == [
        "of", "new_york_city", "of", "the", "rest", "of", "new_york_city", "and", "rest_of_world",
    ]  # fmt: skip
    assert phrases.join([]) == []


def test_the_file_gives_them_back(tmp_path: Path) -> None:
    phrases = make_phrases()
    phrases.save(tmp_path / "phrases.tsv")
    assert list(Phrases.load(tmp_path / "phrases.tsv")) == list(phrases)
    assert list(Phrases.load(tmp_path)) == list(phrases)
    Phrases([]).save(tmp_path / "none.tsv")
    assert len(Phrases.load(tmp_path / "none.tsv")) == 0


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda text: "", 1),
        (lambda text: "x" + text, 1),
        (lambda text: text[:-3], 4),
        (lambda text: text + "1\t2\t3\ta b\n", 5),
        (lambda text: text.replace("\t9\t", "\tnine\t"), 3),
        (lambda text: text.replace("new york\t", "new\t"), 3),
        (lambda text: text.replace("\tnew_york\n", "\tnew york\n"), 3),
        (lambda text: text.replace("\n2\t", "\n0\t"), 4),
    ],
)
def test_a_damaged_file_is_told(tmp_path: Path, change, line: int) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "phrases.tsv"
    make_phrases().save(path)
    path.write_text(change(path.read_text()))
    with pytest.raises(CorruptedError, match=rf"phrases\.tsv, line {line}: .* is no phrase"):
        Phrases.load(path)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"can't read .*none"):
        Phrases.load(tmp_path / "none")
    (tmp_path / "latin.tsv").write_bytes(b"\xe9\n")
    with pytest.raises(CorruptedError, match="is not UTF-8"):
        Phrases.load(tmp_path / "latin.tsv")
