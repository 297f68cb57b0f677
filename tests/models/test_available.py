"""The tightest limit on memory is found wherever it is set."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedrec.models import available
from embedrec.models.available import Available, find_available_memory

GB = 10**9


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 8 GB available and no other limit."""
    (tmp_path / "proc" / "self").mkdir(parents=True)
    write(tmp_path, "proc/meminfo", f"MemTotal: 1 kB\nMemAvailable: {8 * GB // 1024} kB\n")
    limit(monkeypatch, None)
    return tmp_path


def limit(monkeypatch: pytest.MonkeyPatch, n_bytes: int | None) -> None:
    import resource

    value = resource.RLIM_INFINITY if n_bytes is None else n_bytes
    monkeypatch.setattr(resource, "getrlimit", lambda _: (value, value))


def write(system: Path, name: str, text: str) -> None:
    path = system / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def find(system: Path) -> Available | None:
    return find_available_memory(system / "proc", system / "cgroup")


def test_machine(system: Path) -> None:
    assert find(system) == (8 * GB // 1024 * 1024, "this machine")


def test_machine_without_meminfo(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (system / "proc" / "meminfo").unlink()
    sizes = {"SC_AVPHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(available.os, "sysconf", sizes.__getitem__)
    assert find(system) == (4_096_000, "this machine")

    def fail(_: str) -> int:
        raise ValueError("unrecognised name")

    monkeypatch.setattr(available.os, "sysconf", fail)
    assert find(system) is None


def test_cgroup_version_2_and_the_groups_above(system: Path) -> None:
    write(system, "proc/self/cgroup", "0::/slice/job\n")
    for name, highest, used in (("slice/job", "max", 0), ("slice", 3 * GB, 2 * GB)):
        write(system, f"cgroup/{name}/memory.max", f"{highest}\n")
        write(system, f"cgroup/{name}/memory.current", f"{used}\n")
        stat = f"anon 5\ninactive_file {GB // 2}\nactive_file {GB // 4}\n"
        write(system, f"cgroup/{name}/memory.stat", stat)
    found = find(system)
    assert found is not None
    assert found.n_bytes == GB + 3 * GB // 4
    assert "container" in found.where


def test_cgroup_version_1_in_a_container(system: Path) -> None:
    # Inside, the path is the host's and is not there; the container's own group is at the root.
    write(system, "proc/self/cgroup", "9:cpu,cpuacct:/docker/ab\n4:memory:/docker/ab\n")
    write(system, "cgroup/memory/memory.limit_in_bytes", f"{2 * GB}\n")
    write(system, "cgroup/memory/memory.usage_in_bytes", f"{GB}\n")
    write(system, "cgroup/memory/memory.stat", "total_inactive_file 7\ntotal_active_file 0\n")
    found = find(system)
    assert found is not None
    assert found.n_bytes == GB + 7


def test_no_limit_and_unreadable_groups_are_passed_over(system: Path) -> None:
    write(system, "proc/self/cgroup", "4:memory:/\n0::/a\nnonsense\n")
    write(system, "cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
    write(system, "cgroup/a/memory.max", "many\n")
    found = find(system)
    assert found is not None
    assert found.where == "this machine"


def test_limit_on_addresses(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(system, "proc/self/statm", "1000 5 5\n")
    monkeypatch.setattr(available.os, "sysconf", {"SC_PAGE_SIZE": 4096}.__getitem__)
    limit(monkeypatch, GB)
    assert find(system) == (GB - 4_096_000, "this process (ulimit -v)")
    limit(monkeypatch, 1000)
    assert find(system) == (0, "this process (ulimit -v)")


def test_this_system_is_understood() -> None:
    found = find_available_memory()
    assert found is None or found.n_bytes > 0
