"""What all tests share: the way to the shared data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Side by side (pytest -n), tests that each use all threads of BLAS wait for one another.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Machines are shared and kernels compile on first use: time is for benchmarks/, not for tests.
settings.register_profile("embedrec", deadline=None)
settings.load_profile("embedrec")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of shared data: EMBEDREC_DATA, by default ../shared/data.

    Without it the test skips, except under CI, where it fails: a gap there must not stay unseen.
    """
    folder = Path(os.environ.get("EMBEDREC_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        absent = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        absent(f"no shared data at {folder}; set EMBEDREC_DATA")
    return folder
