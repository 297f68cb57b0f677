"""`embedrec download`: a Wikimedia dump by wiki code."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.options import every_command
from embedrec.cli.output import say
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

WIKIMEDIA = "https://dumps.wikimedia.org"
_DUMP = "pages-articles.xml.bz2"


@dataclass(frozen=True)
class Dump:
    """One file to fetch: its name, its address, and the SHA-1 that its publisher states."""

    name: str
    url: str
    sha1: str


@click.command(short_help="Fetch a Wikimedia dump, with resume and checksum.")
@click.argument("name")
@click.option(
    "--output", "-o", metavar="PATH", help="File to write, or a folder.  [default: this folder]"
)
@click.option(
    "--date", default="latest", show_default=True, help="Day of the dump, such as 20260101."
)
@click.option("--base-url", default=WIKIMEDIA, show_default=True, help="Server or mirror.")
@every_command
def download(name: str, output: str | None, date: str, base_url: str, quiet: bool) -> None:
    """Fetch the articles of the wiki NAME, such as zhwiki, zh_classicalwiki or enwiki.

    An interrupted transfer continues when the same command is given again. The file takes its name
    only after its SHA-1 is found to be the one that the server lists.
    """
    progress = open_progress(quiet)
    _check_request(name, date, base_url)
    folder, fixed = _split_output(output)
    if date == "latest":
        date = _find_date_begun(folder, fixed, name) or date
    dump = find_dump(base_url.rstrip("/"), name, date)
    path = folder / (fixed or dump.name)
    if path.exists():
        _check_existing(path, dump, progress)
        progress.notice(f"{path} is here already and has the right checksum; nothing to fetch")
    else:
        fetch_verified(dump, path, progress)
    if not quiet:
        say(f"{path}  {path.stat().st_size:,} bytes, SHA-1 {dump.sha1}")
        say(f"next: embedrec train {path} -o {name}.model")


def find_dump(base_url: str, wiki: str, date: str) -> Dump:
    """Look the articles' dump of a wiki up in the list of checksums of that day.

    Raises:
        InputError: if there is no such list, or it does not name the file.
    """
    folder = f"{base_url}/{wiki}/{date}"
    listing = f"{folder}/{wiki}-{date}-sha1sums.txt"
    # The list of `latest` names the files by their day, so that a transfer stays with one day.
    day = r"(latest|\d{8})" if date == "latest" else f"({re.escape(date)})"
    wanted = re.compile(rf"([0-9a-f]{{40}})\s+\*?({re.escape(wiki)}-{day}-{re.escape(_DUMP)})")
    for line in fetch_text(listing).splitlines():
        if match := wanted.fullmatch(line.strip()):
            return Dump(match[2], f"{base_url}/{wiki}/{match[3]}/{match[2]}", match[1])
    raise InputError(
        f"{listing} lists no {_DUMP}; that dump may still be in the making: give an earlier --date",
        value=listing,
    )


def fetch_verified(dump: Dump, path: Path, progress: Progress) -> None:
    """Fetch a dump, compare its checksum, and give it its name.

    Raises:
        InputError: if it can't be fetched, or is not what the list says; a wrong file is removed.
    """
    part = fetch_file(dump.url, path, progress=progress)
    found = compute_digest(part, "sha1", progress=progress)
    if found != dump.sha1:
        remove_part(path)
        raise InputError(
            f"{dump.url} came with SHA-1 {found} where {dump.sha1} is listed; it was removed: "
            "fetch it again",
            value=found,
        )
    with naming_write_errors(path):
        os.replace(part, path)
    remove_part(path)


def _check_request(name: str, date: str, base_url: str) -> None:
    if not base_url.startswith(("https://", "http://")):
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


def _find_date_begun(folder: Path, fixed: str | None, wiki: str) -> str | None:
    """Return the day of the dump of which a part is here, so that `latest` stays with it."""
    parts = sorted(folder.glob(f"{wiki}-*-{_DUMP}.partial")) if fixed is None else [folder / fixed]
    for part in parts:
        url = find_part_url(Path(str(part).removesuffix(".partial")))
        if url and (match := re.search(rf"/{re.escape(wiki)}-(\d{{8}})-{re.escape(_DUMP)}$", url)):
            return match[1]
    return None


def _check_existing(path: Path, dump: Dump, progress: Progress) -> None:
    if compute_digest(path, "sha1", progress=progress) != dump.sha1:
        raise InputError(
            f"{path} exists and is not {dump.name} (its SHA-1 differs); remove it or choose "
            "another name with -o",
            value=str(path),
        )
