"""User dictionaries in jieba's file format: one `word [frequency] [tag]` a line, UTF-8.

A word may hold blanks, since jieba reads the frequency and the tag from the end of the line; such
a word is legal but never found in running text, because jieba cuts text at blanks first.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import NamedTuple

from embedrec.errors import InputError
from embedrec.files import PathLike

# jieba sums frequencies and takes logarithms; this bound keeps the sum below 2**63 in any engine.
MAX_FREQUENCY = 10**12

_ENTRY = re.compile(r"^(.+?)( [0-9]+)?( [a-z]+)?$")
_NUMBER_LIKE = re.compile(r"[ \t][+-]?[0-9]*[.,]?[0-9]+(?:[eE][+-]?[0-9]+)?$")


class Entry(NamedTuple):
    """One word of a user dictionary; frequency None stands for jieba's own proposal."""

    word: str
    frequency: int | None
    tag: str | None


def read_user_dict(path: PathLike) -> str:
    """Read a user dictionary and check it.

    Returns:
        Its text in one form, so that a copy has the same hash: no byte-order mark, lines that end
        in a line feed.

    Raises:
        InputError: if the file is missing, not UTF-8, or a line can't be used, naming the line.
    """
    name = os.fspath(path)
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            f"can't read the user dictionary {name}: {error.strerror}", value=name
        ) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"the user dictionary {name} is not UTF-8 at line {number}; save it as UTF-8",
            value=name,
        ) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text and not text.endswith("\n"):
        text += "\n"
    parse_user_dict(text, name)
    return text


def parse_user_dict(text: str, name: str = "user dictionary") -> list[Entry]:
    """Split the text of a user dictionary into its entries, as jieba does.

    Raises:
        InputError: if a frequency is not a whole number within bounds, or fields are separated by
            tabs, or there is no word in the file at all.
    """
    entries = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip(" \t\r\n\x0b\x0c").lstrip("\ufeff")
        if not line:
            continue
        match = _ENTRY.match(line)
        word, frequency, tag = match.groups() if match else (line, None, None)
        if "\t" in line:
            raise InputError(
                f"{name}, line {number}: {_quote(line)} holds a tab; jieba's format separates "
                "word, frequency and tag by one blank",
                value=line,
            )
        if frequency is None and _NUMBER_LIKE.search(word):
            raise InputError(
                f"{name}, line {number}: the frequency in {_quote(line)} is not a whole number "
                "from 0; write 'word frequency tag' or leave the frequency out",
                value=line,
            )
        if frequency is not None and int(frequency) > MAX_FREQUENCY:
            raise InputError(
                f"{name}, line {number}: the frequency in {_quote(line)} is above {MAX_FREQUENCY}",
                value=line,
            )
        entries.append(
            Entry(word, None if frequency is None else int(frequency), tag and tag.strip())
        )
    if not entries:
        raise InputError(f"{name} holds no word; give words or leave it out", value=name)
    return entries


def hash_user_dict(text: str) -> str:
    """Return `sha256:<hex>` of a user dictionary's text as `read_user_dict` gives it."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _quote(line: str) -> str:
    return repr(line if len(line) <= 40 else line[:37] + "...")
