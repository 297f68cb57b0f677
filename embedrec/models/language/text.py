"""Text as a language model reads it: one run of ids in which every sentence ends with "<eos>"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embedrec.corpus.shards import Corpus
from embedrec.errors import InputError, ParameterError
from embedrec.files import PathLike
from embedrec.models.language.vocabulary import LanguageVocabulary
from embedrec.nn.parameter import Array

UNITS = ("word", "character")


class LanguageText(NamedTuple):
    """A text in ids.

    Attributes:
        ids: int32 (N,), sentences one after another, each closed by `vocabulary.end`.
        vocabulary: of the ids.
        n_unknown: how many of the tokens were not in the vocabulary and became "<unk>". An "<unk>"
            that the text itself holds is not counted.
    """

    ids: Array
    vocabulary: LanguageVocabulary
    n_unknown: int = 0

    @property
    def unknown_rate(self) -> float:
        """Share of tokens, "<eos>" not among them, that were not in the vocabulary."""
        n_words = int((self.ids != self.vocabulary.end).sum())
        return self.n_unknown / n_words if n_words else 0.0


def read_sentences(path: PathLike, unit: str = "word") -> Iterator[list[str]]:
    """Yield the sentences of a UTF-8 file with one a line: words between spaces, or characters.

    Raises:
        InputError: if the file is missing, or not UTF-8.
        ParameterError: if the unit is neither "word" nor "character".
    """
    if unit not in UNITS:
        raise ParameterError(f"unit must be one of {', '.join(UNITS)}, not {unit!r}", value=unit)
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                words = line.split() if unit == "word" else [c for c in line if not c.isspace()]
                if words:
                    yield words
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}", value=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{Path(path).name} is not UTF-8 (byte {error.start}): convert it first",
            value=str(path),
        ) from error


def collect_vocabulary(
    sentences: Iterable[Iterable[str]], *, max_size: int | None = None, min_count: int = 1
) -> LanguageVocabulary:
    """Make a vocabulary of a text's words, most frequent first (equals by code point).

    "<unk>" is part of it if words were left out, or the text has it.

    Raises:
        InputError: if there are no words.
    """
    counts: Counter[str] = Counter()
    for sentence in sentences:
        counts.update(sentence)
    kept = sorted((w for w, n in counts.items() if n >= min_count), key=lambda w: (-counts[w], w))
    if not kept:
        raise InputError("the text has no words to learn from: give another, or min_count=1",
                         value=min_count)  # fmt: skip
    is_cut = len(kept) < len(counts) or (max_size is not None and len(kept) + 1 > max_size)
    return LanguageVocabulary.from_ordered(
        kept, max_size=max_size, has_unknown=is_cut or "<unk>" in counts
    )


def encode_sentences(
    sentences: Iterable[Iterable[str]], vocabulary: LanguageVocabulary, *, unknown: str = "map"
) -> LanguageText:
    """Turn sentences into ids.

    Args:
        unknown: what becomes of words outside the vocabulary, see `LanguageVocabulary.encode`.

    Raises:
        InputError: if there are no sentences, or none of the words is known.
    """
    parts, n_words, n_unknown = [], 0, 0
    end = np.array([vocabulary.end], np.int32)
    for sentence in sentences:
        words = list(sentence)
        ids = vocabulary.encode(words, unknown=unknown)
        n_words += len(words)
        n_unknown += sum(word not in vocabulary.index for word in words)
        parts += [ids, end]
    if not parts:
        raise InputError("the text is empty: it has no sentence", value=0)
    if n_words and n_unknown == n_words:
        raise InputError(
            f"none of the text's {n_words} words is known to the model: it was trained on another "
            "language, or other segmentation",
            value=n_words,
        )
    return LanguageText(np.concatenate(parts), vocabulary, n_unknown)


def take_corpus(
    corpus: Corpus, *, max_size: int | None = None, vocabulary: LanguageVocabulary | None = None,
    n_tokens: int | None = None,
) -> LanguageText:  # fmt: skip
    """Turn the shards of a corpus into one text, without touching its words again.

    Args:
        max_size: most words of the vocabulary, "<eos>" and "<unk>" included; None for all.
        vocabulary: of a trained model, in place of one made of the corpus's commonest words.
        n_tokens: take whole sentences up to so many words; None for all.
    """
    if vocabulary is None:
        cut = max_size is not None and len(corpus.vocabulary) + 1 > max_size
        vocabulary = LanguageVocabulary.from_ordered(
            corpus.vocabulary.words, max_size=max_size, has_unknown=cut
        )
    fallback = vocabulary.end if vocabulary.unknown is None else vocabulary.unknown
    new_ids = np.array(
        [vocabulary.index.get(word, fallback) for word in corpus.vocabulary.words], np.int32
    )
    is_unknown = np.array([word not in vocabulary.index for word in corpus.vocabulary.words])
    if vocabulary.unknown is None and is_unknown.any():
        word = corpus.vocabulary.words[int(np.argmax(is_unknown))]
        raise InputError(f"the corpus's word {word!r} is not among the model's, which has no <unk>",
                         value=word)  # fmt: skip
    parts, n_unknown, taken = [], 0, 0
    for at in range(corpus.n_shards):
        ids, offsets = corpus.shard(at)
        if n_tokens is not None and taken + len(ids) > n_tokens:
            last = int(np.searchsorted(offsets, n_tokens - taken, side="right")) - 1
            offsets = offsets[: last + 1]
            ids = ids[: int(offsets[-1])]
        parts.append(np.insert(new_ids[ids], offsets[1:].astype(np.int64), vocabulary.end))
        n_unknown += int(is_unknown[ids].sum())
        taken += len(ids)
        if n_tokens is not None and taken >= n_tokens:
            break
    text = LanguageText(np.concatenate(parts).astype(np.int32), vocabulary, n_unknown)
    if not len(text.ids):
        raise InputError("the corpus has no sentence", value=str(corpus.folder))
    return text
