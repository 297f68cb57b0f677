"""Cutting text into words.

The reference is jieba's default mode with its hidden Markov model for unknown words. rjieba is the
same algorithm in compiled code, with differences that `RjiebaSegmenter` goes around, so both
engines give the same words, and a corpus made by one may be queried by the other.
"""

from __future__ import annotations

import importlib.metadata
import re
import threading
import warnings
from collections.abc import Sequence
from typing import Any

from embedrec.errors import MissingExtraError, ParameterError
from embedrec.files import PathLike
from embedrec.text.unknown_words import UnknownWords
from embedrec.text.user_dict import hash_user_dict, parse_user_dict, read_user_dict

ENGINES = ("auto", "jieba", "rjieba", "whitespace")

# Versions of rjieba whose words were compared with jieba's on all shared corpora.
PROVEN_RJIEBA = ("0.2.2",)

# Characters that rjieba takes into a block of Chinese and jieba does not, and lone surrogates,
# which it can't take at all. jieba makes each of them a word of its own; so does it with NUL,
# which is needed here to keep words apart.
_OUTSIDE = re.compile(
    "([\x00\u3400-\u4dbf\u9fd6-\u9fff\uf900-\ufaff\ud800-\udfff\U00020000-\U0003ffff])"
)
# A token that jieba leaves to its model for unknown words: a single character of its blocks, or a
# run of letters and digits, which rjieba has joined. Two and more of them make a stretch.
_UNCOVERED = "(?:[\u4e00-\u9fd5+#&._%-]|[a-zA-Z0-9]+)"
_STRETCH = re.compile(f"((?:\0{_UNCOVERED}){{2,}}(?=\0))")
# jieba keeps the words it must never join in one place for the whole process.
_FORCE_SPLIT_LOCK = threading.Lock()


class Segmenter:
    """What cuts text into words.

    Attributes:
        engine: "jieba", "rjieba" or "whitespace".
        notice: one line to show a user when the engine is not the one expected; else None.
    """

    engine = ""
    notice: str | None = None

    def cut(self, text: str) -> list[str]:
        """Return the words of a text in order."""
        raise NotImplementedError

    def cut_lines(self, lines: Sequence[str]) -> list[list[str]]:
        """Return the words of each line, as `cut` gives them, faster for many short lines."""
        return [self.cut(line) for line in lines]

    def describe(self) -> dict[str, Any]:
        """Return what decides the words, as JSON; equal descriptions cut alike."""
        raise NotImplementedError

    def collect_facts(self) -> dict[str, Any]:
        """Return which engine is at work, as JSON; it does not decide the words."""
        return {"engine": self.engine}


class WhitespaceSegmenter(Segmenter):
    """For text that is segmented already: words are what stands between white space."""

    engine = "whitespace"

    def cut(self, text: str) -> list[str]:
        """Return what stands between white space (Unicode's)."""
        return text.split()

    def describe(self) -> dict[str, Any]:
        """Return what decides the words."""
        return {"segmenter": "whitespace"}


class JiebaSegmenter(Segmenter):
    """jieba itself, on a dictionary of its own that other users of jieba don't see.

    The dictionary is built from jieba's word list each time (half a second) rather than read from
    the cache that jieba keeps in the folder for temporary files: there anybody may leave a file,
    and workers would race for it.
    """

    engine = "jieba"

    def __init__(self, user_dict_text: str | None = None) -> None:
        jieba = _import_jieba()
        self._finalseg = jieba.finalseg
        self._user_dict_text: str | None = None
        self._version = jieba.__version__
        self._force_split: set[str] = set()
        tokenizer = jieba.Tokenizer()
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
        tokenizer.initialized = True
        self._tokenizer = tokenizer
        if user_dict_text is not None:
            self.add_user_words(user_dict_text)

    def add_user_words(self, user_dict_text: str) -> None:
        """Take over the words of a user dictionary."""
        self._user_dict_text = user_dict_text
        with _FORCE_SPLIT_LOCK:
            kept = self._swap_force_split(self._force_split)
            try:
                for entry in parse_user_dict(user_dict_text):
                    self._tokenizer.add_word(*entry)
            finally:
                self._swap_force_split(kept)

    def cut(self, text: str) -> list[str]:
        """Return jieba's words; joined they are `text` again."""
        with _FORCE_SPLIT_LOCK:
            kept = self._swap_force_split(self._force_split)
            try:
                return list(self._tokenizer.cut(text))
            finally:
                self._swap_force_split(kept)

    def _swap_force_split(self, words: set[str]) -> set[str]:
        kept: set[str] = self._finalseg.Force_Split_Words
        self._finalseg.Force_Split_Words = words
        return kept

    def get_frequency(self, word: str) -> int:
        """Return a word's frequency in the dictionary, 0 for a word that is not in it."""
        return int(self._tokenizer.FREQ.get(word) or 0)

    @property
    def total(self) -> int:
        """Sum of the frequencies that jieba divides by."""
        return int(self._tokenizer.total)

    def describe(self) -> dict[str, Any]:
        """Return what decides the words."""
        return _describe_jieba(self._version, self._user_dict_text)

    def collect_facts(self) -> dict[str, Any]:
        """Return the engine and its version."""
        return {"engine": "jieba", "engine_version": self._version}


class RjiebaSegmenter(Segmenter):
    """jieba's words with the help of rjieba's compiled code.

    rjieba looks for the dictionary's words, which it does as jieba does. What no such word covers
    goes through `UnknownWords`. Characters of the rare blocks (CJK extensions, compatibility
    ideographs), which jieba keeps out of its search, don't get to rjieba at all.
    """

    engine = "rjieba"

    def __init__(self, user_dict_text: str | None = None) -> None:
        import rjieba

        self._user_dict_text = user_dict_text
        self._rjieba = rjieba.Jieba()
        self._cut = self._rjieba.cut
        user_words: set[str] = set()
        if user_dict_text is not None:
            user_words = {entry.word for entry in parse_user_dict(user_dict_text)}
            self._add_user_words(user_words, user_dict_text)
        self._unknown_words = UnknownWords(self._rjieba.has_word, user_words)

    def _add_user_words(self, words: set[str], user_dict_text: str) -> None:
        jieba = JiebaSegmenter()
        missing = -jieba.total
        before = {word: jieba.get_frequency(word) for word in words}
        jieba.add_user_words(user_dict_text)
        missing += jieba.total
        for word in sorted(words):
            frequency = jieba.get_frequency(word)
            self._rjieba.add_word(word, frequency, None)
            missing -= frequency - before[word]
        # jieba adds the frequency of a word that is given again to its total, and rjieba only what
        # is new. A word that no text gets to hold makes up for it.
        if missing:
            self._rjieba.add_word("\0", missing, None)

    def cut(self, text: str) -> list[str]:
        """Return jieba's words; joined they are `text` again."""
        if not text:
            return []
        if _OUTSIDE.search(text) is None:
            return self._cut_marked(text)[1:-1].split("\0")
        words: list[str] = []
        for i, piece in enumerate(_OUTSIDE.split(text)):
            if i % 2:
                words.append(piece)
            elif piece:
                words += self._cut_marked(piece)[1:-1].split("\0")
        return words

    def cut_lines(self, lines: Sequence[str]) -> list[list[str]]:
        """Return the words of each line; see `Segmenter.cut_lines`."""
        text = "\n".join(lines)
        if _OUTSIDE.search(text) or text.count("\n") != len(lines) - 1 or not all(lines):
            return [self.cut(line) for line in lines]
        # A line feed is no part of a word, so all lines can be cut at once.
        return [line.split("\0") for line in self._cut_marked(text)[1:-1].split("\0\n\0")]

    def _cut_marked(self, text: str) -> str:
        """Return the words with a NUL before and after each; the loops all run inside Python."""
        marked = "\0".join(["", *self._cut(text, False), ""])
        parts = _STRETCH.split(marked)
        if len(parts) == 1:
            return marked
        parts[1::2] = map(self._unknown_words.__getitem__, parts[1::2])
        return "".join(parts)

    def describe(self) -> dict[str, Any]:
        """Return what decides the words: the same as jieba's."""
        return _describe_jieba(importlib.metadata.version("jieba"), self._user_dict_text)

    def collect_facts(self) -> dict[str, Any]:
        """Return the engine and its version."""
        return {"engine": "rjieba", "engine_version": importlib.metadata.version("rjieba")}


def open_segmenter(engine: str = "auto", user_dict: PathLike | None = None) -> Segmenter:
    """Open a segmenter.

    Args:
        engine: "jieba", "rjieba", "whitespace", or "auto": rjieba where a version is installed
            whose words were proved to be jieba's, else jieba.
        user_dict: a dictionary in jieba's file format, or None.

    Raises:
        ParameterError: if the engine is unknown, or can't do what the dictionary asks for.
        MissingExtraError: if rjieba is asked for and not installed.
        InputError: if the dictionary is missing or can't be used.
    """
    return open_segmenter_on_text(engine, None if user_dict is None else read_user_dict(user_dict))


def open_segmenter_on_text(engine: str, user_dict_text: str | None) -> Segmenter:
    """Open a segmenter on the text of a dictionary that was read before; see `open_segmenter`."""
    if engine not in ENGINES:
        raise ParameterError(
            f"unknown segmenter {engine!r}: choose one of {', '.join(ENGINES)}", value=engine
        )
    if engine == "whitespace":
        if user_dict_text is not None:
            raise ParameterError(
                "a user dictionary has no effect on text that is segmented already; leave it out "
                "or choose another segmenter than whitespace"
            )
        return WhitespaceSegmenter()
    if engine == "jieba":
        return JiebaSegmenter(user_dict_text)
    obstacle = _find_rjieba_obstacle()
    if obstacle is not None:
        if engine == "rjieba":
            raise MissingExtraError(
                f'{obstacle}: pip install "embedrec[fast]", or choose the segmenter jieba',
                value=engine,
            )
        return JiebaSegmenter(user_dict_text)
    obstacle = _find_hard_word(user_dict_text)
    if obstacle is None:
        return RjiebaSegmenter(user_dict_text)
    if engine == "rjieba":
        raise ParameterError(f"{obstacle}; choose the segmenter jieba or auto", value=engine)
    segmenter = JiebaSegmenter(user_dict_text)
    segmenter.notice = f"{obstacle}, so the slower jieba cuts the text"
    return segmenter


def _find_hard_word(user_dict_text: str | None) -> str | None:
    """Say which word of a dictionary rjieba can't follow jieba in, if there is one."""
    for word, frequency, _ in [] if user_dict_text is None else parse_user_dict(user_dict_text):
        if frequency == 0:
            return f"the user dictionary forbids {word!r} (frequency 0), which only jieba can do"
        if len(word) == 1 and word.isascii():
            return f"the user dictionary holds the single sign {word!r}, which only jieba can do"
    return None


def _find_rjieba_obstacle() -> str | None:
    try:
        version = importlib.metadata.version("rjieba")
        import rjieba  # noqa: F401
    except (importlib.metadata.PackageNotFoundError, ImportError):
        return "rjieba is not installed"
    if version not in PROVEN_RJIEBA:
        return f"rjieba {version} is not known to give jieba's words"
    return None


def _import_jieba() -> Any:
    # Its regular expressions raise syntax warnings in newer Pythons, on stderr.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    return jieba


def _describe_jieba(version: str, user_dict_text: str | None) -> dict[str, Any]:
    digest = None if user_dict_text is None else hash_user_dict(user_dict_text)
    return {"segmenter": "jieba", "jieba_version": version, "user_dict_hash": digest}
