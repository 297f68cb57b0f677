"""Documents to sentences of words: what a worker runs, and what a query goes through later."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from embedrec.errors import CorruptedError, InputError, ParameterError, VersionError
from embedrec.files import PathLike
from embedrec.text.script import SCRIPTS, ScriptConverter
from embedrec.text.segment import ENGINES, Segmenter, open_segmenter_on_text
from embedrec.text.sentences import split_sentences
from embedrec.text.token_rule import TokenRule, clean_characters
from embedrec.text.user_dict import hash_user_dict, read_user_dict

if TYPE_CHECKING:
    from embedrec.text.source import RawDocument

# Goes up whenever the same text and settings would give other words than before.
RULES_VERSION = 1

# A text without any punctuation is cut into sentences of so many words.
MAX_SENTENCE_WORDS = 10_000

# The variant of a wiki's conversion marks to take, by script.
_VARIANTS = {"simplified": "zh-cn", "traditional": "zh-tw", "keep": "zh"}
_DECIDING = ("script", "punctuation", "digits", "latin")


@dataclass(frozen=True)
class TextSettings:
    """How text becomes words.

    With the segmenter "whitespace" the input is words already: they are taken as they stand, and
    script, punctuation, digits and latin have no effect.

    Attributes:
        segmenter: "auto", "jieba", "rjieba" or "whitespace"; see `open_segmenter`.
        user_dict: path of a dictionary in jieba's file format.
        script: "simplified", "traditional" or "keep".
        punctuation: "drop" or "keep"; see `TokenRule` for this and the next two.
        digits: "keep", "zero" or "drop".
        latin: "lower", "keep" or "drop".

    Raises:
        ParameterError: if a setting is none of those.
    """

    segmenter: str = "auto"
    user_dict: str | None = None
    script: str = "simplified"
    punctuation: str = "drop"
    digits: str = "keep"
    latin: str = "lower"

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("segmenter", self.segmenter, ENGINES),
            ("script", self.script, SCRIPTS),
        ):
            if value not in allowed:
                raise ParameterError(
                    f"unknown {name} {value!r}: choose one of {', '.join(allowed)}", value=value
                )
        TokenRule(self.punctuation, self.digits, self.latin)
        if self.user_dict is not None and self.segmenter == "whitespace":
            raise ParameterError(
                "a user dictionary has no effect on text that is segmented already; leave it out "
                "or choose another segmenter than whitespace",
                value=self.user_dict,
            )


class TextPipeline:
    """Turns documents into sentences of words, and queries into words the same way.

    It can be pickled: it carries the settings and the user dictionary's text, and loads engines in
    the process that uses it.

    Attributes:
        settings: the settings.
        user_dict_text: what is in the user dictionary, so that a corpus or a model can keep it.
    """

    def __init__(self, settings: TextSettings | None = None) -> None:
        """Take the settings (by default, the defaults) and read the user dictionary.

        Raises:
            InputError: if the dictionary is missing or can't be used.
        """
        self.settings = settings or TextSettings()
        path = self.settings.user_dict
        self.user_dict_text = None if path is None else read_user_dict(path)
        self._load()

    def _load(self) -> None:
        self._segmenter: Segmenter | None = None
        self._converter = ScriptConverter(self._script)
        self._rule = TokenRule(self.settings.punctuation, self.settings.digits, self.settings.latin)

    def __getstate__(self) -> dict[str, Any]:
        return {"settings": self.settings, "user_dict_text": self.user_dict_text}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._load()

    @property
    def segmenter(self) -> Segmenter:
        """The engine, opened at its first use.

        Raises:
            MissingExtraError: if it is not installed.
            ParameterError: if it can't do what the user dictionary asks for.
        """
        if self._segmenter is None:
            self._segmenter = open_segmenter_on_text(self.settings.segmenter, self.user_dict_text)
        return self._segmenter

    @property
    def _takes_words(self) -> bool:
        return self.settings.segmenter == "whitespace"

    @property
    def _script(self) -> str:
        return "keep" if self._takes_words else self.settings.script

    def split(self, document: RawDocument) -> Iterator[str]:
        """Yield the sentences of a document: markup gone, script converted, none empty.

        A segmented document has one sentence a line.
        """
        if document.markup == "segmented":
            yield from filter(None, map(str.strip, document.body.splitlines()))
            return
        text = self._converter.convert(self._extract_text(document))
        yield from split_sentences(text if self._takes_words else clean_characters(text))

    def _extract_text(self, document: RawDocument) -> str:
        text = document.body
        variant = _VARIANTS[self._script]
        if document.markup == "wikitext":
            from embedrec.text.wikitext import strip_wikitext

            return strip_wikitext(text, variant=variant, title=document.title)
        if "&" in text:
            text = html.unescape(text)
        if "-{" in text:
            from embedrec.text.conversion import convert_marks

            text = convert_marks(text, variant)
        return text

    def __call__(self, document: RawDocument) -> Iterator[list[str]]:
        """Yield the sentences of a document as lists of words; none is empty.

        Sentences above `MAX_SENTENCE_WORDS` words are cut into pieces of that many.
        """
        sentences = self.split(document)
        cut: Iterable[list[str]]
        if self._takes_words or document.markup == "segmented":
            cut = map(str.split, sentences)
        else:
            cut = map(self._rule.apply, self.segmenter.cut_lines(list(sentences)))
        for words in cut:
            if len(words) <= MAX_SENTENCE_WORDS:
                if words:
                    yield words
                continue
            for begin in range(0, len(words), MAX_SENTENCE_WORDS):
                yield words[begin : begin + MAX_SENTENCE_WORDS]

    def cut_query(self, text: str) -> list[str]:
        """Return the words of a query, cut as the training text was."""
        if self._takes_words:
            return text.split()
        text = clean_characters(self._converter.convert(text))
        return self._rule.apply(self.segmenter.cut(text))

    def convert_prefix(self, prefix: str) -> str:
        """Return the beginning of a word in the script and case that words of a text have."""
        if self._takes_words:
            return prefix
        letters = clean_characters(self._converter.convert(prefix))
        return self._rule.apply_to_word(letters) or letters  # what is left out begins no word

    def describe(self) -> dict[str, Any]:
        """Return what decides the words, as JSON: equal descriptions give equal words."""
        settings = asdict(self.settings)
        if self._takes_words:
            rules = dict.fromkeys(_DECIDING, "keep")
        else:
            rules = {name: settings[name] for name in _DECIDING}
        return {"rules_version": RULES_VERSION, **self.segmenter.describe(), **rules}

    def collect_facts(self) -> dict[str, Any]:
        """Return which engines are at work, as JSON; it does not decide a match."""
        import importlib.metadata

        facts = self.segmenter.collect_facts()
        if self._script != "keep":
            facts["opencc_version"] = importlib.metadata.version("opencc")
        return facts

    @classmethod
    def from_description(
        cls, description: Mapping[str, Any], user_dict: PathLike | None = None
    ) -> TextPipeline:
        """Open the pipeline that a corpus or model was made with.

        Args:
            description: what `describe` gave then.
            user_dict: the copy of the user dictionary that was kept, if there was one.

        Raises:
            VersionError: if a newer version's rules made it.
            CorruptedError: if the description can't be read, or the dictionary is another one.
            InputError: if the dictionary is missing.
        """
        version = description.get("rules_version")
        family = description.get("segmenter")
        if not isinstance(version, int) or family is None:
            raise CorruptedError(
                "there is no record of how the text was cut into words; build it again",
                value=dict(description),
            )
        if version > RULES_VERSION or family not in ("jieba", "whitespace"):
            raise VersionError(
                f"the text was cut by rules of version {version} ({family}), and this embedrec "
                f"knows up to {RULES_VERSION}; upgrade embedrec",
                value=version,
            )
        try:
            if family == "whitespace":
                return cls(TextSettings(segmenter="whitespace"))
            rules = {name: description[name] for name in _DECIDING}
            path = _check_user_dict(description.get("user_dict_hash"), user_dict)
            return cls(TextSettings(user_dict=path, **rules))
        except (KeyError, ParameterError) as error:
            raise CorruptedError(
                f"the record of how the text was cut is damaged ({error}); build it again",
                value=dict(description),
            ) from error


def _check_user_dict(digest: str | None, path: PathLike | None) -> str | None:
    if digest is None:
        return None
    if path is None:
        raise InputError(
            "the text was cut with a user dictionary, and it is missing here; give the file",
            value=digest,
        )
    if hash_user_dict(read_user_dict(path)) != digest:
        raise CorruptedError(
            f"{path} is not the user dictionary that the text was cut with; give the same file",
            value=str(path),
        )
    return str(path)
