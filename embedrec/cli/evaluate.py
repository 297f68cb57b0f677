"""`embedrec evaluate`: vectors on test sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.options import every_command, json_option
from embedrec.cli.output import print_json, print_table, say
from embedrec.cli.query import open_vectors
from embedrec.errors import ParameterError

if TYPE_CHECKING:
    from embedrec.vectors.evaluate import AnalogyResult, SimilarityResult


@click.command(short_help="Score vectors on analogies and word similarity.")
@click.argument("model")
@click.option("--analogies", metavar="FILE", multiple=True,
              help="Questions `a b c d` a line, `: name` for a section.")  # fmt: skip
@click.option("--similarity", metavar="FILE", multiple=True,
              help="Two words and a person's score a line.")  # fmt: skip
@click.option("--method", type=click.Choice(["3cosadd", "3cosmul"]), default="3cosadd",
              show_default=True, help="How analogies are answered.")  # fmt: skip
@click.option("--restrict", metavar="N", type=click.IntRange(min=1),
              help="Only the N most frequent words count.")  # fmt: skip
@click.option("--unseen", is_flag=True,
              help="Similarity: make words outside the vocabulary of their n-grams.")  # fmt: skip
@json_option
@every_command
def evaluate(
    model: str,
    analogies: tuple[str, ...],
    similarity: tuple[str, ...],
    method: str,
    restrict: int | None,
    unseen: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Score MODEL on test sets; words outside the vocabulary are counted apart."""
    if not analogies and not similarity:
        raise ParameterError("nothing to evaluate: give --analogies FILE or --similarity FILE")
    from embedrec.vectors.evaluate import evaluate_analogies, evaluate_similarity

    progress = open_progress(quiet)
    vectors = open_vectors(model, progress)
    answered: dict[str, AnalogyResult] = {}
    compared: dict[str, SimilarityResult] = {}
    files = [*analogies, *similarity]
    with progress.stage("evaluate", total=len(files), unit="files") as stage:
        for path in analogies:
            answered[path] = evaluate_analogies(
                vectors, path, method=method, restrict_vocab=restrict
            )
            stage.update(len(answered))
        for path in similarity:
            compared[path] = evaluate_similarity(
                vectors, path, restrict_vocab=restrict, compose_unseen=unseen
            )
            stage.update(len(answered) + len(compared))
    if as_json:
        print_json(
            {
                "analogies": {
                    path: {**result.to_json(), "sections": list_sections(result)}
                    for path, result in answered.items()
                },
                "similarity": {path: result.to_json() for path, result in compared.items()},
            }
        )
        return
    for path, analogy in answered.items():
        print_analogies(path, analogy)
    if compared:
        rows = [
            (path, _show_part(result.spearman), result.known, result.total)
            for path, result in compared.items()
        ]
        print_table([("similarity", "spearman", "known", "total"), *rows], right=[1, 2, 3])


def list_sections(result: AnalogyResult) -> dict[str, Any]:
    """Return the JSON forms of the sections; {} where a file has none."""
    return {name: part.to_json() for name, part in result.sections.items()}


def print_analogies(path: str, result: AnalogyResult) -> None:
    """Print a table of the sections of one file and their sum."""
    parts = {**result.sections, "all": result}
    rows = [
        (name, _show_part(part.accuracy), part.correct, part.known, part.total)
        for name, part in parts.items()
    ]
    say(path)
    print_table([("section", "accuracy", "correct", "known", "total"), *rows], right=[1, 2, 3, 4])
    say("")


def _show_part(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
