"""`embedrec corpus`: build, print, describe corpora, and join their phrases."""

from __future__ import annotations

import sys
from dataclasses import asdict
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
    topn_option,
)
from embedrec.cli.output import print_json, print_table, say
from embedrec.errors import ParameterError

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


@corpus.command(short_help="Join the phrases of a corpus to single words.")
@click.argument("source", metavar="CORPUS")
@click.option("--output", "-o", metavar="DIR", help="Folder of the new corpus.")
@click.option(
    "--list",
    "list_file",
    metavar="FILE",
    help="Write the phrases with their scores to FILE, tab-separated.",
)
@click.option(
    "--scoring",
    type=click.Choice(["default", "npmi"]),
    default="default",
    show_default=True,
    help="word2phrase's score, or normalised pointwise mutual information.",
)
@click.option(
    "--threshold",
    type=float,
    help="Join what scores above it.  [default: 100 for default, 0.5 for npmi]",
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Leave out pairs that occur less often.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Each joins pairs of what the one before left: 2 for phrases of up to four words.",
)
@click.option(
    "--joiner",
    metavar="TEXT",
    help="What goes between words.  [default: _, but nothing beside a Chinese character]",
)
@click.option(
    "--connector-words",
    metavar="WORDS",
    help="Words that may stand inside a phrase, joined by commas; the lists english and chinese "
    "are there.",
)
@topn_option
@json_option
@resume_option
@every_command
@click.pass_context
def phrases(
    ctx: click.Context, source: str, output: str | None, list_file: str | None, **values: Any
) -> None:
    """Find words of CORPUS that stand together more often than chance lets them.

    With -o, a corpus like it is written to DIR in which each phrase is one word (new_york,
    人工智能); the limits of its vocabulary hold there too. Without, the phrases are only shown.
    """
    from embedrec.corpus.phrases import Phrases, find_phrases, join_phrases

    progress = open_progress(values["quiet"])
    options = {name: values[name] for name in ("min_count", "threshold", "scoring", "rounds")}
    options["delimiter"] = values["joiner"]
    options["connector_words"] = _list_connectors(values["connector_words"])
    if output is None:
        if values["resume"]:
            raise ParameterError("--resume is for a corpus that is being written; give -o as well")
        found, made = find_phrases(source, progress=progress, **options), None
    else:
        with offer_resume(ctx, output):
            made = join_phrases(
                source, output, resume=values["resume"], progress=progress, **options
            )
        found = Phrases.load(made.folder)
    if list_file is not None:
        found.save(list_file)
    if values["as_json"]:
        figures = {} if made is None else {
            "output": output, "n_tokens": made.n_tokens, "n_sentences": made.n_sentences,
            "vocabulary_size": len(made.vocabulary),
        }  # fmt: skip
        print_json({**figures, "n_phrases": len(found), "phrases": [asdict(p) for p in found]})
    elif made is None and list_file is None:
        rows = [(p.joined, p.count, p.score) for p in found[: values["topn"]]]
        print_table(rows, right=[1, 2])
    if values["quiet"] or values["as_json"]:
        return
    if made is not None:
        say(
            f"{output}  {made.n_tokens:,} tokens, {made.n_sentences:,} sentences, "
            f"{len(made.vocabulary):,} words, {len(found):,} phrases"
        )
    else:
        progress.notice(f"{len(found):,} phrases" + (f" in {list_file}" if list_file else ""))


def _list_connectors(given: str | None) -> list[str]:
    from embedrec.corpus.phrases import CHINESE_CONNECTOR_WORDS, ENGLISH_CONNECTOR_WORDS

    lists = {"english": ENGLISH_CONNECTOR_WORDS, "chinese": CHINESE_CONNECTOR_WORDS}
    parts = [part.strip() for part in (given or "").split(",")]
    return [word for part in parts if part for word in lists.get(part, [part])]


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
    joined = {f"phrases {k}": v for k, v in text_settings.pop("phrases", {}).items() if v}
    inputs = {**opened.manifest.inputs, **figures.pop("source_inputs", {})}
    damages = figures.pop("damages", [])
    reader = figures.pop("reader", {})
    print_table([(name, value) for name, value in figures.items() if value is not None], right=[1])
    say("")
    print_table([(f"tokens among the commonest {int(n):,}", v) for n, v in coverage.items()])
    say("\nhow it was made")
    print_table([("input", name) for name in inputs])
    read = {name: value for name, value in reader.items() if value}
    print_table([*text_settings.items(), *joined.items(), *read.items()])
    for damage in damages:
        say(f"damage  {damage}")
    say("\nmost frequent words")
    print_table(top, right=[1])
