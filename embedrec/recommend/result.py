"""What a recommender of words answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, overload


@dataclass(frozen=True)
class Recommendation:
    """One recommended word.

    Attributes:
        word: the word.
        score: what it was ranked by; how to read it depends on the recommender's `score`.
        because: the words of the history, as the person wrote them, with what each of them gave to
            the score, best first; negative where a word spoke against.
    """

    word: str
    score: float
    because: list[tuple[str, float]] = field(default_factory=list)


class Recommendations(Sequence[Recommendation]):
    """The recommended words, best first.

    Attributes:
        unknown: words of the history that the model knows nothing about; they played no part.
    """

    def __init__(self, items: Iterable[Recommendation], unknown: Iterable[str] = ()) -> None:
        self._items = tuple(items)
        self.unknown = tuple(unknown)

    @property
    def words(self) -> list[str]:
        """The recommended words alone."""
        return [item.word for item in self._items]

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Recommendation: ...

    @overload
    def __getitem__(self, index: slice) -> Recommendations: ...

    def __getitem__(self, index: int | slice) -> Recommendation | Recommendations:
        """Return one recommendation, or several that keep `unknown`."""
        if isinstance(index, slice):
            return Recommendations(self._items[index], self.unknown)
        return self._items[index]

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, Recommendations):
            return NotImplemented
        return (self._items, self.unknown) == (other._items, other.unknown)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(f"{item.word} {item.score:.3f}" for item in self._items)
        unknown = f"; unknown: {', '.join(self.unknown)}" if self.unknown else ""
        return f"<Recommendations {shown}{unknown}>"
