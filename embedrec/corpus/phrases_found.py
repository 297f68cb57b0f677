"""Phrases as a person sees them: words, how they are joined, and the file that keeps them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from embedrec.errors import CorruptedError, InputError
from embedrec.files import PathLike, write_atomic

PHRASES_NAME = "phrases.tsv"

_HEAD = "round\tscore\tcount\twords\tjoined"
# Scripts that are written without blanks: Chinese characters with their signs, kana.
_UNSPACED = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_ENDS_UNSPACED = re.compile(f"[{_UNSPACED}]$")
_STARTS_UNSPACED = re.compile(f"^[{_UNSPACED}]")


@dataclass(frozen=True)
class Phrase:
    """Words that stand together more often than chance lets them.

    Attributes:
        words: its words; in a later round they may be phrases themselves.
        joined: the one word it becomes.
        count: how often the words stand together, overlaps included.
        score: by the scoring asked for.
        round: in which round it was found, from 1.
    """

    words: tuple[str, ...]
    joined: str
    count: int
    score: float
    round: int


def join_words(words: Sequence[str], delimiter: str | None = None) -> str:
    """Write words as one.

    Args:
        words: at least one.
        delimiter: what goes between them. None is "_", but nothing beside a Chinese character or
            kana, as text is written: new_york, 人工智能, 2020年.
    """
    if delimiter is not None:
        return delimiter.join(words)
    joined = words[0]
    for word in words[1:]:
        close = _ENDS_UNSPACED.search(joined) or _STARTS_UNSPACED.search(word)
        joined += word if close else f"_{word}"
    return joined


def join_known(
    words: Sequence[str],
    is_known: Callable[[str], object],
    delimiter: str | None = None,
    longest: int = 8,
) -> list[str]:
    """Join words of a query where the joined form is known, the longest first, from left to right.

    For a model's vocabulary, which holds the phrases but not how they were found.
    """
    result = []
    begin = 0
    while begin < len(words):
        for end in range(min(len(words), begin + longest), begin, -1):
            joined = join_words(words[begin:end], delimiter)
            if end == begin + 1 or is_known(joined):
                result.append(joined)
                begin = end
                break
    return result


class Phrases(Sequence[Phrase]):
    """The phrases found in a corpus: by round, the highest score first.

    They can be looked at, and joined in other sentences as they were in the corpus.
    """

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = sorted(phrases, key=lambda each: (each.round, -each.score, each.words))
        self._rounds: dict[int, dict[tuple[str, ...], str]] = {}
        self._middles: dict[int, set[str]] = {}
        for phrase in self._phrases:
            self._rounds.setdefault(phrase.round, {})[phrase.words] = phrase.joined
            self._middles.setdefault(phrase.round, set()).update(phrase.words[1:-1])

    @overload
    def __getitem__(self, index: int) -> Phrase: ...
    @overload
    def __getitem__(self, index: slice) -> list[Phrase]: ...
    def __getitem__(self, index: int | slice) -> Phrase | list[Phrase]:
        return self._phrases[index]

    def __len__(self) -> int:
        return len(self._phrases)

    def __repr__(self) -> str:
        return f"Phrases({len(self)} in {len(self._rounds)} rounds)"

    def join(self, words: Iterable[str]) -> list[str]:
        """Return a sentence with its phrases joined, round by round, from left to right."""
        sentence = list(words)
        for number in self._rounds:
            sentence = self._join_round(sentence, number)
        return sentence

    def _join_round(self, words: list[str], number: int) -> list[str]:
        table, connectors = self._rounds[number], self._middles[number]
        result: list[str] = []
        first: int | None = None
        for word in words:
            result.append(word)
            if word in connectors:
                continue
            if first is not None and (joined := table.get(tuple(result[first:]))) is not None:
                result[first:] = [joined]
                first = None
            else:
                first = len(result) - 1
        return result

    def save(self, path: PathLike) -> None:
        """Write UTF-8 lines of round, score, count, words and the joined word, atomically.

        Raises:
            StorageError: if the place can't be written.
        """
        with write_atomic(path, "w") as file:
            file.write(f"{_HEAD}\n")
            for each in self._phrases:
                words = " ".join(each.words)
                line = f"{each.round}\t{each.score!r}\t{each.count}\t{words}\t{each.joined}\n"
                file.write(line)

    @classmethod
    def load(cls, path: PathLike) -> Phrases:
        """Read what `save` wrote, or the file in a corpus folder that `join_phrases` made.

        Raises:
            InputError: if the file can't be read.
            CorruptedError: naming the first line that is no phrase.
        """
        path = Path(path)
        if path.is_dir():
            path = path / PHRASES_NAME
        lines = _read_text(path).split("\n")
        if lines[0] != _HEAD:
            raise _describe_fault(path, 1, lines[0])
        if lines[-1]:
            raise _describe_fault(path, len(lines), lines[-1])
        return cls(_parse(path, lines[1:-1]))


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}", value=path) from error
    except UnicodeDecodeError as error:
        raise CorruptedError(
            f"{path} is not UTF-8 ({error.reason}); join the phrases again", value=path
        ) from error


def _parse(path: Path, lines: list[str]) -> Iterator[Phrase]:
    for number, line in enumerate(lines, 2):
        try:
            at, score, count, words, joined = line.split("\t")
            phrase = Phrase(tuple(words.split(" ")), joined, int(count), float(score), int(at))
            if len(phrase.words) < 2 or phrase.round < 1 or joined.split() != [joined]:
                raise ValueError
        except ValueError:
            raise _describe_fault(path, number, line) from None
        yield phrase


def _describe_fault(path: Path, number: int, line: str) -> CorruptedError:
    short = repr(line if len(line) <= 40 else line[:37] + "...")
    return CorruptedError(
        f"{path}, line {number}: {short} is no phrase; join the phrases again", value=number
    )
