"""One training from where its state stands to its end, with checkpoints on the way."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np

from embedrec.errors import DivergenceError, InputError, StorageError
from embedrec.models.word2vec.block import Block, Sentences, iterate_blocks
from embedrec.models.word2vec.callback import Callback, EpochReport, StepReport
from embedrec.models.word2vec.loop import BlockRunner
from embedrec.models.word2vec.parameters import Parameters
from embedrec.models.word2vec.state import State
from embedrec.progress import Progress, Stage

_ROWS_AT_ONCE = 65_536


def run_training(
    corpus: Sentences,
    parameters: Parameters,
    state: State,
    runner: BlockRunner,
    *,
    save: Callable[[], None],
    save_seconds: float,
    save_end: bool = True,
    progress: Progress,
    callbacks: Sequence[Callback],
) -> None:
    """Train until the last epoch is done; `state` is changed in place.

    Args:
        corpus: what to train on.
        parameters: the training's parameters.
        state: weights and position.
        runner: trains blocks on that state.
        save: writes a checkpoint of the state; called every `save_seconds`, at the end of each
            epoch, and when the training is interrupted.
        save_seconds: time between checkpoints.
        save_end: call `save` at the end of the last epoch, too.
        progress: told the words trained.
        callbacks: told of blocks and epochs.

    Raises:
        DivergenceError: if weights are no longer finite; nothing is saved then.
        InputError: if an epoch has no pair to learn from.
    """
    total = corpus.n_tokens * parameters.epochs
    try:
        with progress.stage("train", total=total, unit="words") as stage:
            reporter = _Reporter(total, stage, callbacks)
            while state.epoch < parameters.epochs:
                for callback in callbacks:
                    callback.begin_epoch(state.epoch)
                reporter.epoch = state.epoch
                blocks = iterate_blocks(corpus, parameters, state.epoch, state.block)
                while not runner.run(blocks, time.monotonic() + save_seconds, reporter.end_step):
                    check_finite(state)
                    save()
                check_finite(state)
                if not state.n_pairs:
                    raise _NoPairError(_describe_lack(parameters, state))
                n_pairs = state.n_pairs
                loss = state.end_epoch()
                reporter.end_epoch(state, loss, n_pairs)
                if state.epoch < parameters.epochs or save_end:
                    save()
    except (DivergenceError, StorageError, _NoPairError):
        # The last checkpoint is better than this state, or can't be replaced, or is of no use.
        raise
    except BaseException:
        save()
        raise


class _NoPairError(InputError):
    pass


def _describe_lack(parameters: Parameters, state: State) -> str:
    thinned = f", or a larger sample (now {parameters.sample:g})" if parameters.sample else ""
    return (
        f"there is nothing to learn: in epoch {state.epoch + 1} no word that was kept had another "
        f"beside it; give longer sentences{thinned}"
    )


def check_finite(state: State) -> None:
    """Check that training has not diverged.

    Raises:
        DivergenceError: naming the matrix that holds a value that is not finite.
    """
    for name in ("inputs", "outputs"):
        weights = getattr(state, name)
        for begin in range(0, len(weights), _ROWS_AT_ONCE):
            # A float64 sum of float32 values is finite exactly if they all are; it makes no copy.
            if not math.isfinite(weights[begin : begin + _ROWS_AT_ONCE].sum(dtype=np.float64)):
                raise DivergenceError(
                    f"training diverged in epoch {state.epoch + 1}: the {name[:-1]} vectors are "
                    f"no longer finite; lower alpha and start again",
                    value=name,
                )


class _Reporter:
    """Passes what happens on to the progress bar and the callbacks."""

    def __init__(self, total: int, stage: Stage, callbacks: Sequence[Callback]) -> None:
        self.epoch = 0
        self._total = total
        self._stage = stage
        self._callbacks = callbacks
        self._done = 0

    def end_step(self, block: Block, loss: float, n_pairs: int) -> None:
        """Report a block; `loss` is summed over its pairs."""
        # Threads finish out of order: never let the bar go back.
        self._done = max(self._done, block.n_words_before + block.n_words)
        mean = loss / n_pairs if n_pairs else math.nan
        self._stage.update(self._done, epoch=self.epoch + 1, loss=mean, rate=block.rate)
        report = StepReport(self.epoch, block.number, self._done, self._total, block.rate, mean)
        for callback in self._callbacks:
            callback.end_step(report)

    def end_epoch(self, state: State, loss: float, n_pairs: int) -> None:
        """Report the epoch that has just been closed."""
        vectors = state.inputs.view()
        vectors.flags.writeable = False
        for callback in self._callbacks:
            callback.end_epoch(EpochReport(state.epoch - 1, loss, n_pairs, vectors))
