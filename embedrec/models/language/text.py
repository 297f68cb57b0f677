"""Text as a language model reads it: one run of ids in which every sentence ends with "<eos>"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embedrec.corpus.shards import Corpus
from embedrec.errors import InputError, ParameterError
from embedrec.files import PathLike
from embedrec.models.language.vocabulary import END, UNKNOWN, LanguageVocabulary
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
    for line in read_lines(path):
        words = line.split() if unit == "word" else [c for c in line if not c.isspace()]
        if words:
            yield words


def read_lines(path: PathLike) -> Iterator[str]:
    """Yield the lines of a UTF-8 file, their ends too.

    Raises:
        InputError: if the file is missing, or not UTF-8.
    """
    n_lines = 0
    try:
        with open(path, encoding="utf-8-sig") as file:  # a mark of the encoding is no letter
            for line in file:
                yield line
                n_lines += 1
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}", value=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{Path(path).name} is not UTF-8 (after line {n_lines}): convert it first",
            value=str(path),
        ) from error


def collect_vocabulary(
    sentences: Iterable[Sequence[str]],
    *,
    max_size: int | None = None,
    min_count: int = 1,
    has_unknown: bool | None = None,
) -> LanguageVocabulary:
    """Make a vocabulary of a text's words, most frequent first (equals by code point).

    Args:
        max_size: most words, the marks included; None for all.
        min_count: rarer words are left out.
        has_unknown: whether "<unk>" is part of it; None for: if words were left out, or the text
            has it.

    Raises:
        ParameterError: if a sentence is one string, or holds something that is no word.
        InputError: if there are no words.
    """
    counts: Counter[str] = Counter()
    for sentence in sentences:
        counts.update(check_words(sentence))
    kept = sorted((w for w, n in counts.items() if n >= min_count), key=lambda w: (-counts[w], w))
    if not kept:
        raise InputError("the text has no words to learn from: give another, or min_count=1",
                         value=min_count)  # fmt: skip
    if has_unknown is None:
        is_cut = len(kept) < len(counts) or (max_size is not None and len(kept) + 1 > max_size)
        has_unknown = is_cut or UNKNOWN in counts
    return LanguageVocabulary.from_ordered(kept, max_size=max_size, has_unknown=has_unknown)


def encode_sentences(
    sentences: Iterable[Sequence[str]], vocabulary: LanguageVocabulary, *, unknown: str = "map"
) -> LanguageText:
    """Turn sentences into ids.

    Args:
        unknown: what becomes of words outside the vocabulary, see `LanguageVocabulary.encode`.

    Raises:
        ParameterError: if a sentence is one string, or holds something that is no word.
        InputError: if there are no sentences, or none of the words is known, or one is "<eos>".
    """
    parts, n_words, n_unknown = [], 0, 0
    end = np.array([vocabulary.end], np.int32)
    for sentence in sentences:
        words = check_words(sentence)
        ids = vocabulary.encode(words, unknown=unknown)
        if (ids == vocabulary.end).any():
            raise InputError(
                f"a sentence holds {END!r} itself: sentences are closed by it without saying so; "
                "take it out of the text",
                value=END,
            )
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
        # A corpus has no words that were too rare for it: texts to come will.
        vocabulary = LanguageVocabulary.from_ordered(corpus.vocabulary.words, max_size=max_size)
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


def check_words(sentence: Sequence[str]) -> list[str]:
    """Return a sentence's words as a list.

    Raises:
        ParameterError: if it is one string, or holds something that is no word.
    """
    if isinstance(sentence, str):
        raise ParameterError(
            f"a sentence is given as a list of words, not as one string ({sentence[:20]!r})",
            value=sentence,
        )
    words = list(sentence)
    for word in words:
        if not isinstance(word, str):
            raise ParameterError(f"a sentence holds words, not {word!r}", value=word)
    return words


def check_text(text: Any, name: str = "the text") -> None:
    """Raise an error unless a text is one in ids, and has some.

    Raises:
        ParameterError: if it is something else.
        InputError: if it is empty.
    """
    if not isinstance(text, LanguageText):
        raise ParameterError(
            f"{name} must be a LanguageText, from encode_sentences or take_corpus, not "
            f"{type(text).__name__}",
            value=type(text).__name__,
        )
    if not len(text.ids):
        raise InputError(f"{name} is empty: it has no sentence", value=0)


def check_same_words(text: LanguageText, vocabulary: LanguageVocabulary) -> None:
    """Raise InputError unless a text is in ids of a model's vocabulary."""
    if text.vocabulary is not vocabulary and text.vocabulary != vocabulary:
        raise InputError(
            f"the text is encoded with {len(text.vocabulary)} words that are not the model's "
            f"{len(vocabulary)}: encode it with model.vocabulary_",
            value=len(text.vocabulary),
        )
