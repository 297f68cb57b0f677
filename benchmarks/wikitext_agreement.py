"""How far does `strip_wikitext` agree with mwparserfromhell, and how fast are both?

Every article of the English dumps goes through both. From mwparserfromhell's tree those nodes are
taken out that `strip_wikitext` leaves out by design and `strip_code()` keeps (tables, references,
code, files, categories, interlanguage links); bare figures without that step are given as well.

Agreement of two texts A and B is 2 |A and B| / (|A| + |B|) over multisets, of words (runs of
letters, digits and underscores), and of pairs of neighbouring words, which sees order too. It is
linear in the text, where a longest common subsequence is quadratic. Run:
    python -m benchmarks.wikitext_agreement [DATA_FOLDER]
"""

from __future__ import annotations

import bz2
import json
import os
import re
import statistics
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import mwparserfromhell

from benchmarks.machine import describe_machine
from embedrec.text.wikitext import strip_wikitext

ROOT = Path(__file__).resolve().parent.parent
DUMPS = (
    "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2",
    "enwiki-pages-articles-sample.xml.bz2",
    "enwiki-table-markup.xml.bz2",
    "dbpedia-minidump-en.xml.bz2",
)
LEFT_OUT_TAGS = frozenset(
    ("ref", "references", "table", "pre", "code", "gallery", "syntaxhighlight", "source")
)
LEFT_OUT_LINK = re.compile(
    r"\s*(?:file|image|media|category|simple|be-x-old|zh-[a-z-]+|(?!re:|st:)[a-z]{2,3})\s*:", re.I
)
WORD = re.compile(r"\w+")
LIMIT = 0.97

# Found by reading the worst pages' sources and both texts side by side.
EXPLANATIONS = {
    "Alaska": "a table with two apostrophe runs that don't match: mwparserfromhell's table runs on "
    "over 44,000 characters to the end of a later one, and the sections between go with it",
    "Angola": "a reference with italics closed by typographic quotes: mwparserfromhell's reference "
    "runs on over 16,000 characters to a later closing tag; MediaWiki ends it at the first",
    "Andre Agassi": "a table mwparserfromhell does not recognise stays as cells and attributes",
    "Alabama": "the same",
    "Angela Merkel": "an infobox mwparserfromhell does not recognise stays as parameters",
    "Ambiguity": "files whose captions hold references or addresses are no links to "
    "mwparserfromhell; their captions stay there as text",
    "Politics of Angola": "bare addresses stay there and go here; so in Austroasiatic languages",
    "the rest": "an unclosed or malformed <ref> leaves its tag or its text there; a line break tag "
    "joins the words around it there and ends the line here",
}


def read_articles(path: Path) -> Iterator[tuple[str, str]]:
    """Yield title and wikitext of the articles of a dump, redirects left out."""
    title, namespace, redirect = "", "0", False
    with bz2.open(path) as file:
        for _, element in ElementTree.iterparse(file):
            tag = element.tag.rpartition("}")[2]
            if tag == "title":
                title, redirect = element.text or "", False
            elif tag == "ns":
                namespace = element.text or ""
            elif tag == "redirect":
                redirect = True
            elif tag == "text" and namespace == "0" and not redirect:
                text = element.text or ""
                if text.strip() and text.lstrip()[:9].lower() != "#redirect":
                    yield title, text
            elif tag == "page":
                element.clear()


def strip_reference(text: str, fair: bool) -> str:
    """Return mwparserfromhell's text; if fair, without what is left out by design here."""
    tree = mwparserfromhell.parse(text)
    if fair:
        nodes = tree.filter_tags(matches=lambda tag: str(tag.tag).strip().lower() in LEFT_OUT_TAGS)
        nodes += tree.filter_wikilinks(matches=lambda link: LEFT_OUT_LINK.match(str(link.title)))
        for node in nodes:
            try:
                tree.remove(node)
            except ValueError:
                continue  # it was inside a node that is gone already
    return str(tree.strip_code())


def measure_overlap(ours: list[Any], theirs: list[Any]) -> float:
    """Return the share of matched elements of two multisets, 1.0 for two empty ones."""
    n_both = sum((Counter(ours) & Counter(theirs)).values())
    n_all = len(ours) + len(theirs)
    return 2 * n_both / n_all if n_all else 1.0


def list_pairs(words: list[str]) -> list[tuple[str, str]]:
    """Return neighbouring words."""
    return list(pairwise(words))


def compare_page(dump: str, title: str, text: str) -> dict[str, Any]:
    """Return the agreement on a page, the seconds of both, and what only one has."""
    start = time.process_time()
    ours = strip_wikitext(text, title=title)
    middle = time.process_time()
    bare = strip_reference(text, fair=False)
    end = time.process_time()
    our_words = WORD.findall(ours)
    their_words = WORD.findall(strip_reference(text, fair=True))
    counts, other = Counter(our_words), Counter(their_words)
    return {
        "dump": dump,
        "title": title,
        "bytes": len(text.encode("utf-8")),
        "words": len(our_words),
        "reference_words": len(their_words),
        "agreement": measure_overlap(our_words, their_words),
        "agreement_pairs": measure_overlap(list_pairs(our_words), list_pairs(their_words)),
        "agreement_bare": measure_overlap(our_words, WORD.findall(bare)),
        "seconds": middle - start,
        "reference_seconds": end - middle,
        "only_here": sum((counts - other).values()),
        "only_there": sum((other - counts).values()),
    }


def summarize(values: list[float]) -> dict[str, float]:
    """Return median, quantiles, mean and least."""
    cuts = statistics.quantiles(values, n=20)
    return {
        "median": round(statistics.median(values), 4),
        "mean": round(statistics.fmean(values), 4),
        "quantile_0.05": round(cuts[0], 4),
        "quantile_0.10": round(cuts[1], 4),
        "quantile_0.25": round(cuts[4], 4),
        "quantile_0.75": round(cuts[14], 4),
        "least": round(min(values), 4),
    }


def main() -> None:
    """Compare, print and write benchmarks/results/wikitext_agreement.json."""
    default = os.environ.get("EMBEDREC_DATA", ROOT.parent / "shared" / "data")
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else default) / "wiki_xml"
    pages = [
        compare_page(dump, title, text)
        for dump in DUMPS
        for title, text in read_articles(folder / dump)
    ]
    pages.sort(key=lambda page: page["agreement"])
    megabytes = sum(page["bytes"] for page in pages) / 1e6
    speed = megabytes / sum(page["seconds"] for page in pages)
    reference_speed = megabytes / sum(page["reference_seconds"] for page in pages)
    results = {
        "command": "python -m benchmarks.wikitext_agreement",
        "machine": describe_machine("mwparserfromhell"),
        "n_pages": len(pages),
        "megabytes": round(megabytes, 2),
        "agreement_of_words": summarize([page["agreement"] for page in pages]),
        "agreement_of_word_pairs": summarize([page["agreement_pairs"] for page in pages]),
        "agreement_with_bare_strip_code": summarize([page["agreement_bare"] for page in pages]),
        "limit_median": LIMIT,
        "megabytes_per_second": round(speed, 2),
        "megabytes_per_second_mwparserfromhell": round(reference_speed, 2),
        "worst_pages": [
            {
                key: round(value, 4) if isinstance(value, float) else value
                for key, value in page.items()
                if "seconds" not in key
            }
            for page in pages[:15]
        ],
        "explanations": EXPLANATIONS,
    }
    path = ROOT / "benchmarks" / "results" / "wikitext_agreement.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    median = results["agreement_of_words"]["median"]
    print(f"{len(pages)} pages, median agreement {median:.4f} (limit {LIMIT})")
    print(f"{speed:.1f} MB/s against {reference_speed:.2f} MB/s")
    for page in pages[:15]:
        print(
            f"{page['agreement']:.4f} {page['title']}: "
            f"{page['only_here']} words only here, {page['only_there']} only there"
        )


if __name__ == "__main__":
    main()
