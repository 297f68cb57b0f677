"""The sample corpus: built the same every time, valid, with every form of markup."""

from __future__ import annotations

import bz2
import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import opencc
import pytest

CORPORA = Path(__file__).resolve().parents[2] / "corpora"
sys.path.insert(0, str(CORPORA))

import build_sample  # noqa: E402
from sample.article import read_styles  # noqa: E402
from sample.chance import Chance  # noqa: E402
from sample.facts import Facts, FactsError, read_column  # noqa: E402
from sample.phrase import SLOT  # noqa: E402
from sample.traditional import PAIRS, to_traditional  # noqa: E402

EXPORT = "{http://www.mediawiki.org/xml/export-0.11/}"


@pytest.fixture(scope="module")
def committed() -> bytes:
    return bz2.decompress((CORPORA / "sample.xml.bz2").read_bytes())


@pytest.fixture(scope="module")
def root(committed: bytes) -> ET.Element:
    return ET.fromstring(committed)


@pytest.fixture(scope="module")
def articles(root: ET.Element) -> dict[str, str]:
    found = {}
    for page in iterate_pages(root):
        if read(page, "ns") == "0" and page.find(f"{EXPORT}redirect") is None:
            found[read(page, "title")] = read(page, "revision/text")
    return found


@pytest.fixture(scope="module")
def facts() -> Facts:
    return Facts()


def iterate_pages(root: ET.Element) -> Iterator[ET.Element]:
    return root.iter(f"{EXPORT}page")


def read(page: ET.Element, path: str) -> str:
    found = page.find("/".join(EXPORT + step for step in path.split("/")))
    assert found is not None
    return found.text or ""


def test_fresh_build_equals_the_committed_file(committed: bytes) -> None:
    first = build_sample.build_sample()
    assert first == committed
    assert build_sample.build_sample() == first
    assert build_sample.main(["--check"]) == 0


def test_check_sees_a_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "sample.xml.bz2"
    other.write_bytes(bz2.compress(b"<mediawiki/>"))
    monkeypatch.setattr(build_sample, "TARGET", other)
    assert build_sample.main(["--check"]) == 1


def test_file_is_small_enough_to_ship() -> None:
    assert (CORPORA / "sample.xml.bz2").stat().st_size < 1_600_000


def test_siteinfo_and_namespaces(root: ET.Element) -> None:
    assert root.tag == f"{EXPORT}mediawiki"
    assert root.get("version") == "0.11"
    keys = [int(n.get("key", "")) for n in root.iter(f"{EXPORT}namespace")]
    assert keys == sorted(keys)
    assert {0, 10, 14} <= set(keys)


def test_pages_of_every_sort(root: ET.Element, articles: dict[str, str]) -> None:
    sorts = Counter(read(page, "ns") for page in iterate_pages(root))
    assert sorts["10"] > 10
    assert sorts["14"] > 10
    titles = [read(page, "title") for page in iterate_pages(root)]
    assert len(titles) == len(set(titles))
    identifiers = [read(page, "id") for page in iterate_pages(root)]
    assert len(identifiers) == len(set(identifiers))
    assert 3_500 < len(articles) < 6_500


def test_redirects_lead_to_articles(root: ET.Element, articles: dict[str, str]) -> None:
    targets = [
        redirect.get("title")
        for page in iterate_pages(root)
        if (redirect := page.find(f"{EXPORT}redirect")) is not None
    ]
    assert len(targets) > 300
    assert [target for target in targets if target not in articles] == []


def test_text_sizes_are_stated_truly(root: ET.Element) -> None:
    for text in root.iter(f"{EXPORT}text"):
        assert int(text.get("bytes", "")) == len((text.text or "").encode("utf-8"))


@pytest.mark.parametrize(
    "pattern",
    [
        r"\{\{Infobox ",
        r"\{\{hlist\|",
        r"\{\{Reflist\}\}",
        r"\{\{noteTA\|",
        r"^\{\| class=",
        r"^\|\}$",
        r"\[\[[^|\]]+\|[^\]]+\]\]",
        r"\[\[[^|\]:]+\]\]",
        r"\[\[Category:",
        r"\[\[File:[^\]]*\[\[",
        r"<ref>",
        r'<ref name="n\d+" />',
        r"<ref[^>]*>\{\{cite",
        r"<!--",
        r"'''[^']+'''",
        r"^== .+ ==$",
        r"^\* ",
        r"-\{zh-hans:[^}]*zh-hant:",
        r"-\{zh-cn:[^}]*zh-tw:[^}]*zh-hk:",
        r"-\{H\|zh-cn:",
        r"-\{H\|[^}:]+=>zh-cn:",
        r"-\{T\|",
        r"-\{[^|:;}]+\}-",
    ],
)
def test_every_form_of_markup_occurs(pattern: str, articles: dict[str, str]) -> None:
    found = sum(bool(re.search(pattern, text, re.MULTILINE)) for text in articles.values())
    assert found >= 5


def test_markup_is_balanced(articles: dict[str, str]) -> None:
    for title, text in articles.items():
        for left, right in (("[[", "]]"), ("-{", "}-"), ("{|", "\n|}\n"), ("{{", "}}")):
            assert text.count(left) == text.count(right), (title, left)
        assert len(re.findall(r"<ref[^>/]*>", text)) == text.count("</ref>"), title
        # What a pattern language leaves behind when something is misspelt.
        assert not re.search(r"@@|[^-{]\{[a-z]|<[^>]*\|[^>]*>", text), title


def test_links_lead_to_pages(root: ET.Element, articles: dict[str, str]) -> None:
    titles = {read(page, "title") for page in iterate_pages(root)}
    known = titles | {to_traditional(title) for title in titles}
    lost = Counter(
        target
        for text in articles.values()
        for target in re.findall(r"\[\[([^|\]:]+)(?:\||\]\])", text)
        if target not in known
    )
    assert lost == Counter()


def test_a_share_is_traditional(articles: dict[str, str]) -> None:
    share = sum("資" in t or "與" in t or "國" in t or "類" in t for t in articles.values())
    assert 0.15 < share / len(articles) < 0.5


def test_conversion_to_traditional_loses_nothing(facts: Facts) -> None:
    back = opencc.OpenCC("t2s").convert
    assert [p for p in PAIRS.split() if len(p) != 2 or back(p[1]) != p[0]] == []
    for title, entity in facts.pages.items():
        for value in [title, *(v for values in entity.cells.values() for v in values)]:
            # OpenCC simplifies some names further (霑, 昇), in either script.
            assert back(back(to_traditional(value))) == back(back(value)), value


def test_every_country_has_one_capital_of_its_own(facts: Facts) -> None:
    countries = facts.kinds["country"]
    assert len(countries) == 195
    capitals = [entity.cells["capital"] for entity in countries]
    assert all(len(capital) == 1 for capital in capitals)
    assert len({capital[0] for capital in capitals}) == 195
    for entity in countries:
        capital = facts.pages[entity.cells["capital"][0]]
        if capital.kind == "capital":
            assert capital.cells["country"] == [entity.title]


def test_every_province_has_a_seat_within_it(facts: Facts) -> None:
    provinces = facts.kinds["province"]
    assert len(provinces) == 34
    for entity in provinces:
        (seat,) = entity.cells["capital"]
        assert facts.pages[seat].cells["province"] == [entity.title]
    for entity in provinces:
        for neighbour in entity.cells["neighbours"]:
            assert entity.title in facts.pages[neighbour].cells["neighbours"], entity.title


def test_no_row_is_empty_or_says_a_thing_twice(facts: Facts) -> None:
    for entity in facts.pages.values():
        assert any(entity.cells.values()), entity.title
        for values in entity.cells.values():
            assert len(values) == len(set(values)), entity.title


def test_years_are_plausible(facts: Facts) -> None:
    for entity in facts.pages.values():
        for column in ("born", "year", "founded"):
            for value in entity.cells.get(column, []):
                assert 1 <= int(value) <= 2025, entity.title


def test_patterns_name_columns_that_exist(facts: Facts) -> None:
    made = {"members", "noun", "near", "all", "name"}
    columns = {c.name for table in facts.columns.values() for c in table} | made
    for style in read_styles().values():
        patterns = [*style.lead, *style.categories]
        patterns += [pattern for section in style.sections for pattern in section.patterns]
        for path, _ in (slot for pattern in patterns for slot in SLOT.findall(pattern)):
            for step in path.split(">"):
                table, _, column = step.partition(".")
                if column:
                    assert table == "same" or table in facts.kinds, path
                assert (column or table) in columns or "_" in step, path


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("甲 | 乙", "has no row"),
        ("甲 | 甲\n甲 | 甲", "given twice"),
        ("甲 | 甲 | 多", "too many"),
    ],
)
def test_bad_tables_are_refused(rows: str, words: str, tmp_path: Path) -> None:
    table = f"[thing]\ncolumns = \"name, friend@thing\"\nrows = '''\n{rows}\n'''\n"
    (tmp_path / "bad.toml").write_text(table, encoding="utf-8")
    with pytest.raises(FactsError, match=words):
        Facts(tmp_path)


def test_columns_are_read() -> None:
    assert read_column(" singer@singer+actor? ") == ("singer", ("singer", "actor"), True)
    assert read_column("year") == ("year", (), False)


def test_paths_lead_where_they_say(facts: Facts) -> None:
    pages = facts.pages
    assert "方文山" in facts.follow(pages["周杰伦"], "song.singer>lyricist")
    assert "周杰伦" in facts.follow(pages["方文山"], "song.lyricist>singer")
    assert "杜甫" in facts.follow(pages["李白"], "same.dynasty")
    assert "周杰伦" not in facts.follow(pages["周杰伦"], "near")


def test_chance_is_the_same_everywhere() -> None:
    chance = Chance("golden")
    drawn = [chance.below(1000) for _ in range(5)]
    assert drawn == [330, 247, 830, 375, 791]
    assert sorted(Chance("a").take(range(20), 20)) == list(range(20))
    assert len(Chance("a").take(range(3), 5)) == 3


def test_analogies_agree_with_the_tables(facts: Facts) -> None:
    text = (CORPORA / "sample_analogies.txt").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert sum(line.startswith(": ") for line in lines) == 5
    assert "东京 日本 巴黎 法国" in lines
    assert "成都 四川 广州 广东" in lines
    for line in lines:
        if not line.startswith(":"):
            assert len(set(line.split())) == 4
