"""WikiExtractor's two forms."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.errors import InputError
from embedrec.text.document import BrokenStream
from embedrec.text.extracted import read_doc_blocks, read_json_lines, read_lines
from embedrec.text.source import DocumentReader


def chunk(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def read_json(data: bytes, size: int = 1000) -> list[tuple[str, str]]:
    return list(read_json_lines(chunk(data, size), {"empty": 0, "broken_lines": 0}))


def read_doc(data: bytes, size: int = 1000) -> list[tuple[str, str]]:
    return list(read_doc_blocks(chunk(data, size)))


TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS)), st.booleans(), st.integers(1, 99))
def test_json_lines_come_back(articles, ascii_only, size):
    lines = [
        json.dumps({"id": "1", "title": t, "text": x}, ensure_ascii=ascii_only) for t, x in articles
    ]
    expected = [(t, x) for t, x in articles if x.strip()]
    assert read_json("\n".join(lines).encode(), size) == expected
    assert read_json("".join(f"{line}\r\n\n" for line in lines).encode(), size) == expected


BROKEN = [
    b'{"text": "a',
    b'["text"]',
    b'{"title": "a"}',
    b'{"text": 1}',
    b'{"text": "\xff"}',
    b'{"text": "\xed\xa0\x80"}',
    b"{" * 100_000,
    b"[" * 100_000,
    b'{"text": ' + b"9" * 10_000 + b"}",
]


@pytest.mark.parametrize("bad", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_json_line_is_left_out_and_named(bad):
    data = '{"text": "甲"}\n'.encode() + bad + '\n{"text": "乙"}\n'.encode() + bad
    counts = {"empty": 0, "broken_lines": 0}
    found = []
    with pytest.raises(BrokenStream, match="2 lines without a JSON object with a text") as caught:
        found.extend(read_json_lines([data], counts))
    assert found == [("", "甲"), ("", "乙")]
    assert (caught.value.unit, caught.value.position) == ("line", 2)
    assert counts == {"empty": 0, "broken_lines": 2}


def test_half_characters_in_escapes_can_be_written_again():
    ((title, text),) = read_json(rb'{"title": "\ud83d", "text": "a\ud800b\ud83d\ude00"}')
    assert (title, text) == ("�", "a�b😀")
    (title + text).encode("utf-8")


NAMES = st.text("ab词&<>\"'= ", max_size=12).map(str.strip)
BODIES = st.lists(st.text("ab词<>&{}-doc ", max_size=12)).map("\n".join).map(str.strip)
BODIES = BODIES.filter(lambda body: body and "<doc" not in body)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(NAMES, BODIES)), st.integers(1, 99))
def test_doc_blocks_come_back(articles, size):
    # As WikiExtractor writes them: & < > escaped in titles, quotation marks not.
    escaped = [
        (t.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), x) for t, x in articles
    ]
    text = "".join(f'<doc id="1" url="?x=1" title="{t}">\n{x}\n\n</doc>\n' for t, x in escaped)
    assert read_doc(text.encode(), size) == articles
    assert read_doc(text.replace("\n", "\r\n").encode(), size) == articles


def test_titles_end_before_the_next_attribute():
    data = b'<doc title=""Weird" Al" id="1">\ntext\n</doc>\n<doc id="2">\nmore\n</doc>'
    assert read_doc(data) == [('"Weird" Al', "text"), ("", "more")]


def test_text_between_blocks_and_unclosed_blocks_is_kept():
    data = b'<doc title="a">\n1\n<doc title="b">\n2\n</doc>\n\n3\n<doc title="c">\n4\n</doc>\n'
    assert read_doc(data) == [("a", "1"), ("b", "2"), ("", "3"), ("c", "4")]


def test_a_long_block_comes_in_several_documents(monkeypatch):
    monkeypatch.setattr("embedrec.text.extracted.MAX_BODY", 10)
    body = "\n".join(f"line {i}" for i in range(10))
    found = read_doc(f'<doc title="a">\n{body}\n</doc>'.encode())
    assert len(found) == 5
    assert {title for title, _ in found} == {"a"}
    assert "\n".join(text for _, text in found) == body


@pytest.mark.parametrize(
    ("tail", "reason"),
    [(b"5\n", "before the last"), (b"5\n6 \xff\n7\n</doc>\n", "not UTF-8")],
)
def test_a_broken_end_keeps_every_complete_line(tail, reason):
    found = []
    with pytest.raises(BrokenStream, match=reason) as caught:
        found.extend(read_doc_blocks([b'<doc title="a">\n1\n</doc>\n<doc title="b">\n' + tail]))
    assert found == [("a", "1"), ("b", "5")]
    assert (caught.value.unit, caught.value.position) == ("line", 5 if tail == b"5\n" else 6)


def test_a_line_without_end_stops_the_reading():
    lines = []
    with pytest.raises(BrokenStream, match="more than 50 bytes"):
        lines.extend(read_lines([b"a\n", *[b"x" * 20] * 1000], max_line=50))
    assert lines == [b"a"]


@pytest.mark.parametrize("form", ["json", "doc"])
def test_a_file_cut_at_any_byte_gives_its_beginning(form, tmp_path: Path):
    if form == "json":
        text = "".join(json.dumps({"title": f"t{i}", "text": f"文{i}"}) + "\n" for i in range(5))
    else:
        text = "".join(f'<doc id="{i}" title="t{i}">\n文{i}\n</doc>\n' for i in range(5))
    for pack in (gzip.compress, bytes):
        packed = pack(text.encode())
        path = tmp_path / "cut"
        best = 0
        for at in range(len(packed)):
            path.write_bytes(packed[:at])
            try:
                reader = DocumentReader([path])
                found = [(d.title, d.body) for d in reader]
            except InputError:
                continue
            if found and found[0][0] == "":  # cut before the form shows: it is plain text
                assert at < 40
                continue
            assert found == [(f"t{i}", f"文{i}") for i in range(len(found))]
            best = max(best, len(found))
        assert best >= 4


@pytest.mark.data
@pytest.mark.parametrize(("piece", "n"), [("a", 64), ("b", 222)])
def test_real_json_lines(data: Path, piece, n):
    documents = list(DocumentReader([data / "zh_wiki" / f"zhwiki-extracted-{piece}.jsonl.gz"]))
    assert len(documents) == n
    assert all(d.title and d.body.startswith(d.title) and d.markup == "plain" for d in documents)


@pytest.mark.data
def test_real_doc_text(data: Path):
    reader = DocumentReader([data / "en_corpus" / "enwiki-2018-extracted-AA.txt.xz"])
    n = n_words = 0
    for document in reader:
        n += 1
        n_words += len(document.body.split())
        assert document.title
        assert "<doc " not in document.body
        assert "&amp;" not in document.title
    assert n == 6213
    assert 16_250_000 < n_words < 16_350_000
    assert not reader.damages
