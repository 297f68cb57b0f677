"""Growing a model: its vocabulary joined with that of new text, its vectors moved to their rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from embedrec.corpus.packed import PackedWords
from embedrec.corpus.renumber import DROPPED, renumber_sentences
from embedrec.corpus.vocabulary import Vocabulary, check_limits, order_words
from embedrec.errors import InputError, ParameterError
from embedrec.files import PathLike
from embedrec.manifest import Manifest
from embedrec.models.word2vec.block import Sentences
from embedrec.models.word2vec.parameters import Parameters
from embedrec.models.word2vec.state import State, identify_training
from embedrec.models.word2vec.subword import restore_own_rows
from embedrec.models.word2vec.tree import move_nodes
from embedrec.vectors.stored import StoredVectors

EARLIER = "earlier_trainings"

GROWN_RATE = {"skipgram": 0.2, "cbow": 0.5}
"""Learning rate at the start, as a part of that of the model's first training; see `introduce`."""

# What decides the shape or the meaning of weights.
_FIXED = (
    "architecture", "loss", "vector_size", "subwords", "min_n", "max_n", "n_buckets",
)  # fmt: skip


class Learnt(NamedTuple):
    """What a model has learnt, as it holds it.

    Attributes:
        stored: its words with their vectors, and the rows of n-grams if it has any.
        outputs: rows of each part of the output matrix by name; see `model.split_outputs`.
        counts: uint64 (V,), of its words.
    """

    stored: StoredVectors
    outputs: Mapping[str, np.ndarray]
    counts: np.ndarray

    def iterate_arrays(self) -> Iterator[np.ndarray]:
        """Yield all arrays of weights."""
        yield self.stored.vectors
        if self.stored.subwords is not None:
            yield self.stored.subwords.buckets
        yield from self.outputs.values()


class Growth(NamedTuple):
    """An old vocabulary joined with that of new text.

    Attributes:
        vocabulary: all words, by their summed counts.
        old_rows: int64 (V,), the place of each old word in it.
        table: uint32 (T,), the place of each word of the text, or `DROPPED`.
        n_new: words that the old vocabulary did not have.
        n_known: words of the text that it had.
        n_tokens: tokens of the text that are left.
    """

    vocabulary: Vocabulary
    old_rows: np.ndarray
    table: np.ndarray
    n_new: int
    n_known: int
    n_tokens: int

    def describe(self) -> str:
        """Say in one line what the text brings."""
        return (
            f"{self.n_new:,} words of the text are new, {self.n_known:,} known; "
            f"{len(self.vocabulary):,} words in all"
        )


def choose_parameters(own: Parameters, given: Mapping[str, Any], first_rate: float) -> Parameters:
    """Return the parameters of a training that goes on from a model.

    The model's own hold where none is given, but for the learning rate: it starts at `GROWN_RATE`
    of `first_rate`.

    Args:
        own: the model's parameters.
        given: those asked for.
        first_rate: what the model's first training started at.

    Raises:
        ParameterError: if one is not known, out of range, or would need other weights than the
            model has.
    """
    for name, value in given.items():
        if name in _FIXED and value != getattr(own, name):
            raise ParameterError(
                f"the model was trained with {name} {getattr(own, name)!r}, and {value!r} needs "
                f"other weights; leave {name} out, or train anew",
                value=value,
            )
    return own.change(
        **{"alpha": GROWN_RATE[own.architecture] * first_rate, "min_alpha": None, **given}
    )


def check_same_text(text: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    """Check that a text was cut into words as a model's was.

    Args:
        text: the description of how the text was cut.
        model: the same of the model's text.

    Raises:
        ParameterError: naming the first difference.
    """
    for name in [*model, *(name for name in text if name not in model)]:
        if text.get(name) != model.get(name):
            raise ParameterError(
                f"the text was cut into words otherwise than the model's: {name} is "
                f"{text.get(name, 'absent')!r}, and was {model.get(name, 'absent')!r}; use the "
                "same settings",
                value=text.get(name),
            )


def identify_growth(
    parameters: Parameters,
    corpus_files: dict[str, str],
    start: Learnt,
    growth: Growth,
    checkpoint: PathLike | None,
) -> Manifest:
    """Return what decides a training that goes on: as `identify_training`, and where it starts.

    Args:
        parameters: the training's parameters.
        corpus_files: the new text's files by checksum.
        start: what the model has learnt.
        growth: the vocabulary to come.
        checkpoint: None if nobody will ask, which saves reading the weights.
    """
    digest = hashlib.sha256()
    arrays = (*start.iterate_arrays(), growth.table, growth.vocabulary.counts)
    for array in arrays if checkpoint is not None else ():
        digest.update(np.ascontiguousarray(array).data)
    inputs = {**corpus_files, "the model to start from": f"sha256:{digest.hexdigest()}"}
    return identify_training(parameters, inputs)


def list_trainings(metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what a model's metadata tell of its trainings, oldest first, its own last."""
    own = {name: value for name, value in metadata.items() if name not in ("text", EARLIER)}
    return [*metadata.get(EARLIER, []), own]


def find_first_rate(trainings: Sequence[Mapping[str, Any]], own: Parameters) -> float:
    """Return the learning rate at which the first of a model's trainings started."""
    rate = trainings[0].get("training", {}).get("alpha") if trainings else None
    rate = own.alpha if rate is None else rate
    assert rate is not None  # set on making
    return float(rate)


def grow_vocabulary(
    old: Vocabulary, text: Vocabulary, *, min_count: int = 5, max_vocab: int | None = None
) -> Growth:
    """Join the vocabulary of a model with that of new text.

    Old words stay, whatever their number. They keep their counts, and those in the text are added.

    Args:
        old: the model's words.
        text: the new text's.
        min_count: new words that occur less often in the text are left out.
        max_vocab: at most so many words in all: of the new ones the commonest; None for no limit.

    Raises:
        ParameterError: if a limit is out of range, or `max_vocab` below the words there are.
        InputError: if no word is left of the text.
    """
    check_limits(min_count, max_vocab)
    if max_vocab is not None and max_vocab < len(old):
        raise ParameterError(
            f"max_vocab {max_vocab} is below the {len(old)} words that the model has, and none is "
            "given up; give at least as many",
            value=max_vocab,
        )
    known = np.array([old.key_to_index.get(word, -1) for word in text.packed], np.int64)
    # The text's words stand in order of counts: the first new ones are the commonest.
    new = np.flatnonzero((known < 0) & (text.counts >= np.uint64(min_count)))
    if max_vocab is not None:
        new = new[: max_vocab - len(old)]
    again = np.flatnonzero(known >= 0)
    if not len(new) and not len(again):
        raise InputError(
            f"no word of the text is known to the model and none occurs {min_count} times or more; "
            "give more text or a smaller min_count",
            value=min_count,
        )
    words = [*old.words, *(text.packed[i] for i in new.tolist())]
    counts = np.concatenate([old.counts, text.counts[new]])
    counts[known[again]] += text.counts[again]
    order = order_words(words, counts, min_count=1)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    table = np.full(len(text), DROPPED, np.uint32)
    table[again] = place[known[again]]
    table[new] = place[len(old) :]
    return Growth(
        # Packed, as they stay beside the weights.
        Vocabulary.from_packed(PackedWords.pack(words[i] for i in order.tolist()), counts[order]),
        place[: len(old)],
        table,
        len(new),
        len(again),
        int(text.counts[table != DROPPED].sum()),
    )


def put_old_words(
    state: State,
    parameters: Parameters,
    old: Learnt,
    growth: Growth,
) -> None:
    """Put what a model has learnt into the rows of its words, and of the nodes that part them.

    Args:
        state: of the grown vocabulary, changed in place; the rows of new words stay as they are.
        parameters: of the training to come.
        old: what the model has learnt.
        growth: the vocabulary to come.
    """
    n_words = len(growth.vocabulary)
    state.inputs[growth.old_rows] = old.stored.vectors
    if old.stored.subwords is not None:
        state.inputs[n_words:] = old.stored.subwords.buckets
        restore_own_rows(parameters, growth.vocabulary.packed, growth.old_rows, state.inputs)
    if parameters.uses_negatives:
        state.outputs[growth.old_rows] = old.outputs["negative"]
    if parameters.uses_paths:
        move_nodes(
            old.outputs["hierarchical"],
            old.counts,
            growth.vocabulary.counts,
            growth.old_rows,
            state.outputs[n_words * parameters.uses_negatives :],
        )


class RenumberedText:
    """A corpus as a training reads it, its ids exchanged for those of another vocabulary.

    Only the shard asked for is in memory.
    """

    def __init__(self, corpus: Sentences, growth: Growth) -> None:
        self.n_tokens = growth.n_tokens
        self.n_shards = corpus.n_shards
        self._corpus = corpus
        self._table = growth.table
        self._complete = not (growth.table == DROPPED).any()

    def shard(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return ids, uint32 (N,), and offsets, int64 (S + 1,); words left out are gone."""
        ids, offsets = self._corpus.shard(number)
        if self._complete:
            return self._table[ids], offsets
        ids, lengths = renumber_sentences(ids, offsets, self._table)
        return ids, np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
