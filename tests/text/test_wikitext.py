"""Wikitext to plain text: every construct, hostile pages, and the real page."""

from __future__ import annotations

import bz2
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.errors import ParameterError
from embedrec.text.conversion import PROTECT_END, PROTECT_START, drop_protection
from embedrec.text.markup import element
from embedrec.text.wikitext import strip_wikitext

CASES = {
    "templates": [
        ("a {{cite|x=1}} b", "a b"),
        ("a{{x|{{y|z}}|[[l]]}}b", "ab"),
        ("{{Infobox\n| a = b\n| c = {{d}}\n}}\n文", "文"),
        ("a{{{1|{{{2|}}}}}}b", "ab"),
        ("a{{#if:{{{1}}}|b|c}}d", "ad"),
        ("a {{open [[b|c]] d", "a open c d"),
        ("a }} b {{c}} d", "a b d"),
        ("{{PAGENAME}}是城市", "柏林是城市"),
        ("a{{!}}b{{=}}c", "a|b=c"),
        ("柏林（{{lang-de|Berlin}}）是", "柏林是"),
        ("柏林（{{lang-de|Berlin}}，首都）是", "柏林（首都）是"),
        ("ベルリン（伯林、{{lang-de|Berlin}}）", "ベルリン（伯林）"),
        ("“{{x}}”「」", "「」"),
        ("main()和()", "main()和()"),
        ("[{{a}}[b]{{c}}]", "b"),
    ],
    "tables": [
        ("a\n{| class=x\n|-\n! h\n| [[c]]\n|}\nb", "a\nb"),
        ("{|\n|\n{|\n| x\n|}\n| y\n|}\n文", "文"),
        (":{|\n|x\n|}\n文", "文"),
        ("a\n{|\n|x\nno end\n|y\nb", "a\nno end\nb"),
        ("a <table><tr><td>x<table><td>y</table></table> b", "a\nb"),
        ("{|x|} 文\n|}\n文", "文"),
        ("set a{|x|}b", "set a{|x|}b"),
    ],
    "references": [
        ("a<ref>x {{cite}} [[y]]</ref>b", "ab"),
        ('a<ref name="x" />b<ref name=y>z</ref>c', "abc"),
        ("a<REF>x</Ref >b", "ab"),
        ("a<ref>x</ref><references>\n<ref name=q>z</ref>\n</references>", "a"),
        ("a<ref>unclosed b", "aunclosed b"),
        ("a</ref>b", "ab"),
        ("a<references/>b", "ab"),
        ("a<refer>b", "a<refer>b"),
    ],
    "comments": [
        ("a<!-- x\n\ny -->b", "ab"),
        ("a\n<!-- alone -->\nb", "a b"),
        ("a<!-- <ref> -->b<ref>c</ref>d", "abd"),
        ("a<!-- runs on\nb", "a"),
        ("a<!---->b", "ab"),
    ],
    "elements": [
        ("a<gallery>\nF.jpg|[[x]]\n</gallery>b", "ab"),
        ("a<math>x^2</math>b<chem>H2O</chem>c", "abc"),
        ("a<syntaxhighlight lang=c>int x;</syntaxhighlight>b<code>y</code>c", "abc"),
        ("a<score>x</score><timeline>y</timeline><imagemap>z</imagemap>b", "ab"),
        ("a<style>x{}</style><script>y</script>b", "ab"),
        ("a<includeonly>x</includeonly><noinclude>b</noinclude>", "ab"),
        ("<poem>\n一行\n二行\n</poem>", "一行\n二行"),
        ("漢<ruby><rb>字</rb><rp>(</rp><rt>zi</rt><rp>)</rp></ruby>", "漢字"),
    ],
    "nowiki": [
        ("<nowiki>[[a]] {{b}} ''c'' -{d}- <ref></nowiki>", "[[a]] {{b}} ''c'' -{d}- <ref>"),
        ("a<nowiki/>b", "ab"),
        ("''a<nowiki>'</nowiki>''", "a'"),
        ("<nowiki>* a</nowiki>", "* a"),
        ("<nowiki>&lt;</nowiki>", "<"),
        ("<nowiki>a</nowiki", "a</nowiki"),
    ],
    "links": [
        ("[[a]]", "a"),
        ("[[a|b]]", "b"),
        ("[[a]]s", "as"),
        ("[[a|b]]s", "bs"),
        ("[[a|b|c]]", "b|c"),
        ("[[a (b)|]]", "a"),
        ("[[a（b）|]]", "a"),
        ("[[Boston, Massachusetts|]]", "Boston"),
        ("[[Help:a|]]", "Help:a"),
        ("[[a|''b'' 'c']]", "b 'c'"),
        ("[[a|b [[c]] d]]", "b c d"),
        ("[[a#b]]", "a#b"),
        ("[[a", "a"),
        ("a]]b", "ab"),
        ("[[a\nb]] c", "a b c"),
        ("[[a|b\nc]]", "b c"),
        ("[[:a|b]]", "b"),
        ("[[Star Trek: Voyager]]", "Star Trek: Voyager"),
        ("[[联邦州|-{zh-hans:联邦州;zh-hant:邦}-]]", "联邦州"),
        ("[[-{zh-hans:甲;zh-hant:乙}-]]", "甲"),
        ("[[-{R|甲}-]]", "甲"),
    ],
    "files and categories": [
        ("a[[File:x.jpg|thumb|b [[c|d]] [[File:y|e]] [http://x f]]]g", "ag"),
        ("a[[ image : x.jpg ]]b[[Media:z.ogg|w]]c", "abc"),
        ("[[文件:x|a]][[檔案:x]][[图像:x]][[圖像:x]][[媒体:x]][[Datei:x]][[Bild:x]]", ""),
        ("[[ファイル:x]][[画像:x]][[파일:x]][[그림:x]][[Файл:x]][[Картинка:x]]", ""),
        ("a\n[[Category:x|y]]\n[[分类:x]]\n[[分類:x]]\nb", "a\nb"),
        ("[[Kategorie:x]][[カテゴリ:x]][[분류:x]][[Категория:x]]", ""),
        ("[[:Category:x]]和[[:File:y.jpg|z]]", "Category:x和z"),
    ],
    "other wikis": [
        ("a[[en:Foo]]b[[zh-min-nan:Foo]]c[[de:Foo|bar]]d", "abcd"),
        ("a[[:en:Foo]]b", "ab"),
        ("a[[:en:Foo|bar]]b", "abarb"),
        ("a[[wikt:foo]]b[[wikt:foo|bar]]c", "abbarc"),
    ],
    "external links": [
        ("[http://a.b/c?d=e label words]", "label words"),
        ("[//a.b label]x", "labelx"),
        ("a[http://a.b]c", "ac"),
        ("a http://a.b/c_(d)?e#f。文", "a 。文"),
        ("[mailto:a@b mail]", "mail"),
        ("[http://a b [[c|d]] e]", "b d e"),
        ("[http://a.b 标签\n文]", "标签文]"),
        ("[1] [sic]", "[1] [sic]"),
    ],
    "lines": [
        ("== 历史 ==\n文", "历史\n文"),
        ("=== '''a''' ===<!-- x -->\nb", "a\nb"),
        ("* a\n** b\n# c\n:d\n::* e", "a\nb\nc\nd\ne"),
        ("; term : meaning", "term\nmeaning"),
        (";term\n:meaning", "term\nmeaning"),
        ("; 12:30", "12:30"),
        ("a\n----\nb", "a\nb"),
        ("一行\n二行\n\n三行", "一行二行\n三行"),
        ("one\ntwo\n\nthree", "one two\nthree"),
        ("a<br>b<br/>c<BR />d", "a\nb\nc\nd"),
        ("a\n{{box}}\nb", "a\nb"),
        ("a\r\n\r\nb\rc", "a\nb c"),
        ("  a \t b  ", "a b"),
        ("\n\n\n", ""),
        ("", ""),
    ],
    "marks": [
        ("'''a''' ''b'' '''''c'''''", "a b c"),
        ("''''a''''", "'a'"),
        ("don't", "don't"),
        ("__NOTOC__a__目录__b", "ab"),
        ("__init__ __a", "__init__ __a"),
        ("a ~~~~ b ~~~~~", "a b"),
        ("a ~ b", "a ~ b"),
    ],
    "tags": [
        ('<span style="x">a</span><sub>2</sub><small>b</small>', "a2b"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<blockquote>a</blockquote>b", "a\nb"),
        ("a < b > c, 1<2, <3", "a < b > c, 1<2, <3"),
        ("#include <stdio.h>", "include <stdio.h>"),
        ("<section begin=x />a<section end=x />", "a"),
    ],
    "entities": [
        ("a&nbsp;b&amp;c&lt;ref&gt;d", "a b&c<ref>d"),
        ("&#65;&#x42;&middot;&hellip;", "AB·…"),
        ("&amp;nbsp;", "&nbsp;"),
        ("&#91;&#91;a&#93;&#93;", "[[a]]"),
        ("&#42; a", "* a"),
        ("a&#10;b", "a b"),
        ("AT&T &copy &nosuch; &;", "AT&T &copy &nosuch; &;"),
        ("&#" + "9" * 5000 + ";", "&#" + "9" * 5000 + ";"),
        ("a&#xfdd0;b&#0;", "ab\ufffd"),
        ("a\u3000b\u200bc\xadd\ufeff", "a bcd"),
    ],
    "conversion": [
        ("-{zh-hans:[[A|甲]];zh-hant:[[B|乙]]}-", "甲"),
        ("-{zh-hans:{{x|y}}甲;zh-hant:乙}-", "甲"),
        ("-{{{lang|en|x}}}-", "x"),
        ("a-{{x}}-b", "a--b"),
        (";-{zh-hans: 甲 ; zh-hant: 乙}-", "甲"),
        ("* -{H|zh-cn:软件;zh-tw:軟體}-\n* 軟體", "软件"),
        ("{{noteTA|T=zh-cn:x;zh-tw:y|1=zh-cn:软件; zh-tw:軟體|G1=IT}}\n軟體", "软件"),
        ("{{NoteTA|zh-cn:软件;zh-tw:軟體}}[[軟體|軟體]]", "软件"),
        ("-{T|zh-cn:甲;zh-tw:乙}-\n文", "文"),
        ("C-{a}-b {x}-y", "Cab {x}-y"),
    ],
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [pytest.param(*case, id=f"{kind}-{i}") for kind in CASES for i, case in enumerate(CASES[kind])],
)
def test_construct(source: str, expected: str) -> None:
    assert drop_protection(strip_wikitext(source, title="柏林")) == expected


def test_variant_is_passed_on() -> None:
    source = "-{zh-hans:甲;zh-hant:乙}-"
    assert strip_wikitext(source, variant="zh-tw") == f"{PROTECT_START}乙{PROTECT_END}"
    assert strip_wikitext(source, variant="zh") == f"{PROTECT_START}甲{PROTECT_END}"
    with pytest.raises(ParameterError, match="klingon"):
        strip_wikitext("文", variant="klingon")


def test_sentinels_of_the_input_are_dropped() -> None:
    everything = "".join(map(chr, range(0xFDD0, 0xFDF0)))
    assert strip_wikitext(f"a{everything}b{{{{PAGENAME}}}}", title=f"{everything}c") == "abc"


UNITS = [
    *("[[", "]]", "[", "]", "{{", "}}", "{", "}", "{|", "|}", "\n|-", "|", "\n", "'''", "''", "'"),
    *("<ref>", "</ref>", "<ref name=a/>", "<!--", "-->", "<br>", "<math>", "</math>", "<", ">"),
    *("<table>", "</table>", "<poem>", "</poem>", "-{", "}-", "A|", "H|", "zh-cn:", ";", "=>"),
    *("File:", "en:", ":", "*", "#", "==", "http://a.b ", "[http://a ", "~~~~", "__TOC__", "&"),
    *("{{noteTA|", "1=", "甲", "乙", "a", " ", "（", "）", "-", "=", "\x00", "\ufdd2"),
]
PIECES = st.lists(st.sampled_from(UNITS), max_size=80).map("".join)
SHIELDED = st.sampled_from(["<nowiki>", "</nowiki>", "&#91;", "&lt;", "&nbsp;", "&#xfdd2;"])


@given(PIECES)
@settings(max_examples=1500, deadline=None)
def test_no_doubled_brackets_are_left(text: str) -> None:
    plain = drop_protection(strip_wikitext(text, title="a"))
    assert not re.search(r"\[\[|\]\]|\{\{|\}\}|'''|[\ufdd0-\ufdef]|[ \t]{2}", plain)
    assert all(line and line == line.strip() for line in plain.split("\n")) or not plain


@given(st.lists(st.one_of(PIECES, SHIELDED), max_size=8).map("".join))
@settings(max_examples=500, deadline=None)
def test_never_raises(text: str) -> None:
    plain = strip_wikitext(text)
    assert not re.search("[\ufdd2-\ufdef]", plain)


@given(st.text(alphabet="甲乙丙 ab,，。.!?()\n", max_size=200))
def test_plain_paragraphs_stay(text: str) -> None:
    text = "\n\n".join(" ".join(line.split()) for line in text.split("\n"))
    plain = strip_wikitext(text)
    assert plain.split("\n") == [line for line in text.split("\n\n") if line] or not plain
    assert strip_wikitext(plain.replace("\n", "\n\n")) == plain


HOSTILE = [
    "{{", "{{ ", "{{a|", "}}", "{{a}}", "[[", "[[a|", "]]", "[", "-{", "-{A|", "-{a}-", "}-", "{|",
    "{|\n", "|\n", "<ref>", "<ref ", "</ref", "<", "</", "<!--", "<nowiki>", "<poem>", "<table>",
    "<br>", "'", "&", "&a", "&#", "[http://a ", "[//", "http://", "=", "=\n", "*", ";a : b\n", "_",
    "__A", "~", " ", "\n", "(", "（{{a}}，", "{{noteTA|1=zh-cn:a;zh-tw:b}}",
]  # fmt: skip


def count_steps(text: str) -> int:
    """Lines of Python that stripping a text takes; a pattern's own work is not seen here."""
    n_steps = 0

    def trace(frame: object, event: str, arg: object) -> object:
        nonlocal n_steps
        n_steps += event == "line"
        return trace

    sys.settrace(trace)
    try:
        strip_wikitext(text)
    finally:
        sys.settrace(None)
    return n_steps


@pytest.mark.parametrize("unit", HOSTILE)
def test_steps_grow_linearly(unit: str) -> None:
    short, long = count_steps(unit * 200), count_steps(unit * 400)
    assert long <= 2.2 * short + 50


def test_steps_of_nested_pairs_grow_linearly() -> None:
    for opening, closing in ("{{", "}}"), ("[[", "]]"), ("-{", "}-"), ("{|\n", "\n|}"):
        short = count_steps((opening + " ") * 200 + closing * 200)
        long = count_steps((opening + " ") * 400 + closing * 400)
        assert long <= 2.2 * short + 50


def test_missing_closing_tag_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closing:
        n_searches = 0

        def search(self, text: str, start: int) -> None:
            self.n_searches += 1

    closing = Closing()
    monkeypatch.setitem(element._CLOSING, "ref", closing)
    assert strip_wikitext("a<ref>" * 100) == "a" * 100
    assert closing.n_searches == 1


# A pattern that backtracks shows itself only in time. At this size a quadratic pass would take
# hours, so that even a wide limit tells.
GUARD = """
from embedrec.text.markup import element
from embedrec.text.wikitext import strip_wikitext
units = {units!r}
for unit in units:
    strip_wikitext(unit * ({size} // len(unit)))
pairs = ("[[a", "|]]"), ("{{{{a", "}}}}"), ("-{{H|", "}}-"), ("<ref ", ">"), ("&#", ";")
for opening, closing in pairs:
    for unit in " ", "(", ",", "a ", ";", "=>", "9":
        strip_wikitext(opening + unit * ({size} // len(unit)) + closing)
"""


def run_guard(units: list[str], size: int, limit: int) -> None:
    code = GUARD.format(units=units, size=size)
    subprocess.run([sys.executable, "-c", code], check=True, timeout=limit)


def test_hostile_pages_finish() -> None:
    run_guard(HOSTILE, 200_000, 120)


@pytest.mark.long
def test_hostile_pages_of_ten_megabytes_finish() -> None:
    run_guard(HOSTILE, 10_000_000, 1800)


def read_pages(path: Path) -> list[tuple[str, str]]:
    """Title and wikitext of a dump's articles (namespace 0)."""
    pages, title, namespace = [], "", "0"
    with bz2.open(path) as file:
        for _, element in ElementTree.iterparse(file):
            tag = element.tag.rpartition("}")[2]
            if tag == "title":
                title = element.text or ""
            elif tag == "ns":
                namespace = element.text or ""
            elif tag == "text" and namespace == "0":
                pages.append((title, element.text or ""))
    return pages


@pytest.mark.data
def test_real_chinese_page(data: Path) -> None:
    [(title, source)] = read_pages(data / "wiki_xml" / "dbpedia-minidump-zh.xml.bz2")
    marked = strip_wikitext(source, title=title)
    plain = drop_protection(marked)
    lines = plain.split("\n")
    # The output was read through once, line by line; these facts hold it there.
    assert title == "柏林"
    assert len(lines) == 124
    assert sum(line.endswith("。") for line in lines) == 68
    assert len(plain) == 9718
    assert len(re.findall("[\u4e00-\u9fff]", plain)) == 6870
    assert not re.search(r"[\[\]{}<>|=*#_~]|''|&\w+;|https?:|-\{|\}-|\xa0|\xad|  ", plain)
    assert not re.search(r"File:|Category:|分類:|（）|“”|thumb|noteTA|Infobox|cite", plain)
    # Every conversion mark of the page: two with rules, one empty that parts a word.
    assert re.findall(f"{PROTECT_START}(.*?){PROTECT_END}", marked) == ["联邦州", "州"]
    assert "德国联邦议院的会址" in plain
    traditional = strip_wikitext(source, variant="zh-tw", title=title)
    assert re.findall(f"{PROTECT_START}(.*?){PROTECT_END}", traditional) == ["邦", "邦"]
    assert lines[0].startswith("柏林是德意志聯邦共和國首都，")
    assert [lines[i] for i in (5, 6, -3, -2, -1)] == [
        "历史",
        "勃兰登堡選帝侯及普魯士公国",
        "参考文献",
        "外部链接",
        "Berlin.de 官方网站",
    ]
    assert "姐妹城市\n经济" in plain  # a section of tables only
    assert "米特（Mitte）\n腓特烈斯海恩-克罗伊茨贝格（Friedrichshain-Kreuzberg）\n" in plain


# What no page's text may hold. Single marks do occur in text (C++ code, set notation, prices).
MARKUP = re.compile(
    r"\[\[|\]\]|\{\{|\}\}|\{\||\|\}|'''|<ref|</|<br|<!--|&nbsp;|__NOTOC__|\n\s*\n|\n[|*]|\n=="
    r"|\[https?:|(?i:\b(?:file|image|category|datei|kategorie|ファイル|파일|файл):\S+\.(?:jpg|svg|png))"
)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "n_pages"),
    [
        ("dbpedia-minidump-de.xml.bz2", 2),
        ("dbpedia-minidump-en.xml.bz2", 26),
        ("dbpedia-minidump-ja.xml.bz2", 1),
        ("dbpedia-minidump-ko.xml.bz2", 1),
        ("enwiki-table-markup.xml.bz2", 5),
        ("enwiki-pages-articles-sample.xml.bz2", 3),
        ("enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2", 205),
        ("bgwiki-latest-pages-articles-shortened.xml.bz2", 1),
    ],
)
def test_no_markup_is_left_on_real_pages(data: Path, name: str, n_pages: int) -> None:
    pages = read_pages(data / "wiki_xml" / name)
    assert len(pages) == n_pages
    for title, source in pages:
        found = MARKUP.search(strip_wikitext(source, title=title))
        assert not found, (title, found)
