"""The command groups: a command's module is imported only when the command is called."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import Any

import click

from embedrec import __version__

# command -> (module:attribute, the line that `embedrec --help` shows)
COMMANDS = {
    "demo": ("demo:demo", "Train on the built-in sample and show what can be asked."),
    "train": ("train:train", "Train word vectors on dumps, texts or a corpus."),
    "similar": ("query:similar", "Show the words nearest to one word or several."),
    "analogy": ("query:analogy", "Complete an analogy: A is to B as C is to what?"),
    "recommend": ("recommend:recommend", "Recommend words for a history of words."),
    "evaluate": ("evaluate:evaluate", "Score vectors on analogies and word similarity."),
    "lm": ("lm:lm", "Train and ask language models: score, suggest, generate."),
    "ratings": ("ratings:ratings", "Train and ask models of ratings: predict, recommend, explain."),
    "corpus": ("corpus:corpus", "Build, print and describe corpora."),
    "convert": ("convert:convert", "Write vectors in another form."),
    "info": ("info:info", "Say what a corpus, a model or a vector file holds."),
    "download": ("download:download", "Fetch a Wikimedia dump, with resume and checksum."),
}
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class LazyGroup(click.Group):
    """A group whose commands live in modules that are imported on demand.

    Args:
        lazy: command name to ("module:attribute" within this package, one line of help).
        kwargs: as for `click.Group`.
    """

    def __init__(self, *args: Any, lazy: dict[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table, which is the order of use."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return the command; None for an unknown name."""
        if cmd_name not in self.lazy:
            return None
        module, attribute = self.lazy[cmd_name][0].split(":")
        command = getattr(import_module(f"embedrec.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or name the nearest one in the error."""
        if args and args[0] not in self.lazy and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self.lazy, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(self.lazy)}"
            ctx.fail(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table from its own lines of help, importing nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.lazy.items()])


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings=CONTEXT, invoke_without_command=True)
@click.version_option(__version__, prog_name="embedrec", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Word embeddings and recommendations, Chinese first: from a Wikipedia dump to related words.

    Start with `embedrec demo`. Exit codes: 0 done, 1 failed (or finished with what came before a
    damaged point of the input), 2 a request that can't be met, 130 stopped with Ctrl-C.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
