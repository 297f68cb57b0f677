"""One conversion mark: its flags, its rules, what it shows and what it teaches the page.

Follows MediaWiki's ConverterRule and ZhConverter (includes/language, 1.43): the order in which
flags win over one another, how rules are split at semicolons, and the fall-back order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# In the order in which MediaWiki goes through them when it builds page-wide rules.
VARIANTS = ("zh", "zh-hans", "zh-hant", "zh-cn", "zh-hk", "zh-mo", "zh-my", "zh-sg", "zh-tw")
FALLBACKS = {
    "zh": ("zh-hans", "zh-hant", "zh-cn", "zh-tw", "zh-hk", "zh-sg", "zh-mo", "zh-my"),
    "zh-hans": ("zh-cn", "zh-sg", "zh-my"),
    "zh-hant": ("zh-tw", "zh-hk", "zh-mo"),
    "zh-cn": ("zh-hans", "zh-sg", "zh-my"),
    "zh-sg": ("zh-my", "zh-hans", "zh-cn"),
    "zh-my": ("zh-sg", "zh-hans", "zh-cn"),
    "zh-tw": ("zh-hant", "zh-hk", "zh-mo"),
    "zh-hk": ("zh-mo", "zh-hant", "zh-tw"),
    "zh-mo": ("zh-hk", "zh-hant", "zh-tw"),
}
NAMES = {
    "zh": "原文",
    "zh-hans": "简体",
    "zh-hant": "繁體",
    "zh-cn": "大陆",
    "zh-tw": "臺灣",
    "zh-hk": "香港",
    "zh-mo": "澳門",
    "zh-sg": "新加坡",
    "zh-my": "大马",
}
# Page-wide rules work for all but these: zh shows pages as written, and the two script variants
# take one-way rules only.
_NEVER_WIDE = frozenset({"zh"})
_ONE_WAY_ONLY = frozenset({"zh", "zh-hans", "zh-hant"})
# BCP 47 spellings that MediaWiki takes as well.
_ALIASES = {
    "zh-hans-cn": "zh-cn",
    "zh-hans-sg": "zh-sg",
    "zh-hans-my": "zh-my",
    "zh-hant-tw": "zh-tw",
    "zh-hant-hk": "zh-hk",
    "zh-hant-mo": "zh-mo",
}
_FLAGS = frozenset("ATRD-HN")
_CODE = "|".join(sorted((*VARIANTS, *_ALIASES), key=len, reverse=True))
_RULE_START = re.compile(rf"\s*(?:{_CODE})\s*:|[^;]*?=>\s*(?:{_CODE})\s*:", re.IGNORECASE)
_ENTITY_END = re.compile(r"(&[#a-zA-Z0-9]{1,40});")
_HELD = "\ufdef"  # a semicolon that belongs to an entity


@dataclass
class Mark:
    """A parsed `-{...}-`.

    Attributes:
        flags: what is to be done, as MediaWiki's letters; "S" shows, "+" adds to the page.
        variants: of `-{zh-hans;zh-hant|text}-`, the variants; else empty.
        text: what stands after the flags.
        both_ways: variant to text.
        one_way: variant to {source: text}.
    """

    flags: frozenset[str]
    variants: frozenset[str]
    text: str
    both_ways: dict[str, str] = field(default_factory=dict)
    one_way: dict[str, dict[str, str]] = field(default_factory=dict)


def normalize_variant(code: str) -> str | None:
    """The variant that a code in a rule names, or None if it names none."""
    code = code.strip().lower()
    code = _ALIASES.get(code, code)
    return code if code in FALLBACKS else None


def parse_mark(inner: str) -> Mark:
    """Read what stands between `-{` and `}-`, nested marks already resolved."""
    head, bar, rest = inner.partition("|")
    text = rest if bar else inner
    given: set[str] = set()
    variants: set[str] = set()
    for item in head.split(";") if bar else ():
        item = item.strip()
        if item in _FLAGS:
            given.add(item)
        elif item.lower() in FALLBACKS:
            variants.add(item.lower())
    flags = _settle_flags(given)
    if variants and not given & set("RN-H"):
        return Mark(frozenset("R"), frozenset(variants), text)
    mark = Mark(flags, frozenset(), text)
    if not flags & {"R", "N"}:
        says_nothing = _parse_rules(mark)
        if not mark.both_ways and not mark.one_way:
            # MediaWiki shows `-{zh-hans:;zh-hant:}-` as it stands, which nobody wants to read.
            text = mark.text = "" if says_nothing else text
            if flags & {"+", "-"}:
                mark.both_ways = dict.fromkeys(VARIANTS, text) if text else {}
            elif "T" not in flags:
                mark.flags = frozenset("R")
    return mark


def _settle_flags(given: set[str]) -> frozenset[str]:
    if not given:
        return frozenset("S")
    for winner in "RN-":
        if winner in given:
            return frozenset(winner)
    if given == {"T"}:
        return frozenset("TH")
    if "H" in given:
        return frozenset({"+", "H"} | (given & {"T", "D"}))
    settled = set(given)
    if "A" in given:
        settled |= {"+", "S"}
    if "D" in given:
        settled.discard("S")
    return frozenset(settled)


def _parse_rules(mark: Mark) -> bool:
    """Fill the rules of a mark; return whether there are some and each gives the empty text."""
    n_empty = n_filled = 0
    for choice in _split_rules(mark.text.replace("=&gt;", "=>")):
        code, colon, target = choice.partition(":")
        if not colon:
            continue
        source, arrow, one_way_code = code.partition("=>")
        variant = normalize_variant(one_way_code if arrow else code)
        target, source = target.strip(), source.strip()
        if variant is None:  # a mistake in one rule makes the whole mark plain text
            mark.both_ways, mark.one_way = {}, {}
            return False
        n_empty, n_filled = n_empty + (not target), n_filled + bool(target)
        if arrow:
            if source:
                mark.one_way.setdefault(variant, {})[source] = target
        elif target:
            mark.both_ways[variant] = target
    return n_empty > 0 and n_filled == 0


def _split_rules(text: str) -> list[str]:
    """Cut at the semicolons that a new rule, or nothing but blanks, comes after."""
    if "&" in text:
        text = _ENTITY_END.sub(rf"\1{_HELD}", text)
    rules: list[list[str]] = []
    for piece in text.split(";"):
        if not rules or _RULE_START.match(piece):
            rules.append([piece])
        else:
            rules[-1].append(piece)
    joined = [";".join(pieces) for pieces in rules]
    if joined and joined[-1].rstrip().endswith(";"):
        joined[-1] = joined[-1].rstrip()[:-1]
    return [rule.replace(_HELD, ";") for rule in joined]


def choose_text(mark: Mark, variant: str) -> str | None:
    """The text that a mark's rules give for a variant, or None if they give none.

    The variant itself, then its fall-backs, then its one-way rules; `zh` at last takes the first.
    """
    for code in (variant, *FALLBACKS[variant]):
        if code in mark.both_ways:
            return mark.both_ways[code]
    if variant in mark.one_way:
        return next(iter(mark.one_way[variant].values()))
    if variant == "zh":
        return first_text(mark)
    return None


def first_text(mark: Mark) -> str | None:
    """The text of the mark's first rule."""
    for text in mark.both_ways.values():
        return text
    for pairs in mark.one_way.values():
        return next(iter(pairs.values()))
    return None


def list_pairs(mark: Mark, variant: str) -> dict[str, str]:
    """The replacements (source to text) that a mark defines for a page read in a variant."""
    if variant in _NEVER_WIDE:
        return {}
    pairs: dict[str, str] = {}
    filled: dict[str, str] = {}
    for code in VARIANTS:
        for candidate in (code, *FALLBACKS[code]):
            if candidate in mark.both_ways:
                filled[code] = mark.both_ways[candidate]
                break
    if variant in filled and variant not in _ONE_WAY_ONLY:
        pairs.update(
            (source, filled[variant]) for code, source in filled.items() if code != variant
        )
    pairs.update(mark.one_way.get(variant, {}))
    return pairs


def describe_mark(mark: Mark) -> str:
    """A mark's rules in words, as the flag D shows them."""
    parts = [f"{NAMES[code]}：{text}；" for code, text in mark.both_ways.items()]
    for code, pairs in mark.one_way.items():
        parts.extend(f"{source}⇒{NAMES[code]}：{text}；" for source, text in pairs.items())
    return "".join(parts)
