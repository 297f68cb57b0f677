"""Telling what a file holds, by its first unpacked bytes and never by its name."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from embedrec.errors import InputError
from embedrec.text.compression import find_compression, read_chunks
from embedrec.text.document import BrokenStream
from embedrec.text.extracted import match_header, parse_json_line

_HEAD_SIZE = 1 << 16

_FOREIGN = {
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive: unpack it first",
    b"Rar!": "a rar archive: unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: unpack it first",
    b"%PDF": "a PDF document: extract its text first",
    b"{\\rtf": "an RTF document: save it as plain text first",
    b"-- MySQL dump": "an SQL dump: take the wiki's pages-articles.xml.bz2 instead",
}
_BOMS = {
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16's, which it begins with
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}
_DECLARATION = re.compile(rb"""\s*<\?xml[^>]*?\bencoding\s*=\s*["']([\w.:-]+)["']""")
# Declared encodings that are believed, if the text is no UTF-8.
_CODECS = re.compile(r"gb|big5|iso8859|cp\d|koi8|shift_jis|euc_")
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}\[\]]', re.DOTALL)
_XML_PROLOGUE = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff01-\uff5e]")
_USE = (
    "give a MediaWiki XML dump, plain text, JSON lines with a 'text' field or text with <doc> lines"
)


@dataclass(frozen=True)
class Kind:
    """What a file holds.

    Attributes:
        form: "dump", "json", "doc" or "plain".
        encoding: the name of a Python codec.
    """

    form: str
    encoding: str


def recognise_kind(path: Path, chunk_size: int = _HEAD_SIZE) -> Kind:
    """Tell the kind of a file from its beginning.

    Raises:
        InputError: if it is empty, damaged before anything usable, or of none of the kinds.
    """
    head = _read_head(path, chunk_size)
    encoding = _find_encoding(path, head)
    text = codecs.getincrementaldecoder(encoding)("ignore").decode(head).lstrip("\ufeff")
    if not text.strip():
        raise InputError(f"{path} is empty: it holds nothing but white space", value=path)
    return Kind(_find_form(path, text), encoding)


def transcode(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield a stream as UTF-8, without a byte order mark at its beginning.

    Raises:
        BrokenStream: where the stream breaks or is not of that encoding (not for UTF-8, which is
            passed on unseen).
    """
    chunks = iter(chunks)
    if encoding == "utf-8":
        beginning = b""
        for chunk in chunks:
            beginning += chunk
            if len(beginning) >= 3:
                break
        yield beginning.removeprefix(codecs.BOM_UTF8)
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    n_lines = 0
    first = True
    try:
        for chunk in chunks:
            text = decoder.decode(chunk)
            if text:
                n_lines += text.count("\n")
                yield (text.removeprefix("\ufeff") if first else text).encode("utf-8")
                first = False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        text = error.object[: error.start].decode(encoding)
        yield text.encode("utf-8")
        raise BrokenStream(
            n_lines + text.count("\n") + 1, "line", f"text that is not {encoding.upper()}"
        ) from error


def _read_head(path: Path, chunk_size: int) -> bytes:
    head = b""
    try:
        for chunk in read_chunks(path, chunk_size):
            # White space is no content, however much of it there is; but it may be all there is.
            head = head + chunk if head.strip() else chunk
            if len(head) >= _HEAD_SIZE and head.strip():
                break
    except BrokenStream as broken:
        if not head.strip():
            raise InputError(
                f"{path}: {broken.reason} at {broken.unit} {broken.position:,}, before anything "
                "usable; fetch the file again",
                value=path,
            ) from broken
    if not head.strip():
        raise InputError(f"{path} is empty; leave it out or fetch it again", value=path)
    return head[:_HEAD_SIZE]


def _find_encoding(path: Path, head: bytes) -> str:
    for bom, encoding in _BOMS.items():
        if head.startswith(bom):
            return encoding
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise InputError(f"{path} is {what}", value=path)
    if find_compression(head):
        raise InputError(f"{path} is compressed twice: unpack it once first", value=path)
    if head[257:262] == b"ustar":
        raise InputError(f"{path} is a tar archive: unpack it first", value=path)
    if b"\0" in head:
        for name in ("utf-16-le", "utf-16-be"):
            if _looks_written(head, name):
                raise _suggest_iconv(path, name.upper())
        raise InputError(f"{path} is a binary file; {_USE}", value=path)
    declared = _DECLARATION.match(head)
    return _check_utf8(path, head, declared[1].decode("ascii") if declared else "")


def _check_utf8(path: Path, head: bytes, declared: str) -> str:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError as error:
        if declared:
            with suppress(LookupError, UnicodeError):
                codec = codecs.lookup(declared)
                if _CODECS.match(codec.name):
                    codecs.getincrementaldecoder(codec.name)().decode(head)
                    return codec.name
        valid = head[: error.start]
        if len(valid.decode("utf-8")) == len(valid) and _looks_written(head, "gb18030"):
            raise _suggest_iconv(path, "GB18030") from error
        if b"\n" not in valid.strip() and not declared:
            raise InputError(
                f"{path} is neither UTF-8 text nor a known kind; {_USE}", value=path
            ) from error
    return "utf-8"


def _looks_written(head: bytes, encoding: str) -> bool:
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeError:
        return False
    foreign = [c for c in text if ord(c) >= 128]
    if any(ord(c) < 32 and c not in "\t\n\r\f\x1b" for c in text):
        return False
    return len(_HAN.findall(text)) >= 0.5 * len(foreign)


def _suggest_iconv(path: Path, encoding: str) -> InputError:
    return InputError(
        f"{path} looks like {encoding} text; convert it first: "
        f"iconv -f {encoding} -t UTF-8 {path.name} > converted.txt",
        value=path,
    )


def _find_form(path: Path, text: str) -> str:
    prologue = _XML_PROLOGUE.match(text)
    body = text[prologue.end() :] if prologue else text
    first = body[:100].lower()
    # A file cut within the first tag is a dump too, so that it is reported and not taken for text.
    if first.startswith("<mediawiki") or (first and "<mediawiki".startswith(first)):
        return "dump"
    if first.startswith(("<!doctype html", "<html")):
        raise InputError(f"{path} is a web page, not a dump: fetch the dump itself", value=path)
    if first.startswith("<!doctype"):
        raise InputError(
            f"{path} declares an XML document type, which no MediaWiki export has; it is refused: "
            "fetch the dump from its wiki",
            value=path,
        )
    stripped = text.lstrip()
    if stripped.startswith("<?xml") or first.startswith("<page>"):
        raise InputError(f"{path} is XML, but no whole MediaWiki export; {_USE}", value=path)
    lines = stripped.split("\n", 1000)
    if match_header(lines[0]):
        return "doc"
    if stripped.startswith(("{", "[")):
        if any(parse_json_line(line.encode("utf-8")) for line in lines) or _opens_article(lines[0]):
            return "json"
        if re.match(r"[\[{\s]+\"", stripped):
            raise InputError(
                f"{path} is JSON, but not JSON lines with a 'text' field; write one object a line, "
                'such as {"title": ..., "text": ...}',
                value=path,
            )
    return "plain"


def _opens_article(line: str) -> bool:
    """Tell whether a JSON object, perhaps longer than the head, has a `text` at its top."""
    depth = 0
    for found in _JSON_TOKEN.finditer(line):
        token = found[0]
        if token in "{[":
            depth += 1
        elif token in "}]":
            depth -= 1
        elif depth == 1 and token.endswith(":") and token.startswith('"text"'):
            return line[found.end() :].lstrip().startswith('"')
    return False
