"""What becomes of the words after segmentation, and of odd characters before it.

Before segmentation (`clean_characters`, always):

- full-width Latin letters and digits become the usual ones (ＰＣＭＡ to PCMA), so that jieba sees
  words; other full-width signs stay;
- characters without a sight or a meaning are removed: zero-width characters, soft hyphens, byte
  order marks, direction marks, variation selectors, control characters, private-use characters
  and the replacement character of broken encodings;
- a letter and the accents that follow it are joined, and accents left alone are removed.

After segmentation (`TokenRule`, by option): white space is always dropped; punctuation, numbers
and Latin words as asked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from embedrec.errors import ParameterError

PUNCTUATION = ("drop", "keep")
DIGITS = ("keep", "zero", "drop")
LATIN = ("lower", "keep", "drop")

_FULL_WIDTH = re.compile("[０-９Ａ-Ｚａ-ｚ]+")
_TO_HALF_WIDTH = {
    code: code - 0xFEE0
    for first, last in ("０９", "ＡＺ", "ａｚ")
    for code in range(ord(first), ord(last) + 1)
}
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\ufff9-\uffff"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]+"
)
_ACCENT = re.compile("[\u0300-\u036f]")
_NUMBER = re.compile(r"[0-9][0-9.,%]*")
_DIGIT = re.compile("[0-9]")
# The memory of a rule is forgotten when it has grown to this many different words.
_MEMORY_SIZE = 1_000_000


def clean_characters(text: str) -> str:
    """Return the text with full-width letters made usual and unseen characters removed."""
    if text.isascii() and text.isprintable():
        return text
    if _UNSEEN.search(text):
        text = _UNSEEN.sub("", text)
    if _FULL_WIDTH.search(text):
        text = _FULL_WIDTH.sub(lambda match: match[0].translate(_TO_HALF_WIDTH), text)
    if _ACCENT.search(text):
        text = _ACCENT.sub("", unicodedata.normalize("NFC", text))
    return text


class TokenRule:
    """Decides word by word what stays.

    Args:
        punctuation: "drop" leaves out words without any letter or digit; "keep" keeps them.
        digits: "keep" keeps numbers; "zero" writes every digit of a number as 0 (1998 to 0000);
            "drop" leaves numbers out. A number is a word of digits, points, commas and %; words
            that hold letters (4S店, H1N1) are no numbers.
        latin: "lower" writes all words in small letters; "keep" keeps them; "drop" leaves out
            words that have Latin letters and no other ones (T恤 stays).

    Raises:
        ParameterError: if an option is none of those.
    """

    def __init__(
        self, punctuation: str = "drop", digits: str = "keep", latin: str = "lower"
    ) -> None:
        for name, value, allowed in (
            ("punctuation", punctuation, PUNCTUATION),
            ("digits", digits, DIGITS),
            ("latin", latin, LATIN),
        ):
            if value not in allowed:
                raise ParameterError(
                    f"{name} can't be {value!r}: choose one of {', '.join(allowed)}", value=value
                )
        self.punctuation, self.digits, self.latin = punctuation, digits, latin
        self._memory = _Memory(self)

    def apply(self, words: Iterable[str]) -> list[str]:
        """Return what stays of the words, in order."""
        memory = self._memory
        if len(memory) > _MEMORY_SIZE:
            memory.clear()
        return list(filter(None, map(memory.__getitem__, words)))

    def apply_to_word(self, word: str) -> str:
        """Return what becomes of one word; the empty string if it is left out."""
        if not word or word.isspace():
            return ""
        if not any(map(str.isalnum, word)):
            return "" if self.punctuation == "drop" else word
        if _NUMBER.fullmatch(word):
            if self.digits == "drop":
                return ""
            return _DIGIT.sub("0", word) if self.digits == "zero" else word
        if self.latin == "lower":
            return word.lower()
        if self.latin == "drop" and _is_latin(word):
            return ""
        return word


class _Memory(dict[str, str]):
    """Word to what becomes of it, worked out at its first sight."""

    def __init__(self, rule: TokenRule) -> None:
        super().__init__()
        self._rule = rule

    def __missing__(self, word: str) -> str:
        self[word] = result = self._rule.apply_to_word(word)
        return result

    def __reduce__(self) -> tuple[type[_Memory], tuple[TokenRule]]:
        return _Memory, (self._rule,)


def _is_latin(word: str) -> bool:
    letters = [character for character in word if character.isalpha()]
    return bool(letters) and all(
        character < "\u0250" or "\u1e00" <= character < "\u1f00" for character in letters
    )
