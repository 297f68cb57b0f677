"""`embedrec ratings`: models of ratings and clicks, from a file of them to recommendations."""

from __future__ import annotations

import click

from embedrec.cli.group import LazyGroup

COMMANDS = {
    "train": ("ratings_train:train", "Train a model on a file of ratings or clicks."),
    "evaluate": ("ratings_evaluate:evaluate", "Compare models on held-out ratings."),
    "recommend": ("ratings_ask:recommend", "Recommend items to a user, or for a history."),
    "similar": ("ratings_ask:similar", "Show the items most like one."),
    "explain": ("ratings_ask:explain", "Say which ratings moved a prediction, and by how much."),
    "models": ("ratings_models:models", "List the models and their parameters."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    short_help="Train and ask models of ratings: predict, recommend, explain.",
    invoke_without_command=True,
)
@click.pass_context
def ratings(ctx: click.Context) -> None:
    """Recommend items from ratings (or clicks): RBMs and their kin.

    Files of ratings are csv, tsv, MovieLens' forms or parquet, also packed or inside a zip file
    (ml-100k.zip:ml-100k/u.data); `train --help` says how to read others.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
