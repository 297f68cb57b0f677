"""A file of ratings or items as unpacked bytes: plain, gzip, bzip2, xz, or a zip file's member."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from embedrec.errors import InputError
from embedrec.files import PathLike

BLOCK_SIZE = 1 << 22
"""Bytes that readers take at once."""

_PACKED: dict[bytes, Any] = {b"BZh": bz2.open, b"\x1f\x8b": gzip.open, b"\xfd7zXZ\0": lzma.open}
_ZIP = b"PK\x03\x04"
_BROKEN = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)
_USUAL = ("u.data", "ratings.dat", "ratings.csv")


class Stream:
    """Unpacked bytes of a file.

    Attributes:
        name: how messages call it.
        size: bytes on the disk.
    """

    def __init__(self, name: str, file: IO[bytes], raw: IO[bytes], size: int) -> None:
        self.name, self.size = name, size
        self._file, self._raw = file, raw

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer than `size` only at the end.

        Raises:
            InputError: if they can't be read or unpacked.
        """
        try:
            return self._file.read(size)
        except (OSError, *_BROKEN) as error:
            raise _describe(self.name, error) from error

    def tell(self) -> int:
        """Return how many bytes have been taken from the disk, about."""
        return self._raw.tell()


@contextmanager
def open_stream(path: PathLike) -> Iterator[Stream]:
    """Open a file, whatever its name says about compression.

    Args:
        path: a file, or `archive.zip:folder/member`; of a zip file alone its only file is taken,
            or the one named as MovieLens names its ratings (u.data, ratings.dat, ratings.csv).

    Raises:
        InputError: if there is none, it can't be read, or a zip file does not say which member.
    """
    name = os.fspath(path)
    outer, member = _part(name)
    with ExitStack() as stack:
        try:
            raw: IO[bytes] = stack.enter_context(open(outer, "rb"))
            head = raw.read(8)
            raw.seek(0)
            file = raw
            if head.startswith(_ZIP):
                archive = stack.enter_context(zipfile.ZipFile(raw))
                member = member or _choose_member(name, archive)
                name = f"{outer}:{member}"
                file = stack.enter_context(_open_member(name, archive, member))
            elif member is not None:
                raise InputError(f"{outer} is not a zip file, so it has no {member}", value=name)
            else:
                for magic, unpack in _PACKED.items():
                    if head.startswith(magic):
                        file = stack.enter_context(unpack(raw))
        except (OSError, *_BROKEN) as error:
            raise _describe(name, error) from error
        yield Stream(name, file, raw, os.path.getsize(outer))


def _part(name: str) -> tuple[str, str | None]:
    outer, colon, member = name.rpartition(":")
    if colon and member and not os.path.exists(name) and os.path.isfile(outer):
        return outer, member
    return name, None


def _choose_member(name: str, archive: zipfile.ZipFile) -> str:
    members = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    members = [member for member in members if not member.startswith("__MACOSX")]
    for wanted in _USUAL:
        found = [member for member in members if Path(member).name == wanted]
        if len(found) == 1:
            return found[0]
    if len(members) == 1:
        return members[0]
    shown = ", ".join(members[:5]) + (", ..." if len(members) > 5 else "")
    raise InputError(
        f"{name} holds {len(members)} files ({shown}): write {name}:MEMBER", value=name
    )


def _open_member(name: str, archive: zipfile.ZipFile, member: str) -> IO[bytes]:
    try:
        return archive.open(member)
    except KeyError:
        near = [entry for entry in archive.namelist() if Path(entry).name == Path(member).name]
        hint = f"; did you mean {near[0]}?" if near else ""
        raise InputError(f"{name}: the zip file has no such member{hint}", value=name) from None
    except RuntimeError as error:
        raise InputError(f"can't read {name}: it is encrypted", value=name) from error


def _describe(name: str, error: Exception) -> InputError:
    if isinstance(error, _BROKEN) or not isinstance(error, OSError) or error.errno is None:
        return InputError(f"{name} is broken or cut short ({error}); fetch it again", value=name)
    if isinstance(error, IsADirectoryError):
        return InputError(f"{name} is a folder; name a file in it", value=name)
    return InputError(f"can't read {name}: {error.strerror}", value=name)
