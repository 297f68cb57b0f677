"""What was amiss in a file of ratings, by line number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from embedrec.errors import InputError, ParameterError
from embedrec.progress import Progress

ON_BAD = ("error", "skip")
_N_DESCRIBED = 10


@dataclass
class ReadReport:
    """What was read and what was left out.

    Attributes:
        n_lines: lines (or rows) looked at, header and blank lines among them.
        n_bad: lines left out because they can't be read as a rating.
        bad: the first of them: line number (from 1) and what is wrong with it.
        n_duplicates: ratings left out because a later one is of the same user and item.
        duplicates: line numbers of the first of them.
        unit: "line" or "row".
    """

    n_lines: int = 0
    n_bad: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)
    n_duplicates: int = 0
    duplicates: list[int] = field(default_factory=list)
    unit: str = "line"

    def add_bad(self, number: int, reason: str) -> None:
        """Count a bad line; the first are kept with their reasons."""
        self.n_bad += 1
        if len(self.bad) < _N_DESCRIBED:
            self.bad.append((number, reason))

    def add_more(self, n: int) -> None:
        """Count bad lines without saying why."""
        self.n_bad += n

    @property
    def has_room(self) -> bool:
        """Whether the next bad line would be kept with its reason."""
        return len(self.bad) < _N_DESCRIBED

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "lines": self.n_lines,
            "bad": self.n_bad,
            "bad_lines": [list(pair) for pair in self.bad],
            "duplicates": self.n_duplicates,
        }

    def settle(self, name: str, on_bad: str, n_good: int, progress: Progress) -> None:
        """Raise, or tell, what is wrong.

        Raises:
            InputError: if there are bad lines and `on_bad` is "error", or nothing else than them.
        """
        if self.n_bad and (on_bad == "error" or not n_good):
            raise InputError(f"{name}: {self._tell_bad(not n_good)}", value=self.bad[0][0])
        if not n_good:
            raise InputError(f"{name} is empty: it holds no ratings", value=name)
        if self.n_bad:
            lines = ", ".join(f"{number} ({reason})" for number, reason in self.bad[:3])
            more = ", ..." if self.n_bad > 3 else ""
            progress.notice(
                f"{name}: {self._count(self.n_bad)} left out: {self.unit} {lines}{more}"
            )
        if self.n_duplicates:
            lines = ", ".join(map(str, self.duplicates[:3]))
            more = ", ..." if self.n_duplicates > 3 else ""
            progress.notice(
                f"{name}: {self.n_duplicates} ratings left out that a later one of the same user "
                f"and item replaces ({self.unit} {lines}{more})"
            )

    def _tell_bad(self, nothing_else: bool) -> str:
        number, reason = self.bad[0]
        text = f"{self.unit} {number}: {reason}"
        if nothing_else:
            return f"{text}; no {self.unit} is a rating: check the delimiter and the columns"
        if self.n_bad > 1:
            others = ", ".join(str(n) for n, _ in self.bad[1:4])
            dots = ", ..." if self.n_bad > 4 else ""
            text += f" (and {self._count(self.n_bad - 1)} more: {others}{dots})"
        return f"{text}; mend it, or have bad {self.unit}s left out (on_bad='skip', --skip-bad)"

    def _count(self, n: int) -> str:
        return f"{n} {self.unit}{'s' if n != 1 else ''}"


def check_on_bad(on_bad: str) -> str:
    """Return `on_bad`; raise ParameterError if it is none of `ON_BAD`."""
    if on_bad not in ON_BAD:
        raise ParameterError(f"on_bad is {on_bad!r}; choose one of {', '.join(ON_BAD)}",
                             value=on_bad)  # fmt: skip
    return on_bad
