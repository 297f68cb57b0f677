"""`embedrec recommend`: from a history of words to unseen related words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.options import every_command, json_option, topn_option
from embedrec.cli.output import print_json, print_table
from embedrec.cli.query import open_vectors

if TYPE_CHECKING:
    from embedrec.recommend.result import Recommendation, Recommendations

_N_REASONS_SHOWN = 3


@click.command(short_help="Recommend words for a history of words.")
@click.argument("model")
@click.option("--history", metavar="W,W,...", required=True,
              help="Words seen, the newest last; W:2.5 counts two and a half times.")  # fmt: skip
@click.option("--exclude", metavar="FILE", help="Words not to recommend, one a line.")
@topn_option
@click.option("--half-life", metavar="N", type=click.FloatRange(min=0, min_open=True),
              help="A word counts half as much as one N places after it.")  # fmt: skip
@click.option("--min-count", type=click.IntRange(min=0), default=0, show_default=True,
              help="Recommend only words that the training text held so often.")  # fmt: skip
@click.option("--score", type=click.Choice(["blend", "mean", "max"]), default="blend",
              show_default=True, help="Nearness to each word of the history, words that several "
              "bring first; to the history as a whole; or to the nearest word of it.")  # fmt: skip
@json_option
@every_command
def recommend(
    model: str,
    history: str,
    exclude: str | None,
    topn: int,
    half_life: float | None,
    min_count: int,
    score: str,
    as_json: bool,
    quiet: bool,
) -> None:
    """Recommend words of MODEL for a history, each with the words of the history that led to it.

    Words outside the vocabulary are cut as the training text was, and their pieces stand for them.
    """
    from embedrec.recommend.history import parse_history, read_exclusions
    from embedrec.recommend.words import WordRecommender

    progress = open_progress(quiet)
    seen = parse_history(history, half_life=half_life)
    excluded = [] if exclude is None else read_exclusions(exclude)
    recommender = WordRecommender(open_vectors(model, progress), score=score, min_count=min_count)
    found = recommender.recommend(seen, topn, excluded)
    for word in found.unknown:
        progress.notice(f"{word} is not known to {model} and plays no part")
    if as_json:
        print_json({"results": [to_json(item) for item in found]})
    else:
        print_recommendations(found)


def to_json(item: Recommendation) -> dict[str, object]:
    """Return the JSON form; "because" holds the words that spoke for it, the strongest first."""
    return {"word": item.word, "score": float(item.score), "because": list_reasons(item)}


def list_reasons(item: Recommendation) -> list[str]:
    """Return the words of the history that spoke for a recommendation, the strongest first."""
    return [word for word, share in item.because if share > 0]


def print_recommendations(found: Recommendations, indent: str = "") -> None:
    """Print words, scores and the strongest reasons as a table."""
    rows = []
    for item in found:
        reasons = ", ".join(list_reasons(item)[:_N_REASONS_SHOWN])
        rows.append(
            (f"{indent}{item.word}", float(item.score), f"because of {reasons}" if reasons else "")
        )
    print_table(rows, right=[1])
