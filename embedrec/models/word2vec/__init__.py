"""Word2vec: skip-gram and CBOW over a corpus of word ids, with negative sampling, hierarchical
softmax, or both."""

from __future__ import annotations

from embedrec.models.word2vec.callback import Callback, EpochReport, StepReport
from embedrec.models.word2vec.model import Word2Vec
from embedrec.models.word2vec.parameters import Parameters

__all__ = ["Callback", "EpochReport", "Parameters", "StepReport", "Word2Vec"]
