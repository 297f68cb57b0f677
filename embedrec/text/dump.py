"""MediaWiki's XML export (versions 0.3 to 0.11) to pages, by expat, without ever building a tree.

Kept are pages of namespace 0 that are not redirects and hold wikitext; of a page with several
revisions the latest one. Format: https://www.mediawiki.org/wiki/Help:Export and its export-*.xsd.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.parsers import expat

from embedrec.text.document import BrokenStream, RawDocument

# element -> depth at which it counts; elements of the same name elsewhere (in <contributor>, in the
# further slots <content> of version 0.11, in <upload>) are other things.
_DEPTHS = {
    "page": 2, "title": 3, "ns": 3, "redirect": 3, "revision": 3,
    "timestamp": 4, "model": 4, "format": 4, "text": 4, "namespace": 4,
}  # fmt: skip
_LEAVES = frozenset({"title", "ns", "timestamp", "model", "format", "text", "namespace"})
_REVISION_LEAVES = frozenset({"timestamp", "model", "format", "text"})

# MediaWiki takes the English names on every wiki, beside the wiki's own.
_SUBJECTS = ("user", "project", "file", "image", "mediawiki", "template", "help", "category")
_ENGLISH_NAMESPACES = frozenset(
    {"media", "special", "talk", *_SUBJECTS, *(f"{name} talk" for name in _SUBJECTS)}
)

# The word of MediaWiki's `redirect` magic word in larger languages; older exports mark redirects by
# nothing else.
_REDIRECT = re.compile(
    r"\s*#(?:redirect|重定向|重新導向|重新导向|転送|リダイレクト|넘겨주기|weiterleitung|redirection|"
    r"redirecci[oó]n|rinvia|rinvio|redirecionamento|doorverwijzing|omdirigering|omdirigere|"
    r"ohjaus|uudelleenohjaus|patrz|przekieruj|tam|přesměruj|presmeruj|átirányítás|yönlendi̇?rme|"
    r"перенаправление|перенапр|перенаправлення|пренасочване|виж|преусмери|preusmjeri|"
    r"alih|đổi|เปลี่ยนทาง|تحويل|تغییر_?مسیر|הפניה)\s*:?\s*\[\[",
    re.IGNORECASE,
)


def read_pages(chunks: Iterable[bytes], counts: dict[str, int]) -> Iterator[RawDocument]:
    """Yield the articles of an export as documents of markup "wikitext".

    Args:
        chunks: the export as UTF-8, in pieces of any size.
        counts: increased in place: pages, redirects, other_namespaces, other_models, empty.

    Raises:
        BrokenStream: where the XML breaks off or is broken, after every complete page before it.
    """
    parser = _PageParser(counts)
    try:
        for chunk in chunks:
            yield from parser.feed(chunk)
        yield from parser.feed(b"", final=True)
    finally:
        parser.release()


class _PageParser:
    """Takes bytes, gives the pages that end in them."""

    def __init__(self, counts: dict[str, int]) -> None:
        # The encoding is settled before, so that a wrong XML declaration does no harm.
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        # No export has a document type; nested entities in one can swell to any size.
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser = parser
        self._counts = counts
        self._namespaces = set(_ENGLISH_NAMESPACES)
        self._namespace_key = ""
        self._pages: list[RawDocument] = []
        self._depth = 0
        self._in_revision = False
        self._parts: list[str] = []
        self._values: dict[str, str] = {}
        self._reset_page()

    def release(self) -> None:
        """Break the circle between the parser and its handlers."""
        self._parser.StartElementHandler = None
        self._parser.EndElementHandler = None
        self._parser.CharacterDataHandler = None
        self._parser.StartDoctypeDeclHandler = None

    def feed(self, data: bytes, final: bool = False) -> Iterator[RawDocument]:
        broken: BrokenStream | None = None
        try:
            self._parser.Parse(data, final)
        except expat.ExpatError as error:
            cut = final or error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]
            reason = (
                "the XML is cut short" if cut else f"broken XML ({expat.ErrorString(error.code)})"
            )
            broken = BrokenStream(error.lineno, "line", reason)
        except BrokenStream as error:
            broken = error
        pages, self._pages = self._pages, []
        yield from pages
        if broken is not None:
            raise broken

    def _refuse_doctype(self, name: str, *rest: object) -> None:
        raise BrokenStream(
            self._parser.CurrentLineNumber, "line", "an XML document type, which no export has,"
        )

    def _reset_page(self) -> None:
        self._title = ""
        self._namespace: str | None = None
        self._redirect = False
        self._body = ""
        self._model = ""
        self._timestamp: str | None = None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth = depth = self._depth + 1
        if _DEPTHS.get(name) != depth:
            return
        if name in _LEAVES:
            if name in _REVISION_LEAVES and not self._in_revision:
                return
            if name == "namespace":
                self._namespace_key = attributes.get("key", "")
            elif name == "text" and self._namespace not in (None, "0"):
                return
            self._parts = []
            self._parser.CharacterDataHandler = self._parts.append
        elif name == "revision":
            self._in_revision = True
            self._values = {}
        elif name == "redirect":
            self._redirect = True
        else:
            self._reset_page()

    def _end(self, name: str) -> None:
        depth = self._depth
        self._depth = depth - 1
        if _DEPTHS.get(name) != depth:
            return
        if name in _LEAVES:
            self._parser.CharacterDataHandler = None
            value = "".join(self._parts)
            self._parts = []
            if name in _REVISION_LEAVES:
                if self._in_revision:
                    self._values[name] = value
            elif name == "title":
                self._title = value.strip()
            elif name == "ns":
                self._namespace = value.strip()
            elif self._namespace_key not in ("0", "") and value.strip():
                self._namespaces.add(_fold_namespace(value))
        elif name == "revision":
            self._in_revision = False
            self._take_revision(self._values)
        elif name == "page":
            self._finish_page()

    def _take_revision(self, values: dict[str, str]) -> None:
        # A history may run either way, so the time decides; without times the later one stands.
        timestamp = values.get("timestamp", "").strip()
        if self._timestamp is not None and timestamp < self._timestamp:
            return
        self._timestamp = timestamp
        self._body = values.get("text", "")
        self._model = values.get("model", "").strip() or values.get("format", "").strip()

    def _finish_page(self) -> None:
        counts = self._counts
        counts["pages"] += 1
        if not self._is_article():
            counts["other_namespaces"] += 1
        elif self._model not in ("", "wikitext", "text/x-wiki"):
            counts["other_models"] += 1
        elif self._redirect or _REDIRECT.match(self._body):
            counts["redirects"] += 1
        elif not self._body or self._body.isspace():
            counts["empty"] += 1
        else:
            self._pages.append(RawDocument(self._title, self._body, "wikitext"))
        self._body = ""

    def _is_article(self) -> bool:
        if self._namespace is not None:
            return self._namespace == "0"
        prefix, colon, _ = self._title.partition(":")
        return not colon or _fold_namespace(prefix) not in self._namespaces


def _fold_namespace(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()
