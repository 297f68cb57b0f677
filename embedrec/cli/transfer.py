"""Fetching a large file over HTTP: it continues where it stopped, and never joins two files.

What has come so far lies in `<path>.partial`, and `<path>.partial.json` says of what it is a part.
A part is continued with a Range request that holds only while the file on the server is the same
one (RFC 9110, sections 13.1.5 and 14.2); otherwise the transfer begins again.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from embedrec import __version__
from embedrec.errors import InputError, StorageError
from embedrec.files import naming_write_errors, write_json
from embedrec.progress import Progress

N_TRIES = 5
SECONDS_BEFORE_RETRY = 1.0
SECONDS_OF_SILENCE = 60.0
CHUNK_SIZE = 1 << 18
_PASSING_ERRORS = (408, 429, 500, 502, 503, 504)


class ConnectionLostError(Exception):
    """The connection failed in a way that may pass."""


@dataclass
class Part:
    """What is known of the file of which a part is here."""

    url: str
    etag: str = ""
    last_modified: str = ""
    size: int = -1

    @property
    def validator(self) -> str:
        """What an If-Range header can carry: a strong entity tag or a date; "" if neither."""
        strong = self.etag and not self.etag.startswith("W/")
        return self.etag if strong else self.last_modified


def fetch_text(url: str, *, limit: int = 1 << 22) -> str:
    """Return a small text file from the network.

    Raises:
        InputError: if the server does not have it, or can't be reached after some tries.
    """

    def read() -> str:
        with _open(url, {}) as response:
            return str(response.read(limit).decode("utf-8", errors="replace"))

    return _try_often(url, read, lambda: 0)


def fetch_file(url: str, path: Path, *, progress: Progress) -> Path:
    """Fetch `url` into `<path>.partial`, continuing what is there, and return that path.

    Raises:
        InputError: if the server does not have it, or the connection is lost for good; what has
            come stays, and the next call continues it.
        StorageError: if the disk has no room or the place is not writable.
    """
    part = Path(f"{path}.partial")
    with naming_write_errors(part):
        part.parent.mkdir(parents=True, exist_ok=True)

    def transfer() -> Path:
        return _transfer_once(url, part, progress)

    return _try_often(url, transfer, lambda: part.stat().st_size if part.exists() else 0)


def find_part_url(path: Path) -> str | None:
    """Return the address that `<path>.partial` came from; None if there is no such part."""
    known = _load_part(Path(f"{path}.partial"))
    return known.url if known else None


def remove_part(path: Path) -> None:
    """Remove `<path>.partial` and what is known of it."""
    for name in (f"{path}.partial", f"{path}.partial.json"):
        with suppress(FileNotFoundError):
            os.unlink(name)


def compute_digest(path: Path, algorithm: str, *, progress: Progress) -> str:
    """Return the hexadecimal digest of a file, with a stage of progress."""
    digest = hashlib.new(algorithm)
    done = 0
    with (
        progress.stage("verify", total=path.stat().st_size, unit="B") as stage,
        open(path, "rb") as file,
    ):
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            done += len(chunk)
            stage.update(done)
    return digest.hexdigest()


def _try_often(url: str, work: Callable[[], Any], measure: Callable[[], int]) -> Any:
    """Do `work` until it succeeds; give up after some tries in a row that brought nothing."""
    n_failures, amount = 0, measure()
    while True:
        try:
            return work()
        except ConnectionLostError as error:
            n_failures = 1 if measure() > amount else n_failures + 1
            amount = measure()
            if n_failures >= N_TRIES:
                kept = f"; {amount:,} bytes are kept, the same command continues" if amount else ""
                raise InputError(f"can't fetch {url}: {error}{kept}", value=url) from error
            time.sleep(SECONDS_BEFORE_RETRY * 2 ** (n_failures - 1))


def _open(url: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    agent = f"embedrec/{__version__} (corpus download)"
    request = urllib.request.Request(
        url, headers={"User-Agent": agent, "Accept-Encoding": "identity", **headers}
    )
    try:
        response = urllib.request.urlopen(request, timeout=SECONDS_OF_SILENCE)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            return error  # type: ignore[return-value]
        if error.code in _PASSING_ERRORS:
            raise ConnectionLostError(f"the server answers {error.code} {error.reason}") from error
        raise InputError(
            f"can't fetch {url}: the server answers {error.code} {error.reason}; check the name "
            "and the date",
            value=url,
        ) from error
    except ValueError as error:
        raise InputError(f"{url!r} is not an address: {error}", value=url) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise ConnectionLostError(str(reason) or type(error).__name__) from error
    assert isinstance(response, http.client.HTTPResponse)
    return response


def _transfer_once(url: str, part: Path, progress: Progress) -> Path:
    """Ask for what is missing and append it; ask for everything if the part can't be used."""
    known = _load_part(part)
    have = part.stat().st_size if known is not None and part.exists() else 0
    if known is None or known.url != url or have == 0:
        known, have = Part(url), 0
    elif have == known.size:
        return part
    headers = {}
    if have:
        headers["Range"] = f"bytes={have}-"
        if known.validator:
            headers["If-Range"] = known.validator
    with _open(url, headers) as response:
        here = _describe_response(url, response)
        if have and not _continues(response, known, here, have):
            if response.status != 200:
                # Not the file of which this is a part, and not from its beginning.
                remove_part(part.with_suffix(""))
                raise ConnectionLostError("the file on the server is another one by now")
            progress.notice("the server sends the file from its beginning; starting again")
            have = 0
        if response.status not in (200, 206):
            raise ConnectionLostError(f"the server answers {response.status}")
        _check_room(part, here.size - have)
        if not have:
            # Emptied first: at no moment may bytes of one file stand beside the name of another.
            with naming_write_errors(part):
                part.write_bytes(b"")
        write_json(f"{part}.json", asdict(here))
        n_bytes = _append(response, part, have, here, progress)
    if here.size >= 0 and n_bytes < here.size:
        raise ConnectionLostError(f"the connection ended at {n_bytes:,} of {here.size:,} bytes")
    return part


def _continues(response: http.client.HTTPResponse, known: Part, here: Part, have: int) -> bool:
    """Tell whether the response is the rest of the very file of which `have` bytes are here."""
    start = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return (
        response.status == 206
        and start is not None
        and int(start[1]) == have
        and known.size in (-1, here.size)
        and (not known.etag or known.etag == here.etag)
    )


def _describe_response(url: str, response: http.client.HTTPResponse) -> Part:
    headers = response.headers
    if response.status == 206:
        total = headers.get("Content-Range", "").rpartition("/")[2]
    else:
        total = headers.get("Content-Length", "")
    size = int(total) if total.isdigit() else -1
    return Part(url, headers.get("ETag", ""), headers.get("Last-Modified", ""), size)


def _append(
    response: http.client.HTTPResponse, part: Path, have: int, here: Part, progress: Progress
) -> int:
    """Write the body behind the first `have` bytes and return the size reached."""
    total = here.size if here.size >= 0 else None
    with (
        naming_write_errors(part),
        open(part, "ab" if have else "wb") as file,
        progress.stage("download", total=total, unit="B") as stage,
    ):
        while True:
            try:
                chunk = response.read(CHUNK_SIZE)
            except (OSError, http.client.HTTPException) as error:
                raise ConnectionLostError(str(error) or type(error).__name__) from error
            if not chunk:
                return have
            file.write(chunk)
            have += len(chunk)
            stage.update(have)


def _check_room(part: Path, n_missing: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if n_missing > free:
        raise StorageError(
            f"can't write {part}: {n_missing:,} bytes are to come and {free:,} are free; free "
            "some space or choose another place with -o",
            value=str(part),
        )


def _load_part(part: Path) -> Part | None:
    try:
        return Part(**json.loads(Path(f"{part}.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
