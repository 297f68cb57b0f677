"""The parts of a page that are not sentences: boxes, tables, notes, conversion marks."""

from __future__ import annotations

from .chance import Chance
from .facts import Entity, Facts
from .phrase import Linker
from .traditional import to_traditional

# What the two sides call the same thing. Only words whose conversion back to simplified script by
# characters would otherwise leave the other side's word standing.
TERMS = [
    ("软件", "軟體", "軟件"),
    ("硬件", "硬體", "硬件"),
    ("互联网", "網際網路", "互聯網"),
    ("网络", "網路", "網絡"),
    ("操作系统", "作業系統", "操作系統"),
    ("数据库", "資料庫", "數據庫"),
    ("程序员", "程式設計師", "程式員"),
    ("程序", "程式", "程式"),
    ("信息", "資訊", "資訊"),
    ("意大利", "義大利", "意大利"),
    ("新西兰", "紐西蘭", "新西蘭"),
    ("澳大利亚", "澳大利亞", "澳洲"),
    ("沙特阿拉伯", "沙烏地阿拉伯", "沙特阿拉伯"),
    ("悉尼", "雪梨", "悉尼"),
    ("好莱坞", "好萊塢", "荷里活"),
    ("奔驰", "賓士", "平治"),
    ("菠萝", "鳳梨", "菠蘿"),
    ("土豆", "馬鈴薯", "薯仔"),
    ("出租车", "計程車", "的士"),
    ("激光", "雷射", "激光"),
    ("鼠标", "滑鼠", "滑鼠"),
    ("冰激凌", "冰淇淋", "雪糕"),
]


def write_infobox(name: str, entity: Entity, boxed: list[list[str]], facts: Facts) -> list[str]:
    """A template with one parameter a fact; readers must drop it whole."""
    lines = [f"{{{{Infobox {name}", f"| name = {entity.name}"]
    for label, path in boxed:
        values = facts.follow(entity, path)[:4]
        if values:
            texts = [f"[[{v}]]" if v in facts.pages else v for v in values]
            text = "{{hlist|" + "|".join(texts) + "}}" if len(texts) > 2 else "、".join(texts)
            lines.append(f"| {label} = {text}")
    lines.append(f"| image = {entity.name}.jpg")
    lines.append("}}")
    return lines


def write_table(
    entity: Entity, caption: str, path: str, columns: list[list[str]], facts: Facts
) -> list[str]:
    """A wikitable of what the path leads to, one row each; empty where there are fewer than two."""
    titles = facts.follow(entity, path)
    if len(titles) < 2:
        return []
    lines = ['{| class="wikitable sortable" style="font-size:90%"', f"|+ {caption}", "|-"]
    lines.append("! " + " !! ".join(label for label, _ in columns))
    for title in titles[:30]:
        row = facts.pages[title]
        cells = []
        for _, step in columns:
            values = [title] if step == "name" else facts.follow(row, step)
            cells.append(
                "、".join(f"[[{v}]]" if v in facts.pages else v for v in values[:3]) or "—"
            )
        lines += ["|-", "| " + " || ".join(cells)]
    lines.append("|}")
    return lines


def write_note(entity: Entity, chance: Chance) -> str:
    """A reference, named or not, with or without a citation template."""
    number = 1 + chance.below(99)
    kind = chance.below(4)
    if kind == 0:
        return f"<ref>{entity.name}条目，样本百科编辑部，第{number}页。</ref>"
    if kind == 1:
        return (
            f'<ref name="n{number}">{{{{cite book|title={entity.name}手册|page={number}}}}}</ref>'
        )
    if kind == 2:
        return f'<ref name="n{number}" />'
    return f"<ref>{{{{cite web|url=https://example.org/{number}|title={entity.name}|date=2020}}}}</ref>"


def mark_terms(text: str, chance: Chance) -> str:
    """Put conversion marks around some words that the variants say differently."""
    for hans, tw, hk in TERMS:
        start = text.find(hans)
        if start < 0 or f"[{hans}" in text or f"{hans}]" in text or not chance.happens(0.5):
            continue
        form = chance.below(3)
        if form == 0:
            mark = f"-{{zh-hans:{hans};zh-hant:{tw}}}-"
        elif form == 1:
            mark = f"-{{zh-cn:{hans};zh-tw:{tw};zh-hk:{hk}}}-"
        else:
            mark = f"-{{zh-hans:{hans}; zh-hk:{hk}; zh-tw:{tw};}}-"
        if not inside_markup(text, start):
            text = text[:start] + mark + text[start + len(hans) :]
    return text


def inside_markup(text: str, position: int) -> bool:
    """Whether a link, template, tag or mark is open at the position."""
    before = text[:position]
    return any(
        before.count(left) > before.count(right)
        for left, right in (("[[", "]]"), ("{{", "}}"), ("-{", "}-"), ("<", ">"))
    )


def write_rules(entity: Entity, text: str, chance: Chance) -> list[str]:
    """Page-wide conversion rules at the head of a page, for a share of the pages."""
    lines = []
    if chance.happens(0.04):
        lines.append(f"-{{T|zh-hans:{entity.name};zh-hant:{to_traditional(entity.name)};}}-")
    for hans, tw, _ in TERMS:
        if hans in text and chance.happens(0.3):
            form = chance.below(2)
            lines.append(
                f"-{{H|zh-cn:{hans};zh-tw:{tw};}}-" if form else f"-{{H|{tw}=>zh-cn:{hans}}}-"
            )
    if chance.happens(0.05):
        names = f"zh-hans:{entity.name};zh-hant:{to_traditional(entity.name)}"
        lines.append(f"{{{{noteTA|G1=Names|1={names}}}}}")
    return lines


def write_footer(categories: list[str], linker: Linker, chance: Chance) -> list[str]:
    """See also, references, navigation templates, categories and a link to another language."""
    lines: list[str] = []
    if len(linker.linked) > 4 and chance.happens(0.4):
        lines += ["", "== 参见 =="]
        lines += [f"* {linker.mention(title)}" for title in chance.take(linker.linked, 3)]
    lines += ["", "== 参考文献 ==", "{{Reflist}}", ""]
    lines += [f"[[Category:{name}]]" for name in categories]
    return lines
