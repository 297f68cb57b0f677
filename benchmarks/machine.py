"""What every benchmark records about where it ran."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import resource
from pathlib import Path
from typing import Any


def describe_machine(*packages: str) -> dict[str, Any]:
    """Return processor, cores, Python, date and the versions of some packages."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
        **{name: importlib.metadata.version(name) for name in packages},
    }


def measure_peak_mb(children: bool = False) -> int:
    """Return the peak resident memory of this process (or of its largest child), in MiB.

    Linux counts into `ru_maxrss` what the parent held when it started the process; VmHWM does not.
    """
    status = Path("/proc/self/status")
    if not children and status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    who = resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF
    return resource.getrusage(who).ru_maxrss // 1024
