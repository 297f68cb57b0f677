"""What every file form of vectors holds, before it becomes `KeyedVectors`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class StoredVectors:
    """Words with their vectors, as read from or written to a file.

    Attributes:
        words: V different words.
        vectors: (V, D) float32; memory-mapped where the form allows it.
        counts: (V,) uint64, or None if the form holds none.
        metadata: JSON values: how the vectors came to be.
        user_dict_text: contents of the segmentation dictionary that made the training text.
    """

    words: list[str]
    vectors: np.ndarray
    counts: np.ndarray | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    user_dict_text: str | None = None
