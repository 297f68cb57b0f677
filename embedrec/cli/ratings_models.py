"""`embedrec ratings models`: what there is to train, and its parameters."""

from __future__ import annotations

import inspect
from typing import Any

import click

from embedrec.cli.options import every_command, json_option
from embedrec.cli.output import print_json, print_table
from embedrec.errors import ParameterError


@click.command(short_help="List the models and their parameters.")
@click.argument("name", required=False)
@json_option
@every_command
def models(name: str | None, as_json: bool, quiet: bool) -> None:
    """List the models; with NAME the parameters of one, for --set, and their defaults."""
    from embedrec.models.ratings.load import MODELS

    if name is None:
        lines = {key: (inspect.getdoc(kind) or "").split("\n")[0] for key, kind in MODELS.items()}
        if as_json:
            print_json({"models": lines})
        else:
            print_table(lines.items())
        return
    if name not in MODELS:
        raise ParameterError(
            f"there is no model of ratings {name!r}; choose one of {', '.join(MODELS)}", value=name
        )
    defaults = {
        key: argument.default
        for key, argument in inspect.signature(MODELS[name].__init__).parameters.items()
        if key in MODELS[name].list_parameters()
    }
    if as_json:
        print_json({"model": name, "parameters": {k: _to_json(v) for k, v in defaults.items()}})
    else:
        print_table([(key, _show(value)) for key, value in defaults.items()])


def _show(value: Any) -> str:
    return "(required)" if value is inspect.Parameter.empty else repr(value)


def _to_json(value: Any) -> Any:
    plain = (str, int, float, bool, type(None), list, tuple)
    return value if isinstance(value, plain) else _show(value)
