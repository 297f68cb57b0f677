"""All pages in order: articles, years, redirects, and the namespaces that a reader leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .article import Style, read_styles, write_article
from .chance import Chance
from .dump import Page
from .facts import Entity, Facts
from .topics import add_topics
from .traditional import to_traditional

TRADITIONAL_SHARE = 0.25


def write_pages(facts: Facts | None = None) -> Iterator[Page]:
    """Yield the pages of the sample."""
    facts = facts or Facts()
    add_topics(facts)
    styles = read_styles()
    missing = sorted(set(facts.kinds) - set(styles))
    if missing:
        raise ValueError(f"no sentence patterns for {', '.join(missing)}")
    titles: set[str] = set(facts.pages)
    for kind, entities in facts.kinds.items():
        yield Page(f"Template:Infobox {styles[kind].infobox}", TEMPLATE, 10)
        for entity in entities:
            yield from write_entity(entity, facts, styles[kind], titles)
        yield Page(f"Category:{styles[kind].label}", f"[[Category:{styles[kind].label}|*]]\n", 14)
    yield Page("Wikipedia:关于", "这是样本百科的说明页，不是条目。\n", 4)
    yield Page("Help:编辑", "如何编辑条目：见[[Wikipedia:关于]]。\n", 12)


TEMPLATE = """<includeonly>{| class="infobox"
! colspan="2" | {{{name|{{PAGENAME}}}}}
|-
| {{#if:{{{image|}}}|[[File:{{{image}}}|200px]]}}
|}</includeonly><noinclude>模板说明：本模板用于条目。</noinclude>
"""


def write_entity(entity: Entity, facts: Facts, style: Style, titles: set[str]) -> Iterator[Page]:
    """Yield the article, and a redirect where the other script's title differs."""
    chance = Chance("script", entity.title)
    text = write_article(entity, facts, style)
    other = to_traditional(entity.title)
    is_new = other not in titles
    titles.add(other)
    if chance.happens(TRADITIONAL_SHARE):
        yield Page(other, convert_page(text))
        if is_new:
            yield Page(entity.title, f"#REDIRECT [[{other}]]\n", 0, other)
    else:
        yield Page(entity.title, text)
        if is_new and chance.happens(0.3):
            yield Page(other, f"#重定向 [[{entity.title}]]\n", 0, entity.title)


def convert_page(text: str) -> str:
    """Wikitext in traditional script; marks that name variants already say both."""
    parts = re.split(r"(-\{[^{}]*:[^{}]*\}-)", text)
    return "".join(part if i % 2 else to_traditional(part) for i, part in enumerate(parts))
