"""`embedrec ratings train`: a file of ratings to a recommender."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.failure import offer_resume
from embedrec.cli.options import every_command, json_option, resume_option
from embedrec.cli.output import print_json, say
from embedrec.cli.ratings_options import (
    find_levels,
    make_named_model,
    model_options,
    read_table,
    reading_options,
)
from embedrec.errors import ParameterError


@click.command(short_help="Train a model on a file of ratings or clicks.")
@click.argument("file")
@click.option("--output", "-o", metavar="MODEL", required=True, help="Folder of the model.")
@click.option("--model", metavar="NAME", help="Which kind; see embedrec ratings models.  "
              "[default: blend, for clicks click]")  # fmt: skip
@click.option(
    "--validation",
    metavar="FILE",
    help="Held-out ratings; training ends when they are predicted no better.",
)
@click.option("--hold-out", metavar="SHARE", type=click.FloatRange(0, 1, True, True),
              help="Hold out a share of FILE for that, drawn at random.")  # fmt: skip
@click.option("--titles", metavar="FILE", help="Titles of items (u.item, movies.dat, movies.csv, "
              "...), kept with the model.")  # fmt: skip
@model_options
@reading_options
@resume_option
@json_option
@every_command
@click.pass_context
def train(
    ctx: click.Context, file: str, output: str, model: str | None, validation: str | None,
    hold_out: float | None, titles: str | None, quiet: bool, as_json: bool, **values: Any,
) -> None:  # fmt: skip
    """Train a model on FILE and write it to MODEL, with the users' histories.

    MODEL.partial holds checkpoints until it is finished; --resume goes on from there.
    """
    from embedrec.ratings.make import join_ids
    from embedrec.ratings.scale import describe_scale
    from embedrec.ratings.split import split_random
    from embedrec.ratings.titles import read_titles
    from embedrec.recommend.rating_model import choose_name
    from embedrec.recommend.ratings import RatingRecommender

    if validation is not None and hold_out is not None:
        raise ParameterError("give --validation or --hold-out, not both", value=validation)
    asked = (values["settings"], values["seed"])
    if model is not None:
        make_named_model(model, *asked)  # what is wrong with it shows before the file is read
    check_free(output)
    progress = open_progress(quiet)
    names = {} if titles is None else read_titles(titles)
    table, held_out = read_table(file, values, progress), None
    name = model or choose_name(table)
    tables = [table] if held_out is None else [table, held_out]
    learner = make_named_model(name, *asked, find_levels(values["scale"], *tables))
    if validation is not None:
        table, held_out = join_ids(table, read_table(validation, values, progress))
    elif hold_out is not None:
        table, held_out = split_random(table, hold_out, seed=values["seed"])
    recommender = RatingRecommender(learner, titles=names)
    work = Path(f"{output}.partial")
    with offer_resume(ctx, output):
        recommender.fit(
            table, held_out, checkpoint=work, resume=values["resume"], progress=progress
        )
        recommender.save(output)
    shutil.rmtree(work, ignore_errors=True)
    n_users = int((recommender.histories_.offsets[1:] > recommender.histories_.offsets[:-1]).sum())
    facts = {
        "model": name,
        "ratings": len(recommender.histories_.others),
        "users": n_users,
        "items": recommender.model.n_items,
        "scale": describe_scale(recommender.model.scale_),
    }
    if as_json:
        print_json({"path": output, **facts})
    elif not quiet:
        say(f"{output}  {name}, {facts['ratings']:,} ratings ({facts['scale']}) of "
            f"{n_users:,} users and {facts['items']:,} items")  # fmt: skip


def check_free(output: str) -> None:
    """Raise ParameterError if something is at `output`."""
    path = Path(output)
    if path.exists() and (path.is_file() or any(path.iterdir())):
        raise ParameterError(
            f"{output} is there already: choose another name, or remove it", value=output
        )
