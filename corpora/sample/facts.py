"""Tables of facts: reading, checking, and walking from an entity to what it is related to.

A table is a TOML table in sample/facts/*.toml:

    [song]
    columns = "name, singer@singer, lyricist@singer?, year"
    rows = '''
    晴天 | 周杰伦 | ^ | 2003
    '''

One line an entity, cells split by `|`, values in a cell by `/`; `^` repeats the cell above.
`column@kind` refers to entities of that kind and must resolve (`@a+b`: of either kind; `?`: may
be a name without a page). A name that two kinds share carries a note, as `叶惠美 (专辑)`: the note
belongs to the title and not to the name.

Rows that belong together stand together: what is near in a table counts as near in meaning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

FACTS = Path(__file__).resolve().parent / "facts"
NEAR = 5  # rows on each side that count as near


class FactsError(ValueError):
    """A table of facts that does not hold together; the message names table and row."""


class Column(NamedTuple):
    """One column: its name, and the kinds it refers to (empty for plain text)."""

    name: str
    kinds: tuple[str, ...]
    optional: bool


@dataclass
class Entity:
    """One row: what the encyclopaedia has a page about."""

    title: str
    kind: str
    row: int
    cells: dict[str, list[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The title without the note that tells it from others of the name."""
        return self.title.split(" (")[0]


def read_column(text: str) -> Column:
    """Read `name`, `name@kind`, `name@a+b` or `name@kind?`."""
    name, _, kinds = text.strip().partition("@")
    optional = kinds.endswith("?")
    return Column(name, tuple(k for k in kinds.rstrip("?").split("+") if k), optional)


class Facts:
    """All tables, their entities in order, and the relations between them.

    Raises:
        FactsError: On a doubled title, a row of the wrong width, or a reference to nothing.
    """

    def __init__(self, folder: Path = FACTS) -> None:
        self.kinds: dict[str, list[Entity]] = {}
        self.columns: dict[str, list[Column]] = {}
        self.pages: dict[str, Entity] = {}
        self._names: dict[tuple[str, str], Entity] = {}
        self._inverse: dict[tuple[str, str, str], list[str]] = {}
        self._groups: dict[tuple[str, str, str], list[str]] = {}
        for path in sorted(folder.glob("*.toml")):
            with path.open("rb") as file:
                for kind, table in tomllib.load(file).items():
                    self._add_table(kind, table["columns"], table["rows"])
        for entities in self.kinds.values():
            for entity in entities:
                self._relate(entity)

    def _add_table(self, kind: str, columns: str, rows: str) -> None:
        if kind in self.kinds:
            raise FactsError(f"table {kind} is given twice")
        self.columns[kind] = [read_column(text) for text in columns.split(",")]
        self.kinds[kind] = []
        above: list[str] = []
        for line in rows.strip().splitlines():
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) > len(self.columns[kind]):
                raise FactsError(f"{kind}: too many cells: {line}")
            cells += [""] * (len(self.columns[kind]) - len(cells))
            if "^" in cells:
                cells = [above[i] if cell == "^" else cell for i, cell in enumerate(cells)]
            above = cells
            entity = Entity(cells[0], kind, len(self.kinds[kind]))
            if not entity.title or entity.title in self.pages:
                raise FactsError(f"{kind}: no title, or one given twice: {line}")
            for column, cell in zip(self.columns[kind][1:], cells[1:], strict=True):
                entity.cells[column.name] = [value for value in cell.split("/") if value]
            self.kinds[kind].append(entity)
            self.pages[entity.title] = entity
            self._names[kind, entity.name] = entity

    def _relate(self, entity: Entity) -> None:
        for column in self.columns[entity.kind][1:]:
            for i, value in enumerate(entity.cells[column.name]):
                target = self.find(value, column.kinds)
                if target is None:
                    if column.kinds and not column.optional:
                        raise FactsError(f"{entity.title}: {column.name} {value} has no row")
                    key = value
                else:
                    key = entity.cells[column.name][i] = target.title
                    inverse = self._inverse.setdefault((key, entity.kind, column.name), [])
                    inverse.append(entity.title)
                self._groups.setdefault((entity.kind, column.name, key), []).append(entity.title)

    def add_entities(self, kind: str, entities: list[Entity]) -> None:
        """Add a table made by a program; its cells hold titles or texts as they are."""
        self.kinds[kind] = entities
        self.columns[kind] = []
        for entity in entities:
            if entity.title in self.pages:
                raise FactsError(f"{kind}: {entity.title} is given twice")
            self.pages[entity.title] = entity

    def find(self, value: str, kinds: tuple[str, ...]) -> Entity | None:
        """The entity a value means, the named kinds first, any page of that title else."""
        if value in self.pages and self.pages[value].kind in kinds:
            return self.pages[value]
        for kind in kinds:
            if (kind, value) in self._names:
                return self._names[kind, value]
        return self.pages.get(value) if kinds else None

    def follow(self, entity: Entity, path: str) -> list[str]:
        """Titles or texts that a path leads to, in table order, without the entity itself.

        Args:
            entity: Where the path starts.
            path: Steps joined by `>`. A step is a column (`singer`), a column of another table that
                points here (`song.singer`: songs whose singer this is), `near` (rows close by),
                `all` (its whole table), or `same.column` (rows of its table that share a value).
        """
        found = [entity.title]
        for step in path.split(">"):
            reached: dict[str, None] = {}
            for title in found:
                if title in self.pages:
                    reached.update(dict.fromkeys(self._step(self.pages[title], step)))
            reached.pop(entity.title, None)
            found = list(reached)
        return [title for title in found if not self._is_twin(entity, title)]

    def _is_twin(self, entity: Entity, title: str) -> bool:
        """Whether the title is the same place on another level: 北京 is the seat of 北京."""
        other = self.pages.get(title)
        if other is None or other.name != entity.name:
            return False
        return {entity.kind, other.kind} == {"city", "province"}

    def _step(self, entity: Entity, step: str) -> list[str]:
        rows = self.kinds[entity.kind]
        if step == "near":
            close = rows[max(0, entity.row - NEAR) : entity.row + NEAR + 1]
            return [other.title for other in close]
        if step == "all":
            return [other.title for other in rows]
        table, _, column = step.partition(".")
        if table == "same":
            return [
                title
                for value in entity.cells.get(column, [])
                for title in self._groups[entity.kind, column, value]
            ]
        if column:
            return self._inverse.get((entity.title, table, column), [])
        return entity.cells.get(step, [])
