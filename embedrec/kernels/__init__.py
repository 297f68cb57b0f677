"""Compiled loops: arrays in, arrays out; no strings, no files, no Python objects."""

from __future__ import annotations

from embedrec.kernels.blas import put_off_blas

put_off_blas()
