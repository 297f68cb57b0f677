"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def add_options(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Return a decorator that adds click options, shown in the order given."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


every_command = add_options(
    click.option("--quiet", "-q", is_flag=True, help="No progress bars and no summaries."),
    click.option("--debug", is_flag=True, hidden=True, expose_value=False, help="Show tracebacks."),
)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."
)

topn_option = click.option(
    "--topn", "-n", type=click.IntRange(min=1), default=10, show_default=True,
    help="How many words.",
)  # fmt: skip

resume_option = click.option(
    "--resume", is_flag=True, help="Continue an interrupted run where it stopped."
)

text_options = add_options(
    click.option(
        "--segmenter",
        type=click.Choice(["auto", "jieba", "rjieba", "whitespace"]),
        default="auto",
        show_default=True,
        help="auto: rjieba if installed, else jieba (the same words). whitespace: the input is "
        "segmented already.",
    ),
    click.option(
        "--user-dict",
        metavar="FILE",
        help="Words to keep whole, in jieba's form: one a line, then frequency and tag if wanted.",
    ),
    click.option(
        "--script",
        type=click.Choice(["simplified", "traditional", "keep"]),
        default="simplified",
        show_default=True,
        help="What to convert Chinese to.",
    ),
    click.option(
        "--punctuation",
        type=click.Choice(["drop", "keep"]),
        default="drop",
        show_default=True,
        help="What to do with tokens of punctuation.",
    ),
    click.option(
        "--digits",
        type=click.Choice(["keep", "zero", "drop"]),
        default="keep",
        show_default=True,
        help="Numbers: as they are, every digit as 0, or left out.",
    ),
    click.option(
        "--latin",
        type=click.Choice(["lower", "keep", "drop"]),
        default="lower",
        show_default=True,
        help="Words in Latin letters: in small letters, as they are, or left out.",
    ),
)
TEXT_OPTIONS = ("segmenter", "user_dict", "script", "punctuation", "digits", "latin")

corpus_options = add_options(
    text_options,
    click.option(
        "--min-count",
        type=click.IntRange(min=1),
        default=5,
        show_default=True,
        help="Leave out words that occur less often.",
    ),
    click.option(
        "--max-vocab",
        type=click.IntRange(min=1),
        help="Keep at most this many words, the most frequent.  [default: no limit]",
    ),
    click.option(
        "--workers",
        type=click.IntRange(min=1),
        help="Processes that segment; the result does not depend on it.  [default: one a core]",
    ),
)
CORPUS_OPTIONS = (*TEXT_OPTIONS, "min_count", "max_vocab")


def make_text_settings(values: Mapping[str, Any], preset: str | None = None) -> Any:
    """Return the TextSettings that the values of `text_options` ask for.

    Args:
        values: names and values; those that are no text options are passed over.
        preset: its settings hold where no value is given.
    """
    from embedrec.text.pipeline import TextSettings

    given = {name: values[name] for name in TEXT_OPTIONS if name in values}
    if preset is not None:
        from embedrec.models.word2vec.preset import find_preset

        given = {**find_preset(preset).text, **given}
    return TextSettings(**given)


def list_given(ctx: click.Context, names: tuple[str, ...]) -> dict[str, Any]:
    """Return those of the named options that the person gave, with their values."""
    default = click.core.ParameterSource.DEFAULT
    return {
        name: ctx.params[name] for name in names if ctx.get_parameter_source(name) is not default
    }
