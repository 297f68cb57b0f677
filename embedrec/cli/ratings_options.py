"""Options of the `ratings` commands: how files are read, models named, histories given."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from embedrec.cli.options import add_options
from embedrec.errors import ParameterError
from embedrec.progress import Progress

if TYPE_CHECKING:
    from embedrec.models.ratings.model import RatingModel
    from embedrec.ratings.table import Ratings

_DELIMITERS = {"tab": "\t", "\\t": "\t", "blank": " ", "space": " ", "comma": ","}

reading_options = add_options(
    click.option("--delimiter", metavar="TEXT",
                 help="What parts fields: a text, tab or blank.  [default: found out]"),
    click.option("--columns", metavar="USER,ITEM,RATING,TIME",
                 help="Which columns are what: names in the header, or numbers from 1; - for one "
                 "that is not there.  [default: found out]"),
    click.option("--header/--no-header", default=None,
                 help="Whether the first line names the columns.  [default: found out]"),
    click.option("--scale", metavar="LOW,HIGH[,STEP]",
                 help="Ratings not on it are bad lines.  [default: what the file has]"),
    click.option("--skip-bad", is_flag=True,
                 help="Leave bad lines out and tell, in place of an error."),
    click.option("--clicks", is_flag=True, help="Every rating is a click, whatever its value."),
    click.option("--clicks-from", metavar="RATING", type=float,
                 help="Ratings so high are clicks, lower ones are left out."),
)  # fmt: skip

model_options = add_options(
    click.option("--set", "settings", metavar="NAME=VALUE", multiple=True,
                 help="A parameter of the model (see embedrec ratings models); several times for "
                 "several."),
    click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True,
                 help="Decides every random draw."),
)  # fmt: skip

asking_options = add_options(
    click.option("--user", metavar="ID", help="A user of the training."),
    click.option("--history", metavar="ID=RATING,...",
                 help="What someone has rated; ID,ID,... for clicks."),
    click.option("--titles", metavar="FILE",
                 help="Titles of items (u.item, movies.dat, movies.csv, ...).  [default: those "
                 "given to train]"),
)  # fmt: skip


def read_table(path: str, values: Mapping[str, Any], progress: Progress) -> Ratings:
    """Read a file of ratings as the reading options say."""
    from embedrec.ratings.make import make_clicks
    from embedrec.ratings.read import read_ratings

    delimiter = values["delimiter"]
    table = read_ratings(
        path,
        delimiter=_DELIMITERS.get(delimiter, delimiter) if delimiter else None,
        columns=_parse_columns(values["columns"]),
        header=values["header"],
        scale=parse_scale(values["scale"]),
        on_bad="skip" if values["skip_bad"] else "error",
        progress=progress,
    )
    if values["clicks"] or values["clicks_from"] is not None:
        table = make_clicks(table, values["clicks_from"])
    return table


def find_levels(scale: str | None, *tables: Ratings) -> tuple[float, ...] | None:
    """Return the levels that --scale asks for, or those of all tables together; None for clicks.

    A part of the ratings may lack a level that another has; a model is to know them all.
    """
    import numpy as np

    from embedrec.ratings.scale import detect_scale, make_scale

    given = parse_scale(scale)
    if given is not None:
        return tuple(make_scale(given).tolist())
    levels = detect_scale(np.concatenate([np.unique(table.values) for table in tables]))
    return None if levels is None else tuple(levels.tolist())


def make_named_model(
    name: str, settings: Sequence[str], seed: int, levels: tuple[float, ...] | None = None
) -> RatingModel:
    """Return a model by its name with the settings that are for it.

    A setting may name its model (`rbm.epochs=20`); one that names another is passed over.

    Args:
        name: of the model.
        settings: NAME=VALUE each.
        seed, levels: for models that take them.

    Raises:
        ParameterError: if there is no such model or parameter, or a setting has no value.
    """
    from embedrec.models.ratings.load import MODELS
    from embedrec.recommend.rating_model import make_model

    known = MODELS[name].list_parameters() if name in MODELS else []
    parameters: dict[str, Any] = {}
    if "seed" in known:
        parameters["seed"] = seed
    if levels is not None and "scale" in known:
        parameters["scale"] = levels
    for setting in settings:
        key, sign, value = setting.partition("=")
        if not sign or not key:
            raise ParameterError(f"--set {setting!r} has no value; write NAME=VALUE", value=setting)
        owner, point, inner = key.partition(".")
        if point:
            if owner not in MODELS:
                raise ParameterError(
                    f"--set {setting!r} names no model; there are {', '.join(MODELS)}",
                    value=setting,
                )
            if owner != name:
                continue
            key = inner
        parameters[key] = _parse_value(value)
    return make_model(name, parameters)


def parse_scale(text: str | None) -> tuple[float, ...] | None:
    """Return LOW,HIGH[,STEP] as numbers.

    Raises:
        ParameterError: if they are none.
    """
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ParameterError(
            f"--scale is {text!r}; write the lowest and the highest rating, such as 1,5 or "
            "0.5,5,0.5",
            value=text,
        ) from None


def _parse_columns(text: str | None) -> list[str | int | None] | None:
    if text is None:
        return None
    columns: list[str | int | None] = []
    for part in text.split(","):
        name = part.strip()
        if name == "-":
            columns.append(None)
        elif name.isdecimal():
            if int(name) < 1:
                raise ParameterError(f"--columns {text!r}: numbers begin at 1", value=text)
            columns.append(int(name) - 1)
        else:
            columns.append(name)
    return columns


def _parse_value(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        named = {"true": True, "false": False, "none": None}
        return named.get(text.lower(), text)
    return tuple(value) if isinstance(value, list) else value
