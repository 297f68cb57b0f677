"""The main job in two calls: raw text to a corpus, and raw text or a corpus to a trained model.

Here the rooms meet: `text` reads and cuts, `corpus` writes ids, `models` trains, `vectors` keeps
the result. Each stage leaves an artefact with a manifest; a finished one is used again if it was
made from the same, and an interrupted one continues with `resume`.
"""

from __future__ import annotations

from embedrec.pipeline.raw import build_corpus, count_cores, list_damages
from embedrec.pipeline.training import find_corpus, train

__all__ = ["build_corpus", "count_cores", "find_corpus", "list_damages", "train"]
