"""Dumps of every version and kind to articles; damage keeps every complete page before it."""

from __future__ import annotations

import bz2
import gzip
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.errors import InputError
from embedrec.text.document import BrokenStream
from embedrec.text.dump import read_pages
from embedrec.text.source import DocumentReader
from tests.text.dumps import Page, Revision, pack_multistream, page, write_dump, write_header

COUNTS = ("pages", "redirects", "other_namespaces", "other_models", "empty")


def parse(dump: str | bytes, chunk_size: int = 1 << 16) -> tuple[list[tuple[str, str]], dict]:
    data = dump.encode() if isinstance(dump, str) else dump
    counts = dict.fromkeys(COUNTS, 0)
    chunks = (data[i : i + chunk_size] for i in range(0, len(data), chunk_size))
    return [(d.title, d.body) for d in read_pages(chunks, counts)], counts


# Characters that XML 1.0 can hold and that its parsers hand on as they are (not "\r").
TEXTS = st.text(
    st.characters(
        codec="utf-8", exclude_characters="\r\ufffe\uffff", exclude_categories=["Cc", "Cs"]
    )
    | st.sampled_from("\n\t <>&\"'[]{}|=")
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(TEXTS, TEXTS), max_size=6),
    st.sampled_from(["0.10", "0.11"]),
    st.integers(1, 400),
)
def test_pages_come_back_as_written_however_they_are_chunked(pages, version, chunk_size):
    dump = write_dump([page(title, text) for title, text in pages], version=version)
    found, counts = parse(dump, chunk_size)
    expected = [(t.strip(), x) for t, x in pages if x.strip() and not x.lstrip().startswith("#")]
    assert [f for f in found if not f[1].lstrip().startswith("#")] == expected
    assert counts["pages"] == len(pages)


def test_only_articles_are_kept_and_everything_else_is_counted():
    dump = write_dump(
        [
            page("柏林", "'''柏林'''是德国首都。"),
            page("讨论:柏林", "谈", ns=1),
            page("伯林", "#REDIRECT [[柏林]]", redirect="柏林"),
            page("空", " \n"),
            Page("x.css", [Revision("a{}", model="css", format="text/css")]),
            Page("x.js", [Revision("a()", model=None, format="text/javascript")]),
            page("巴黎", "巴黎是法国首都。"),
        ]
    )
    found, counts = parse(dump)
    assert found == [("柏林", "'''柏林'''是德国首都。"), ("巴黎", "巴黎是法国首都。")]
    assert counts == {
        "pages": 7, "redirects": 1, "other_namespaces": 1, "other_models": 2, "empty": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "#REDIRECT [[A]]",
        "#redirect:[[A]]",
        " \n#重定向 [[A]]",
        "#重新導向[[A]]",
        "#WEITERLEITUNG [[A]]",
        "#ПЕРЕНАПРАВЛЕНИЕ [[A]]",
        "#転送 [[A]] {{分类}}",
    ],
)
def test_redirects_of_old_dumps_are_known_by_their_text(text):
    found, counts = parse(write_dump([page("a", text), page("b", "文")]))
    assert (found, counts["redirects"]) == ([("b", "文")], 1)


@pytest.mark.parametrize("text", ["#[[A]]", "# redirect", "#列表 [[A]]", "文 #REDIRECT [[A]]"])
def test_lists_are_no_redirects(text):
    assert parse(write_dump([page("a", text)]))[0] == [("a", text)]


def test_namespace_comes_from_the_title_where_the_dump_has_none():
    titles = [
        "柏林",
        "讨论:柏林",
        "模板:a",
        "Talk:b",
        "维基百科:x",
        "Terminator: 2",
        "category_talk:q",
    ]
    found, counts = parse(write_dump([page(t, "文", ns=None) for t in titles], version="0.3"))
    assert [title for title, _ in found] == ["柏林", "Terminator: 2"]
    assert counts["other_namespaces"] == 5


def test_the_latest_revision_stands_whichever_way_the_history_runs():
    early, late = "2019-05-01T00:00:00Z", "2020-05-01T00:00:00Z"
    rising = Page("a", [Revision("旧", early), Revision("新", late)])
    falling = Page("b", [Revision("新", late), Revision("旧", early)])
    same = Page("c", [Revision("旧", late), Revision("新", late)])
    assert [body for _, body in parse(write_dump([rising, falling, same]))[0]] == ["新"] * 3


def test_a_history_that_became_a_redirect_is_one():
    history = [Revision("文", "2019-01-01T00:00:00Z"), Revision("#REDIRECT [[b]]")]
    assert parse(write_dump([Page("a", history), page("b", "文")]))[0] == [("b", "文")]


def test_further_slots_of_version_011_are_left_alone():
    slot = (
        "<content><role>mediainfo</role><origin>1</origin><model>wikibase-mediainfo</model>"
        "<format>application/json</format><text>{}</text></content>"
    )
    dump = write_dump([Page("a", [Revision("文", slot=slot)])], version="0.11")
    assert parse(dump)[0] == [("a", "文")]


def test_uploads_and_contributors_do_not_mix_into_the_page():
    dump = write_dump([page("a", "文")])
    upload = "<upload><timestamp>2030</timestamp><text>x</text><comment>y</comment></upload></page>"
    assert parse(dump.replace("</page>", upload))[0] == [("a", "文")]


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_cut_dump_keeps_each_complete_page(data):
    dump = write_dump([page(f"题{i}", f"第{i}页，<b>字</b>&") for i in range(4)]).encode()
    cut = data.draw(st.integers(0, len(dump.rstrip()) - 1))
    counts = dict.fromkeys(COUNTS, 0)
    found = []
    with pytest.raises(BrokenStream) as caught:
        found.extend(document.title for document in read_pages([dump[:cut]], counts))
    n_complete = dump[:cut].count(b"</page>")
    assert found == [f"题{i}" for i in range(n_complete)]
    assert caught.value.unit == "line"
    assert caught.value.position <= dump[:cut].count(b"\n") + 1


@pytest.mark.parametrize(
    "bad",
    ["<b>", "&nbsp;", "\x01", "</text></text>", "]]>"],
    ids=["tag", "entity", "control", "end", "cdata"],
)
@pytest.mark.parametrize("chunk_size", [1, 64, 1 << 16])
def test_broken_xml_in_the_middle_keeps_the_pages_before(bad, chunk_size):
    dump = write_dump([page("a", "文"), page("b", "文"), page("c", "坏MARK"), page("d", "文")])
    dump = dump.replace("MARK", bad).encode()
    chunks = (dump[i : i + chunk_size] for i in range(0, len(dump), chunk_size))
    found = []
    with pytest.raises(BrokenStream) as caught:
        found.extend(document.title for document in read_pages(chunks, dict.fromkeys(COUNTS, 0)))
    assert found == ["a", "b"]
    line = dump[: dump.index("坏".encode())].count(b"\n") + 1
    assert line <= caught.value.position <= line + 1
    assert "XML" in caught.value.reason


def test_entity_bombs_are_refused_at_once(tmp_path: Path):
    entities = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(9))
    bomb = f'<!DOCTYPE mediawiki [<!ENTITY e0 "ha">{entities}]>'
    dump = bomb + write_dump([page("a", "MARK")]).replace("MARK", "&e9;")
    path = tmp_path / "bomb.xml"
    path.write_text('<?xml version="1.0"?>\n' + dump, encoding="utf-8")
    with pytest.raises(InputError, match=r"bomb\.xml declares an XML document type") as caught:
        DocumentReader([path])
    assert "\n" not in str(caught.value)
    # The second line of defence, should such a thing get past the look at the beginning.
    with pytest.raises(BrokenStream, match="document type"):
        list(read_pages([dump.encode()], dict.fromkeys(COUNTS, 0)))


PAGES = [
    page("柏林", "柏林是德国首都。\n\n是。"),
    page("伯林", "#重定向 [[柏林]]"),
    page("巴黎", "法国𠮷"),
]
EXPECTED = [("柏林", "柏林是德国首都。\n\n是。"), ("巴黎", "法国𠮷")]


@pytest.mark.parametrize("version", ["0.10", "0.11"])
@pytest.mark.parametrize(
    "pack",
    [
        str.encode,
        lambda dump: bz2.compress(dump.encode()),
        pack_multistream,
        lambda dump: gzip.compress(dump.encode()),
        lambda dump: gzip.compress(dump[:900].encode()) + gzip.compress(dump[900:].encode()),
        lambda dump: dump.encode("utf-8-sig"),
        lambda dump: dump.encode("utf-16"),
        lambda dump: b"\xfe\xff" + dump.encode("utf-16-be"),
        lambda dump: dump.encode("utf-16-le"),
        lambda dump: ('<?xml version="1.0" encoding="utf-8"?>' + dump).encode("utf-16"),
        lambda dump: ('<?xml version="1.0" encoding="UTF-16"?>' + dump).encode(),
        lambda dump: ('<?xml version="1.0" encoding="iso-8859-1"?>' + dump).encode(),
        lambda dump: ("<?xml version='1.0' encoding='GB18030'?>" + dump).encode("gb18030"),
    ],
    ids=[
        "plain",
        "bz2",
        "multistream",
        "gz",
        "gz-members",
        "bom",
        "utf16",
        "utf16-be",
        "utf16-bare",
        "utf16-lie",
        "utf8-lie",
        "latin1-lie",
        "gb18030",
    ],
)
def test_every_wrapping_gives_the_same_articles(pack, version, tmp_path: Path):
    path = tmp_path / "any.name"
    path.write_bytes(pack(write_dump(PAGES, version=version)))
    reader = DocumentReader([path])
    assert [(d.title, d.body) for d in reader] == EXPECTED
    assert {d.markup for d in reader} == {"wikitext"}
    assert reader.counts["pages"] == 3
    assert not reader.damages


def read_kept(path: Path) -> tuple[list[str], int]:
    """Titles read from a damaged file; -1 for an InputError, else the number of damages."""
    try:
        reader = DocumentReader([path])
        titles = [d.title for d in reader]
    except InputError as error:
        titles, message = [], str(error)
    else:
        message = ""
    if message:
        assert "\n" not in message
        assert str(path) in message
        return [], -1
    for damage in reader.damages:
        assert damage.n_kept == len(titles)
        assert str(path) in damage.describe()
        assert "\n" not in damage.describe()
    assert reader.n_bytes_read == reader.n_bytes == path.stat().st_size
    return titles, len(reader.damages)


@pytest.mark.parametrize("packing", ["bz2", "multistream", "gz", "plain"])
def test_a_dump_cut_at_any_byte_gives_the_pages_before_and_says_so(packing, tmp_path: Path):
    dump = write_dump([page(f"题{i}", f"第{i}页。" * 3) for i in range(6)], namespaces={1: "讨论"})
    titles = [f"题{i}" for i in range(6)]
    packed = {
        "bz2": lambda: bz2.compress(dump.encode()),
        "multistream": lambda: pack_multistream(dump, 1),
        "gz": lambda: gzip.compress(dump.encode()),
        "plain": lambda: dump.rstrip().encode(),
    }[packing]()
    path = tmp_path / "cut"
    lengths = set()
    for cut in range(0, len(packed), 3):
        path.write_bytes(packed[:cut])
        found, n_damages = read_kept(path)
        assert found == titles[: len(found)]
        assert n_damages in (-1, 1)  # never silently short
        lengths.add(len(found))
    # A single bz2 block is all or nothing; the others give page after page.
    assert lengths >= ({0} if packing == "bz2" else {0, 3, 5})


@pytest.mark.parametrize("packing", ["multistream", "gz"])
def test_a_flipped_byte_never_ends_in_a_traceback(packing, tmp_path: Path):
    dump = write_dump([page(f"题{i}", f"第{i}页。" * 3) for i in range(6)], namespaces={1: "讨论"})
    packed = pack_multistream(dump, 1) if packing == "multistream" else gzip.compress(dump.encode())
    path = tmp_path / "flipped"
    for at in range(0, len(packed), 11):
        path.write_bytes(packed[:at] + bytes([packed[at] ^ 0xFF]) + packed[at + 1 :])
        found, n_damages = read_kept(path)
        if packing == "multistream":  # bzip2 checks before it hands on
            assert found == [f"题{i}" for i in range(len(found))]
            assert n_damages or len(found) == 6


def test_a_dump_without_an_article_is_an_error_at_the_end(tmp_path: Path):
    path = tmp_path / "d.xml"
    path.write_text(write_dump([page("讨论:a", "文", ns=1), page("b", "#REDIRECT [[c]]")]))
    reader = DocumentReader([path])
    with pytest.raises(
        InputError, match=r"d\.xml holds no article \(2 pages: other namespaces 1, red"
    ):
        list(reader)
    path.write_text(write_header() + "</mediawiki>")
    with pytest.raises(InputError, match="no article"):
        list(DocumentReader([path]))


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "pages", "documents", "redirects"),
    [
        ("dbpedia-minidump-zh.xml.bz2", 1, 1, 0),
        ("dbpedia-minidump-en.xml.bz2", 27, 24, 2),
        ("dbpedia-minidump-de.xml.bz2", 2, 2, 0),
        ("dbpedia-minidump-ja.xml.bz2", 1, 1, 0),
        ("dbpedia-minidump-ko.xml.bz2", 1, 1, 0),
        # 100 pages are redirects, one of them outside namespace 0
        ("enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2", 206, 106, 99),
        ("enwiki-table-markup.xml.bz2", 5, 5, 0),
        ("bgwiki-latest-pages-articles-shortened.xml.bz2", 3, 1, 0),
        ("enwiki-pages-articles-sample.xml.bz2", 3, 2, 1),
    ],
)
def test_real_dumps(data: Path, name, pages, documents, redirects):
    path = data / "wiki_xml" / name
    reader = DocumentReader([path])
    found = list(reader)
    counts = reader.counts
    assert (counts["pages"], counts["documents"], counts["redirects"]) == (
        pages,
        documents,
        redirects,
    )
    assert not reader.damages
    # The same titles as a look at the raw text finds.
    raw = bz2.decompress(path.read_bytes())
    text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
    blocks = re.findall(r"<page>.*?</page>", text, re.DOTALL)
    articles = [b for b in blocks if "<ns>0</ns>" in b and "<redirect " not in b]
    titles = [re.findall(r"<title>(.*?)</title>", b)[0].replace("&amp;", "&") for b in articles]
    assert [d.title for d in found] == titles


@pytest.mark.data
def test_a_whole_official_dump_of_a_wiki_without_articles(data: Path):
    reader = DocumentReader([data / "wiki_xml" / "aawiki-20260101-pages-meta-current.xml.bz2"])
    with pytest.raises(InputError, match="no article"):
        list(reader)
    assert reader.counts["pages"] == 507
    assert reader.counts["other_namespaces"] == 505
