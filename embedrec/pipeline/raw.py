"""Raw text to a corpus."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embedrec.corpus.shards import FORMAT_VERSION, KIND, Corpus
from embedrec.files import PathLike
from embedrec.manifest import Manifest
from embedrec.progress import Progress, SilentProgress

# What reads and cuts text is imported by what is called with raw input: a training on a corpus
# starts without it.
if TYPE_CHECKING:
    from embedrec.text.pipeline import TextPipeline, TextSettings
    from embedrec.text.source import DocumentReader

MIN_COUNT = 5


def build_corpus(
    inputs: Sequence[PathLike],
    folder: PathLike,
    *,
    settings: TextSettings | None = None,
    min_count: int = MIN_COUNT,
    max_vocab: int | None = None,
    n_workers: int | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Corpus:
    """Read, cut and count raw text once, and keep it as word ids in `folder`.

    Damaged places do not end the work: everything before one is kept, a notice tells it, and it
    stands in `corpus.manifest.facts["damages"]`.

    Args:
        inputs: dumps, texts and folders of them; see `text.source.DocumentReader`.
        folder: where the corpus goes; must not hold anything else.
        settings: how text becomes words; by default jieba, simplified script.
        min_count: words that occur less often are dropped.
        max_vocab: at most so many words are kept, the most frequent; None keeps all.
        n_workers: processes that cut text, by default one a core. Does not change the result.
        resume: continue an unfinished build.
        progress: told what goes on.

    Raises:
        InputError, ParameterError, ResumeError, CorruptedError, StorageError: as
            `DocumentReader`, `TextPipeline` and `corpus.encoder.build_corpus`.
    """
    raw = open_raw(inputs, settings, take_plain(min_count), take_plain(max_vocab))
    return encode_raw(raw, folder, n_workers, resume, progress or SilentProgress())


def take_plain(value: Any) -> Any:
    """Return Python's number for one of NumPy, which a manifest can't hold; all else as it is."""
    return value.item() if isinstance(value, np.generic) else value


@dataclass(frozen=True)
class RawInput:
    """Raw input with what decides the corpus that it becomes."""

    reader: DocumentReader
    text: TextPipeline
    hashes: dict[str, str]
    min_count: int
    max_vocab: int | None

    def describe(self) -> Manifest:
        """Return what the corpus's manifest will hold of inputs and parameters."""
        parameters = {
            "text": self.text.describe(),
            "min_count": self.min_count,
            "max_vocab": self.max_vocab,
        }
        return Manifest(KIND, FORMAT_VERSION, inputs=self.hashes, parameters=parameters)


def open_raw(
    inputs: Sequence[PathLike],
    settings: TextSettings | Mapping[str, Any] | None,
    min_count: int,
    max_vocab: int | None,
) -> RawInput:
    """Look at raw inputs: they are there, of known kinds, and hashed.

    Args:
        inputs: as for `build_corpus`, and so are the last two.
        settings: how text becomes words, or what differs there from the defaults.
        min_count: see `build_corpus`.
        max_vocab: see `build_corpus`.

    Raises:
        InputError, ParameterError: as `DocumentReader` and `TextPipeline`.
    """
    from embedrec.text.pipeline import TextPipeline, TextSettings
    from embedrec.text.source import DocumentReader, hash_sources

    if not isinstance(settings, TextSettings):
        settings = TextSettings(**(settings or {}))
    text = TextPipeline(settings)
    reader = DocumentReader(inputs, segmented=settings.segmenter == "whitespace")
    return RawInput(reader, text, hash_sources(reader.files), min_count, max_vocab)


def encode_raw(
    raw: RawInput, folder: PathLike, n_workers: int | None, resume: bool, progress: Progress
) -> Corpus:
    """Make the corpus; see `build_corpus`."""
    from embedrec.corpus.encoder import build_corpus as encode_documents

    if raw.text.segmenter.notice:
        progress.notice(raw.text.segmenter.notice)
    reader = raw.reader
    corpus = encode_documents(
        reader,
        raw.text,
        folder,
        description=raw.text.describe(),
        inputs=raw.hashes,
        user_dict_text=raw.text.user_dict_text,
        min_count=raw.min_count,
        max_vocab=raw.max_vocab,
        n_workers=n_workers or count_cores(),
        resume=resume,
        progress=progress,
        position=lambda: reader.n_bytes_read,
        total=reader.n_bytes,
        unit="B",
        facts=lambda: {
            **raw.text.collect_facts(),
            "reader": dict(reader.counts),
            "damages": list_damages(reader),
        },
    )
    # Told from the manifest: a resumed build may not have read the damaged place itself.
    for damage in corpus.manifest.facts.get("damages", []):
        progress.notice(damage)
    return corpus


def list_damages(reader: DocumentReader) -> list[str]:
    """Return a line for each place of the input that could not be read."""
    return [damage.describe() for damage in reader.damages]


def count_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
