"""`embedrec ratings evaluate`: models compared on held-out ratings."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.options import every_command, json_option
from embedrec.cli.output import print_json, print_table
from embedrec.cli.ratings_options import (
    find_levels,
    make_named_model,
    model_options,
    read_table,
    reading_options,
)
from embedrec.errors import ParameterError

if TYPE_CHECKING:
    from embedrec.progress import Progress
    from embedrec.ratings.table import Ratings
    from embedrec.recommend.evaluate import Figures

_SPLITS = ("folds", "random", "chronological", "leave-last")


@click.command(short_help="Compare models on held-out ratings.")
@click.argument("file", required=False)
@click.option("--train", "train_file", metavar="FILE", help="Ratings to learn from.")
@click.option("--test", "test_file", metavar="FILE", help="Held-out ratings to measure on.")
@click.option("--model", "models", metavar="NAME", multiple=True,
              help="Which kind; several times for one table of several.  [default: blend, for "
              "clicks click]")  # fmt: skip
@click.option("--split", type=click.Choice(_SPLITS), default="folds", show_default=True,
              help="How FILE is cut: folds, one random share, the newest share, or each user's "
              "last rating.")  # fmt: skip
@click.option("--folds", type=click.IntRange(min=2), default=5, show_default=True,
              help="Folds, each the test once.")  # fmt: skip
@click.option("--share", type=click.FloatRange(0, 1, True, True), default=0.25, show_default=True,
              help="Of the test, for random and chronological.")  # fmt: skip
@click.option("--by", type=click.Choice(["whole", "user"]), default="whole", show_default=True,
              help="Cut all ratings together, or each user's alike.")  # fmt: skip
@click.option("--k", type=click.IntRange(min=1), default=10, show_default=True,
              help="Length of the lists that are measured.")  # fmt: skip
@click.option(
    "--relevant-from",
    metavar="RATING",
    type=float,
    help="Items rated so high in the test are relevant.  [default: all rated]",
)
@click.option("--gains", type=click.Choice(["binary", "rating"]), default="binary",
              show_default=True, help="What a relevant item is worth in nDCG.")  # fmt: skip
@click.option("--errors-only", is_flag=True, help="RMSE and MAE alone; lists take longer.")
@model_options
@reading_options
@json_option
@every_command
def evaluate(
    file: str | None, train_file: str | None, test_file: str | None, models: tuple[str, ...],
    k: int, relevant_from: float | None, gains: str, errors_only: bool, as_json: bool, quiet: bool,
    **values: Any,
) -> None:  # fmt: skip
    """Train on a part of the ratings and measure on the rest: FILE cut, or --train and --test.

    RMSE and MAE are of all held-out ratings; the others of the lists of the best of all items that
    a user has not rated in training, none sampled, as means over users with a relevant item.
    """
    from embedrec.recommend.evaluate import evaluate_models
    from embedrec.recommend.rating_model import choose_name

    names = list(dict.fromkeys(models))
    asked = (values["settings"], values["seed"])
    for name in names:
        make_named_model(name, *asked)  # what is wrong with one shows before the files are read
    progress = open_progress(quiet)
    cut = iter(_cut(file, train_file, test_file, values, progress))
    first = next(cut)
    names = names or [choose_name(first[0])]
    levels = find_levels(values["scale"], *first)
    makers = {name: partial(make_named_model, name, *asked, levels) for name in names}
    folds = chain([first], cut)
    found = evaluate_models(
        makers, folds, k=k, relevant_from=relevant_from, gains=gains, lists=not errors_only,
        progress=progress,
    )  # fmt: skip
    if as_json:
        rows = {name: _to_json(figures) for name, figures in found.items()}
        print_json({"model": names[0], **rows[names[0]]} if len(rows) == 1 else {"models": rows})
    else:
        print_figures(found)


def print_figures(found: dict[str, Figures]) -> None:
    """Print a table, a model a column where there is one model, a row where there are several."""
    measures = list(next(iter(found.values())).mean)
    if len(found) == 1:
        figures = next(iter(found.values()))
        rows: list[tuple[object, ...]] = [
            (name, value, f"± {figures.std[name]:.4f}" if figures.std else "")
            for name, value in figures.mean.items()
        ]
        print_table([*rows, ("training", f"{figures.seconds:.1f} s")], right=[1])
        return
    head = ("model", *measures, "training")
    rows = [
        (name, *(figures.mean[m] for m in measures), f"{figures.seconds:.1f} s")
        for name, figures in found.items()
    ]
    print_table([head, *rows], right=range(1, len(head)))


def _cut(
    file: str | None, train_file: str | None, test_file: str | None, values: dict[str, Any],
    progress: Progress,
) -> Iterable[tuple[Ratings, Ratings]]:  # fmt: skip
    from embedrec.ratings.make import join_ids
    from embedrec.ratings.split import (
        split_chronological,
        split_folds,
        split_leave_last,
        split_random,
    )

    if (train_file is None) != (test_file is None) or (file is None) == (train_file is None):
        raise ParameterError("give FILE to be cut, or --train FILE and --test FILE", value=file)
    if train_file is not None and test_file is not None:
        train, test = (read_table(path, values, progress) for path in (train_file, test_file))
        joined = join_ids(train, test)
        _notice_shared(joined[0], joined[1], progress)
        return [(joined[0], joined[1])]
    assert file is not None
    table = read_table(file, values, progress)
    split, share, by, seed = values["split"], values["share"], values["by"], values["seed"]
    if split == "folds":
        return split_folds(table, values["folds"], by=by, seed=seed)
    if split == "random":
        return [split_random(table, share, by=by, seed=seed)]
    if split == "chronological":
        return [split_chronological(table, share, by=by)]
    return [split_leave_last(table)]


def _notice_shared(train: Ratings, test: Ratings, progress: Progress) -> None:
    import numpy as np

    known, asked = (t.users.astype(np.int64) * t.n_items + t.items for t in (train, test))
    n = int(np.isin(asked, known).sum())
    if n:
        progress.notice(
            f"{n} of the {len(test)} ratings in the test are of pairs in training too: they are "
            "known beforehand, and lists hold no items of the training"
        )


def _to_json(figures: Figures) -> dict[str, Any]:
    def tidy(values: dict[str, float]) -> dict[str, float | None]:
        return {name: v if math.isfinite(v) else None for name, v in values.items()}

    result: dict[str, Any] = {**tidy(figures.mean), "seconds": figures.seconds}
    if figures.std:
        result["std"] = tidy(figures.std)
        result["folds"] = [tidy(fold) for fold in figures.folds]
    return result
