"""SciPy's linear algebra is imported when it is needed, and not before."""

from __future__ import annotations

import subprocess
import sys

import pytest

USE_A_KERNEL = """
import sys
import numpy as np
from embedrec.kernels.alias import build_alias_table
build_alias_table(np.ones(3))
print("scipy.linalg" in sys.modules)
"""
CALL_A_BLAS = """
from numba import njit
@njit
def multiply(a, b):
    return np.dot(a, b)
print(multiply(np.eye(2), np.array([3.0, 4.0])).tolist(), "scipy.linalg" in sys.modules)
"""


def run(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_kernel_needs_no_linear_algebra() -> None:
    assert run(USE_A_KERNEL) == ["False"]


def test_who_needs_it_gets_it() -> None:
    pytest.importorskip("scipy")
    assert run(USE_A_KERNEL + CALL_A_BLAS) == ["False", "[3.0, 4.0] True"]


def test_another_numba_is_left_alone() -> None:
    code = "import sys; sys.modules['numba.np'] = None\nimport embedrec.kernels; print('fine')"
    assert run(code) == ["fine"]
