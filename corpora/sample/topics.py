"""Pages that follow from the tables: what shares a family, a style, a year.

A topic is a value that several rows share in one column, e.g. the family 蔷薇科; its page names the
rows. Years gather what was born, sung, filmed or founded in them.
"""

from __future__ import annotations

from .facts import Entity, Facts

# kind, column, what a member is called
TOPICS = [
    ("animal", "class", "动物"), ("animal", "order", "动物"), ("animal", "habitat", "动物"),
    ("plant", "family", "植物"), ("plant", "class", "植物"), ("dish", "cuisine", "饮食"),
    ("dish", "kind", "食物"), ("dish", "material", "食物"), ("singer", "style", "音乐人"),
    ("film", "genre", "电影"), ("director", "style", "导演"), ("writer", "style", "作家"),
    ("book", "genre", "作品"), ("poem", "form", "作品"), ("poem", "theme", "诗词"),
    ("poet", "style", "诗人"), ("sport", "class", "项目"), ("company", "industry", "企业"),
    ("company", "products", "企业"), ("language", "paradigm", "编程语言"),
    ("language", "use", "编程语言"), ("software", "class", "软件"), ("element", "class", "元素"),
    ("thing", "class", "事物"), ("figure", "role", "历史人物"), ("mountain", "class", "山岳"),
    ("lake", "kind", "湖泊"), ("country", "region", "国家"), ("country", "continent", "国家"),
    ("country", "language", "国家"), ("city", "known", "城市"), ("athlete", "team", "运动员"),
]  # fmt: skip
YEARS = [
    ("singer", "born"), ("director", "born"), ("actor", "born"), ("writer", "born"),
    ("scientist", "born"), ("athlete", "born"), ("song", "year"), ("album", "year"),
    ("film", "year"), ("university", "founded"), ("language", "year"),
]  # fmt: skip
LEAST = 3


def add_topics(facts: Facts) -> None:
    """Add the tables `topic` and `year` to the facts, in place."""
    found: dict[str, Entity] = {}
    for kind, column, noun in TOPICS:
        for value in dict.fromkeys(v for e in facts.kinds[kind] for v in e.cells[column]):
            members = [e.title for e in facts.kinds[kind] if value in e.cells[column]]
            if len(members) < LEAST or value in facts.pages or value in found:
                continue
            cells = {"members": members, "noun": [noun]}
            found[value] = Entity(value, "topic", len(found), cells)
    years: dict[str, Entity] = {}
    for kind, column in YEARS:
        for entity in facts.kinds[kind]:
            for value in entity.cells[column]:
                title = f"{value}年"
                year = years.setdefault(title, Entity(title, "year", 0))
                year.cells.setdefault(f"{kind}_{column}", []).append(entity.title)
    ordered = sorted(years.values(), key=lambda entity: int(entity.title[:-1]))
    ordered = [e for e in ordered if sum(map(len, e.cells.values())) >= LEAST]
    for row, entity in enumerate(ordered):
        entity.row = row
    facts.add_entities("topic", list(found.values()))
    facts.add_entities("year", ordered)
