"""The reader over all kinds: what it takes, what it refuses, what it reports."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from pathlib import Path

import pytest

from embedrec.errors import InputError, ParameterError
from embedrec.files import compute_checksum
from embedrec.text.source import Damage, DocumentReader, hash_sources
from tests.text.dumps import page, write_dump

PLAIN = "甲乙\n丙\n\n丁戊\n"
JSON = '{"title": "题", "text": "甲\\n乙"}\n{"text": "丙"}\n'
DOC = '<doc id="1" url="u" title="A &amp; B">\nA\n\n甲 -{zh:乙}- &lt;\n</doc>\n'


def read(*paths: Path, **options: object) -> list[tuple[str, str, str]]:
    return [(d.title, d.body, d.markup) for d in DocumentReader(paths, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("name", ["a.txt", "a.xml.bz2", "a.json"])
def test_kind_comes_from_the_content_and_not_from_the_name(pack, name, tmp_path: Path):
    path = tmp_path / name
    expected = {
        PLAIN: [("", "甲乙\n丙", "plain"), ("", "丁戊", "plain")],
        JSON: [("题", "甲\n乙", "plain"), ("", "丙", "plain")],
        DOC: [("A & B", "A\n\n甲 -{zh:乙}- &lt;", "plain")],
        write_dump([page("题", "[[文]]")]): [("题", "[[文]]", "wikitext")],
    }
    for text, documents in expected.items():
        path.write_bytes(pack(text.encode()))
        assert read(path) == documents
        assert read(path, chunk_size=1) == documents
        path.write_bytes(pack(b"\xef\xbb\xbf" + text.encode()))
        assert read(path) == documents
        path.write_bytes(pack(text.encode("utf-16")))
        assert read(path) == documents


def test_segmented_text_says_so_and_a_dump_stays_wikitext(tmp_path: Path):
    (tmp_path / "a").write_text("甲 乙\n", encoding="utf-8")
    (tmp_path / "b").write_text(JSON, encoding="utf-8")
    (tmp_path / "c").write_text(write_dump([page("题", "文")]), encoding="utf-8")
    assert [m for *_, m in read(tmp_path, segmented=True)] == ["segmented"] * 3 + ["wikitext"]


def test_folders_are_read_in_order_without_hidden_files_and_nothing_twice(tmp_path: Path):
    for name in ["b/2.txt", "b/1.txt", "a.txt", "c.txt", ".hidden", "b/.git/x", ".d/y"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    (tmp_path / "link.txt").symlink_to(tmp_path / "a.txt")
    names = ["a.txt", "b/1.txt", "b/2.txt", "c.txt"]
    assert [body for _, body, _ in read(tmp_path)] == names
    assert [body for _, body, _ in read(tmp_path / "c.txt", tmp_path)] == ["c.txt", *names[:3]]
    assert (
        len(read(tmp_path / "a.txt", tmp_path / "link.txt", tmp_path / "b" / ".." / "a.txt")) == 1
    )
    (tmp_path / "b" / "loop").unlink()
    assert len(read(tmp_path / "b", tmp_path / "b")) == 2
    assert read(tmp_path / ".hidden")  # named, it is wanted


def test_reading_twice_gives_the_same_and_starts_the_figures_anew(tmp_path: Path):
    good, bad = tmp_path / "a.gz", tmp_path / "b.bz2"
    good.write_bytes(gzip.compress(PLAIN.encode()))
    bad.write_bytes(bz2.compress(PLAIN.encode()) + bz2.compress(b"x\n" * 9)[:-3])
    reader = DocumentReader([good, bad])
    runs = []
    for _ in range(2):
        documents = list(reader)
        runs.append((documents, list(reader.damages), dict(reader.counts), reader.n_bytes_read))
    assert runs[0] == runs[1]
    assert runs[0][2]["documents"] == len(runs[0][0]) == 4
    assert len(runs[0][1]) == 1


def test_progress_counts_bytes_on_the_disk(tmp_path: Path):
    files = [tmp_path / "a.xz", tmp_path / "b.txt", tmp_path / "c.gz"]
    text = "".join(f"{i} 甲\n\n" for i in range(30000)).encode()
    for file, pack in zip(files, [lzma.compress, bytes, gzip.compress], strict=True):
        file.write_bytes(pack(text))
    reader = DocumentReader(files, chunk_size=5000)
    seen = [reader.n_bytes_read for _ in reader]
    assert reader.n_bytes_read == reader.n_bytes == sum(f.stat().st_size for f in files)
    assert seen == sorted(seen)
    assert len(set(seen)) > 8  # small chunks, small steps


def test_after_a_damaged_file_the_next_one_is_read(tmp_path: Path):
    a, b, c, d = (tmp_path / name for name in "abcd")
    a.write_bytes("甲\n\n乙\n".encode() + b"\xff\n\n" + "丙\n".encode())
    b.write_bytes(gzip.compress("丁\n\n戊\n己".encode())[:-4])
    c.write_text('{"text": "庚"}\n{"text": \n{"text": "辛"}\n', encoding="utf-8")
    d.write_text(write_dump([page("t", "壬")])[:-3], encoding="utf-8")
    reader = DocumentReader([a, b, c, d])
    assert [document.body for document in reader] == [*"甲乙丁戊庚辛壬"]
    assert reader.damages[0] == Damage(str(a), 4, "line", "text that is not UTF-8", 2)
    assert [(x.unit, x.n_kept) for x in reader.damages] == [
        ("line", 2), ("byte", 2), ("line", 2), ("line", 1),
    ]  # fmt: skip
    assert reader.damages[1].position == b.stat().st_size
    assert "cut short" in reader.damages[1].reason
    assert reader.damages[2].position == 2
    assert "cut short" in reader.damages[3].reason
    for damage in reader.damages:
        line = damage.describe()
        assert damage.path in line
        assert f"{damage.n_kept} document" in line
        assert "\n" not in line


def test_a_wrong_checksum_is_reported_and_the_text_kept(tmp_path: Path):
    path = tmp_path / "a"
    packed = bytearray(gzip.compress(PLAIN.encode()))
    packed[-6] ^= 1
    path.write_bytes(packed)
    # gzip checks at the very end, in the call that unpacks the last of a small file.
    with pytest.raises(InputError, match="compressed data are broken"):
        DocumentReader([path])
    packed = bytearray(gzip.compress(os.urandom(30000).hex().encode() + b"\n" + PLAIN.encode()))
    packed[-6] ^= 1
    path.write_bytes(packed)
    with pytest.raises(InputError, match="before anything usable"):  # a single line, never ended
        list(DocumentReader([path]))


def test_padding_is_no_damage_and_other_bytes_behind_are(tmp_path: Path):
    path = tmp_path / "a"
    for pack in (gzip.compress, bz2.compress, lzma.compress):
        path.write_bytes(pack(PLAIN.encode()) + bytes(512))
        reader = DocumentReader([path])
        assert (len(list(reader)), reader.damages) == (2, [])
        path.write_bytes(pack(PLAIN.encode()) + b"junk")
        assert len(list(reader)) == 2
        assert reader.damages[0].reason == "something else follows the compressed data"
        assert reader.damages[0].position == path.stat().st_size - 4


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256))
REFUSED = {
    "zero bytes": (b"", "is empty"),
    "white space": (b" \n\t\n" * 99999, "is empty"),
    "ideographic space": ("\u3000\n".encode() * 9, "is empty"),
    "empty gz": (gzip.compress(b""), "is empty"),
    "empty bz2": (bz2.compress(b"\n"), "is empty"),
    "png": (PNG, "binary"),
    "zip": (b"PK\x03\x04" + bytes(30), "zip archive: unpack"),
    "zip in gz": (gzip.compress(b"PK\x03\x04" + bytes(30)), "zip archive: unpack"),
    "tar": (b"a.txt".ljust(257, b"\0") + b"ustar\0" + bytes(300), "tar archive: unpack"),
    "gz in gz": (gzip.compress(gzip.compress(b"a")), "compressed twice"),
    "random": (b"\xfe\xfd\xfc\xfb" * 20, "neither UTF-8 text"),
    "gbk": ("今天天气很好，我们去公园。\n".encode("gb18030") * 9, "iconv -f GB18030 -t UTF-8"),
    "gbk after ascii": (b"Title\n" + "今天天气很好".encode("gbk"), "iconv -f GB18030"),
    "utf-16 without mark": ("今天, 天气\n很好".encode("utf-16-le"), "iconv -f UTF-16-?LE"),
    "html": (b"<!DOCTYPE html>\n<html><body>404</body></html>", "web page"),
    "other xml": (b'<?xml version="1.0"?>\n<feed><a/></feed>', "no whole MediaWiki export"),
    "sql": (b"-- MySQL dump 10.13\nINSERT", "SQL dump: take"),
    "json": (b'{"version": 1, "data": [{"text": "a"}]}', "not JSON lines with a 'text'"),
    "json list": (b'[{"text": "a"}]', "not JSON lines with a 'text'"),
    "pretty json": (b'{\n  "text": "a"\n}\n', "not JSON lines with a 'text'"),
    "cut bz2": (bz2.compress(b"abc\n" * 99)[:-20], "before anything usable; fetch"),
    "cut gz": (gzip.compress(b"abc")[:9], "before anything usable; fetch"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_text_is_refused_in_one_line_before_anything_is_read(case, tmp_path: Path):
    content, words = REFUSED[case]
    path = tmp_path / "folder" / "x.txt"
    path.parent.mkdir()
    path.write_bytes(content)
    good = tmp_path / "good"
    good.write_text("text")
    for given in (path, path.parent):
        with pytest.raises(InputError, match=words) as caught:
            DocumentReader([good, given])
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_missing_and_unreadable_inputs_are_refused(tmp_path: Path, monkeypatch):
    with pytest.raises(ParameterError, match="no input"):
        DocumentReader([])
    with pytest.raises(InputError, match="gone does not exist"):
        DocumentReader([tmp_path / "gone"])
    (tmp_path / "empty" / ".hidden").mkdir(parents=True)
    with pytest.raises(InputError, match="empty is a folder without files"):
        DocumentReader([tmp_path / "empty"])
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe is neither a file nor a folder"):
        DocumentReader([tmp_path / "pipe"])
    (tmp_path / "dead").symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match="dead does not exist"):
        DocumentReader([tmp_path / "dead"])
    locked = tmp_path / "locked"
    locked.write_text("a")
    locked.chmod(0)
    if os.geteuid() != 0:
        with pytest.raises(InputError, match="locked may not be read"):
            DocumentReader([locked])


def test_text_that_only_resembles_other_kinds_is_plain(tmp_path: Path):
    path = tmp_path / "a"
    for text in ["[[链接]] 文", "{{模板}} 文", "<b>粗</b>", "<!-- note -->\n# 题", "[1] 注", "{"]:
        path.write_text(text, encoding="utf-8")
        assert read(path) == [("", text, "plain")]


def test_a_json_line_longer_than_the_look_at_the_beginning_is_known(tmp_path: Path):
    path = tmp_path / "a"
    body = "字" * 100_000
    path.write_text(f'{{"id": {{"text": 1}}, "text": "{body}"}}\n', encoding="utf-8")
    assert read(path) == [("", body, "plain")]
    path.write_text(f'{{"data": [{{"text": "{body}"}}]}}\n', encoding="utf-8")
    with pytest.raises(InputError, match="not JSON lines"):
        DocumentReader([path])


def test_sources_are_hashed_by_the_names_given(tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    reader = DocumentReader([tmp_path])
    hashes = hash_sources(reader.files)
    assert hashes == {str(tmp_path / n): compute_checksum(tmp_path / n) for n in ("a", "b")}
    assert len(set(hashes.values())) == 2


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "documents", "lines"),
    [
        ("classics_modern_translation", 7303, 972466),
        ("fudan_subset", 4590, 193862),
        ("laws_cn", 3473, 362905),
        ("sogou_mini_health_finance", 3634, 65294),
        ("ruanyf_weekly", 418, 63239),
        ("chinanews_2020", 2449, 23672),
        ("literature_essays", 832, 29343),
    ],
)
def test_real_plain_text(data: Path, name, documents, lines):
    reader = DocumentReader([data / "zh_corpus" / f"{name}.txt.xz"])
    n = n_lines = 0
    for document in reader:
        n += 1
        n_lines += document.body.count("\n") + 1
    assert (n, n_lines) == (documents, lines)
    assert not reader.damages


@pytest.mark.data
@pytest.mark.parametrize("name", ["cmrc2018_dev", "cmrc2018_trial", "DRCD_dev", "DRCD_test"])
def test_real_json_of_another_form_is_refused(data: Path, name):
    with pytest.raises(InputError, match=rf"{name}\.json\.gz is JSON, but not JSON lines"):
        DocumentReader([data / "zh_wiki" / f"{name}.json.gz"])
