"""`embedrec download`: a Wikimedia dump by wiki code."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.options import every_command
from embedrec.cli.output import name_program, say
from embedrec.cli.sources import load_sources
from embedrec.cli.transfer import (
    compute_digest,
    fetch_file,
    fetch_text,
    find_part_url,
    remove_part,
)
from embedrec.errors import InputError, ParameterError
from embedrec.files import naming_write_errors
from embedrec.progress import Progress


@dataclass(frozen=True)
class Source:
    """Where the dumps of wikis lie; `{wiki}` and `{date}` stand for what is asked for.

    Attributes:
        address: of a dump.
        checksums: of the list of checksums of the same day.
        algorithm: of these checksums.
        licence: under which the texts are published.
    """

    address: str
    checksums: str
    algorithm: str
    licence: str

    @classmethod
    def load(cls, base_url: str | None) -> Source:
        """Read corpora/sources.toml, with another server in place of its own if one is given."""
        table = load_sources()["wikimedia"]
        own = table["page"].rstrip("/")
        server = own if base_url is None else base_url.rstrip("/")
        address, checksums = (table[key].replace(own, server) for key in ("address", "checksums"))
        return cls(address, checksums, table["checksum"], table["licence"])

    def match_name(self, wiki: str, date: str) -> str:
        """Return a regular expression for a dump's file name; the day is its group."""
        day = r"(latest|\d{8})" if date == "latest" else f"({re.escape(date)})"
        parts = self.address.rpartition("/")[2].split("{date}")
        return day.join(re.escape(part.replace("{wiki}", wiki)) for part in parts)


@dataclass(frozen=True)
class Dump:
    """One file to fetch: its name, its address, and the digest that its publisher states."""

    name: str
    url: str
    algorithm: str
    digest: str


@click.command(short_help="Fetch a Wikimedia dump, with resume and checksum.")
@click.argument("name")
@click.option(
    "--output", "-o", metavar="PATH", help="File to write, or a folder.  [default: this folder]"
)
@click.option(
    "--date", default="latest", show_default=True, help="Day of the dump, such as 20260101."
)
@click.option("--base-url", metavar="URL", help="Mirror to fetch from.  [default: Wikimedia]")
@every_command
def download(name: str, output: str | None, date: str, base_url: str | None, quiet: bool) -> None:
    """Fetch the articles of the wiki NAME, such as zhwiki, zh_classicalwiki or enwiki.

    An interrupted transfer continues when the same command is given again. The file takes its name
    only after its SHA-1 is found to be the one that the server lists.
    """
    progress = open_progress(quiet)
    _check_request(name, date, base_url)
    source = Source.load(base_url)
    folder, fixed = _split_output(output)
    if date == "latest":
        date = _find_date_begun(source, folder, fixed, name) or date
    dump = find_dump(source, name, date)
    path = folder / (fixed or dump.name)
    if path.exists():
        _check_existing(path, dump, progress)
        progress.notice(f"{path} is here already and has the right checksum; nothing to fetch")
    else:
        fetch_verified(dump, path, progress)
    if not quiet:
        say(f"{path}  {path.stat().st_size:,} bytes, {dump.algorithm} {dump.digest}")
        say(f"licence: {source.licence}")
        say(f"next: {name_program()} train {path} -o {name}-model")


def find_dump(source: Source, wiki: str, date: str) -> Dump:
    """Look the articles' dump of a wiki up in the list of checksums of that day.

    Raises:
        InputError: if there is no such list, or it does not name the file.
    """
    listing = source.checksums.format(wiki=wiki, date=date)
    # The list of `latest` names the files by their day, so that a transfer stays with one day.
    pattern = source.match_name(wiki, date)
    for line in fetch_text(listing).splitlines():
        digest, _, name = line.strip().partition(" ")
        name = name.strip().removeprefix("*")
        if match := re.fullmatch(pattern, name):
            url = source.address.format(wiki=wiki, date=match[1])
            return Dump(name, url, source.algorithm, digest.lower())
    raise InputError(
        f"{listing} lists no dump of the articles; it may still be in the making: give an earlier "
        "--date",
        value=listing,
    )


def fetch_verified(dump: Dump, path: Path, progress: Progress) -> None:
    """Fetch a dump, compare its checksum, and give it its name.

    Raises:
        InputError: if it can't be fetched, or is not what the list says; a wrong file is removed.
    """
    part = fetch_file(dump.url, path, progress=progress)
    found = compute_digest(part, dump.algorithm, progress=progress)
    if found != dump.digest:
        remove_part(path)
        raise InputError(
            f"{dump.url} came with {dump.algorithm} {found} where {dump.digest} is listed; it was "
            "removed: fetch it again",
            value=found,
        )
    with naming_write_errors(path):
        os.replace(part, path)
    remove_part(path)


def _check_request(name: str, date: str, base_url: str | None) -> None:
    if base_url is not None and not base_url.startswith(("https://", "http://")):
        raise ParameterError(f"--base-url must begin with https:// or http://, not {base_url!r}")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ParameterError(
            f"{name!r} is not a wiki code: use one such as zhwiki, zh_classicalwiki or enwiki",
            value=name,
        )
    if not re.fullmatch(r"latest|\d{8}", date):
        raise ParameterError(f"--date must be latest or a day such as 20260101, not {date!r}")


def _split_output(output: str | None) -> tuple[Path, str | None]:
    """Return the folder to write to and the file's name there; None for the dump's own name."""
    if output is None:
        return Path("."), None
    path = Path(output)
    if path.is_dir() or output.endswith(("/", os.sep)):
        return path, None
    return path.parent, path.name


def _find_date_begun(source: Source, folder: Path, fixed: str | None, wiki: str) -> str | None:
    """Return the day of the dump of which a part is here, so that `latest` stays with it."""
    names = [part.name.removesuffix(".partial") for part in sorted(folder.glob("*.partial"))]
    for name in names if fixed is None else [fixed]:
        url = find_part_url(folder / name)
        match = url and re.fullmatch(source.match_name(wiki, "latest"), url.rpartition("/")[2])
        if match and match[1] != "latest":
            return match[1]
    return None


def _check_existing(path: Path, dump: Dump, progress: Progress) -> None:
    if compute_digest(path, dump.algorithm, progress=progress) != dump.digest:
        raise InputError(
            f"{path} exists and is not {dump.name} (its {dump.algorithm} differs); remove it or "
            "choose another name with -o",
            value=str(path),
        )
