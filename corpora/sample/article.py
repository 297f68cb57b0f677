"""One page of the encyclopaedia: lead, sections, lists and what stands around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .chance import Chance
from .facts import Entity, Facts, tomllib
from .markup import (
    inside_markup,
    mark_terms,
    write_footer,
    write_infobox,
    write_note,
    write_rules,
    write_table,
)
from .phrase import Phraser

ROUNDS = 3  # how often the patterns of a section are gone through
PATTERNS = Path(__file__).resolve().parent / "patterns"


@dataclass(frozen=True)
class Section:
    """A heading (several to choose from) and the sentences that may stand under it."""

    titles: list[str]
    take: int
    patterns: list[str]


@dataclass(frozen=True)
class Style:
    """How pages of one kind are written; read from sample/patterns/*.toml."""

    label: str
    infobox: str
    boxed: list[list[str]]
    categories: list[str]
    lead: list[str]
    sections: list[Section]
    lists: list[dict[str, Any]] = field(default_factory=list)
    tables: list[dict[str, Any]] = field(default_factory=list)


def read_styles(folder: Path = PATTERNS) -> dict[str, Style]:
    """Read all pattern files: kind to style."""
    styles = {}
    for path in sorted(folder.glob("*.toml")):
        with path.open("rb") as file:
            for kind, table in tomllib.load(file).items():
                sections = [
                    Section(part["title"], part["take"], part["patterns"])
                    for part in table["section"]
                ]
                styles[kind] = Style(
                    label=table["label"],
                    infobox=table["infobox"],
                    boxed=table.get("boxed", []),
                    categories=table["categories"],
                    lead=table["lead"],
                    sections=sections,
                    lists=table.get("list", []),
                    tables=table.get("table", []),
                )
    return styles


def write_article(entity: Entity, facts: Facts, style: Style) -> str:
    """Wikitext of an entity's page, the same for the same facts and patterns."""
    chance = Chance("page", entity.title)
    phraser = Phraser(facts, entity, chance)
    leads = [pattern for pattern in style.lead if phraser.fits(pattern)]
    if not leads:
        raise ValueError(f"{entity.title}: no lead of {entity.kind} fits")
    lead = ""
    while not lead:
        lead = phraser.fill(chance.pick(leads))
    lead = lead.replace("@@", f"'''{entity.name}'''", 1)
    body = [lead + (write_note(entity, chance) if chance.happens(0.5) else "")]
    for section in style.sections:
        body += write_section(section, phraser, entity, chance)
    for entry in style.lists:
        body += write_list(entry, phraser, entity, facts, chance)
    for entry in style.tables:
        rows = write_table(entity, entry["title"], entry["path"], entry["columns"], facts)
        body += ["", f"== {entry['title']} ==", *rows] if rows else []
    text = "\n".join(body)
    head = write_rules(entity, text, chance)
    if chance.happens(0.7):
        head += write_infobox(style.infobox, entity, style.boxed, facts)
    if chance.happens(0.1):
        head.append(f"[[File:{entity.name}.jpg|thumb|200px|[[{entity.title}]]的图片]]")
    if chance.happens(0.08):
        head.append("<!-- 本条目由程序根据事实表写成 -->")
    names = [phraser.fill(name) for name in style.categories if phraser.fits(name)]
    names = [name.replace("[", "").replace("]", "") for name in names]
    footer = write_footer(names, phraser.linker, chance)
    return "\n".join([*head, mark_terms(text, chance), *footer]) + "\n"


def write_section(section: Section, phraser: Phraser, entity: Entity, chance: Chance) -> list[str]:
    """Heading and one or two paragraphs, or nothing where no pattern fits."""
    fitting = [pattern for pattern in section.patterns if phraser.fits(pattern)]
    if not fitting:
        return []
    sentences: list[str] = []
    seen: set[str] = set()
    for turn in range(ROUNDS):
        # Only what names several others can be said again: it then names others.
        again = [
            pattern
            for pattern in fitting
            if turn == 0 or ">" in pattern or "near" in pattern or ":" in pattern
        ]
        for pattern in chance.take(again, section.take):
            sentence = phraser.fill(pattern)
            bare = sentence.replace("[", "").replace("]", "")
            if bare and bare not in seen:
                seen.add(bare)
                sentences.append(sentence)
    if not sentences:
        return []
    if chance.happens(0.3):
        spot = chance.below(len(sentences))
        sentences[spot] += write_note(entity, chance)
    if chance.happens(0.1):
        start = sentences[0].find(entity.name)
        if start >= 0 and not inside_markup(sentences[0], start):
            end = start + len(entity.name)
            sentences[0] = f"{sentences[0][:start]}-{{{entity.name}}}-{sentences[0][end:]}"
    title = phraser.fill(chance.pick(section.titles))
    lines = ["", f"== {title} =="] if title else [""]
    paragraphs = ["".join(sentences[i : i + 5]) for i in range(0, len(sentences), 5)]
    return [*lines, "\n\n".join(paragraphs)]


def write_list(
    entry: dict[str, Any], phraser: Phraser, entity: Entity, facts: Facts, chance: Chance
) -> list[str]:
    """A bullet or numbered list of what a path leads to."""
    titles = facts.follow(entity, entry["path"])[: entry.get("most", 12)]
    if len(titles) < entry.get("least", 2):
        return []
    lines = ["", f"== {chance.pick(entry['title'])} =="]
    for title in titles:
        line = ("# " if entry.get("numbered") else "* ") + phraser.linker.mention(title)
        row = facts.pages.get(title)
        values = facts.follow(row, entry["note"]) if row and "note" in entry else []
        if values:
            line += f"（{'、'.join(phraser.linker.mention(v) for v in values[:3])}）"
        lines.append(line)
    return lines
