"""The digits of MNIST, from the gzipped IDX files of the shared data (EMBEDREC_DATA)."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
_FILES = {
    "x": "train-images-idx3-ubyte.gz",
    "y": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}


class Digits(NamedTuple):
    """Images float32 from 0 to 1, (60000, 784) and (10000, 784), and their labels int64."""

    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def find_data() -> Path:
    """Return the folder of the shared data."""
    return Path(os.environ.get("EMBEDREC_DATA", ROOT.parent / "shared" / "data"))


def read_idx(path: Path) -> np.ndarray:
    """Read bytes in the IDX form: 0 0 8 n, n sizes of 4 bytes (big-endian), the values."""
    content = gzip.decompress(path.read_bytes())
    if content[:3] != b"\0\0\x08":
        raise ValueError(f"{path} is no IDX file of bytes")
    n_axes = content[3]
    shape = np.frombuffer(content, ">u4", n_axes, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * n_axes).reshape(shape)


def load_digits() -> Digits:
    """Read the training and test sets."""
    parts = {name: read_idx(find_data() / "mnist" / file) for name, file in _FILES.items()}
    for name in ("x", "x_test"):
        parts[name] = parts[name].reshape(-1, 28 * 28).astype(np.float32) / 255
    for name in ("y", "y_test"):
        parts[name] = parts[name].astype(np.int64)
    return Digits(**parts)
