"""Wikitext to plain text, in time that grows with the page's length and no faster.

No grammar is built. A page goes through passes, each of which deals with one construct in one
left-to-right scan: a compiled pattern jumps from mark to mark, matched pairs are found with a
bounded stack, and no pattern can backtrack over more than one line's worth of its own matches.
The order of the passes is MediaWiki's: what is opaque first, then templates, tables, links, tags,
language conversion, lines, and entities last, so that an entity never turns into markup.

Left out: templates (but for those that `markup.template` names), tables, references, comments,
galleries, formulas, code, files, media, categories, links into other languages, behaviour
switches, signatures, bare addresses. Kept: the text of links, headings, list items, HTML tags.
"""

from __future__ import annotations

from embedrec.text.conversion import convert_marks
from embedrec.text.markup.element import keep_verses, remove_elements, remove_tags
from embedrec.text.markup.entity import resolve_entities
from embedrec.text.markup.layout import (
    arrange_lines,
    close_gaps,
    remove_marks,
    tidy,
)
from embedrec.text.markup.link import resolve_addresses, resolve_links
from embedrec.text.markup.sentinel import drop_unseen, unshield
from embedrec.text.markup.table import remove_tables
from embedrec.text.markup.template import remove_templates


def strip_wikitext(text: str, *, variant: str = "zh-cn", title: str = "") -> str:
    """Turn a page's wikitext into plain text.

    Args:
        text: the wikitext, with XML escapes already resolved.
        variant: the Chinese variant that conversion marks are resolved for: "zh-cn" for
            simplified text, "zh-tw" for traditional, "zh" to keep the page's own mixture; more in
            `embedrec.text.conversion.convert_marks`. Pages without such marks don't depend on it.
        title: the page's title, which stands for `{{PAGENAME}}`.

    Returns:
        One paragraph, heading or list item a line; no blank lines, no line end at the end. Where
        conversion marks decided the wording, it stands between
        `embedrec.text.conversion.PROTECT_START` and `PROTECT_END`, which are to be removed by
        `split_protected` (or `drop_protection`).

    Raises:
        ParameterError: an unknown variant.
    """
    text = drop_unseen(text.replace("\r\n", "\n").replace("\r", "\n"))
    text = remove_elements(text)
    text = keep_verses(text)
    text = remove_templates(text, drop_unseen(title))
    text = remove_tables(text)
    text = resolve_links(text)
    text = resolve_addresses(text)
    text = remove_tags(text)
    text = remove_marks(text)
    text = convert_marks(text, variant)
    text = arrange_lines(text)
    text = close_gaps(text)
    return tidy(unshield(resolve_entities(text)))
