"""`embedrec convert`: vectors from one form into another."""

from __future__ import annotations

from pathlib import Path

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.options import every_command
from embedrec.cli.output import say
from embedrec.errors import ParameterError


@click.command(short_help="Write vectors in another form.")
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
@click.option("--force", is_flag=True, help="Replace DST if it is a folder that exists.")
@every_command
def convert(source: str, target: str, force: bool, quiet: bool) -> None:
    """Write the vectors in SRC as DST; the ending of DST says in which form.

    .bin: word2vec binary. .txt: word2vec text. .vec: fastText text. No ending: a folder in the own
    form, the only one that keeps what unseen words are made of. What SRC is, is seen from its
    content: any of these, GloVe text, or a fastText model (.bin).
    """
    from embedrec.vectors.formats import load_vectors, save_vectors

    progress = open_progress(quiet)
    check_target(source, target, force)
    vectors = load_vectors(source, progress=progress)
    save_vectors(vectors, target, progress=progress)
    if not quiet:
        say(f"{target}  {len(vectors):,} words, {vectors.vector_size} dimensions")


def check_target(source: str, target: str, force: bool) -> None:
    """Refuse to write over the source, or over a folder that holds something.

    Raises:
        ParameterError: saying which.
    """
    path = Path(target)
    if path.exists() and path.resolve() == Path(source).resolve():
        raise ParameterError(f"{target} is the source itself; choose another name", value=target)
    if path.is_dir() and any(path.iterdir()) and not force:
        raise ParameterError(
            f"the folder {target} exists; choose another name, or --force to replace it",
            value=target,
        )
