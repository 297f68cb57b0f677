"""The export file: siteinfo, pages with revisions, as MediaWiki's dumpBackup writes them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

NAMESPACES = [
    (-2, "Media"), (-1, "Special"), (0, ""), (1, "Talk"), (2, "User"), (3, "User talk"),
    (4, "Wikipedia"), (5, "Wikipedia talk"), (6, "File"), (7, "File talk"), (8, "MediaWiki"),
    (9, "MediaWiki talk"), (10, "Template"), (11, "Template talk"), (12, "Help"),
    (13, "Help talk"), (14, "Category"), (15, "Category talk"), (100, "Portal"),
    (101, "Portal talk"), (102, "WikiProject"), (103, "WikiProject talk"), (118, "Draft"),
    (119, "Draft talk"), (828, "Module"), (829, "Module talk"),
]  # fmt: skip

HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://www.mediawiki.org/xml/export-0.11/ \
http://www.mediawiki.org/xml/export-0.11.xsd" version="0.11" xml:lang="zh">
  <siteinfo>
    <sitename>样本百科</sitename>
    <dbname>samplewiki</dbname>
    <base>https://example.org/wiki/</base>
    <generator>embedrec corpora/build_sample.py</generator>
    <case>first-letter</case>
    <namespaces>
"""


@dataclass(frozen=True)
class Page:
    """A page as the export knows it; a redirect names its target."""

    title: str
    text: str
    namespace: int = 0
    redirect: str = ""


def write_dump(pages: Iterable[Page]) -> str:
    """The whole export as one string."""
    parts = [HEAD]
    for key, name in NAMESPACES:
        if name:
            parts.append(f'      <namespace key="{key}" case="first-letter">{name}</namespace>\n')
        else:
            parts.append(f'      <namespace key="{key}" case="first-letter" />\n')
    parts.append("    </namespaces>\n  </siteinfo>\n")
    parts += [write_page(page, number) for number, page in enumerate(pages, start=1)]
    parts.append("</mediawiki>\n")
    return "".join(parts)


def write_page(page: Page, number: int) -> str:
    """One <page> with its one revision; times and numbers follow from the page's place."""
    raw = page.text.encode("utf-8")
    digest = write_base36(int(hashlib.sha1(raw).hexdigest(), 16))
    time = (
        f"2020-{1 + number % 12:02d}-{1 + number % 28:02d}T{number % 24:02d}:{number % 60:02d}:00Z"
    )
    redirect = f'    <redirect title="{escape(page.redirect)}" />\n' if page.redirect else ""
    return (
        f"  <page>\n    <title>{escape(page.title)}</title>\n    <ns>{page.namespace}</ns>\n"
        f"    <id>{number}</id>\n{redirect}    <revision>\n      <id>{100000 + number}</id>\n"
        f"      <timestamp>{time}</timestamp>\n      <contributor>\n"
        "        <username>Embedrec</username>\n        <id>1</id>\n      </contributor>\n"
        f"      <origin>{100000 + number}</origin>\n"
        "      <model>wikitext</model>\n      <format>text/x-wiki</format>\n"
        f'      <text bytes="{len(raw)}" sha1="{digest}" xml:space="preserve">'
        f"{escape(page.text, {chr(34): '&quot;'})}</text>\n"
        f"      <sha1>{digest}</sha1>\n    </revision>\n  </page>\n"
    )


def write_base36(number: int) -> str:
    """A digest in base 36, 31 digits, as MediaWiki stores SHA-1."""
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits.rjust(31, "0")
