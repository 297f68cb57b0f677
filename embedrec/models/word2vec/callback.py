"""What a training tells while it runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class StepReport:
    """One block of sentences has been trained.

    Attributes:
        epoch: 0-based.
        block: 0-based number of the block in its epoch.
        n_words: words of the corpus trained so far, over all epochs.
        n_words_total: words that the whole training will go through.
        rate: learning rate of the block.
        loss: mean loss per predicted pair of the block, before its updates; nan if it had no pair.
    """

    epoch: int
    block: int
    n_words: int
    n_words_total: int
    rate: float
    loss: float


@dataclass(frozen=True)
class EpochReport:
    """One pass over the corpus is complete.

    Attributes:
        epoch: 0-based.
        loss: mean loss per predicted pair over the epoch.
        n_pairs: pairs predicted, at least 1.
        vectors: float32 (V, D), a read-only view of the input vectors as they stand; with subwords
            words' own rows, and then the rows of n-grams.
    """

    epoch: int
    loss: float
    n_pairs: int
    vectors: np.ndarray


class Callback:
    """Base with empty methods; override what you need.

    All methods are called on the thread that called `fit`. With several threads, blocks may be
    reported in another order than they were begun. An exception that a method raises ends the
    training like an interruption: a checkpoint is written if one is kept.
    """

    def begin_epoch(self, epoch: int) -> None:
        """Called before the first block of an epoch, and on resuming within it."""

    def end_step(self, report: StepReport) -> None:
        """Called after each block."""

    def end_epoch(self, report: EpochReport) -> None:
        """Called after the last block of an epoch."""
