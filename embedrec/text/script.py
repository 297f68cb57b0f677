"""Simplified and traditional script, through OpenCC.

OpenCC converts by words and phrases, so a whole document is converted at once: the result does not
hang on where it is cut into sentences, and the call costs little.
"""

from __future__ import annotations

from typing import Any

from embedrec.errors import ParameterError

# s2t writes OpenCC's own standard of traditional characters, without Taiwan's or Hong Kong's
# variants or wording: the counterpart of t2s, so that text in all variants meets in one form.
_CONFIGS = {"simplified": "t2s", "traditional": "s2t", "keep": None}

SCRIPTS = tuple(_CONFIGS)


class ScriptConverter:
    """Converts text to one script.

    Characters are converted, never vocabulary: 軟體 becomes 软体, not 软件.

    Attributes:
        script: "simplified", "traditional" or "keep".
    """

    def __init__(self, script: str = "simplified") -> None:
        """Take the target script; OpenCC is loaded at the first conversion.

        Raises:
            ParameterError: if `script` is none of `SCRIPTS`.
        """
        if script not in _CONFIGS:
            raise ParameterError(
                f"unknown script {script!r}: choose one of {', '.join(SCRIPTS)}", value=script
            )
        self.script = script
        self._opencc: Any = None

    def convert(self, text: str) -> str:
        """Return the text in the target script.

        Stretches that a conversion mark of the wiki protects stay as they are; the marks around
        them are taken off, also where the script is kept.
        """
        from embedrec.text.conversion import PROTECT_START, split_protected

        if PROTECT_START not in text:
            return self._convert_plain(text)
        return "".join(
            piece if protected else self._convert_plain(piece)
            for piece, protected in split_protected(text)
        )

    def _convert_plain(self, text: str) -> str:
        config = _CONFIGS[self.script]
        if config is None or text.isascii():
            return text
        if self._opencc is None:
            import opencc

            self._opencc = opencc.OpenCC(config)
        try:
            return str(self._opencc.convert(text))
        except UnicodeEncodeError:
            # Lone surrogates, from a broken JSON escape, are no characters; OpenCC takes UTF-8.
            return str(self._opencc.convert(text.encode("utf-8", "replace").decode("utf-8")))
