"""Reading evaluation files: analogy questions and word pairs with human scores.

Analogies are in the form of word2vec's `questions-words`: lines `: section`, then four words on
each line. Word pairs are two words and a score on each line, between tabs, commas or blanks; lines
that begin with `#` are comments, and a first line without a number may name the columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from embedrec.errors import InputError
from embedrec.files import PathLike

Question = tuple[str, str, str, str]
Pair = tuple[str, str, float]
NO_SECTION = "all"


def read_analogies(path: PathLike) -> dict[str, list[Question]]:
    """Read questions "a b c d" (a is to b as c is to d) by section, in the order of the file.

    Questions before the first section line come under `NO_SECTION`.

    Raises:
        InputError: naming file and line, if it is missing, empty, not UTF-8 or not of this form.
    """
    sections: dict[str, list[Question]] = {}
    section = NO_SECTION
    for number, line in _read_lines(path):
        if line.startswith(":"):
            section = line[1:].strip()
            sections.setdefault(section, [])
            continue
        words = line.split()
        if len(words) != 4 and line.startswith("#"):
            continue
        if len(words) != 4:
            if not any(sections.values()) and _find_score(_split_fields(line)) is not None:
                raise InputError(
                    f"{path} is a word similarity file (line {number} holds a score), where "
                    "analogies are needed; give it as similarity",
                    value=path,
                )
            raise InputError(
                f"{path}, line {number}: {len(words)} words where an analogy has 4 "
                f"({_shorten(line)})",
                value=path,
            )
        sections.setdefault(section, []).append((words[0], words[1], words[2], words[3]))
    if not any(sections.values()):
        raise InputError(f"{path} holds no analogy questions", value=path)
    return sections


def read_pairs(path: PathLike) -> list[Pair]:
    """Read word pairs with their scores, in the order of the file.

    The first data line says how many columns there are and which one, after the two words, is the
    score; further columns are passed over.

    Raises:
        InputError: naming file and line, if it is missing, empty, not UTF-8 or not of this form.
    """
    pairs: list[Pair] = []
    column = n_fields = 0
    first = True
    for number, line in _read_lines(path):
        if line.startswith("#"):
            continue
        fields = _split_fields(line)
        if line.startswith(":") or (not pairs and _looks_like_analogy(fields)):
            raise InputError(
                f"{path} is an analogy file (line {number}: {_shorten(line)}), where word pairs "
                "with scores are needed; give it as analogies",
                value=path,
            )
        found = _find_score(fields)
        if not pairs and found is None and first and len(fields) >= 3:
            first = False  # the names of the columns
            continue
        first = False
        if not pairs and found is not None:
            column, n_fields = found, len(fields)
        score = _parse_score(fields[column]) if len(fields) == n_fields else None
        if score is None:
            raise InputError(
                f"{path}, line {number}: not two words and a score ({_shorten(line)})", value=path
            )
        pairs.append((fields[0], fields[1], score))
    if not pairs:
        raise InputError(f"{path} holds no word pairs", value=path)
    return pairs


def _read_lines(path: PathLike) -> Iterator[tuple[int, str]]:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}", value=path) from error
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            line = raw.decode("utf-8").strip()
        except UnicodeDecodeError:
            raise InputError(
                f"{path}, line {number} is not valid UTF-8; convert the file to UTF-8", value=path
            ) from None
        if line:
            yield number, line


def _split_fields(line: str) -> list[str]:
    if "\t" in line:
        return [field.strip() for field in line.split("\t")]
    fields = line.split()
    if len(fields) < 3 and line.count(",") >= 2:
        return [field.strip() for field in line.split(",")]
    return fields


def _find_score(fields: list[str]) -> int | None:
    if len(fields) < 3 or not (fields[0] and fields[1]):
        return None
    return next((i for i in range(2, len(fields)) if _parse_score(fields[i]) is not None), None)


def _looks_like_analogy(fields: list[str]) -> bool:
    return len(fields) == 4 and all(not any(c.isdigit() for c in field) for field in fields[2:])


def _parse_score(field: str) -> float | None:
    try:
        score = float(field)
    except ValueError:
        return None
    return score if abs(score) < float("inf") else None  # also refuses "nan"


def _shorten(line: str) -> str:
    return repr(line if len(line) <= 60 else line[:57] + "...")
