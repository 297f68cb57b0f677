"""What a recommender answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, overload


@dataclass(frozen=True)
class Recommendation:
    """One recommended word or item.

    Attributes:
        item: the word, or the item's id.
        score: what it was ranked by; how to read it depends on the recommender.
        because: what of the history, as the person wrote it, gave how much to the score (from
            ratings: to the predicted rating), best first; negative where it spoke against.
        rating: the predicted rating, from a model of ratings that was asked for it; else None.
    """

    item: str
    score: float
    because: list[tuple[str, float]] = field(default_factory=list)
    rating: float | None = None

    @property
    def word(self) -> str:
        """The item, where items are words."""
        return self.item


class Recommendations(Sequence[Recommendation]):
    """What is recommended, best first.

    Attributes:
        unknown: what of the history the model knows nothing about; it played no part.
    """

    def __init__(self, items: Iterable[Recommendation], unknown: Iterable[str] = ()) -> None:
        self._items = tuple(items)
        self.unknown = tuple(unknown)

    @property
    def items(self) -> list[str]:
        """The recommended words or ids alone."""
        return [item.item for item in self._items]

    @property
    def words(self) -> list[str]:
        """The recommended words alone."""
        return self.items

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
        shown = ", ".join(f"{item.item} {item.score:.3f}" for item in self._items)
        unknown = f"; unknown: {', '.join(self.unknown)}" if self.unknown else ""
        return f"<Recommendations {shown}{unknown}>"
