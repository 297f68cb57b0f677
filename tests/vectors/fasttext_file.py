"""Writes small fastText model files, sound or not, field by field."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

MAGIC = 0x2F4F16BA
CBOW, SKIPGRAM, SUPERVISED = 1, 2, 3


def make_matrix(n_rows: int, size: int = 3) -> np.ndarray:
    """Rows that are all different, float32 (n_rows, size)."""
    return np.random.default_rng(n_rows).normal(size=(n_rows, size)).astype(np.float32)


@dataclass
class ModelFile:
    """What is written; the defaults are a sound skip-gram model of version 12."""

    words: Sequence[bytes] = (b"the", b"</s>", "中国人".encode(), b"x")
    labels: Sequence[bytes] = ()
    version: int | None = 12
    n_buckets: int = 11
    min_n: int = 2
    max_n: int = 4
    model: int = SKIPGRAM
    loss: int = 2
    size: int = 3
    n_pruned: int = -1
    quantised: int = 0
    count: int = 5
    kinds: Sequence[int] | None = None
    matrix: np.ndarray = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        if not self.matrix.size:
            self.matrix = make_matrix(len(self.words) + self.n_buckets, self.size)

    def to_parts(self) -> dict[str, bytes]:
        """The fields by name, in the order of the file."""
        is_new = self.version is not None
        settings = (self.size, 5, 5, 1, 5, 1, self.loss, self.model, self.n_buckets, self.min_n,
                    self.max_n, 100)  # fmt: skip
        entries = [*self.words, *self.labels]
        kinds = self.kinds or [0] * len(self.words) + [1] * len(self.labels)
        counts = (len(entries), len(self.words), len(self.labels), 99)
        output = make_matrix(max(1, len(self.labels or self.words)), self.size)
        parts = {
            "magic": struct.pack("<2i", MAGIC, self.version) if is_new else b"",
            "settings": struct.pack("<12id", *settings, 1e-4),
            "counts": struct.pack("<3iq", *counts),
            "n_pruned": struct.pack("<q", self.n_pruned) if is_new else b"",
            "entries": b"".join(
                word + b"\0" + struct.pack("<qb", self.count, kind)
                for word, kind in zip(entries, kinds, strict=True)
            ),
            "pruned": struct.pack("<2i", 1, 2) * max(0, self.n_pruned),
            "quantised": struct.pack("<b", self.quantised) if is_new else b"",
            "shape": struct.pack("<2q", *self.matrix.shape),
            "matrix": self.matrix.astype("<f4").tobytes(),
            "output quantised": b"\0" if is_new else b"",
            "output shape": struct.pack("<2q", *output.shape),
            "output": output.tobytes(),
        }
        return parts

    def to_bytes(self) -> bytes:
        """The whole file."""
        return b"".join(self.to_parts().values())
