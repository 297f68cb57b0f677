"""What is wrong with a vocabulary file, and in which line; only looked for when something is."""

from __future__ import annotations

from pathlib import Path

from embedrec.errors import CorruptedError, InputError


def read_bytes(path: Path) -> bytes:
    """Read a file.

    Raises:
        InputError: if it can't be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}", value=path) from error


def read_lines(path: Path) -> str:
    """Read a UTF-8 file as it is: line ends other than the line feed are not touched.

    Raises:
        InputError: if it can't be read.
        CorruptedError: naming the first line that is not UTF-8.
    """
    content = read_bytes(path)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise find_fault(path, content) from None


def find_fault(path: Path, content: bytes) -> CorruptedError:
    """Return the error that names the first faulty line of a vocabulary known to have one.

    A line that is not UTF-8 is named before any other.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        n_before = content.count(b"\n", 0, error.start)
        return _describe_fault(path, n_before + 1, "it is not UTF-8")
    lines = text.split("\n")
    if lines == [""]:
        return _describe_fault(path, 1, "the file is empty")
    before: int | None = None
    seen: set[str] = set()
    for number, line in enumerate(lines[:-1], 1):
        word, _, count = line.rpartition(" ")
        if word.split() != [word]:
            return _describe_fault(path, number, f"{_quote(line)} is not 'word count'")
        if not (count.isascii() and count.isdigit()) or str(int(count)) != count:
            return _describe_fault(path, number, f"the count {_quote(count)} is no whole number")
        if int(count) >= 2**64:
            return _describe_fault(path, number, f"the count {count} is too large")
        if before is not None and int(count) > before:
            return _describe_fault(path, number, f"the count {count} is above the one before")
        if word in seen:
            return _describe_fault(path, number, f"the word {_quote(word)} comes a second time")
        before = int(count)
        seen.add(word)
    return _describe_fault(path, len(lines), f"it is cut short at {_quote(lines[-1])}")


def _quote(value: str) -> str:
    return repr(value) if len(value) <= 40 else repr(value[:40]) + "..."


def _describe_fault(path: Path, line: int, what: str) -> CorruptedError:
    return CorruptedError(
        f"{path}, line {line}: {what}; the vocabulary is damaged, build it again", value=line
    )
