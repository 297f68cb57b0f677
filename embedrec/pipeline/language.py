"""Raw text or a corpus to a language model, and raw text to a trained one's words."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedrec.errors import InputError, ParameterError
from embedrec.files import PathLike
from embedrec.manifest import peek_kind
from embedrec.models.bilm import BidirectionalLM
from embedrec.models.language.kneser_ney import KneserNey
from embedrec.models.language.text import (
    LanguageText,
    collect_vocabulary,
    encode_sentences,
    read_sentences,
    take_corpus,
)
from embedrec.models.language.training import PLATEAU
from embedrec.models.nnlm import NNLM
from embedrec.models.rnnlm import KINDS, RNNLM
from embedrec.nn.checkpoint import KIND as CHECKPOINT
from embedrec.pipeline.training import find_corpus
from embedrec.progress import Progress, SilentProgress

if TYPE_CHECKING:
    from embedrec.models.language.model import LanguageModel
    from embedrec.models.language.vocabulary import LanguageVocabulary
    from embedrec.text.pipeline import TextPipeline
    from embedrec.vectors.keyed import KeyedVectors

TWO_WAYS = {f"bi{kind}": kind for kind in KINDS}
MODELS = ("kn", "nnlm", *KINDS, *TWO_WAYS)
_HELD_OUT = 20  # of so many sentences the last one's share is held out, where no file is given
CHARACTERS = {"unit": "character"}
_NAMES = {"reader": "how text is cut into words (unit, segmenter, user dictionary)",
          "min_count": "min_count", "n_tokens": "the number of tokens"}  # fmt: skip


class TextReader:
    """Cuts files into sentences of words, and queries the same way.

    Attributes:
        unit: "word" or "character".
        text: cuts words; None for characters.
    """

    def __init__(self, unit: str = "word", text: TextPipeline | None = None) -> None:
        self.unit = unit
        self.text = text

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> TextReader:
        """Open the reader of the text that a model was trained on.

        Raises:
            CorruptedError, VersionError, InputError: see `TextPipeline.from_description`.
        """
        description = facts.get("text")
        if description == CHARACTERS:
            return cls("character")
        from embedrec.text.pipeline import TextPipeline, TextSettings

        if not description:
            return cls("word", TextPipeline(TextSettings(segmenter="whitespace")))
        text = facts.get("user_dict_text")
        if text is None:
            return cls("word", TextPipeline.from_description(description))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "user_dict.txt"
            path.write_text(text, encoding="utf-8", newline="\n")
            return cls("word", TextPipeline.from_description(description, path))

    def read(self, path: PathLike) -> Iterator[list[str]]:
        """Yield the sentences of a file: lines of words or characters, or raw text that is cut.

        Raises:
            InputError: if the file can't be read, or not to its end.
        """
        if self._takes_lines():
            yield from read_sentences(path, self.unit)
            return
        assert self.text is not None
        from embedrec.text.source import DocumentReader

        documents = DocumentReader([path])
        for document in documents:
            yield from (words for words in self.text(document) if words)
        for damage in documents.damages:  # part of a text has another perplexity than the text
            raise InputError(
                f"{damage.path}: {damage.reason} at {damage.unit} {damage.position:,}; fetch it "
                "again, or build a corpus, which takes what stands before",
                value=damage.path,
            )

    def cut(self, text: str) -> list[str]:
        """Return the words of a piece of a sentence."""
        if self.text is None:
            return [c for c in text if not c.isspace()]
        return self.text.cut_query(text)

    def convert_prefix(self, prefix: str) -> str:
        """Return the beginning of a word as training text would have it: script, upper case."""
        return prefix if self.text is None else self.text.convert_prefix(prefix)

    def describe(self) -> dict[str, Any]:
        """Return the facts that are kept with a model, and that `from_facts` takes, JSON values."""
        if self.text is None:
            return {"text": CHARACTERS}
        text = self.text.user_dict_text
        return {"text": self.text.describe(), **({} if text is None else {"user_dict_text": text})}

    def _takes_lines(self) -> bool:
        return self.text is None or self.text.settings.segmenter == "whitespace"


def read_language_text(
    reader: TextReader, path: PathLike, vocabulary: LanguageVocabulary, unknown: str = "map"
) -> LanguageText:
    """Read a file as a text of a model's words; see `encode_sentences`."""
    return encode_sentences(reader.read(path), vocabulary, unknown=unknown)


def train_language_model(
    inputs: Sequence[PathLike],
    output: PathLike,
    model: str = "lstm",
    /,  # a parameter of models is called `output` too
    *,
    reader: TextReader | None = None,
    validation: PathLike | None = None,
    max_vocab: int | None = 50_000,
    min_count: int = 1,
    n_tokens: int | None = None,
    vectors: KeyedVectors | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    on_epoch: Callable[[Any], None] | None = None,
    **parameters: Any,
) -> LanguageModel | BidirectionalLM:
    """Train a language model on text files or a corpus, and write it to `output`.

    Args:
        inputs: one corpus folder, or text files.
        output: folder of the model; `output`.partial holds checkpoints of a neural one until it is
            finished.
        model: one of `MODELS`.
        reader: cuts text files; by default words between blanks, a sentence a line. A corpus has
            its own.
        validation: held-out text file; without one the last twentieth of the text is held out.
        max_vocab: most words; the others become "<unk>". None keeps all.
        min_count: words that occur less often become "<unk>"; for text files.
        n_tokens: use whole sentences up to so many words; of a corpus.
        vectors: word vectors to start from, for neural models.
        resume: go on from `output`.partial.
        progress, on_epoch: told how it goes.
        parameters: of the model, as its constructor calls them.

    Raises:
        ParameterError, InputError, ResumeError, DivergenceError, StorageError: see the models.
    """
    if model not in MODELS:
        raise ParameterError(f"model must be one of {', '.join(MODELS)}, not {model!r}",
                             value=model)  # fmt: skip
    learner = _make_model(model, parameters)
    if vectors is not None and isinstance(learner, KneserNey):
        raise ParameterError("kn has no use for vectors: leave them out", value=model)
    if vectors is None and parameters.get("freeze"):
        raise ParameterError("freeze is for vectors that are given: give some, or leave it out",
                             value=True)  # fmt: skip
    for name in ("decay", "patience"):
        if isinstance(learner, KneserNey) or name not in parameters:
            continue
        if learner.schedule != PLATEAU:
            raise ParameterError(
                f"{name} is for the schedule {PLATEAU!r}, and {model} learns by "
                f"{learner.schedule!r}: leave it out, or choose that schedule",
                value=parameters[name],
            )
    folder = Path(os.path.abspath(output))
    work = folder.with_name(f"{folder.name}.partial")
    if folder.exists() and (folder.is_file() or any(folder.iterdir())):
        raise ParameterError(
            f"{os.fspath(output)} is there already: choose another name, or remove it",
            value=os.fspath(output),
        )
    progress = progress or SilentProgress()
    if not isinstance(learner, KneserNey):
        _check_work(work, resume, progress)
    corpus = find_corpus(inputs)
    _check_use("a corpus" if corpus is not None else "text files", {
        "reader": corpus is not None and reader is not None,
        "min_count": corpus is not None and min_count != 1,
        "n_tokens": corpus is None and n_tokens is not None,
    })  # fmt: skip
    if corpus is not None:
        text = take_corpus(corpus, max_size=max_vocab, n_tokens=n_tokens)
        facts: dict[str, Any] = {"text": corpus.text}
        if corpus.user_dict is not None:
            facts["user_dict_text"] = corpus.user_dict.read_text(encoding="utf-8")
        reader = TextReader.from_facts(facts)
    else:
        reader = reader or TextReader.from_facts({})
        sentences = [words for path in inputs for words in reader.read(path)]
        if not sentences:
            raise InputError("the text is empty: it has no sentence", value=list(map(str, inputs)))
        vocabulary = collect_vocabulary(
            sentences, max_size=max_vocab, min_count=min_count, has_unknown=True
        )
        text = encode_sentences(sentences, vocabulary)
        facts = reader.describe()
    held_out = None
    if validation is not None:
        held_out = read_language_text(reader, validation, text.vocabulary)
    elif not isinstance(learner, KneserNey):
        text, held_out = hold_out(text)
    learner.facts_ = {**facts, "n_tokens": len(text.ids)}
    if isinstance(learner, KneserNey):  # counts need no held-out text, and no checkpoints
        learner.fit(text)
        learner.save(folder)
        return learner
    learner.fit(
        text, held_out, vectors=vectors, checkpoint=work, resume=resume, progress=progress,
        on_epoch=on_epoch,
    )  # fmt: skip
    learner.save(folder)
    shutil.rmtree(work, ignore_errors=True)
    return learner


def hold_out(text: LanguageText) -> tuple[LanguageText, LanguageText]:
    """Cut a text into its beginning and its last sentences, about a twentieth of them.

    Raises:
        InputError: if it has fewer than two sentences.
    """
    ends = (text.ids == text.vocabulary.end).nonzero()[0] + 1
    if len(ends) < 2:
        raise InputError(
            "the text has a single sentence: none can be held out; give --validation",
            value=len(ends),
        )
    cut = int(ends[-1 - max(1, len(ends) // _HELD_OUT)])
    return text._replace(ids=text.ids[:cut]), text._replace(ids=text.ids[cut:], n_unknown=0)


def _check_work(work: Path, resume: bool, progress: Progress) -> None:
    """Look at what stands where checkpoints go: nothing but a checkpoint is written over."""
    if not work.exists() or (work.is_dir() and not any(work.iterdir())):
        return
    if not work.is_dir() or peek_kind(work) != CHECKPOINT:
        raise ParameterError(
            f"{work} is in the way and no unfinished training of a language model: remove it, or "
            "choose another name for the model",
            value=str(work),
        )
    if not resume:
        progress.notice(f"the unfinished training in {work} is given up; resume would have "
                        "continued it")  # fmt: skip


def _check_use(given: str, misplaced: dict[str, bool]) -> None:
    for name, is_misplaced in misplaced.items():
        if is_misplaced:
            raise ParameterError(f"{_NAMES[name]} can't be chosen for {given}: leave it out",
                                 value=name)  # fmt: skip


def _make_model(
    model: str, parameters: dict[str, Any]
) -> KneserNey | NNLM | RNNLM | BidirectionalLM:
    try:
        if model == "kn":
            return KneserNey(**parameters)
        if model in TWO_WAYS:
            return BidirectionalLM(TWO_WAYS[model], **parameters)
        return NNLM(**parameters) if model == "nnlm" else RNNLM(model, **parameters)
    except TypeError as error:
        raise ParameterError(f"{model} has no such parameter: {error}", value=model) from error
