"""embedrec: word embeddings and recommendations, Chinese first."""

from __future__ import annotations

__version__ = "0.1.0"
