"""Documents into batches: the unit of work a process gets.

A batch depends on the documents alone, never on the number of workers or on time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

# An empty document costs something too; this keeps the number in one batch bounded.
_OVERHEAD = 64


@dataclass(frozen=True)
class Batch(Generic[T]):
    """Some documents in a row.

    Attributes:
        documents: the documents.
        position: where the reader stood after the last of them; None if it can't tell.
    """

    documents: list[T]
    position: float | None


def measure_characters(document: Any) -> int:
    """Return roughly how many characters a document has.

    Strings, objects with a `body`, and lists of strings are known; anything else counts as 0.
    """
    body = getattr(document, "body", document)
    if isinstance(body, str):
        return len(body)
    if isinstance(body, (list, tuple)):
        return sum(measure_characters(part) for part in body)
    return 0


def gather_batches(
    documents: Iterable[T],
    *,
    size: int,
    measure: Callable[[T], int] = measure_characters,
    position: Callable[[], float] | None = None,
) -> Iterator[Batch[T]]:
    """Yield batches of at least `size` characters (the last may have fewer).

    Args:
        documents: read one after another, only as far as batches are asked for.
        size: a batch is full when its documents have so many characters.
        measure: the size of a document, in characters.
        position: where the reader stands.
    """
    gathered: list[T] = []
    filled = 0
    for document in documents:
        gathered.append(document)
        filled += measure(document) + _OVERHEAD
        if filled >= size:
            yield Batch(gathered, position() if position else None)
            gathered, filled = [], 0
    if gathered:
        yield Batch(gathered, position() if position else None)
