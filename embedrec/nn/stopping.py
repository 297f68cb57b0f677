"""When training ends before its last epoch; decided from the scores so far, without other state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from embedrec.errors import ParameterError
from embedrec.nn.check import check_size


@dataclass(frozen=True)
class EarlyStopping:
    """Stops when the score has not got better for `patience` epochs.

    Attributes:
        patience: epochs without a better score.
        min_delta: by how much a score must be below the best so far to count as better.
        restores_best: whether the weights of the best epoch are put back at the end, also when
            training took all its epochs.

    Raises:
        ParameterError: if a setting can't be worked with.
    """

    patience: int = 5
    min_delta: float = 0.0
    restores_best: bool = True

    def __post_init__(self) -> None:
        check_size("patience", self.patience)
        if not isinstance(self.min_delta, (int, float)) or not 0 <= self.min_delta < math.inf:
            raise ParameterError(
                f"min_delta must be 0 or more, not {self.min_delta!r}", value=self.min_delta
            )

    def find_best(self, scores: Sequence[float]) -> int:
        """Return the epoch with the best score, -1 if there is none; nan is never the best."""
        best, epoch = math.inf, -1
        for at, score in enumerate(scores):
            if score < best - self.min_delta:
                best, epoch = score, at
        return epoch

    def is_over(self, scores: Sequence[float]) -> bool:
        """Return whether training should stop after the epochs that have these scores."""
        return len(scores) - 1 - self.find_best(scores) >= self.patience
