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
        """Write the sentence of a pattern that fits."""
        chosen = CHOICE.sub(lambda match: self._chance.pick(match[1].split("|")), pattern)
        used: set[str] = set()
        return SLOT.sub(lambda match: self._fill_slot(match[1], match[2], used), chosen)

    def _fill_slot(self, path: str, size: str | None, used: set[str]) -> str:
        if path == "name":
            return self._entity.name
        found = self._facts.follow(self._entity, path)
        # The same thing is not named twice in one sentence while there are others.
        fresh = [value for value in found if value not in used] or found
        picked = self._chance.take(fresh, int(size) if size else 1)
        used.update(picked)
        return join_names([self.linker.mention(value) for value in picked], self._chance)
