"""The first pass at work: documents through workers into the provisional corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from embedrec.corpus.gather import gather_batches, measure_characters
from embedrec.corpus.provisional import ProvisionalCorpus
from embedrec.corpus.renumber import MAX_SHARD_TOKENS
from embedrec.corpus.tokens import MAX_SENTENCE_WORDS
from embedrec.corpus.workers import number_batches
from embedrec.errors import ResumeError, StorageError
from embedrec.progress import Progress

T = TypeVar("T")


@dataclass(frozen=True)
class BuildSizes:
    """How the work is cut; the defaults belong to the format, others are for tests.

    Attributes:
        batch_characters: documents of so many characters make a batch.
        checkpoint_tokens: a checkpoint is made when so many tokens have gathered.
        shard_tokens: most tokens in a final shard.
        sentence_words: longer sentences are cut into pieces of so many words.
    """

    batch_characters: int = 1 << 18
    checkpoint_tokens: int = 1 << 22
    shard_tokens: int = MAX_SHARD_TOKENS
    sentence_words: int = MAX_SENTENCE_WORDS


@dataclass(frozen=True)
class Source(Generic[T]):
    """What is read, and how far the reader is.

    Attributes:
        documents: in reading order.
        measure: characters of a document.
        position: where the reader stands; None counts documents.
        total: where `position` ends, or None.
        unit: unit of both.
    """

    documents: Iterable[T]
    measure: Callable[[T], int] = measure_characters
    position: Callable[[], float] | None = None
    total: float | None = None
    unit: str = "B"


def run_first_pass(
    provisional: ProvisionalCorpus,
    source: Source[T],
    tokenize: Callable[[T], Iterable[list[str]]],
    *,
    n_workers: int,
    sizes: BuildSizes,
    progress: Progress,
) -> None:
    """Bring all documents that are not yet there into `provisional`, which is changed in place.

    Raises:
        ParameterError, EmbedrecError: as `number_batches`.
        ResumeError: if there are fewer documents than are done.
        StorageError: if the disk is full.
    """
    unit = source.unit if source.position else "documents"
    n_documents, n_tokens = provisional.n_documents, provisional.n_tokens
    with progress.stage("segment", total=source.total, unit=unit) as stage:
        batches = gather_batches(
            skip_documents(source.documents, n_documents),
            size=sizes.batch_characters,
            measure=source.measure,
            position=source.position,
        )
        results = number_batches(
            batches, tokenize, n_workers=n_workers, sentence_limit=sizes.sentence_words
        )
        with closing(results), keep_work(provisional):
            for batch, position in results:
                provisional.add(batch)
                n_documents += batch.n_documents
                n_tokens += len(batch.ids)
                if provisional.n_waiting >= sizes.checkpoint_tokens:
                    provisional.save_checkpoint()
                done = n_documents if position is None else position
                n_words = len(provisional.index)
                stage.update(done, documents=n_documents, tokens=n_tokens, words=n_words)
            provisional.save_checkpoint()


def skip_documents(documents: Iterable[T], n_done: int) -> Iterator[T]:
    """Yield the documents after the first `n_done`.

    Raises:
        ResumeError: if there are not that many.
    """
    iterator = iter(documents)
    n_skipped = sum(1 for _ in islice(iterator, n_done))
    if n_skipped < n_done:
        raise ResumeError(
            f"the input has only {n_skipped} documents, and {n_done} were done before the "
            "interruption: the input has changed; start afresh without resume",
            value=n_skipped,
        )
    yield from iterator


@contextmanager
def keep_work(provisional: ProvisionalCorpus) -> Iterator[None]:
    """On the way out with an error, make a last checkpoint, so that nothing is done twice."""
    try:
        yield
    except StorageError:
        raise
    except BaseException:
        provisional.save_checkpoint()
        raise
