"""Files of ratings: csv, tsv, MovieLens' forms, parquet; plain, packed, or in a zip file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from embedrec.files import PathLike
from embedrec.progress import Progress, SilentProgress
from embedrec.ratings.block import BlockReader, Rows
from embedrec.ratings.form import detect_form
from embedrec.ratings.gather import decode_ids, gather_ratings
from embedrec.ratings.report import ReadReport, check_on_bad
from embedrec.ratings.scale import make_scale
from embedrec.ratings.stream import BLOCK_SIZE, Stream, open_stream
from embedrec.ratings.table import Ratings

Array = np.ndarray[Any, Any]
HEAD_SIZE = 1 << 16
"""Bytes that the form is found out from."""

_BOM = b"\xef\xbb\xbf"


def read_ratings(
    path: PathLike,
    *,
    delimiter: str | None = None,
    columns: Sequence[str | int | None] | None = None,
    header: bool | None = None,
    scale: Sequence[float] | Array | None = None,
    on_bad: str = "error",
    progress: Progress | None = None,
) -> Ratings:
    """Read a file of ratings or clicks; its form is found out where it is not given.

    Known are delimited text (`,` `;` tab `::` `|` blanks; quotes as in csv; with a header or
    without), so also MovieLens' u.data, ratings.dat and ratings.csv, and parquet; text may be
    packed (gzip, bzip2, xz) or a member of a zip file (`ml-100k.zip:ml-100k/u.data`). A file of
    two columns holds clicks. Ids are any text, in UTF-8 or else Latin-1, and numbered in the order
    of the file. Of several ratings of one user and item the last by time counts, without times
    the last in the file; `progress` is told how many were left out.

    Args:
        path: the file.
        delimiter: what parts fields.
        columns: which are user, item and, if wanted, rating and time: names of the header, or
            places from 0.
        header: whether the first line names the columns.
        scale: (lowest, highest) or (lowest, highest, step) rating; others are bad lines. None:
            any finite rating.
        on_bad: "error" raises if a line is bad, "skip" leaves such lines out and tells.
        progress: told how it goes.

    Raises:
        ParameterError: if an argument is wrong.
        InputError: if the file can't be read, holds no ratings, or bad lines (the first by number).
        MissingExtraError: if it is parquet and pyarrow is not installed.
    """
    return read_ratings_report(
        path, delimiter=delimiter, columns=columns, header=header, scale=scale, on_bad=on_bad,
        progress=progress,
    )[0]  # fmt: skip


def read_ratings_report(
    path: PathLike,
    *,
    delimiter: str | None = None,
    columns: Sequence[str | int | None] | None = None,
    header: bool | None = None,
    scale: Sequence[float] | Array | None = None,
    on_bad: str = "error",
    progress: Progress | None = None,
) -> tuple[Ratings, ReadReport]:
    """Read as `read_ratings` does, and say also what was left out."""
    check_on_bad(on_bad)
    levels = None if scale is None else make_scale(scale)
    progress = progress or SilentProgress()
    report = ReadReport()
    with open_stream(path) as stream:
        head = stream.read(HEAD_SIZE)
        if head.startswith(b"PAR1"):
            from embedrec.ratings.parquet import read_parquet

            ratings, report = read_parquet(path, columns, levels)
        else:
            form = detect_form(
                head.removeprefix(_BOM), stream.name, delimiter=delimiter, columns=columns,
                header=header,
            )  # fmt: skip
            reader = BlockReader(form, levels, report)
            with progress.stage("read ratings", total=stream.size, unit="B") as stage:
                parts = []
                for block in _read_blocks(head.removeprefix(_BOM), stream):
                    parts.append(reader.read(block))
                    stage.update(stream.tell(), lines=report.n_lines)
            ratings = _join(parts, reader, report)
        report.settle(stream.name, on_bad, len(ratings), progress)
    return ratings, report


def _read_blocks(head: bytes, stream: Stream) -> Any:
    # What was read to find out the form comes first, up to its last whole line.
    end = head.rfind(b"\n") + 1
    rest = head[end:]
    if end:
        yield head[:end]
    while data := stream.read(BLOCK_SIZE):
        end = data.rfind(b"\n") + 1
        if end:
            yield rest + data[:end]
            rest = data[end:]
        else:
            rest += data
    if rest:
        yield rest


def _join(parts: list[Rows], reader: BlockReader, report: ReadReport) -> Ratings:
    users, items, values, times, lines = (
        _concatenate([part[k] for part in parts]) for k in range(5)
    )
    user_ids, item_ids = decode_ids(reader.users, reader.items)
    return gather_ratings(users, items, values, times, user_ids, item_ids, lines, report)


def _concatenate(parts: list[Any]) -> Any:
    return None if parts[0] is None else np.concatenate(parts)
