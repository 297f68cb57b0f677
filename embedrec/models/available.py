"""How much memory this process may still take: of the machine, its container, its own limits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_PROC, _CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
# A cgroup without a limit holds the largest number of pages there can be.
_NO_LIMIT = 1 << 60


class Available(NamedTuple):
    """Memory still to be had.

    Attributes:
        n_bytes: how much.
        where: what sets the limit, for a message.
    """

    n_bytes: int
    where: str


def find_available_memory(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> Available | None:
    """Return the tightest limit on further memory, page cache counted as free; None if unknown.

    Looks at the machine (MemAvailable, else `sysconf`), at this process's control group and those
    above it (versions 1 and 2), and at the process's own limit on addresses (`ulimit -v`).

    Args:
        proc: where the proc file system is.
        cgroups: where control groups are.
    """
    limits = [*_find_machine(proc), *_find_cgroups(proc, cgroups), *_find_address_limit(proc)]
    return min(limits, default=None)


def _find_machine(proc: Path) -> Iterator[Available]:
    with suppress(OSError, ValueError, KeyError):
        yield Available(_read_fields(proc / "meminfo")["MemAvailable:"] * 1024, "this machine")
        return
    with suppress(OSError, ValueError, AttributeError):
        n_pages = os.sysconf("SC_AVPHYS_PAGES")
        yield Available(n_pages * os.sysconf("SC_PAGE_SIZE"), "this machine")


def _find_cgroups(proc: Path, cgroups: Path) -> Iterator[Available]:
    try:
        lines = (proc / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            root, names = cgroups, ("memory.max", "memory.current", "inactive_file", "active_file")
        elif "memory" in controllers.split(","):
            root = cgroups / "memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes",
                     "total_inactive_file", "total_active_file")  # fmt: skip
        else:
            continue
        # Inside a container the path is the host's, and the container's own group is at the root.
        inner = PurePosixPath(path.lstrip("/") or ".")
        for place in {root / inner, *(root / above for above in inner.parents), root}:
            with suppress(OSError, ValueError, KeyError):
                yield from _read_cgroup(place, *names)


def _read_cgroup(place: Path, limit: str, usage: str, *reclaimable: str) -> Iterator[Available]:
    text = (place / limit).read_text().strip()
    if text == "max" or int(text) >= _NO_LIMIT:
        return
    figures = _read_fields(place / "memory.stat")
    used = int((place / usage).read_text()) - sum(figures[name] for name in reclaimable)
    yield Available(max(0, int(text) - used), "this container or control group")


def _find_address_limit(proc: Path) -> Iterator[Available]:
    try:
        import resource
    except ImportError:  # not a Unix
        return
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return
    with suppress(OSError, ValueError, IndexError):
        n_pages = int((proc / "self" / "statm").read_text().split()[0])
        used = n_pages * os.sysconf("SC_PAGE_SIZE")
        yield Available(max(0, limit - used), "this process (ulimit -v)")


def _read_fields(path: Path) -> dict[str, int]:
    lines = (line.split() for line in path.read_text().splitlines())
    return {parts[0]: int(parts[1]) for parts in lines if len(parts) > 1 and parts[1].isdigit()}
