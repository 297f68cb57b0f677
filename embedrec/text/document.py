"""What the readers hand on: a document, and the note about a place that could not be read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RawDocument:
    """A piece of text as it stands in its source.

    Attributes:
        title: the title, or "" where the source has none.
        body: the text, lines separated by line feeds; never blank.
        markup: how to read the body: "wikitext", "plain" or "segmented" (words between blanks).
    """

    title: str
    body: str
    markup: str


@dataclass(frozen=True)
class Damage:
    """A place in an input that could not be read.

    Attributes:
        path: the file.
        position: where, counted in `unit`.
        unit: "byte" (of the file as it lies on the disk, counted from 0) or "line" (of the
            unpacked text, counted from 1).
        reason: what is wrong there.
        n_kept: documents of this file that were read all the same.
    """

    path: str
    position: int
    unit: str
    reason: str
    n_kept: int

    def describe(self) -> str:
        """Return one line that names the file, the place, what was kept and what to do."""
        kept = "1 document is" if self.n_kept == 1 else f"{self.n_kept:,} documents are"
        return (
            f"{self.path}: {self.reason} at {self.unit} {self.position:,}; {kept} kept; "
            "fetch or repair the file and build again to have the rest"
        )


class BrokenStream(Exception):  # noqa: N818 (a signal between the readers, never shown)
    """Raised inside this package where a stream can't be read on; becomes a `Damage`."""

    def __init__(self, position: int, unit: str, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.unit = unit
        self.reason = reason
