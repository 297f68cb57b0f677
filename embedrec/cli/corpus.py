"""`embedrec corpus`: build, print and describe corpora."""

from __future__ import annotations

import sys
from typing import Any

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.failure import offer_resume
from embedrec.cli.options import (
    corpus_options,
    every_command,
    json_option,
    make_text_settings,
    resume_option,
    text_options,
)
from embedrec.cli.output import print_json, print_table, say

_N_WORDS_SHOWN = 20


@click.group(short_help="Build, print and describe corpora.", invoke_without_command=True)
@click.pass_context
def corpus(ctx: click.Context) -> None:
    """Build, print and describe corpora: raw text, cut into words once, kept as ids."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@corpus.command(short_help="Cut raw text into words and keep it as a corpus.")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option("--output", "-o", metavar="DIR", required=True, help="Folder of the corpus.")
@corpus_options
@resume_option
@every_command
@click.pass_context
def build(ctx: click.Context, inputs: tuple[str, ...], output: str, **values: Any) -> int:
    """Cut INPUT into words and keep it as a corpus in DIR.

    INPUT: MediaWiki XML dumps, plain text, JSON lines with a "text" field, text with <doc> lines,
    each plain or packed with bz2, gz or xz, or folders of such. The kind is told by content.
    """
    settings = make_text_settings(values)
    from embedrec.pipeline import build_corpus

    with offer_resume(ctx, output):
        made = build_corpus(
            inputs,
            output,
            settings=settings,
            min_count=values["min_count"],
            max_vocab=values["max_vocab"],
            n_workers=values["workers"],
            resume=values["resume"],
            progress=open_progress(values["quiet"]),
        )
    if not values["quiet"]:
        say(
            f"{output}  {made.n_tokens:,} tokens, {made.n_sentences:,} sentences, "
            f"{len(made.vocabulary):,} words"
        )
    return 1 if made.manifest.facts.get("damages") else 0


@corpus.command(short_help="Print raw text as clean sentences.")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option("--segmented", is_flag=True, help="Words joined by blanks.")
@text_options
@every_command
def text(inputs: tuple[str, ...], segmented: bool, quiet: bool, **values: Any) -> int:
    """Print INPUT as clean sentences on stdout, one a line: what a corpus is made of."""
    settings = make_text_settings(values)
    from embedrec.pipeline import list_damages
    from embedrec.text.pipeline import TextPipeline
    from embedrec.text.source import DocumentReader

    reader = DocumentReader(inputs, segmented=settings.segmenter == "whitespace")
    pipeline = TextPipeline(settings)
    # Sentences on the terminal are progress enough.
    progress = open_progress(quiet or sys.stdout.isatty())
    n_sentences = 0
    with progress.stage("read", total=reader.n_bytes, unit="B") as stage:
        for document in reader:
            if segmented:
                lines = [" ".join(words) for words in pipeline(document)]
            else:
                lines = list(pipeline.split(document))
            say(*lines)
            n_sentences += len(lines)
            stage.update(reader.n_bytes_read, sentences=n_sentences)
    damages = list_damages(reader)
    for damage in damages:
        progress.notice(damage)
    return 1 if damages else 0


@corpus.command(short_help="Show the figures of a corpus.")
@click.argument("folder", metavar="DIR")
@json_option
@every_command
def stats(folder: str, as_json: bool, quiet: bool) -> None:
    """Show the figures of the corpus in DIR: tokens, words, coverage, how it was made."""
    from embedrec.corpus.shards import Corpus

    opened = Corpus.open(folder)
    figures = opened.describe()
    vocabulary = opened.vocabulary
    top = [
        (word, int(count))
        for word, count in zip(
            vocabulary.words[:_N_WORDS_SHOWN], vocabulary.counts[:_N_WORDS_SHOWN], strict=True
        )
    ]
    if as_json:
        words = [{"word": word, "count": count} for word, count in top]
        print_json({**figures, "inputs": opened.manifest.inputs, "most_frequent": words})
        return
    coverage = figures.pop("coverage")
    text_settings = figures.pop("text")
    damages = figures.pop("damages", [])
    reader = figures.pop("reader", {})
    print_table([(name, value) for name, value in figures.items() if value is not None], right=[1])
    say("")
    print_table([(f"tokens among the commonest {int(n):,}", v) for n, v in coverage.items()])
    say("\nhow it was made")
    print_table([("input", name) for name in opened.manifest.inputs])
    print_table([*text_settings.items(), *((k, v) for k, v in reader.items() if v)])
    for damage in damages:
        say(f"damage  {damage}")
    say("\nmost frequent words")
    print_table(top, right=[1])
