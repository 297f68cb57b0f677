"""Cutting text into words.

The reference is jieba's default mode with its hidden Markov model for unknown words. rjieba is the
same algorithm in compiled code, with differences that `RjiebaSegmenter` goes around, so both
engines give the same words, and a corpus made by one may be queried by the other.
"""

from __future__ import annotations

import importlib.metadata
import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from embedrec.errors import MissingExtraError, ParameterError
from embedrec.files import PathLike
from embedrec.text.user_dict import hash_user_dict, parse_user_dict, read_user_dict

ENGINES = ("auto", "jieba", "rjieba", "whitespace")

# Versions of rjieba whose words were compared with jieba's on all shared corpora.
PROVEN_RJIEBA = ("0.2.2",)

# jieba keeps the words it must never join in one place for the whole process.
_FORCE_SPLIT_LOCK = threading.Lock()


class Segmenter(ABC):
    """What cuts text into words.

    Attributes:
        engine: "jieba", "rjieba" or "whitespace".
        notice: one line to show a user when the engine is not the one expected; else None.
    """

    engine = ""
    notice: str | None = None

    @abstractmethod
    def cut(self, text: str) -> list[str]:
        """Return the words of a text in order."""

    def cut_lines(self, lines: Sequence[str]) -> list[list[str]]:
        """Return the words of each line, as `cut` gives them, faster for many short lines."""
        return [self.cut(line) for line in lines]

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Return what decides the words, as JSON; equal descriptions cut alike."""

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
        return describe_jieba(self._version, self._user_dict_text)

    def collect_facts(self) -> dict[str, Any]:
        """Return the engine and its version."""
        return {"engine": "jieba", "engine_version": self._version}


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
        from embedrec.text.segment_rjieba import RjiebaSegmenter

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


def describe_jieba(version: str, user_dict_text: str | None) -> dict[str, Any]:
    """Return what decides the words of jieba, whichever engine finds them."""
    digest = None if user_dict_text is None else hash_user_dict(user_dict_text)
    return {"segmenter": "jieba", "jieba_version": version, "user_dict_hash": digest}
