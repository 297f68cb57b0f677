"""Sentence patterns: from `{singer}的《{name}》<写成|完成>于{year}年。` to wikitext.

In a pattern, `<a|b>` stands for one of its parts, `{path}` for one thing the path leads to and
`{path:3}` for two or three of them, joined as a list. A pattern whose slots cannot all be filled is
left out, so that one set of patterns serves rows that know more and rows that know less.
"""

from __future__ import annotations

import re

from .chance import Chance
from .facts import Entity, Facts

CHOICE = re.compile(r"<([^<>]*)>")
SLOT = re.compile(r"\{([^{}:]+)(?::(\d+))?\}")


class Linker:
    """Writes mentions of entities on one page: a link at first, mostly plain text after that."""

    def __init__(self, facts: Facts, entity: Entity, chance: Chance) -> None:
        self._facts = facts
        self._chance = chance
        self._seen = {entity.title}
        self.linked: list[str] = []

    def mention(self, title: str) -> str:
        """Wikitext of a title: `[[周杰伦]]`, `[[叶惠美 (专辑)|叶惠美]]`, or the bare name."""
        page = self._facts.pages.get(title)
        if page is None:
            return title
        if title in self._seen and not self._chance.happens(0.15):
            return page.name
        if title not in self._seen:
            self._seen.add(title)
            self.linked.append(title)
        return f"[[{title}]]" if page.name == title else f"[[{title}|{page.name}]]"


def join_names(names: list[str], chance: Chance) -> str:
    """Join a list as a writer would: 甲、乙和丙; or 甲、乙、丙."""
    if len(names) == 1:
        return names[0]
    if chance.happens(0.5):
        return "、".join(names)
    return "、".join(names[:-1]) + chance.pick(["和", "和", "与", "以及"]) + names[-1]


class Phraser:
    """Fills patterns for one entity."""

    def __init__(self, facts: Facts, entity: Entity, chance: Chance) -> None:
        self._facts = facts
        self._entity = entity
        self._chance = chance
        self.linker = Linker(facts, entity, chance)

    def fits(self, pattern: str) -> bool:
        """Whether every slot can be filled, lists with two things at least."""
        for path, size in SLOT.findall(pattern):
            if path != "name" and len(self._facts.follow(self._entity, path)) < 1 + bool(size):
                return False
        return True

    def fill(self, pattern: str) -> str:
        """Write the sentence of a pattern that fits; empty where what it picked does not go on.

        Slots of one sentence agree: `{film.actors>director}` is of the film that `{film.actors}`
        named, and `{same.style}` shares the style that `{style}` named.
        """
        chosen = CHOICE.sub(lambda match: self._chance.pick(match[1].split("|")), pattern)
        slots = list(SLOT.finditer(chosen))
        picked: dict[str, list[str]] = {}
        texts: dict[int, str] = {}
        for slot in sorted(slots, key=lambda slot: (slot[1].count(">"), slot[1].count("same."))):
            values = self._pick(slot[1], int(slot[2] or 1), picked)
            if not values:
                return ""
            picked[slot[1]] = picked.get(slot[1], []) + values
            is_title = chosen[slot.start() - 1 : slot.start()] == "《"
            texts[slot.start()] = self._join(values, is_title)
        return SLOT.sub(lambda match: texts[match.start()], chosen)

    def _pick(self, path: str, n: int, picked: dict[str, list[str]]) -> list[str]:
        if path == "name":
            return [self._entity.title]
        found = self._find(path, picked)
        # The same thing is not named twice in one sentence while there are others.
        used = {value for values in picked.values() for value in values}
        fresh = [value for value in found if value not in used]
        return self._chance.take(fresh or found, n)

    def _find(self, path: str, picked: dict[str, list[str]]) -> list[str]:
        start, _, rest = path.partition(">")
        for step in path.split(">")[1:]:
            if start in picked:
                pages = [self._facts.pages[t] for t in picked[start] if t in self._facts.pages]
                found = [value for page in pages for value in self._facts.follow(page, rest)]
                return [v for v in dict.fromkeys(found) if v != self._entity.title]
            start, rest = f"{start}>{step}", rest.partition(">")[2]
        found = self._facts.follow(self._entity, path)
        column = path.removeprefix("same.")
        if column != path and column in picked:
            shared = set(picked[column])
            pages = [self._facts.pages[title] for title in found]
            found = [page.title for page in pages if shared & set(page.cells[column])]
        return found

    def _join(self, values: list[str], is_title: bool) -> str:
        if values == [self._entity.title]:
            return self._entity.name
        names = [self.linker.mention(value) for value in values]
        text = join_names(names, self._chance)
        if is_title and len(names) > 1:
            text = "》《".join(names) if self._chance.happens(0.5) else "》、《".join(names)
        return text
