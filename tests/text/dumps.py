"""Small MediaWiki exports for the tests, written independently of the reader."""

from __future__ import annotations

import bz2
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr


@dataclass(frozen=True)
class Revision:
    text: str
    timestamp: str = "2020-01-01T00:00:00Z"
    model: str | None = "wikitext"
    format: str | None = "text/x-wiki"
    slot: str = ""  # raw XML after the text, such as a <content> of version 0.11


@dataclass(frozen=True)
class Page:
    title: str
    revisions: Sequence[Revision]
    ns: int | None = 0
    redirect: str | None = None


def page(title: str, text: str, **more: object) -> Page:
    return Page(title, [Revision(text)], **more)  # type: ignore[arg-type]


def write_header(version: str = "0.10", namespaces: dict[int, str] | None = None) -> str:
    names = (
        {-2: "媒体", 0: "", 1: "讨论", 4: "维基百科", 10: "模板"}
        if namespaces is None
        else namespaces
    )
    inner = "".join(
        f'      <namespace key="{k}" case="first-letter">{escape(v)}</namespace>\n'
        if v
        else f'      <namespace key="{k}" case="first-letter" />\n'
        for k, v in names.items()
    )
    return (
        f'<mediawiki xmlns="http://www.mediawiki.org/xml/export-{version}/" '
        f'version="{version}" xml:lang="zh">\n  <siteinfo>\n    <sitename>Wikipedia</sitename>\n'
        f"    <namespaces>\n{inner}    </namespaces>\n  </siteinfo>\n"
    )


def write_page(page: Page) -> str:
    out = [f"  <page>\n    <title>{escape(page.title)}</title>\n"]
    if page.ns is not None:
        out.append(f"    <ns>{page.ns}</ns>\n")
    out.append("    <id>7</id>\n")
    if page.redirect is not None:
        out.append(f"    <redirect title={quoteattr(page.redirect)} />\n")
    for r in page.revisions:
        out.append("    <revision>\n      <id>8</id>\n")
        out.append(f"      <timestamp>{r.timestamp}</timestamp>\n")
        out.append("      <contributor><username>text</username><id>9</id></contributor>\n")
        out.append("      <comment>&lt;text&gt; no text &lt;/text&gt;</comment>\n")
        if r.model is not None:
            out.append(f"      <model>{r.model}</model>\n")
        if r.format is not None:
            out.append(f"      <format>{r.format}</format>\n")
        out.append(f'      <text xml:space="preserve">{escape(r.text)}</text>\n{r.slot}')
        out.append("      <sha1>abc</sha1>\n    </revision>\n")
    out.append("  </page>\n")
    return "".join(out)


def write_dump(pages: Sequence[Page], **header: object) -> str:
    body = "".join(write_page(p) for p in pages)
    return write_header(**header) + body + "</mediawiki>\n"  # type: ignore[arg-type]


def pack_multistream(dump: str, pages_per_stream: int = 2) -> bytes:
    """As Wikimedia does: the header, each group of pages and the end are streams of their own."""
    parts = (
        dump.replace("  <page>", "\0  <page>").replace("</mediawiki>", "\0</mediawiki>").split("\0")
    )
    header, *pages, end = parts
    groups = [
        "".join(pages[i : i + pages_per_stream]) for i in range(0, len(pages), pages_per_stream)
    ]
    return b"".join(bz2.compress(part.encode()) for part in [header, *groups, end])
